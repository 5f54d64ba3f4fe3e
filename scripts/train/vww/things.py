"""Things that are not people. Each is drawn on a layer with its foot at (x, y), h pixels tall.

Some of them look a little like people: round above long, limbs, skin colours.
"""

from collections.abc import Callable

import numpy as np

from common.image.drawing import Layer, colour, shade

Thing = Callable[[Layer, np.random.Generator, float, float, float], None]


def tree(layer: Layer, rng: np.random.Generator, x: float, y: float, h: float) -> None:
    """A trunk and a crown of several round parts."""
    bark = colour(rng, (0.03, 0.1), (0.2, 0.7), (0.15, 0.6))
    leaves = colour(rng, (0.05, 0.45), (0.3, 0.9), (0.2, 0.8))
    layer.limb((x, y), (x, y - 0.6 * h), rng.uniform(0.05, 0.12) * h, bark)
    for _ in range(rng.integers(1, 6)):
        cx, cy = x + rng.uniform(-0.15, 0.15) * h, y - rng.uniform(0.62, 0.85) * h
        layer.ellipse(
            cx, cy, *(rng.uniform(0.1, 0.25, 2) * h), shade(leaves, rng.uniform(0.85, 1.1))
        )


def conifer(layer: Layer, rng: np.random.Generator, x: float, y: float, h: float) -> None:
    """Stacked triangles."""
    leaves = colour(rng, (0.25, 0.45), (0.3, 0.8), (0.1, 0.5))
    layer.limb((x, y), (x, y - 0.3 * h), 0.06 * h, colour(rng, (0.03, 0.1), (0.3, 0.7), (0.1, 0.4)))
    for i in range(3):
        base, wide = y - (0.15 + 0.25 * i) * h, (0.28 - 0.07 * i) * h
        layer.polygon([(x - wide, base), (x + wide, base), (x, base - 0.38 * h)], leaves)


def bush(layer: Layer, rng: np.random.Generator, x: float, y: float, h: float) -> None:
    """A heap of leaves."""
    leaves = colour(rng, (0.1, 0.45), (0.2, 0.9), (0.15, 0.7))
    for _ in range(rng.integers(4, 9)):
        cx, cy = x + rng.uniform(-0.5, 0.5) * h, y - rng.uniform(0.1, 0.6) * h
        layer.ellipse(
            cx, cy, *(rng.uniform(0.15, 0.4, 2) * h), shade(leaves, rng.uniform(0.8, 1.15))
        )


def lamp(layer: Layer, rng: np.random.Generator, x: float, y: float, h: float) -> None:
    """A post with a round lamp or a shade; also a standard lamp."""
    post = colour(rng, saturation=(0.0, 0.4), value=(0.05, 0.8))
    layer.limb((x, y), (x, y - 0.9 * h), rng.uniform(0.015, 0.04) * h, post)
    layer.box(x - 0.08 * h, y - 0.03 * h, x + 0.08 * h, y, post)
    glow = colour(rng, (0.05, 0.17), (0.0, 0.5), (0.6, 1.0))
    if rng.random() < 0.5:
        layer.ellipse(x, y - 0.92 * h, 0.07 * h, 0.08 * h, glow)
    else:
        wide = rng.uniform(0.08, 0.16) * h
        top = y - h
        layer.polygon(
            [
                (x - wide / 2, top),
                (x + wide / 2, top),
                (x + wide, top + 0.2 * h),
                (x - wide, top + 0.2 * h),
            ],
            glow,
        )


def sign(layer: Layer, rng: np.random.Generator, x: float, y: float, h: float) -> None:
    """A traffic sign: round, square or a triangle, on a pole."""
    layer.limb(
        (x, y), (x, y - 0.85 * h), 0.025 * h, colour(rng, saturation=(0.0, 0.1), value=(0.3, 0.8))
    )
    r, top = rng.uniform(0.1, 0.18) * h, y - 0.85 * h
    rim, plate = colour(rng, saturation=(0.5, 1.0)), colour(rng, value=(0.6, 1.0))
    kind = rng.integers(3)
    for size, fill in ((r, rim), (0.75 * r, plate)):
        if kind == 0:
            layer.ellipse(x, top, size, size, fill)
        elif kind == 1:
            layer.box(x - size, top - size, x + size, top + size, fill)
        else:
            layer.polygon(
                [(x - size, top + 0.8 * size), (x + size, top + 0.8 * size), (x, top - size)], fill
            )


