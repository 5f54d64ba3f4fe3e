"""Pictures with and without people.

The two classes differ in nothing but the people: backgrounds, things behind and before, light and
camera are drawn in the same way.
"""

from dataclasses import dataclass

import numpy as np

from common.image.drawing import Layer, photograph
from vww import backgrounds, person, things
from vww.features import SIZE

DRAWN = 2 * SIZE
"""Scenes are drawn twice as large."""

LEAST_VISIBLE = 0.025
"""A person counts if at least this part of the picture shows them; Visual Wake Words asks for
0.005."""


@dataclass(frozen=True)
class World:
    """What there is to see in the pictures of a set."""

    backgrounds: tuple[backgrounds.Background, ...]
    things: tuple[things.Thing, ...]
    patterns: tuple[str, ...]


TRAINING = World(
    backgrounds.TRAINING, things.TRAINING, ("plain", "plain", "plain", "across", "down")
)
TEST = World(
    backgrounds.TRAINING + backgrounds.TEST_ONLY,
    things.TRAINING + 2 * things.TEST_ONLY,
    ("plain", "plain", "plain", "across", "down", "checked"),
)


def _thing(rng: np.random.Generator, world: World, height: tuple[float, float]) -> Layer:
    layer = Layer(DRAWN)
    draw = world.things[rng.integers(len(world.things))]
    h = DRAWN * float(np.exp(rng.uniform(*np.log(height))))
    draw(layer, rng, rng.uniform(-0.05, 1.05) * DRAWN, rng.uniform(0.6, 1.1) * DRAWN, h)
    return layer


def _person(rng: np.random.Generator, world: World) -> Layer:
    """Somebody whose head is in the picture; two in five are so near that the legs may not be."""
    layer = Layer(DRAWN)
    if rng.random() < 0.4:
        height, top = rng.uniform(0.9, 2.6), rng.uniform(0.12, 0.5)
    else:
        height = rng.uniform(0.45, 0.95)
        top = rng.uniform(0.08, max(0.1, 1.0 - 0.85 * height))
    head = (rng.uniform(0.08, 0.92) * DRAWN, top * DRAWN)
    person.draw(layer, rng, head, height * DRAWN, world.patterns)
    if rng.random() < 0.06:
        layer.image = layer.image.rotate(rng.uniform(-90, 90))
    return layer


def _attempt(rng: np.random.Generator, world: World, people: bool) -> tuple[np.ndarray, float, str]:
    background = world.backgrounds[rng.integers(len(world.backgrounds))]
    scene = background(rng, DRAWN)
    for _ in range(rng.integers(0, 3)):
        _thing(rng, world, (0.2, 1.3)).paste(rng, scene)
    visible = np.zeros((DRAWN, DRAWN), np.float32)
    if people:
        for _ in range(rng.choice([1, 2, 3], p=[0.7, 0.2, 0.1])):
            visible = np.maximum(visible, _person(rng, world).paste(rng, scene))
    elif rng.random() < 0.7:
        _thing(rng, world, (0.3, 1.5)).paste(rng, scene)
    if rng.random() < 0.3:
        before = _thing(rng, world, (0.2, 0.6)).paste(rng, scene)
        visible *= 1.0 - before
    picture = photograph(rng, np.clip(scene, 0.0, 1.0), SIZE)
    return picture, float(visible.mean()), background.__name__


def draw(rng: np.random.Generator, world: World, people: bool) -> tuple[np.ndarray, str]:
    """A picture, uint8 [SIZE, SIZE, 3], and its background's name. Pictures in which the people
    can hardly be seen are drawn again."""
    while True:
        picture, visible, background = _attempt(rng, world, people)
        if not people or visible >= LEAST_VISIBLE:
            return picture, background
