"""The ten kinds of object. Each kind has several makes, and one of them is in the test set alone.

Objects are drawn with a pen in coordinates of -1 to 1, x to the right and y down.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from common.image.drawing import Colour, Layer, Point, colour, shade


@dataclass(frozen=True)
class Pen:
    """Draws on a layer, in coordinates of the object."""

    layer: Layer
    x: float
    y: float
    scale: float

    def _at(self, point: Point) -> Point:
        return self.x + self.scale * point[0], self.y + self.scale * point[1]

    def polygon(self, points: Sequence[Point], fill: Colour) -> None:
        """A filled polygon."""
        self.layer.polygon([self._at(point) for point in points], fill)

    def box(self, left: float, top: float, right: float, bottom: float, fill: Colour) -> None:
        """A rectangle."""
        self.layer.box(*self._at((left, top)), *self._at((right, bottom)), fill)

    def ellipse(self, x: float, y: float, rx: float, ry: float, fill: Colour) -> None:
        """An ellipse about a point."""
        self.layer.ellipse(*self._at((x, y)), self.scale * rx, self.scale * ry, fill)

    def limb(self, start: Point, end: Point, width: float, fill: Colour) -> None:
        """A thick line with round ends."""
        self.layer.limb(self._at(start), self._at(end), self.scale * width, fill)


Draw = Callable[[Pen, np.random.Generator, int], None]
"""Draws one make of a kind of object."""

DARK = (28, 28, 32)


def _glass(rng: np.random.Generator) -> Colour:
    return colour(rng, (0.5, 0.65), (0.05, 0.5), (0.15, 0.9))


def _wheels(
    pen: Pen, rng: np.random.Generator, places: Sequence[float], y: float, r: float
) -> None:
    hub = colour(rng, saturation=(0.0, 0.1), value=(0.4, 0.8))
    for x in places:
        pen.ellipse(x, y, r, r, DARK)
        pen.ellipse(x, y, 0.45 * r, 0.45 * r, hub)


def aeroplane(pen: Pen, rng: np.random.Generator, make: int) -> None:
    """From the side, from above with swept wings, with straight wings; test: a delta."""
    paint = colour(rng, saturation=(0.0, 0.5), value=(0.35, 1.0))
    wing = shade(paint, rng.uniform(0.65, 0.9))
    thick = rng.uniform(0.09, 0.15)
    if make == 0:
        pen.limb((-0.85, 0.0), (0.8, 0.0), 2 * thick, paint)
        pen.polygon([(-0.9, 0.0), (-0.98, -0.5), (-0.75, -0.5), (-0.5, -0.05)], wing)
        back = rng.uniform(-0.55, -0.2)
        pen.polygon([(-0.1, 0.02), (0.3, 0.02), (back + 0.2, 0.5), (back, 0.5)], wing)
        for x in np.arange(-0.5, 0.6, 0.18):
            pen.box(x, -0.07, x + 0.09, 0.0, _glass(rng))
        return
    pen.limb((0.0, -0.85), (0.0, 0.8), 2 * thick, paint)
    if make == 3:
        pen.polygon([(0.0, -0.6), (0.75, 0.7), (-0.75, 0.7)], wing)
        pen.limb((0.0, -0.9), (0.0, 0.75), 1.2 * thick, paint)
        return
    sweep = rng.uniform(0.25, 0.5) if make == 1 else rng.uniform(-0.03, 0.05)
    chord = rng.uniform(0.2, 0.32)
    for side in (-1, 1):
        pen.polygon(
            [
                (0, -0.25),
                (side * 0.95, -0.2 + sweep),
                (side * 0.95, -0.2 + sweep + 0.5 * chord),
                (0, -0.25 + chord * 1.3),
            ],
            wing,
        )
        pen.polygon(
            [
                (0, 0.58),
                (side * 0.38, 0.65 + 0.4 * sweep),
                (side * 0.38, 0.78 + 0.4 * sweep),
                (0, 0.8),
            ],
            wing,
        )


def car(pen: Pen, rng: np.random.Generator, make: int) -> None:
    """Saloon, hatchback, from the front; test: an open car."""
    paint = colour(rng, value=(0.2, 0.95))
    if make == 2:
        pen.polygon([(-0.45, -0.5), (0.45, -0.5), (0.65, -0.05), (-0.65, -0.05)], paint)
        pen.polygon([(-0.38, -0.42), (0.38, -0.42), (0.52, -0.08), (-0.52, -0.08)], _glass(rng))
        pen.box(-0.75, -0.07, 0.75, 0.4, paint)
        for side in (-1, 1):
            pen.box(side * 0.55 - 0.12, 0.35, side * 0.55 + 0.12, 0.58, DARK)
            pen.ellipse(side * 0.55, 0.1, 0.13, 0.1, (250, 245, 210))
        pen.box(-0.35, 0.12, 0.35, 0.25, shade(paint, 0.5))
        return
    if make == 0:
        roof = [(-0.55, -0.08), (-0.35, -0.45), (0.25, -0.45), (0.55, -0.08)]
    elif make == 1:
        roof = [(-0.85, -0.08), (-0.75, -0.5), (0.15, -0.5), (0.5, -0.08)]
    else:
        roof = [(0.0, -0.08), (0.12, -0.35), (0.2, -0.35), (0.3, -0.08)]
    pen.polygon(roof, paint)
    middle = sum(x for x, _ in roof) / 4
    pen.polygon([(middle + 0.8 * (x - middle), 0.75 * y - 0.07) for x, y in roof], _glass(rng))
    pen.polygon([(-0.95, -0.1), (0.9, -0.1), (0.98, 0.15), (0.95, 0.3), (-0.95, 0.3)], paint)
    pen.box(-0.95, 0.2, 0.95, 0.3, shade(paint, 0.7))
    _wheels(pen, rng, (-0.55, 0.55), 0.32, rng.uniform(0.17, 0.23))


def bird(pen: Pen, rng: np.random.Generator, make: int) -> None:
    """On the ground, in flight, with wings up; test: a long-legged one."""
    coat = colour(rng, value=(0.1, 0.9))
    wing, bill = (
        shade(coat, rng.uniform(0.5, 0.85)),
        colour(rng, (0.05, 0.14), (0.5, 1.0), (0.5, 1.0)),
    )
    if make == 1:
        pen.ellipse(0.0, 0.05, 0.3, 0.13, coat)
        pen.ellipse(0.32, 0.0, 0.12, 0.11, coat)
        up = rng.uniform(0.2, 0.6)
        for side in (-1, 1):
            pen.polygon(
                [
                    (-0.12, 0.0),
                    (0.15, 0.0),
                    (side * 0.5, -up),
                    (side * 0.95, -up + rng.uniform(0.1, 0.4)),
                    (side * 0.45, -up + 0.25),
                ],
                wing,
            )
        return
    if make == 2:
        pen.ellipse(0.0, 0.2, 0.42, 0.2, coat)
        pen.polygon([(-0.35, 0.15), (-0.95, 0.05), (-0.9, 0.3)], coat)
        pen.ellipse(0.45, 0.0, 0.17, 0.16, coat)
        pen.polygon([(0.58, -0.05), (0.58, 0.08), (0.82, 0.05)], bill)
        pen.polygon([(-0.2, 0.15), (0.2, 0.1), (-0.05, -0.85), (-0.4, -0.6)], wing)
        return
    leg = 0.75 if make == 3 else 0.25
    high = 0.35 if make == 3 else 0.0
    for x in (-0.06, 0.12):
        pen.limb((x, 0.2 - high), (x + 0.05, 0.3 - high + leg), 0.05, bill)
    pen.ellipse(0.0, 0.05 - high, 0.45, 0.28, coat)
    pen.polygon(
        [(-0.35, -0.05 - high), (-0.95, 0.2 - high), (-0.85, 0.32 - high), (-0.25, 0.2 - high)],
        wing,
    )
    if make == 3:
        pen.limb((0.35, -0.05 - high), (0.5, -0.5 - 0.3 * high), 0.12, coat)
    head = (0.55, -0.6) if make == 3 else (0.42, -0.28)
    pen.ellipse(*head, 0.2, 0.19, coat)
    pen.polygon(
        [
            (head[0] + 0.15, head[1] - 0.07),
            (head[0] + 0.15, head[1] + 0.08),
            (head[0] + 0.42, head[1] + 0.05),
        ],
        bill,
    )
    pen.ellipse(head[0] + 0.06, head[1] - 0.04, 0.045, 0.045, DARK)
    pen.ellipse(-0.05, 0.03 - high, 0.28, 0.16, wing)


def cat(pen: Pen, rng: np.random.Generator, make: int) -> None:
    """A face, sitting, walking; test: lying."""
    fur = colour(rng, (0.02, 0.14), (0.0, 0.7), (0.1, 0.95))
    inner, eye = shade(fur, 0.65), colour(rng, (0.1, 0.4), (0.4, 1.0), (0.6, 1.0))

    def head(x: float, y: float, r: float) -> None:
        for side in (-1, 1):
            pen.polygon(
                [
                    (x + side * 0.95 * r, y - 0.2 * r),
                    (x + side * 0.85 * r, y - 1.45 * r),
                    (x + side * 0.15 * r, y - 0.8 * r),
                ],
                fur,
            )
            pen.polygon(
                [
                    (x + side * 0.8 * r, y - 0.5 * r),
                    (x + side * 0.76 * r, y - 1.15 * r),
                    (x + side * 0.38 * r, y - 0.8 * r),
                ],
                inner,
            )
        pen.ellipse(x, y, r, 0.88 * r, fur)
        for side in (-1, 1):
            pen.ellipse(x + side * 0.4 * r, y - 0.12 * r, 0.2 * r, 0.17 * r, eye)
            pen.ellipse(x + side * 0.4 * r, y - 0.12 * r, 0.08 * r, 0.16 * r, DARK)
        pen.polygon(
            [(x - 0.13 * r, y + 0.22 * r), (x + 0.13 * r, y + 0.22 * r), (x, y + 0.4 * r)],
            (200, 120, 120),
        )

    if make == 0:
        head(0.0, 0.2, 0.7)
    elif make == 1:
        pen.limb((0.25, 0.75), (0.75, rng.uniform(-0.1, 0.7)), 0.14, inner)
        pen.polygon([(-0.2, -0.25), (0.2, -0.25), (0.48, 0.85), (-0.48, 0.85)], fur)
        head(0.0, -0.42, 0.36)
    elif make == 2:
        for x in (-0.5, -0.32, 0.28, 0.45):
            pen.limb((x, 0.1), (x + rng.uniform(-0.08, 0.08), 0.7), 0.13, inner)
        pen.limb((-0.5, 0.0), (-0.85, -rng.uniform(0.2, 0.8)), 0.12, fur)
        pen.limb((-0.4, 0.05), (0.4, 0.05), 0.42, fur)
        head(0.6, -0.18, 0.3)
    else:
        pen.ellipse(-0.1, 0.4, 0.75, 0.3, fur)
        pen.limb((-0.75, 0.5), (-0.1, 0.68), 0.13, inner)
        head(0.5, 0.1, 0.36)


def tree(pen: Pen, rng: np.random.Generator, make: int) -> None:
    """Round, a conifer, of several crowns; test: a palm."""
    bark = colour(rng, (0.03, 0.1), (0.2, 0.7), (0.15, 0.6))
    leaves = colour(rng, (0.05, 0.45), (0.3, 0.9), (0.15, 0.8))
    pen.limb((0.0, 0.95), (0.0, 0.0), rng.uniform(0.12, 0.25), bark)
    if make == 0:
        pen.ellipse(0.0, -0.3, rng.uniform(0.45, 0.7), rng.uniform(0.45, 0.65), leaves)
    elif make == 1:
        for i in range(3):
            low, wide = 0.6 - 0.45 * i, 0.62 - 0.14 * i
            pen.polygon([(-wide, low), (wide, low), (0.0, low - 0.7)], shade(leaves, 1 - 0.08 * i))
    elif make == 2:
        for _ in range(6):
            x, y = rng.uniform(-0.45, 0.45), rng.uniform(-0.65, 0.05)
            pen.ellipse(x, y, *rng.uniform(0.25, 0.42, 2), shade(leaves, rng.uniform(0.8, 1.15)))
    else:
        pen.limb((0.0, 0.9), (0.1, -0.4), 0.14, bark)
        for angle in np.arange(-2.6, 0.6, 0.5):
            end = (0.1 + 0.75 * np.cos(angle), -0.4 + 0.55 * np.sin(angle) + 0.2)
            pen.limb((0.1, -0.4), end, 0.16, shade(leaves, rng.uniform(0.8, 1.1)))


def fish(pen: Pen, rng: np.random.Generator, make: int) -> None:
    """Plump, long, striped; test: a flat, high one."""
    scales = colour(rng, value=(0.25, 1.0))
    fin = shade(scales, rng.uniform(0.55, 0.85))
    rx, ry = ((0.62, 0.4), (0.72, 0.22), (0.6, 0.33), (0.48, 0.58))[make]
    pen.polygon(
        [
            (-rx * 0.8, 0.0),
            (-0.98, -rng.uniform(0.25, 0.5)),
            (-0.88, 0.0),
            (-0.98, rng.uniform(0.25, 0.5)),
        ],
        fin,
    )
    pen.polygon([(-0.3, -ry * 0.7), (0.2, -ry * 0.8), (-0.25, -ry - 0.3)], fin)
    pen.polygon([(-0.1, ry * 0.7), (0.2, ry * 0.8), (-0.2, ry + 0.22)], fin)
    pen.ellipse(0.05, 0.0, rx, ry, scales)
    if make == 2:
        stripe = colour(rng)
        for x in (-0.3, -0.02, 0.26):
            high = ry * np.sqrt(1 - ((x - 0.05) / rx) ** 2)
            pen.box(x - 0.06, -high, x + 0.06, high, stripe)
    pen.ellipse(0.05 + 0.65 * rx, -0.25 * ry, 0.1, 0.1, (240, 240, 235))
    pen.ellipse(0.07 + 0.65 * rx, -0.25 * ry, 0.05, 0.05, DARK)


def house(pen: Pen, rng: np.random.Generator, make: int) -> None:
    """Gable, hip roof, flat roof of several floors; test: a tower house beside a gable."""
    wall, roof = (
        colour(rng, saturation=(0.0, 0.6), value=(0.4, 1.0)),
        colour(rng, value=(0.15, 0.7)),
    )
    door, pane = colour(rng, value=(0.1, 0.6)), _glass(rng)
    top = -0.75 if make == 2 else -0.1
    pen.box(-0.7, top, 0.7, 0.8, wall)
    if make == 1:
        pen.polygon([(-0.85, -0.1), (-0.45, -0.65), (0.45, -0.65), (0.85, -0.1)], roof)
    elif make == 2:
        pen.box(-0.78, -0.85, 0.78, -0.72, roof)
    else:
        pen.polygon([(-0.88, -0.1), (0.0, -0.85), (0.88, -0.1)], roof)
    if make == 3:
        pen.box(0.25, -0.6, 0.8, 0.8, shade(wall, 0.85))
        pen.polygon([(0.18, -0.6), (0.52, -1.0), (0.87, -0.6)], roof)
    at = rng.uniform(-0.3, 0.2)
    pen.box(at, 0.3, at + 0.25, 0.8, door)
    for y in np.arange(top + 0.12, 0.25, 0.4):
        for x in (-0.52, 0.3):
            pen.box(x, y, x + 0.24, y + 0.24, pane)


def flower(pen: Pen, rng: np.random.Generator, make: int) -> None:
    """Round petals, narrow petals, a tulip; test: several small ones."""
    stem = colour(rng, (0.2, 0.4), (0.3, 0.9), (0.2, 0.7))
    petal = colour(rng, saturation=(0.3, 1.0), value=(0.5, 1.0))
    heart = colour(rng, (0.05, 0.17), (0.4, 1.0), (0.3, 1.0))

    def blossom(x: float, y: float, r: float, petals: int, wide: float) -> None:
        for angle in np.arange(petals) * 2 * np.pi / petals + rng.uniform(0, 1):
            dx, dy = np.cos(angle), np.sin(angle)
            pen.limb(
                (x + 0.35 * r * dx, y + 0.35 * r * dy),
                (x + 0.8 * r * dx, y + 0.8 * r * dy),
                wide * r,
                petal,
            )
        pen.ellipse(x, y, 0.3 * r, 0.3 * r, heart)

    if make == 3:
        for x, y in ((-0.45, -0.35), (0.4, -0.5), (0.0, 0.1)):
            pen.limb((0.0, 0.95), (x, y), 0.07, stem)
            blossom(x, y, 0.36, 5, 0.5)
        return
    pen.limb((0.0, 0.95), (0.0, -0.2), 0.1, stem)
    side = rng.choice([-1, 1])
    pen.polygon([(0.0, 0.75), (side * 0.5, 0.3), (side * 0.15, 0.75)], stem)
    if make == 2:
        pen.ellipse(0.0, -0.25, 0.36, 0.38, petal)
        pen.polygon(
            [
                (-0.36, -0.25),
                (-0.42, -0.8),
                (-0.15, -0.5),
                (0.0, -0.88),
                (0.15, -0.5),
                (0.42, -0.8),
                (0.36, -0.25),
            ],
            petal,
        )
        return
    blossom(0.0, -0.3, 0.6, *((6, 0.55) if make == 0 else (11, 0.22)))


def boat(pen: Pen, rng: np.random.Generator, make: int) -> None:
    """One sail, two sails, a steamer; test: a rowing boat with oars."""
    hull, sail = (
        colour(rng, value=(0.15, 0.9)),
        colour(rng, saturation=(0.0, 0.6), value=(0.6, 1.0)),
    )
    pen.polygon([(-0.9, 0.3), (0.95, 0.3), (0.65, 0.75), (-0.65, 0.75)], hull)
    pen.box(-0.85, 0.3, 0.9, 0.38, shade(hull, 0.6))
    if make in (0, 1):
        pen.limb((0.0, 0.3), (0.0, -0.95), 0.06, (90, 65, 40))
        pen.polygon([(0.06, -0.9), (0.06, 0.15), (0.75, 0.15)], sail)
        if make == 1:
            pen.polygon([(-0.06, -0.75), (-0.06, 0.15), (-0.65, 0.15)], shade(sail, 0.85))
    elif make == 2:
        pen.box(-0.55, 0.0, 0.5, 0.3, sail)
        pen.box(-0.3, -0.3, 0.3, 0.0, shade(sail, 0.9))
        pen.box(-0.12, -0.8, 0.12, -0.3, colour(rng, saturation=(0.4, 1.0)))
        for x in (-0.4, -0.15, 0.1, 0.35):
            pen.box(x - 0.06, 0.08, x + 0.06, 0.2, _glass(rng))
    else:
        for x in (-0.3, 0.2):
            pen.limb((x, 0.1), (x - 0.35, 0.9), 0.06, (150, 110, 70))
        pen.limb((-0.5, 0.22), (0.5, 0.22), 0.08, shade(hull, 1.3))


def lorry(pen: Pen, rng: np.random.Generator, make: int) -> None:
    """Box body, open load, tanker; test: a tipper with a raised body."""
    cab, body = (
        colour(rng, value=(0.25, 0.95)),
        colour(rng, saturation=(0.0, 0.7), value=(0.3, 0.95)),
    )
    pen.box(-0.95, 0.3, 0.95, 0.42, DARK)
    pen.polygon([(0.45, 0.35), (0.45, -0.35), (0.75, -0.35), (0.95, 0.0), (0.95, 0.35)], cab)
    pen.polygon([(0.55, -0.02), (0.55, -0.27), (0.72, -0.27), (0.87, -0.02)], _glass(rng))
    if make == 0:
        pen.box(-0.95, rng.uniform(-0.75, -0.45), 0.38, 0.32, body)
    elif make == 1:
        pen.box(-0.95, 0.05, 0.38, 0.32, body)
        for x in np.arange(-0.85, 0.3, 0.3):
            pen.ellipse(x + 0.1, -0.05, 0.2, 0.2, colour(rng))
        pen.box(-0.95, 0.08, 0.38, 0.32, body)
    elif make == 2:
        pen.limb((-0.72, 0.05), (0.15, 0.05), 0.52, body)
        pen.limb((-0.72, 0.0), (0.15, 0.0), 0.08, shade(body, 0.7))
    else:
        pen.polygon([(-0.95, 0.3), (-0.7, -0.1), (0.35, -0.75), (0.4, -0.4)], body)
    _wheels(pen, rng, (-0.7, -0.3, 0.65), 0.45, rng.uniform(0.16, 0.21))


KINDS: tuple[Draw, ...] = (aeroplane, car, bird, cat, tree, fish, house, flower, boat, lorry)
"""In the order of the classes."""

MAKES_TRAINING = 3
"""Makes 0 to 2 are in all sets, make 3 in the test set alone."""
