"""The sound of machines, sound and faulty: an electric motor with a gear, a fan and bearings.

There are a few models of machine, and any number of units of each, which differ a little from one
another, as do the ways in which they run.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from common.features import SAMPLE_RATE
from common.sound import noise

NYQUIST = SAMPLE_RATE / 2.0


@dataclass(frozen=True)
class Model:
    """A model of machine: revolutions a second, teeth of the gear, resonances of the housing
    (hertz), how loud gear, fan and mains hum are beside the motor, and how the power of the fan's
    noise falls with frequency."""

    speed: float
    teeth: int
    resonances: tuple[float, float]
    gear: float
    fan: float
    hum: float
    slope: float


MODELS = (
    Model(24.5, 17, (850.0, 2600.0), gear=0.5, fan=0.6, hum=0.25, slope=1.1),
    Model(31.0, 23, (1200.0, 3400.0), gear=0.8, fan=0.5, hum=0.15, slope=1.4),
    Model(47.0, 13, (600.0, 2100.0), gear=0.35, fan=0.9, hum=0.3, slope=0.8),
    Model(58.0, 19, (1600.0, 4300.0), gear=0.6, fan=0.4, hum=0.1, slope=1.0),
)


@dataclass(frozen=True)
class Running:
    """A unit as it runs: model, angle of the shaft in turns at each sample, and how far loudness
    of the parts is from that of the model (factors)."""

    model: Model
    turns: np.ndarray
    gear: float
    fan: float
    resonances: np.ndarray

    @property
    def speed(self) -> float:
        """Mean revolutions a second."""
        return float((self.turns[-1] - self.turns[0]) / len(self.turns) * SAMPLE_RATE)


def unit(seed: list[int]) -> np.random.Generator:
    """The generator that belongs to one unit; each clip of it starts from the same state."""
    return np.random.default_rng(seed)


def run(
    own: np.random.Generator, rng: np.random.Generator, samples: int, slower: float = 1.0
) -> Running:
    """A unit (its generator is `own`) that runs for so many samples: its load, and with it the
    speed, differ from clip to clip and drift by half a percent within one."""
    model = MODELS[own.integers(len(MODELS))]
    speed = model.speed * own.uniform(0.98, 1.02) * rng.uniform(0.985, 1.015) * slower
    drift = 1.0 + 0.005 * np.sin(
        2.0 * np.pi * (rng.uniform(0.2, 1.0) * np.arange(samples) / SAMPLE_RATE + rng.random())
    )
    return Running(
        model,
        rng.random() + np.cumsum(speed * drift) / SAMPLE_RATE,
        gear=float(own.uniform(0.8, 1.25) * rng.uniform(0.9, 1.1)),
        fan=float(own.uniform(0.8, 1.25) * rng.uniform(0.9, 1.1)),
        resonances=np.array(model.resonances) * own.uniform(0.96, 1.04, 2),
    )


def _ring(rng: np.random.Generator, frequency: float, decay: float, length: int) -> np.ndarray:
    """A struck resonance that falls by 60 dB in `decay` seconds, peak near 1."""
    time = np.arange(length) / SAMPLE_RATE
    return np.exp(-6.9 * time / decay) * np.sin(2.0 * np.pi * frequency * time + rng.uniform(0, 6))


def _strikes(
    rng: np.random.Generator,
    running: Running,
    at: np.ndarray,
    strength: np.ndarray,
    pitch: float = 1.0,
) -> np.ndarray:
    """The housing struck at the samples `at`: all its resonances ring."""
    out = np.zeros(len(running.turns))
    np.add.at(out, at, strength)
    bell = sum(_ring(rng, pitch * f, 0.02, 640) for f in running.resonances)
    size = len(out) + len(bell)
    return np.fft.irfft(np.fft.rfft(out, size) * np.fft.rfft(bell, size), size)[: len(out)]


def _every(running: Running, per_turn: float) -> np.ndarray:
    """Samples at which something that happens `per_turn` times a turn happens."""
    return np.flatnonzero(np.diff(np.floor(running.turns * per_turn)) > 0)


def normal(rng: np.random.Generator, running: Running) -> np.ndarray:
    """The sound of a machine in order, float64 [samples], RMS near 1."""
    model, turns = running.model, running.turns
    angle = 2.0 * np.pi * turns
    sound = sum(np.sin(k * angle + rng.uniform(0, 6)) / k for k in range(1, 9))
    mesh = 0.0
    for k in range(1, 6):
        if k * model.teeth * running.speed < NYQUIST:
            wobble = 1.0 + 0.15 * np.sin(angle + rng.uniform(0, 6))
            mesh = mesh + wobble * np.sin(k * model.teeth * angle + rng.uniform(0, 6)) / k**1.2
    sound = sound + running.gear * model.gear * mesh
    time = np.arange(len(turns)) / SAMPLE_RATE
    for k in (1, 2, 3, 5):
        sound = sound + model.hum / k * np.sin(2 * np.pi * 100.0 * k * time + rng.uniform(0, 6))
    air = noise.normalised(noise.coloured(rng, len(turns), model.slope))
    sound = sound + running.fan * model.fan * air
    rolling = noise.white(rng, len(turns)) * (1.0 + 0.3 * np.sin(3.1 * angle))
    return sound + 0.03 * rolling


def imbalance(rng: np.random.Generator, running: Running, severity: float) -> np.ndarray:
    """The shaft is bent or out of balance: low harmonics, and everything swells once a turn."""
    angle = 2.0 * np.pi * running.turns
    thump = sum(np.sin(k * angle + rng.uniform(0, 6)) for k in range(1, 7))
    air = noise.normalised(noise.coloured(rng, len(angle), 1.0))
    return severity * (thump + 1.2 * air * (1.0 + np.sin(angle)))


def bearing(rng: np.random.Generator, running: Running, severity: float) -> np.ndarray:
    """A pitted bearing race: strikes three to five times a turn."""
    at = _every(running, rng.uniform(3.0, 5.2))
    return severity * _strikes(rng, running, at, rng.uniform(0.7, 1.3, len(at)), 1.3) * 2.0


def tooth(rng: np.random.Generator, running: Running, severity: float) -> np.ndarray:
    """A broken tooth: a strike once a turn, and side bands of the gear's tone."""
    angle = 2.0 * np.pi * running.turns
    at = _every(running, 1.0)
    strikes = _strikes(rng, running, at, rng.uniform(0.8, 1.2, len(at)))
    swing = np.sin(running.model.teeth * angle) * (1.0 + np.cos(angle)) ** 3
    return severity * (3.0 * strikes + 0.5 * swing)


