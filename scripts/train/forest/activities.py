"""People who walk, run, climb stairs, cycle, sit and lie, as formulas.

Accelerations are in g, in the axes of the body: x forward, y to the left, z up. They are what an
accelerometer feels: gravity counts as 1 g upwards.
"""

from dataclasses import dataclass

import numpy as np

from motion import sensor
from motion.sensor import AXES

CLASSES = ("walking", "running", "stairs", "cycling", "sitting", "lying")
PLACEMENTS = ("belt", "pocket", "arm")
RATE = 50.0
JITTER = 0.06
"""How late or early a sample is, in sample periods rms."""


@dataclass(frozen=True)
class Person:
    """How someone moves. Frequencies are relative to those of everyone, amplitudes too."""

    cadence: float
    bounce: float
    impact: float
    asymmetry: float
    phases: np.ndarray
    lean: float
    tremor: float


def person(rng: np.random.Generator) -> Person:
    """Someone drawn at random."""
    return Person(
        cadence=float(np.exp(0.07 * rng.standard_normal())),
        bounce=float(np.exp(0.22 * rng.standard_normal())),
        impact=float(np.exp(0.30 * rng.standard_normal())),
        asymmetry=float(rng.uniform(0.02, 0.25)),
        phases=rng.uniform(-0.7, 0.7, 6),
        lean=float(0.07 * rng.standard_normal()),
        tremor=float(np.exp(0.4 * rng.standard_normal())),
    )


def _wave(phase: np.ndarray, harmonics: tuple[float, ...], own: np.ndarray) -> np.ndarray:
    """A periodic signal whose harmonics have these amplitudes; `phase` in turns."""
    return sum(
        amplitude * np.sin(2.0 * np.pi * order * phase + own[order - 1])
        for order, amplitude in enumerate(harmonics, 1)
    )


def _strikes(phase: np.ndarray, period_s: float, decay_s: float) -> np.ndarray:
    """A shock each turn of `phase` that dies away: 1 at first."""
    since = np.mod(phase, 1.0) * period_s
    return np.exp(-since / decay_s) * np.cos(2.0 * np.pi * 14.0 * since)


def _steps(
    rng: np.random.Generator,
    who: Person,
    time: np.ndarray,
    hertz: float,
    bounce: float,
    impact: float,
    sway: float,
) -> np.ndarray:
    """A gait of `hertz` steps a second, [3, n], without gravity."""
    drift = 1.0 + 0.03 * np.sin(2.0 * np.pi * 0.3 * time + rng.uniform(0, 6))
    phase = hertz * time * drift + rng.random()
    limp = 1.0 + who.asymmetry * np.sign(np.sin(np.pi * phase))
    shock = impact * who.impact * limp * _strikes(phase, 1.0 / hertz, 0.035)
    up = bounce * who.bounce * limp * _wave(phase, (1.0, 0.35, 0.12), who.phases)
    forward = 0.55 * bounce * _wave(phase + 0.25, (1.0, 0.4), who.phases[2:])
    aside = sway * _wave(phase / 2.0, (1.0, 0.3), who.phases[3:])
    return np.stack([forward + 0.4 * shock, aside, up + shock])


@dataclass(frozen=True)
class Motion:
    """What a body does: acceleration [3, n] without gravity, the trunk's pitch forward and the
    thigh's pitch forward, radians [n]."""

    acceleration: np.ndarray
    trunk: np.ndarray
    thigh: np.ndarray


def _gait(rng: np.random.Generator, who: Person, time: np.ndarray, name: str) -> Motion:
    hertz, bounce, impact, sway, lean, swing = {
        "walking": (rng.normal(1.87, 0.13), rng.uniform(0.16, 0.34), 0.22, 0.09, 0.04, 0.38),
        "running": (rng.normal(2.70, 0.20), rng.uniform(0.65, 1.30), 0.90, 0.22, 0.14, 0.55),
        "stairs": (rng.normal(1.62, 0.17), rng.uniform(0.14, 0.36), 0.20, 0.15, 0.15, 0.55),
    }[name]
    if name == "stairs":
        # Down: harder and upright. Up: softer, leaning forward, the knee high.
        impact, lean = rng.choice([(0.42, 0.02), (0.12, 0.22)])
    hertz *= who.cadence
    acceleration = _steps(rng, who, time, hertz, bounce, impact, sway)
    stride = 2.0 * np.pi * hertz / 2.0 * time + rng.uniform(0, 6)
    raised = 0.25 if name == "stairs" else 0.05
    return Motion(
        acceleration,
        lean + who.lean + 0.04 * np.sin(2.0 * stride),
        raised + swing * np.sin(stride),
    )


