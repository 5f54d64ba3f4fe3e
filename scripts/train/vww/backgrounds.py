"""Places a picture can be taken in: float32 arrays [size, size, 3] of 0 to 1."""

from collections.abc import Callable

import numpy as np

from common.image.drawing import Colour, Layer, colour, gradient, shade, texture

Background = Callable[[np.random.Generator, int], np.ndarray]


def _paint(
    rng: np.random.Generator,
    scene: np.ndarray,
    top: float,
    bottom: float,
    fill: Colour,
    rough: float,
) -> None:
    """Fills the rows from `top` to `bottom` (0 to 1) with a mottled colour."""
    size = scene.shape[0]
    rows = slice(round(top * size), round(bottom * size))
    mottle = texture(rng, size, 4, int(rng.choice([8, 16, 32, 64])))[rows]
    light = 1.0 + rough * mottle + rng.uniform(-0.2, 0.2) * np.linspace(-1, 1, size)[rows, None]
    scene[rows] = np.clip(np.array(fill, np.float32) / 255.0 * light[..., None], 0.0, 1.0)


def _sky(rng: np.random.Generator, size: int) -> np.ndarray:
    high = colour(rng, (0.52, 0.68), (0.0, 0.7), (0.35, 1.0))
    low = colour(rng, (0.0, 1.0), (0.0, 0.3), (0.6, 1.0))
    scene = gradient(size, high, low)
    clouds = np.clip(texture(rng, size, 3, 24) - rng.uniform(0.0, 1.5), 0.0, 1.0)[..., None]
    return scene + clouds * (rng.uniform(0.7, 1.0) - scene)


def field(rng: np.random.Generator, size: int) -> np.ndarray:
    """Sky, hills, grass."""
    scene = _sky(rng, size)
    horizon = rng.uniform(0.3, 0.7)
    for _ in range(rng.integers(0, 3)):
        layer = Layer(size)
        x, wide = rng.uniform(0, size), rng.uniform(0.3, 0.9) * size
        layer.ellipse(
            x,
            horizon * size,
            wide,
            rng.uniform(0.05, 0.25) * size,
            colour(rng, (0.2, 0.65), (0.1, 0.5)),
        )
        layer.paste(rng, scene)
    _paint(
        rng,
        scene,
        horizon,
        1.0,
        colour(rng, (0.08, 0.42), (0.2, 0.8), (0.2, 0.8)),
        rng.uniform(0.05, 0.2),
    )
    return scene


def street(rng: np.random.Generator, size: int) -> np.ndarray:
    """Houses with windows, a road."""
    scene = _sky(rng, size)
    ground = rng.uniform(0.5, 0.85)
    layer = Layer(size)
    x = -rng.uniform(0, 0.2) * size
    while x < size:
        wide = rng.uniform(0.15, 0.45) * size
        top = rng.uniform(-0.1, 0.45) * size
        wall = colour(rng, (0.0, 0.2), (0.0, 0.6), (0.2, 0.9))
        layer.box(x, top, x + wide, ground * size, wall)
        pane = colour(rng, (0.5, 0.65), (0.0, 0.4), (0.1, 0.9))
        step = rng.uniform(0.07, 0.15) * size
        for wx in np.arange(x + 0.3 * step, x + wide - 0.6 * step, step):
            for wy in np.arange(top + 0.4 * step, ground * size - 0.7 * step, 1.3 * step):
                layer.box(wx, wy, wx + 0.55 * step, wy + 0.8 * step, pane)
        x += wide + rng.uniform(0, 0.08) * size
    layer.paste(rng, scene)
    _paint(
        rng,
        scene,
        ground,
        1.0,
        colour(rng, (0.0, 0.2), (0.0, 0.15), (0.15, 0.7)),
        rng.uniform(0.02, 0.1),
    )
    return scene


def room(rng: np.random.Generator, size: int) -> np.ndarray:
    """A wall with pictures or a window, a floor, perhaps a cupboard."""
    scene = np.empty((size, size, 3), np.float32)
    floor = rng.uniform(0.55, 0.95)
    wall = colour(rng, saturation=(0.0, 0.45), value=(0.3, 0.95))
    _paint(rng, scene, 0.0, floor, wall, rng.uniform(0.0, 0.06))
    _paint(
        rng,
        scene,
        floor,
        1.0,
        colour(rng, (0.02, 0.15), (0.0, 0.7), (0.15, 0.8)),
        rng.uniform(0.03, 0.12),
    )
    layer = Layer(size)
    layer.box(0, (floor - 0.02) * size, size, floor * size, shade(wall, rng.uniform(0.6, 1.2)))
    for _ in range(rng.integers(0, 4)):
        x, y = rng.uniform(0, 0.85) * size, rng.uniform(0.0, 0.4) * size
        wide, high = rng.uniform(0.08, 0.35, 2) * size
        layer.box(x, y, x + wide, y + high, colour(rng))
        edge = rng.uniform(0.05, 0.15) * wide
        layer.box(x + edge, y + edge, x + wide - edge, y + high - edge, colour(rng))
    if rng.random() < 0.5:
        x, wide = rng.uniform(-0.1, 0.8) * size, rng.uniform(0.15, 0.5) * size
        wood = colour(rng, (0.02, 0.12), (0.1, 0.7), (0.15, 0.8))
        top = (floor - rng.uniform(0.15, 0.5)) * size
        layer.box(x, top, x + wide, (floor + 0.04) * size, wood)
        for y in np.arange(top, floor * size, rng.uniform(0.08, 0.2) * size):
            layer.box(x, y, x + wide, y + 2, shade(wood, 0.6))
    layer.paste(rng, scene)
    return scene


