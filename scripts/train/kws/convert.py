"""Converts the keyword-spotting network to int8."""

from common import convert

if __name__ == "__main__":
    convert.main("kws", lambda training: training.features, 2400, __doc__)