def _cycling(rng: np.random.Generator, who: Person, time: np.ndarray) -> Motion:
    hertz = rng.normal(1.25, 0.18) * who.cadence
    turn = 2.0 * np.pi * hertz * time + rng.uniform(0, 6)
    road = rng.uniform(0.02, 0.12) * rng.standard_normal((AXES, len(time)))
    pull = 0.06 * who.bounce * np.stack([np.sin(2 * turn), np.sin(turn), 0.7 * np.cos(2 * turn)])
    lean = rng.uniform(0.25, 0.75) + 0.03 * np.sin(2 * turn)
    return Motion(road + pull, lean, 0.95 + 0.42 * np.sin(turn))


def _resting(rng: np.random.Generator, who: Person, time: np.ndarray, name: str) -> Motion:
    breath = 2.0 * np.pi * rng.normal(0.27, 0.05) * time + rng.uniform(0, 6)
    still = 0.004 * who.tremor * rng.standard_normal((AXES, len(time)))
    still[2] += 0.006 * np.sin(breath)
    if rng.random() < 0.35:
        # A fidget: shifting about for half a second.
        centre, width = rng.uniform(time[0], time[-1]), rng.uniform(0.1, 0.4)
        shape = np.exp(-(((time - centre) / width) ** 2))
        still += rng.uniform(0.02, 0.35) * shape * rng.standard_normal((AXES, 1))
    if name == "sitting":
        trunk, thigh = rng.normal(-0.18, 0.16), rng.normal(1.45, 0.10)
    else:
        trunk = thigh = rng.choice([-1.57, 1.57]) + rng.normal(0.0, 0.12)
    flat = np.ones(len(time))
    return Motion(still, (trunk + who.lean) * flat, thigh * flat)


def _felt(acceleration: np.ndarray, pitch: np.ndarray) -> np.ndarray:
    """What a segment of the body feels that is pitched forward, gravity included: [3, n]."""
    x, y, z = acceleration + np.array([0.0, 0.0, 1.0])[:, None]
    cos, sin = np.cos(pitch), np.sin(pitch)
    return np.stack([cos * x - sin * z, y, sin * x + cos * z])


@dataclass(frozen=True)
class Wearing:
    """Where and how somebody wears the device, and which unit it is."""

    placement: str
    mounting: np.ndarray
    unit: sensor.Sensor


def wearing(rng: np.random.Generator, placement: str) -> Wearing:
    """The device on a placement, either way up, tilted by 0.17 rad rms about each axis."""
    mounting = np.eye(AXES)
    for axis in range(AXES):
        mounting = mounting @ sensor.rotation(axis, 0.17 * rng.standard_normal())
    if rng.random() < 0.5:
        mounting = sensor.rotation(0, np.pi) @ mounting
    return Wearing(placement, mounting, sensor.unit(rng, RATE, 0.004))


def window(
    rng: np.random.Generator, who: Person, worn: Wearing, name: str, samples: int
) -> np.ndarray:
    """A window of someone's activity, int16 [3, samples]."""
    time = worn.unit.times(rng, samples, JITTER)
    if name in ("walking", "running", "stairs"):
        motion = _gait(rng, who, time, name)
    elif name == "cycling":
        motion = _cycling(rng, who, time)
    else:
        motion = _resting(rng, who, time, name)
    if worn.placement == "pocket":
        felt = _felt(motion.acceleration * 1.1, motion.thigh)
    elif worn.placement == "arm":
        # The upper arm follows the trunk, and swings a little with every second step.
        swing = 0.25 * (motion.thigh - motion.thigh.mean())
        felt = _felt(motion.acceleration * 0.85, 0.6 * motion.trunk - swing)
        felt = sensor.rotation(2, 1.2) @ felt
    else:
        felt = _felt(motion.acceleration, motion.trunk)
    return worn.unit.read(rng, worn.mounting @ felt)