def dog(layer: Layer, rng: np.random.Generator, x: float, y: float, h: float) -> None:
    """A four-legged animal: dog, cow, horse, by its proportions."""
    coat = colour(rng, (0.02, 0.13), (0.0, 0.7), (0.1, 0.9))
    way = rng.choice([-1, 1])
    long, leg = rng.uniform(0.45, 0.75) * h, rng.uniform(0.35, 0.55) * h
    thick = rng.uniform(0.16, 0.26) * h
    for dx in (-0.9, -0.65, 0.65, 0.9):
        foot = (x + dx * long + rng.uniform(-0.08, 0.08) * h, y)
        layer.limb(
            (x + dx * long * 0.9, y - leg), foot, 0.07 * h, shade(coat, rng.uniform(0.8, 1.0))
        )
    layer.ellipse(x, y - leg - 0.4 * thick, long, thick, coat)
    neck = (x + way * long * 0.85, y - leg - 0.6 * thick)
    head = (neck[0] + way * 0.18 * h, neck[1] - rng.uniform(0.1, 0.3) * h)
    layer.limb(neck, head, 0.14 * h, coat)
    layer.ellipse(head[0] + way * 0.08 * h, head[1], 0.16 * h, 0.1 * h, coat)
    layer.limb(
        (head[0] - way * 0.03 * h, head[1]),
        (head[0] - way * 0.06 * h, head[1] - 0.14 * h),
        0.05 * h,
        shade(coat, 0.7),
    )
    layer.limb(
        (x - way * long, y - leg - 0.5 * thick),
        (x - way * (long + 0.2 * h), y - leg - rng.uniform(-0.2, 0.3) * h),
        0.04 * h,
        coat,
    )


def car(layer: Layer, rng: np.random.Generator, x: float, y: float, h: float) -> None:
    """A car from the side."""
    paint = colour(rng)
    long = rng.uniform(1.0, 1.5) * h
    layer.polygon(
        [
            (x - 0.6 * long, y - 0.5 * h),
            (x - 0.4 * long, y - h),
            (x + 0.3 * long, y - h),
            (x + 0.6 * long, y - 0.5 * h),
        ],
        paint,
    )
    layer.polygon(
        [
            (x - 0.48 * long, y - 0.55 * h),
            (x - 0.36 * long, y - 0.9 * h),
            (x + 0.27 * long, y - 0.9 * h),
            (x + 0.48 * long, y - 0.55 * h),
        ],
        colour(rng, (0.5, 0.65), (0.0, 0.3), (0.1, 0.8)),
    )
    layer.box(x - long, y - 0.6 * h, x + long, y - 0.15 * h, paint)
    for dx in (-0.6, 0.6):
        layer.ellipse(x + dx * long, y - 0.16 * h, 0.17 * h, 0.17 * h, (25, 25, 28))
        layer.ellipse(x + dx * long, y - 0.16 * h, 0.08 * h, 0.08 * h, (150, 150, 155))


def chair(layer: Layer, rng: np.random.Generator, x: float, y: float, h: float) -> None:
    """A chair."""
    wood, way = colour(rng), rng.choice([-1, 1])
    wide = rng.uniform(0.25, 0.4) * h
    for dx in (-wide, wide):
        layer.limb((x + dx, y), (x + dx, y - 0.45 * h), 0.05 * h, wood)
    layer.limb((x - wide, y - 0.45 * h), (x + wide, y - 0.45 * h), 0.1 * h, wood)
    layer.limb((x - way * wide, y - 0.45 * h), (x - way * wide * 1.15, y - h), 0.07 * h, wood)


def table(layer: Layer, rng: np.random.Generator, x: float, y: float, h: float) -> None:
    """A table with things on it."""
    wood = colour(rng, (0.02, 0.12), (0.1, 0.8), (0.15, 0.9))
    wide = rng.uniform(0.6, 1.2) * h
    for dx in (-0.85, 0.85):
        layer.box(
            x + dx * wide - 0.04 * h, y - 0.7 * h, x + dx * wide + 0.04 * h, y, shade(wood, 0.8)
        )
    layer.box(x - wide, y - 0.75 * h, x + wide, y - 0.63 * h, wood)
    for _ in range(rng.integers(0, 3)):
        bottle(
            layer, rng, x + rng.uniform(-0.7, 0.7) * wide, y - 0.75 * h, rng.uniform(0.2, 0.4) * h
        )


