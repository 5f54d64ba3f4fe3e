"""People: an articulated figure of varied build, pose and clothing.

Lengths are fractions of the height of the person, angles degrees from straight down.
"""

import math
from dataclasses import dataclass

import numpy as np

from common.image.drawing import Colour, Layer, Point, colour, direction, shade

SKIN = (
    (255, 224, 196),
    (240, 200, 165),
    (224, 172, 130),
    (190, 135, 95),
    (140, 92, 62),
    (88, 58, 42),
)
HAIR = ((30, 22, 18), (62, 40, 26), (110, 74, 42), (190, 150, 90), (150, 70, 35), (190, 190, 190))


@dataclass(frozen=True)
class Pose:
    """Angles of thighs, knees (bent from the thigh), upper arms and elbows, left then right; how
    far the trunk leans; which way the person looks (-1, 0 to the viewer, 1)."""

    thighs: tuple[float, float]
    knees: tuple[float, float]
    arms: tuple[float, float]
    elbows: tuple[float, float]
    lean: float
    facing: int


def _either(rng: np.random.Generator, low: float, high: float) -> tuple[float, float]:
    return float(rng.uniform(low, high)), float(rng.uniform(low, high))


def _standing(rng: np.random.Generator) -> Pose:
    legs, arms = _either(rng, 1, 10), _either(rng, 4, 35)
    return Pose(
        (-legs[0], legs[1]), (0.0, 0.0), (-arms[0], arms[1]),
        (float(rng.uniform(0, 60)), -float(rng.uniform(0, 60))), float(rng.uniform(-5, 5)), 0,
    )  # fmt: skip


def _walking(rng: np.random.Generator) -> Pose:
    way = int(rng.choice([-1, 1]))
    stride, swing = rng.uniform(12, 35), rng.uniform(10, 40)
    return Pose(
        (way * stride, -way * stride * 0.8),
        (-way * rng.uniform(0, 25), -way * rng.uniform(10, 50)),
        (-way * swing, way * swing), (way * rng.uniform(5, 40), way * rng.uniform(5, 40)),
        way * rng.uniform(0, 6), way,
    )  # fmt: skip


def _running(rng: np.random.Generator) -> Pose:
    way = int(rng.choice([-1, 1]))
    return Pose(
        (way * rng.uniform(30, 75), -way * rng.uniform(5, 40)),
        (-way * rng.uniform(30, 100), -way * rng.uniform(20, 100)),
        (-way * rng.uniform(30, 70), way * rng.uniform(20, 60)),
        (way * rng.uniform(60, 100), way * rng.uniform(60, 100)), way * rng.uniform(5, 20), way,
    )  # fmt: skip


def _sitting(rng: np.random.Generator) -> Pose:
    way = int(rng.choice([-1, 1]))
    bend = rng.uniform(65, 95)
    return Pose(
        (way * bend, way * (bend + rng.uniform(-10, 10))),
        (-way * rng.uniform(60, 100), -way * rng.uniform(60, 100)),
        (way * rng.uniform(0, 50), way * rng.uniform(0, 50)),
        (way * rng.uniform(20, 80), way * rng.uniform(20, 80)), way * rng.uniform(-12, 12), way,
    )  # fmt: skip


def _reaching(rng: np.random.Generator) -> Pose:
    base = _standing(rng)
    high = rng.uniform(90, 175, 2)
    arms = (-high[0], high[1]) if rng.random() < 0.5 else (base.arms[0], high[1])
    return Pose(base.thighs, base.knees, arms, _either(rng, -30, 30), base.lean, 0)


def _bending(rng: np.random.Generator) -> Pose:
    way = int(rng.choice([-1, 1]))
    return Pose(
        _either(rng, -10, 10), (-way * rng.uniform(0, 30), -way * rng.uniform(0, 30)),
        (way * rng.uniform(-10, 30), way * rng.uniform(-10, 30)),
        _either(rng, -20, 20), way * rng.uniform(30, 70), way,
    )  # fmt: skip


POSES = (_standing, _walking, _running, _sitting, _reaching, _bending)
WEIGHTS = (0.32, 0.2, 0.12, 0.14, 0.12, 0.1)


@dataclass(frozen=True)
class Looks:
    """Build, skin and clothing."""

    head: float
    shoulders: float
    hips: float
    limbs: float
    skin: Colour
    hair: Colour
    hair_style: str
    hat: Colour | None
    top: Colour
    pattern: str
    sleeves: float
    bottom: Colour
    dress: float
    trousers: float
    shoes: Colour


