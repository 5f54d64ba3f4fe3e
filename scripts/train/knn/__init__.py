"""Streams of labelled samples for learning on the device, and the extractors that go with them."""
