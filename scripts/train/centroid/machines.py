"""The vibration of a motor with a load, in order and with faults, as formulas.

Accelerations in g in the axes of the motor: x and y across the shaft, z along it.
"""

from dataclasses import dataclass

import numpy as np

from motion import sensor
from motion.sensor import AXES

RATE = 1600.0
JITTER = 0.02
"""How late or early a sample is, in sample periods rms."""


@dataclass(frozen=True)
class Machine:
    """One unit and the sensor on it. `loudness`: g of each axis and harmonic of the shaft."""

    hertz: float
    loudness: np.ndarray
    rolling: np.ndarray
    resonance: float
    mounting: np.ndarray
    unit: sensor.Sensor


def machine(rng: np.random.Generator) -> Machine:
    """A unit as it was built and as the sensor was screwed to it."""
    across = np.array([1.0, 0.85, 0.35])[:, None]
    harmonics = np.array([0.16, 0.07, 0.035, 0.02])
    mounting = np.eye(AXES)
    for axis in range(AXES):
        mounting = mounting @ sensor.rotation(axis, 0.08 * rng.standard_normal())
    return Machine(
        hertz=rng.uniform(23.5, 25.0),
        loudness=across * harmonics * np.exp(0.22 * rng.standard_normal((AXES, 4))),
        rolling=0.05 * np.exp(0.2 * rng.standard_normal(AXES)),
        resonance=rng.uniform(330.0, 430.0),
        mounting=mounting,
        unit=sensor.unit(rng, RATE, 0.006),
    )


@dataclass(frozen=True)
class Running:
    """A machine during one window, under a load of its own: `turns` [n] of the shaft."""

    machine: Machine
    time: np.ndarray
    turns: np.ndarray
    load: float


def run(rng: np.random.Generator, own: Machine, samples: int) -> Running:
    """The machine under some load."""
    time = own.unit.times(rng, samples, JITTER)
    load = rng.uniform(0.6, 1.15)
    hertz = own.hertz * (1.0 - 0.03 * load)
    return Running(own, time, hertz * time + rng.random(), load)


def normal(rng: np.random.Generator, now: Running) -> np.ndarray:
    """Vibration of a machine in order, [3, n]."""
    own = now.machine
    orders = np.arange(1, own.loudness.shape[1] + 1)
    angle = 2.0 * np.pi * orders[:, None] * now.turns
    # What is up and down on one axis is left and right, a quarter turn later, on another.
    lag = np.array([0.0, 0.25, 0.1])[:, None, None] * 2.0 * np.pi
    shaft = (own.loudness[:, :, None] * np.sin(angle + lag)).sum(1)
    rolling = own.rolling[:, None] * rng.standard_normal((AXES, len(now.time)))
    return now.load * shaft + rolling


def imbalance(rng: np.random.Generator, now: Running, severity: float) -> np.ndarray:
    """A weight off the axis: once a turn, across the shaft."""
    angle = 2.0 * np.pi * now.turns + rng.uniform(0, 6)
    force = 0.55 * severity
    return force * np.stack([np.sin(angle), np.cos(angle), 0.05 * np.sin(angle)])


def misalignment(rng: np.random.Generator, now: Running, severity: float) -> np.ndarray:
    """A coupling out of line: twice a turn, and along the shaft."""
    angle = 4.0 * np.pi * now.turns + rng.uniform(0, 6)
    force = 0.42 * severity
    return force * np.stack([np.sin(angle), 0.7 * np.cos(angle), 0.9 * np.sin(angle + 0.5)])


def bearing(rng: np.random.Generator, now: Running, severity: float) -> np.ndarray:
    """A flaw of the outer ring: 3.58 strikes a turn that make the housing ring."""
    strikes = 3.58 * now.turns + rng.random()
    since = np.mod(strikes, 1.0) / (3.58 * now.machine.hertz)
    ring = np.exp(-since / 0.0025) * np.sin(2.0 * np.pi * now.machine.resonance * since)
    return 1.3 * severity * np.array([1.0, 0.8, 0.4])[:, None] * ring


def looseness(rng: np.random.Generator, now: Running, severity: float) -> np.ndarray:
    """A loose foot: a knock every second turn, and half the frequency."""
    half = now.turns / 2.0 + rng.random()
    since = np.mod(half, 1.0) * 2.0 / now.machine.hertz
    knock = np.exp(-since / 0.006) * np.cos(2.0 * np.pi * 120.0 * since)
    sway = 0.3 * np.sin(2.0 * np.pi * half)
    return 1.1 * severity * np.array([0.4, 1.0, 0.3])[:, None] * (knock + sway)


def rub(rng: np.random.Generator, now: Running, severity: float) -> np.ndarray:
    """The rotor touches: a rasp during a part of each turn."""
    touching = np.mod(now.turns + rng.random(), 1.0) < 0.3
    return 0.5 * severity * touching * rng.standard_normal((AXES, len(now.time)))


FAULTS = (imbalance, misalignment, bearing, looseness, rub)


def window(
    rng: np.random.Generator, own: Machine, samples: int, fault, severity: float
) -> np.ndarray:
    """A window of a machine with a fault, or none: int16 [3, samples]."""
    now = run(rng, own, samples)
    acceleration = normal(rng, now)
    if fault is not None:
        acceleration = acceleration + fault(rng, now, severity)
    acceleration[0] += 1.0
    return own.unit.read(rng, own.mounting @ acceleration)