def squeal(rng: np.random.Generator, running: Running, severity: float) -> np.ndarray:
    """A dry belt or bush: a tone with harmonics that wanders."""
    length = len(running.turns)
    time = np.arange(length) / SAMPLE_RATE
    pitch = rng.uniform(700.0, 2400.0) * (1.0 + 0.03 * np.sin(2 * np.pi * running.turns))
    angle = 2.0 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
    tone = sum(np.sin(k * angle) / k for k in (1, 2, 3))
    return (
        severity
        * 0.7
        * tone
        * (0.6 + 0.4 * np.sin(2 * np.pi * (rng.uniform(1, 4) * time + rng.random())))
    )


def rattle(rng: np.random.Generator, running: Running, severity: float) -> np.ndarray:
    """A loose screw: irregular strikes of high pitch."""
    length = len(running.turns)
    count = int(rng.uniform(25, 70) * length / SAMPLE_RATE)
    at = np.sort(rng.integers(0, length, count))
    return (
        severity
        * _strikes(rng, running, at, rng.uniform(0.3, 1.5, count), rng.uniform(1.4, 2.0))
        * 2.0
    )


def leak(rng: np.random.Generator, running: Running, severity: float) -> np.ndarray:
    """Air that escapes: a hiss within an octave, somewhere above 1.5 kHz."""
    spectrum = np.fft.rfft(noise.white(rng, len(running.turns)))
    hertz = np.fft.rfftfreq(len(running.turns), 1.0 / SAMPLE_RATE)
    middle = rng.uniform(1500.0, 5500.0)
    octaves = np.log2(np.maximum(hertz, 1.0) / middle)
    hiss = np.fft.irfft(spectrum * np.exp(-((octaves / 0.25) ** 2)), len(running.turns))
    return severity * 0.6 * noise.normalised(hiss)


Fault = Callable[[np.random.Generator, Running, float], np.ndarray]
FAULTS: tuple[Fault, ...] = (imbalance, bearing, tooth, squeal, rattle, leak)
"""What each adds to the sound of the machine, at a severity near 1 or below."""
