"""Converts the network to int8."""

from common import convert
from sww.train import inputs

if __name__ == "__main__":
    convert.main("sww", inputs, 1000, __doc__)