def plain(rng: np.random.Generator, size: int) -> np.ndarray:
    """A gradient with soft blotches, as in a studio or out of focus."""
    scene = gradient(size, colour(rng), colour(rng))
    for channel in range(3):
        scene[..., channel] += rng.uniform(0.0, 0.15) * texture(rng, size, 3, 6)
    return np.clip(scene, 0.0, 1.0)


def clutter(rng: np.random.Generator, size: int) -> np.ndarray:
    """Overlapping blobs, bars and boxes of all colours."""
    scene = plain(rng, size)
    for _ in range(rng.integers(2, 5)):
        layer = Layer(size)
        for _ in range(rng.integers(3, 10)):
            x, y = rng.uniform(0, size, 2)
            a, b = rng.uniform(0.02, 0.2, 2) * size
            kind = rng.integers(3)
            if kind == 0:
                layer.ellipse(x, y, a, b, colour(rng))
            elif kind == 1:
                layer.box(x - a, y - b, x + a, y + b, colour(rng))
            else:
                layer.limb((x, y), tuple(rng.uniform(0, size, 2)), 0.2 * a + 2, colour(rng))
        layer.paste(rng, scene)
    return scene


def beach(rng: np.random.Generator, size: int) -> np.ndarray:
    """Sky, sea with bands of waves, sand."""
    scene = _sky(rng, size)
    horizon = rng.uniform(0.25, 0.5)
    shore = horizon + rng.uniform(0.1, 0.35)
    _paint(rng, scene, horizon, shore, colour(rng, (0.45, 0.62), (0.3, 0.9), (0.3, 0.8)), 0.08)
    for y in np.arange(horizon, shore, 0.05):
        row = round((y + rng.uniform(0, 0.03)) * size)
        scene[row : row + 2] += rng.uniform(0.0, 0.3)
    _paint(rng, scene, shore, 1.0, colour(rng, (0.08, 0.14), (0.15, 0.5), (0.6, 0.95)), 0.06)
    return np.clip(scene, 0.0, 1.0)


def forest(rng: np.random.Generator, size: int) -> np.ndarray:
    """Trunks before leaves."""
    scene = np.empty((size, size, 3), np.float32)
    _paint(rng, scene, 0.0, 1.0, colour(rng, (0.15, 0.42), (0.3, 0.8), (0.15, 0.6)), 0.25)
    ground = rng.uniform(0.6, 0.9)
    _paint(rng, scene, ground, 1.0, colour(rng, (0.06, 0.3), (0.2, 0.7), (0.15, 0.5)), 0.15)
    for _ in range(rng.integers(3, 9)):
        layer = Layer(size)
        x, wide = rng.uniform(0, size), rng.uniform(0.01, 0.07) * size
        bark = colour(rng, (0.04, 0.1), (0.1, 0.6), (0.1, 0.6))
        foot = (ground + rng.uniform(0.0, 0.1)) * size
        layer.polygon(
            [(x - wide / 2, 0), (x + wide / 2, 0), (x + wide, foot), (x - wide, foot)], bark
        )
        layer.paste(rng, scene)
    return np.clip(scene, 0.0, 1.0)


def bricks(rng: np.random.Generator, size: int) -> np.ndarray:
    """A wall of bricks or tiles, a pavement."""
    scene = np.empty((size, size, 3), np.float32)
    base = colour(rng, (0.0, 0.15), (0.0, 0.7), (0.3, 0.9))
    _paint(rng, scene, 0.0, 1.0, shade(base, rng.uniform(0.5, 1.3)), 0.05)
    layer = Layer(size)
    high = rng.uniform(0.03, 0.12) * size
    wide = high * rng.uniform(1.0, 2.6)
    for row, y in enumerate(np.arange(0, size, high)):
        for x in np.arange(-wide * (row % 2) / 2, size, wide):
            layer.box(x, y, x + wide - 2, y + high - 2, shade(base, rng.uniform(0.85, 1.12)))
    layer.paste(rng, scene)
    _paint(rng, scene, rng.uniform(0.7, 1.0), 1.0, colour(rng, saturation=(0.0, 0.2)), 0.08)
    return scene


TRAINING: tuple[Background, ...] = (field, street, room, plain, clutter)
TEST_ONLY: tuple[Background, ...] = (beach, forest, bricks)
