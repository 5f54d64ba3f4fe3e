"""Visual wake words."""
