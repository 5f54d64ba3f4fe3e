"""Pictures of one object each, before something, of any colour, with bits of other things about."""

from collections.abc import Callable

import numpy as np
from PIL import Image

from common.image.drawing import Layer, colour, gradient, photograph, texture
from ic.features import SIZE
from ic.objects import KINDS, MAKES_TRAINING, Pen

DRAWN = 4 * SIZE
"""Scenes are drawn four times as large."""

TEST_MAKE = 0.1
"""How much of the test set is of the makes that no other set has."""

Background = Callable[[np.random.Generator], np.ndarray]


def gradients(rng: np.random.Generator) -> np.ndarray:
    """From one colour to another."""
    return gradient(DRAWN, colour(rng), colour(rng))


def clouds(rng: np.random.Generator) -> np.ndarray:
    """One colour, mottled."""
    base = np.array(colour(rng), np.float32) / 255.0
    mottle = texture(rng, DRAWN, 3, int(rng.choice([6, 12, 48])))[..., None]
    return base * (1.0 + rng.uniform(0.05, 0.3) * mottle)


def horizon(rng: np.random.Generator) -> np.ndarray:
    """Ground and sky."""
    scene = gradient(
        DRAWN,
        colour(rng, (0.5, 0.7), (0.0, 0.7), (0.4, 1.0)),
        colour(rng, (0.5, 0.7), (0.0, 0.3), (0.6, 1.0)),
    )
    row = round(rng.uniform(0.35, 0.8) * DRAWN)
    ground = np.array(colour(rng), np.float32) / 255.0
    scene[row:] = ground * (1.0 + 0.1 * texture(rng, DRAWN, 4, 32)[row:, :, None])
    return scene


def stripes(rng: np.random.Generator) -> np.ndarray:
    """Bands of two colours at any angle (test set alone)."""
    axis = np.arange(DRAWN, dtype=np.float32)
    angle, period = rng.uniform(0, np.pi), rng.uniform(16, 60)
    wave = np.sin(
        (np.cos(angle) * axis[None, :] + np.sin(angle) * axis[:, None]) * 2 * np.pi / period
    )
    first, second = (np.array(colour(rng), np.float32) / 255.0 for _ in range(2))
    second = first + rng.uniform(0.15, 0.4) * (second - first)
    return np.where(wave[..., None] > 0, first, second)


def tiles(rng: np.random.Generator) -> np.ndarray:
    """Squares of shades of one colour (test set alone)."""
    cells = int(rng.integers(3, 10))
    shades = 1.0 + rng.uniform(0.1, 0.3) * rng.standard_normal((cells, cells))
    side = -(-DRAWN // cells)
    pattern = np.kron(shades, np.ones((side, side)))[:DRAWN, :DRAWN]
    return (np.array(colour(rng)) / 255.0 * pattern[..., None]).astype(np.float32)


TRAINING: tuple[Background, ...] = (gradients, clouds, horizon)
TEST_ONLY: tuple[Background, ...] = (stripes, tiles)


def _bits(rng: np.random.Generator, scene: np.ndarray, most: int) -> None:
    """A few spots and bars of any colour."""
    layer = Layer(DRAWN)
    for _ in range(rng.integers(0, most + 1)):
        x, y = rng.uniform(0, DRAWN, 2)
        a, b = rng.uniform(0.02, 0.12, 2) * DRAWN
        kind = rng.integers(3)
        if kind == 0:
            layer.ellipse(x, y, a, b, colour(rng))
        elif kind == 1:
            layer.box(x - a, y - b, x + a, y + b, colour(rng))
        else:
            layer.limb(
                (x, y),
                (x + rng.uniform(-60, 60), y + rng.uniform(-60, 60)),
                0.3 * a + 2,
                colour(rng),
            )
    layer.paste(rng, scene)


def draw(rng: np.random.Generator, label: int, test: bool) -> tuple[np.ndarray, str, int]:
    """A picture of class `label`, uint8 [SIZE, SIZE, 3]; its background's name; the make."""
    backgrounds = TRAINING + TEST_ONLY if test else TRAINING
    background = backgrounds[rng.integers(len(backgrounds))]
    make = int(rng.integers(MAKES_TRAINING))
    if test and rng.random() < TEST_MAKE:
        make = MAKES_TRAINING
    scene = np.clip(background(rng), 0.0, 1.0)
    _bits(rng, scene, 3)
    layer = Layer(DRAWN)
    scale = rng.uniform(0.33, 0.52) * DRAWN
    room = max(0.0, DRAWN / 2 - 0.75 * scale)
    x, y = DRAWN / 2 + rng.uniform(-room, room, 2)
    KINDS[label](Pen(layer, x, y, scale), rng, make)
    turn = np.deg2rad(rng.uniform(-18.0, 18.0))
    squeeze = rng.uniform(0.8, 1.25) * rng.choice([-1, 1])
    cos, sin = np.cos(turn), np.sin(turn)
    matrix = np.array([[cos * squeeze, -sin], [sin * squeeze, cos]])
    shift = np.array([x, y]) - matrix @ np.array([x, y])
    layer.image = layer.image.transform(
        (DRAWN, DRAWN), Image.Transform.AFFINE,
        (*matrix[0], shift[0], *matrix[1], shift[1]), Image.Resampling.BILINEAR,
    )  # fmt: skip
    layer.paste(rng, scene)
    if rng.random() < 0.3:
        _bits(rng, scene, 2)
    picture = photograph(rng, np.clip(scene, 0.0, 1.0), SIZE)
    return picture, background.__name__, make
