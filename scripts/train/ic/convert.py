"""Converts the network to int8."""

from common import convert
from ic.train import inputs

if __name__ == "__main__":
    convert.main("ic", inputs, 1000, __doc__)
