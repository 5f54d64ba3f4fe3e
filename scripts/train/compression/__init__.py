"""The models of the compression experiment: float32 and pruned, from the networks of `ad` and `kws`."""