def _looks(rng: np.random.Generator, patterns: tuple[str, ...]) -> Looks:
    child = rng.random() < 0.2
    skirt = rng.random() < 0.25
    bare = [0.5, 0.3, 0.2] if skirt else [0.02, 0.18, 0.8]
    return Looks(
        head=float(rng.uniform(0.085, 0.105) if child else rng.uniform(0.062, 0.08)),
        shoulders=float(rng.uniform(0.085, 0.135)),
        hips=float(rng.uniform(0.06, 0.105)),
        limbs=float(rng.uniform(0.8, 1.35)),
        skin=shade(SKIN[rng.integers(len(SKIN))], rng.uniform(0.85, 1.05)),
        hair=shade(HAIR[rng.integers(len(HAIR))], rng.uniform(0.8, 1.2)),
        hair_style=str(rng.choice(["short", "long", "bun", "none"], p=[0.5, 0.3, 0.12, 0.08])),
        hat=colour(rng) if rng.random() < 0.18 else None,
        top=colour(rng),
        pattern=str(rng.choice(patterns)),
        sleeves=float(rng.choice([0.0, 0.5, 1.0, 2.0], p=[0.1, 0.25, 0.2, 0.45])),
        bottom=colour(rng, saturation=(0.0, 0.6), value=(0.05, 0.8)),
        dress=float(rng.uniform(0.12, 0.3)) if skirt else 0.0,
        trousers=float(rng.choice([0.0, 0.5, 2.0], p=bare)),
        shoes=colour(rng, saturation=(0.0, 0.5), value=(0.03, 0.7)),
    )  # fmt: skip


def _from(point: Point, degrees: float, length: float) -> Point:
    x, y = direction(degrees)
    return point[0] + length * x, point[1] + length * y


def _limb(
    layer: Layer, start: Point, angles: Point, lengths: Point, widths: Point,
    cover: tuple[float, Colour, Colour],
) -> Point:  # fmt: skip
    """Two segments; the first `cover[0]` of them (0 to 2) in cloth, the rest in skin. Returns the
    end."""
    covered, cloth, skin = cover
    for angle, length, width in zip(angles, lengths, widths, strict=True):
        end = _from(start, angle, length)
        layer.limb(start, end, width, skin)
        if covered > 0.0:
            part = min(1.0, covered)
            layer.limb(start, _from(start, angle, part * length), width * 1.15, cloth)
        covered -= 1.0
        start = end
    return start


def _head(
    layer: Layer, rng: np.random.Generator, looks: Looks, pose: Pose, at: Point, h: float
) -> None:
    x, y = at
    r = looks.head * h
    rx, away = r * rng.uniform(0.74, 0.88), pose.facing == 0 and rng.random() < 0.25
    if looks.hair_style == "long":
        layer.ellipse(x - pose.facing * 0.25 * r, y + 0.35 * r, rx * 1.2, r * 1.35, looks.hair)
    if looks.hair_style == "bun":
        layer.ellipse(x - pose.facing * 0.9 * r, y - 0.75 * r, 0.45 * r, 0.45 * r, looks.hair)
    layer.ellipse(x, y, rx, r, looks.skin)
    if looks.hair_style != "none":
        box = [x - rx * 1.06, y - r * 1.1, x + rx * 1.06, y + r * 0.95]
        if away:
            layer.draw.ellipse(box, fill=looks.hair)
        else:
            turn = -25 * pose.facing
            layer.draw.chord(box, 190 + turn, 350 + turn, fill=looks.hair)
    if not away and r > 5:
        dark = shade(looks.skin, 0.3)
        eye = max(0.7, 0.09 * r)
        for side in (-1, 1):
            if side != -pose.facing:
                ex = x + (side * 0.36 + 0.25 * pose.facing) * rx
                if r > 14:
                    layer.ellipse(ex, y - 0.02 * r, eye * 1.9, eye * 1.3, (238, 235, 230))
                layer.ellipse(ex, y - 0.02 * r, eye, eye, dark)
        mx, my = x + 0.3 * pose.facing * rx, y + 0.5 * r
        width = max(1, round(0.08 * r))
        layer.draw.line(
            [mx - 0.3 * rx, my, mx + 0.3 * rx, my], fill=shade(looks.skin, 0.6), width=width
        )
        nose = x + 0.42 * pose.facing * rx
        layer.draw.line(
            [nose, y + 0.05 * r, nose + 0.06 * r, y + 0.28 * r],
            fill=shade(looks.skin, 0.75),
            width=width,
        )
        if rng.random() < 0.15:
            layer.draw.line(
                [x - rx * 0.8, y, x + rx * 0.8, y], fill=(25, 25, 25), width=max(1, width)
            )
        if rng.random() < 0.15:
            layer.draw.chord([x - rx, y - r, x + rx, y + r], 20, 160, fill=looks.hair)
    if looks.hat is not None:
        layer.draw.chord(
            [x - rx * 1.15, y - r * 1.25, x + rx * 1.15, y + r * 0.6], 180, 360, fill=looks.hat
        )
        brim = rng.uniform(1.1, 1.8)
        way = 0.5 * pose.facing * rx
        layer.box(
            x - rx * brim + way,
            y - 0.4 * r,
            x + rx * brim + way,
            y - 0.22 * r,
            shade(looks.hat, 0.8),
        )


