"""What drawn images are made of: colours, textures, layers, limbs, and the light on a scene.

Scenes are drawn larger than they are kept and made smaller at the end, which smooths the edges.
Colours are tuples of 0 to 255, scenes are float32 arrays [height, width, 3] of 0 to 1.
"""

import colorsys
import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

Colour = tuple[int, int, int]
Point = tuple[float, float]


def colour(
    rng: np.random.Generator,
    hue: tuple[float, float] = (0.0, 1.0),
    saturation: tuple[float, float] = (0.0, 0.9),
    value: tuple[float, float] = (0.1, 0.95),
) -> Colour:
    """A colour with hue, saturation and value between the given bounds; hue 1 is hue 0 again."""
    triple = colorsys.hsv_to_rgb(
        rng.uniform(*hue) % 1.0, rng.uniform(*saturation), rng.uniform(*value)
    )
    return tuple(round(255 * part) for part in triple)


def shade(base: Colour, factor: float) -> Colour:
    """The same colour, darker or lighter."""
    return tuple(min(255, round(part * factor)) for part in base)


def texture(rng: np.random.Generator, size: int, coarsest: int, finest: int) -> np.ndarray:
    """Cloudy noise, float32 [size, size] about 0 with a standard deviation near 1: random grids of
    `coarsest` to `finest` cells a side, each twice as fine and half as strong as the last."""
    sum_, cells, strength = np.zeros((size, size), np.float32), coarsest, 1.0
    while cells <= finest:
        grid = Image.fromarray(rng.standard_normal((cells, cells)).astype(np.float32))
        sum_ += strength * np.asarray(grid.resize((size, size), Image.Resampling.BICUBIC))
        cells, strength = cells * 2, strength * 0.5
    return sum_


class Layer:
    """A transparent sheet on which one thing is drawn before it is put into the scene."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.image = Image.new("RGBA", (size, size))
        self.draw = ImageDraw.Draw(self.image)

    def limb(self, start: Point, end: Point, width: float, fill: Colour) -> None:
        """A thick line with round ends."""
        self.draw.line([start, end], fill=fill, width=max(1, round(width)))
        for x, y in (start, end):
            r = width / 2.0
            self.draw.ellipse([x - r, y - r, x + r, y + r], fill=fill)

    def ellipse(self, x: float, y: float, rx: float, ry: float, fill: Colour) -> None:
        """An ellipse about a point."""
        self.draw.ellipse([x - rx, y - ry, x + rx, y + ry], fill=fill)

    def box(self, left: float, top: float, right: float, bottom: float, fill: Colour) -> None:
        """A rectangle; empty ones are left out."""
        if right > left and bottom > top:
            self.draw.rectangle([left, top, right, bottom], fill=fill)

    def polygon(self, points: Sequence[Point], fill: Colour) -> None:
        """A filled polygon."""
        self.draw.polygon(list(points), fill=fill)

    def paste(self, rng: np.random.Generator, scene: np.ndarray) -> np.ndarray:
        """Puts the layer over the scene, lit from one side and a little mottled; returns how much
        of each pixel it covers, float32 [size, size] of 0 to 1."""
        covered = np.zeros((self.size, self.size), np.float32)
        bounds = self.image.getbbox()
        if bounds is None:
            return covered
        left, top, right, bottom = bounds
        pixels = np.asarray(self.image.crop(bounds), np.float32) / 255.0
        height, width = pixels.shape[:2]
        across = np.linspace(-1.0, 1.0, width, dtype=np.float32)[None, :]
        down = np.linspace(-1.0, 1.0, height, dtype=np.float32)[:, None]
        light = 1.0 + rng.uniform(-0.25, 0.25) * across + rng.uniform(-0.2, 0.1) * down
        mottle = texture(rng, max(height, width), 6, 12)[:height, :width]
        light += rng.uniform(0.0, 0.06) * mottle
        alpha = pixels[..., 3:]
        part = scene[top:bottom, left:right]
        part[:] = alpha * (pixels[..., :3] * light[..., None]) + (1.0 - alpha) * part
        covered[top:bottom, left:right] = alpha[..., 0]
        return covered


def direction(degrees: float) -> Point:
    """The unit vector at an angle from straight down, positive to the right; y points down."""
    return math.sin(math.radians(degrees)), math.cos(math.radians(degrees))


def gradient(size: int, top: Colour, bottom: Colour) -> np.ndarray:
    """A vertical gradient, float32 [size, size, 3] of 0 to 1."""
    down = np.linspace(0.0, 1.0, size, dtype=np.float32)[:, None, None]
    ends = np.array([top, bottom], np.float32) / 255.0
    return np.repeat(ends[0] + down * (ends[1] - ends[0]), size, axis=1)


def photograph(
    rng: np.random.Generator, scene: np.ndarray, size: int, noise: float = 0.03
) -> np.ndarray:
    """A picture of a scene, uint8 [size, size, 3]: light from somewhere, its colour, exposure,
    contrast, a little blur and the noise of the sensor."""
    side = scene.shape[0]
    axis = np.linspace(-1.0, 1.0, side, dtype=np.float32)
    angle = rng.uniform(0.0, 2.0 * np.pi)
    slope = math.cos(angle) * axis[None, :] + math.sin(angle) * axis[:, None]
    light = 1.0 + rng.uniform(0.0, 0.35) * slope
    light *= 1.0 - rng.uniform(0.0, 0.3) * (axis[None, :] ** 2 + axis[:, None] ** 2) / 2.0
    cast = rng.uniform(0.85, 1.15, 3).astype(np.float32)
    lit = np.clip(scene * light[..., None] * cast, 0.0, 1.0)
    lit = np.clip(lit, 0.0, 1.0) ** float(np.exp(rng.uniform(-0.4, 0.4)))
    contrast, level = rng.uniform(0.7, 1.1), rng.uniform(0.0, 1.0)
    lit = level * (1.0 - contrast) + contrast * lit
    image = Image.fromarray(np.rint(255.0 * np.clip(lit, 0.0, 1.0)).astype(np.uint8))
    if rng.random() < 0.3:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.0, 0.9) * side / size))
    small = np.asarray(image.resize((size, size), Image.Resampling.BOX), np.float32) / 255.0
    small = small + rng.uniform(0.0, noise) * rng.standard_normal(small.shape)
    return np.rint(255.0 * np.clip(small, 0.0, 1.0)).astype(np.uint8)
