"""Converts the network to int8."""

from ic.train import inputs
from common import convert

if __name__ == "__main__":
    convert.main("ic", inputs, 1000, __doc__)
