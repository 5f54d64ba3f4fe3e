"""Converts the network to int8."""

from sww.train import inputs
from common import convert

if __name__ == "__main__":
    convert.main("sww", inputs, 1000, __doc__)
