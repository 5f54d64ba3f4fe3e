"""Converts the network to int8."""

from common import convert
from vww.train import inputs

if __name__ == "__main__":
    convert.main("vww", inputs, 1000, __doc__)