def bottle(layer: Layer, rng: np.random.Generator, x: float, y: float, h: float) -> None:
    """A bottle or vase."""
    glass = colour(rng)
    wide = rng.uniform(0.12, 0.25) * h
    layer.box(x - wide, y - 0.6 * h, x + wide, y, glass)
    layer.ellipse(x, y - 0.6 * h, wide, 0.12 * h, glass)
    layer.box(x - 0.35 * wide, y - h, x + 0.35 * wide, y - 0.6 * h, shade(glass, 0.9))


def balloon(layer: Layer, rng: np.random.Generator, x: float, y: float, h: float) -> None:
    """A balloon on a string, or a ball on a stick, often of the colour of skin."""
    skinny = rng.random() < 0.4
    fill = colour(rng, (0.03, 0.1), (0.25, 0.6), (0.4, 0.95)) if skinny else colour(rng)
    r = rng.uniform(0.1, 0.25) * h
    layer.limb((x, y), (x, y - h + r), max(1.0, 0.01 * h), colour(rng))
    layer.ellipse(x, y - h + r, 0.85 * r, r, fill)


def coat_stand(layer: Layer, rng: np.random.Generator, x: float, y: float, h: float) -> None:
    """A coat that hangs: shoulders and sleeves, but nobody in it."""
    cloth = colour(rng)
    layer.limb((x, y), (x, y - h), 0.025 * h, colour(rng, saturation=(0.0, 0.4), value=(0.05, 0.6)))
    top, wide, low = y - 0.88 * h, rng.uniform(0.1, 0.16) * h, y - rng.uniform(0.2, 0.5) * h
    layer.polygon(
        [
            (x, top - 0.04 * h),
            (x + wide, top + 0.05 * h),
            (x + wide * 1.1, low),
            (x - wide * 1.1, low),
            (x - wide, top + 0.05 * h),
        ],
        cloth,
    )
    for side in (-1, 1):
        end = (x + side * wide * 1.5, top + rng.uniform(0.3, 0.4) * h)
        layer.limb((x + side * wide, top + 0.06 * h), end, 0.06 * h, shade(cloth, 0.9))


def snowman(layer: Layer, rng: np.random.Generator, x: float, y: float, h: float) -> None:
    """Three balls, a hat or not."""
    snow = colour(rng, saturation=(0.0, 0.15), value=(0.7, 1.0))
    for middle, r in ((0.2, 0.22), (0.55, 0.17), (0.83, 0.12)):
        layer.ellipse(x, y - middle * h, r * h, r * h, snow)
    if rng.random() < 0.5:
        layer.box(x - 0.1 * h, y - 1.1 * h, x + 0.1 * h, y - 0.92 * h, colour(rng))


def post_box(layer: Layer, rng: np.random.Generator, x: float, y: float, h: float) -> None:
    """A box with a round top on a foot."""
    paint = colour(rng, saturation=(0.4, 1.0))
    wide = rng.uniform(0.12, 0.22) * h
    layer.box(x - 0.4 * wide, y - 0.4 * h, x + 0.4 * wide, y, shade(paint, 0.6))
    layer.box(x - wide, y - 0.85 * h, x + wide, y - 0.3 * h, paint)
    layer.ellipse(x, y - 0.85 * h, wide, 0.13 * h, paint)
    layer.box(x - 0.6 * wide, y - 0.75 * h, x + 0.6 * wide, y - 0.71 * h, (20, 20, 20))


def bear(layer: Layer, rng: np.random.Generator, x: float, y: float, h: float) -> None:
    """A toy bear: head with ears, belly, four stubs, one colour."""
    fur = colour(rng, (0.02, 0.12), (0.2, 0.8), (0.2, 0.8))
    for side in (-1, 1):
        layer.ellipse(x + side * 0.17 * h, y - 0.93 * h, 0.07 * h, 0.07 * h, fur)
        layer.limb(
            (x + side * 0.2 * h, y - 0.5 * h),
            (x + side * 0.36 * h, y - rng.uniform(0.3, 0.6) * h),
            0.13 * h,
            fur,
        )
        layer.limb(
            (x + side * 0.12 * h, y - 0.15 * h), (x + side * 0.22 * h, y - 0.06 * h), 0.15 * h, fur
        )
    layer.ellipse(x, y - 0.35 * h, 0.24 * h, 0.28 * h, shade(fur, 0.95))
    layer.ellipse(x, y - 0.76 * h, 0.21 * h, 0.19 * h, fur)
    layer.ellipse(x, y - 0.7 * h, 0.08 * h, 0.06 * h, shade(fur, 1.3))


