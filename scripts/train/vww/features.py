"""Images and classes of the visual wake words."""

SIZE = 96
"""Width and height, pixels."""

CLASSES = ("no person", "person")