def _pattern(layer: Layer, looks: Looks, rng: np.random.Generator, corners: list[Point]) -> None:
    """Stripes across the trunk, down it, or both."""
    a, b, c, d = (np.array(corner) for corner in corners)
    other = colour(rng)
    stripes = int(rng.integers(3, 8))
    width = max(1, round(math.dist(corners[0], corners[3]) / stripes / 2.2))
    for i in range(stripes):
        t = (i + 0.5) / stripes
        if looks.pattern in ("across", "checked"):
            layer.draw.line([*(a + t * (d - a)), *(b + t * (c - b))], fill=other, width=width)
        if looks.pattern in ("down", "checked"):
            layer.draw.line([*(a + t * (b - a)), *(d + t * (c - d))], fill=other, width=width)


def draw(
    layer: Layer, rng: np.random.Generator, head: Point, height: float, patterns: tuple[str, ...]
) -> None:
    """Draws somebody, `height` pixels tall when standing upright, with the middle of the head at
    `head`."""
    looks = _looks(rng, patterns)
    pose = POSES[rng.choice(len(POSES), p=WEIGHTS)](rng)
    h = height
    narrow = 1.0 if pose.facing == 0 else rng.uniform(0.55, 0.9)
    neck = _from(head, -pose.lean, looks.head * h * 1.15)
    hip = _from(neck, -pose.lean, 0.30 * h)
    across = direction(90 - pose.lean)
    half = looks.shoulders * h * narrow
    half_hip = looks.hips * h * narrow
    shoulders = [
        (neck[0] + s * half * across[0], neck[1] + 0.03 * h + s * half * across[1]) for s in (-1, 1)
    ]
    hips = [(hip[0] + s * half_hip * across[0], hip[1] + s * half_hip * across[1]) for s in (-1, 1)]
    arm, leg = 0.05 * h * looks.limbs, 0.072 * h * looks.limbs

    def one_arm(side: int) -> None:
        end = _limb(
            layer, shoulders[side],
            (pose.arms[side] - pose.lean, pose.arms[side] + pose.elbows[side] - pose.lean),
            (0.165 * h, 0.15 * h), (arm, arm * 0.8),
            (looks.sleeves, shade(looks.top, 0.93), looks.skin),
        )  # fmt: skip
        layer.ellipse(*end, arm * 0.55, arm * 0.6, looks.skin)

    def one_leg(side: int) -> None:
        root = (0.55 * hips[side][0] + 0.45 * hip[0], 0.55 * hips[side][1] + 0.45 * hip[1])
        angles = (pose.thighs[side], pose.thighs[side] + pose.knees[side])
        end = _limb(
            layer, root, angles, (0.24 * h, 0.235 * h), (leg, leg * 0.78),
            (looks.trousers, looks.bottom, looks.skin),
        )  # fmt: skip
        toe = (pose.facing or (-1, 1)[side] * 0.4) * leg * 1.1
        layer.limb(end, (end[0] + toe, end[1]), leg * 0.75, looks.shoes)

    one_arm(0)
    one_leg(0)
    one_leg(1)
    layer.limb(head, neck, 0.045 * h, shade(looks.skin, 0.9))
    corners = [shoulders[0], shoulders[1], hips[1], hips[0]]
    layer.polygon(corners, looks.top)
    layer.limb(shoulders[0], shoulders[1], 0.06 * h, looks.top)
    if looks.pattern != "plain":
        _pattern(layer, looks, rng, corners)
    if looks.dress:
        flare = half_hip * rng.uniform(1.2, 2.2)
        end = _from(hip, 0.5 * (pose.thighs[0] + pose.thighs[1]), looks.dress * h)
        layer.polygon(
            [hips[0], hips[1], (end[0] + flare, end[1]), (end[0] - flare, end[1])], looks.bottom
        )
    else:
        layer.limb(hips[0], hips[1], 0.06 * h, looks.bottom)
    _head(layer, rng, looks, pose, head, h)
    one_arm(1)
