"""Random models for `scripts/fuzz-operators`."""