def cactus(layer: Layer, rng: np.random.Generator, x: float, y: float, h: float) -> None:
    """A trunk with two arms that go up."""
    green = colour(rng, (0.25, 0.45), (0.3, 0.8), (0.2, 0.7))
    thick = rng.uniform(0.1, 0.18) * h
    layer.limb((x, y), (x, y - 0.9 * h), thick, green)
    for side in (-1, 1):
        at, out = y - rng.uniform(0.35, 0.6) * h, x + side * rng.uniform(0.18, 0.28) * h
        layer.limb((x, at), (out, at), 0.7 * thick, green)
        layer.limb((out, at), (out, at - rng.uniform(0.15, 0.35) * h), 0.7 * thick, green)


def penguin(layer: Layer, rng: np.random.Generator, x: float, y: float, h: float) -> None:
    """Upright, dark with a light belly."""
    back = colour(rng, (0.5, 0.7), (0.0, 0.5), (0.05, 0.35))
    layer.ellipse(x, y - 0.42 * h, 0.22 * h, 0.42 * h, back)
    layer.ellipse(x, y - 0.38 * h, 0.15 * h, 0.34 * h, (235, 235, 230))
    layer.ellipse(x, y - 0.86 * h, 0.13 * h, 0.13 * h, back)
    for side in (-1, 1):
        layer.limb(
            (x + side * 0.2 * h, y - 0.62 * h), (x + side * 0.28 * h, y - 0.3 * h), 0.07 * h, back
        )
    way = rng.choice([-1, 1])
    layer.polygon(
        [
            (x + way * 0.1 * h, y - 0.88 * h),
            (x + way * 0.1 * h, y - 0.82 * h),
            (x + way * 0.22 * h, y - 0.84 * h),
        ],
        (230, 150, 40),
    )


def scarecrow(layer: Layer, rng: np.random.Generator, x: float, y: float, h: float) -> None:
    """A cross of wood in a shirt, with a sack or a pumpkin on top: no legs, no hands, no face."""
    wood, cloth = colour(rng, (0.05, 0.1), (0.3, 0.6), (0.2, 0.5)), colour(rng)
    layer.limb((x, y), (x, y - 0.9 * h), 0.04 * h, wood)
    layer.limb((x - 0.38 * h, y - 0.7 * h), (x + 0.38 * h, y - 0.7 * h), 0.035 * h, wood)
    layer.limb((x - 0.28 * h, y - 0.7 * h), (x + 0.28 * h, y - 0.7 * h), 0.09 * h, cloth)
    layer.polygon(
        [
            (x - 0.13 * h, y - 0.72 * h),
            (x + 0.13 * h, y - 0.72 * h),
            (x + 0.16 * h, y - 0.3 * h),
            (x - 0.16 * h, y - 0.3 * h),
        ],
        cloth,
    )
    layer.ellipse(
        x, y - 0.87 * h, 0.1 * h, 0.1 * h, colour(rng, (0.05, 0.13), (0.3, 0.9), (0.5, 0.95))
    )


def umbrella(layer: Layer, rng: np.random.Generator, x: float, y: float, h: float) -> None:
    """A parasol."""
    cloth = colour(rng)
    layer.limb((x, y), (x, y - 0.8 * h), 0.025 * h, (120, 100, 80))
    wide = rng.uniform(0.35, 0.6) * h
    layer.draw.pieslice([x - wide, y - h, x + wide, y - 0.4 * h], 180, 360, fill=cloth)
    layer.draw.pieslice(
        [x - 0.35 * wide, y - h, x + 0.35 * wide, y - 0.4 * h], 180, 360, fill=colour(rng)
    )


TRAINING: tuple[Thing, ...] = (
    tree, conifer, bush, lamp, sign, dog, car, chair, table, bottle, balloon, coat_stand, snowman,
    post_box, bear,
)  # fmt: skip
TEST_ONLY: tuple[Thing, ...] = (cactus, penguin, scarecrow, umbrella)
