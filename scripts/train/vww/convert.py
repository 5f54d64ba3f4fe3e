"""Converts the network to int8."""

from vww.train import inputs
from common import convert

if __name__ == "__main__":
    convert.main("vww", inputs, 1000, __doc__)
