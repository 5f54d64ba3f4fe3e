"""Images and classes of the image classification."""

SIZE = 32
"""Width and height, pixels."""

CLASSES = (
    "aeroplane", "car", "bird", "cat", "tree", "fish", "house", "flower", "boat", "lorry",
)  # fmt: skip
