"""Converts the auto-encoder to int8."""

from ad.train import inputs
from common import convert

if __name__ == "__main__":
    convert.main("ad", inputs, 2000, __doc__)
