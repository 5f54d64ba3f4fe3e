"""The data sets: clips of machines, cut into windows of 5 frames.

Training and validation sets hold machines in order only. Half of the test set's clips have a
fault. Units, rooms and microphones of the test set are in no other set, and its rooms are louder.

Every clip has its own random generator, seeded by (seed, set, index), so a set is the same however
many processes make it and in whatever order.
"""

from dataclasses import dataclass

import numpy as np

from ad import machines
from ad.features import FEATURES
from common import sets
from common.sets import SETS, DataSet
from common.sound import microphone, noise
from common.sound.microphone import decibels

COUNTS = {"training": 3000, "validation": 200, "test": 600}
UNITS = {"training": 48, "validation": 8, "test": 24}
NOISE_BELOW = {"training": (22.0, 34.0), "validation": (22.0, 34.0), "test": (18.0, 30.0)}
"""How far other noise is below the machine, dB."""

SEVERITY = (0.16, 0.7)
WINDOWS = 12
STEP = FEATURES.hop_samples * FEATURES.frames
CLIP_SAMPLES = STEP * (WINDOWS - 1) + FEATURES.samples
"""Windows overlap by half a frame only; a clip is 1.95 s long."""

NORMAL, ANOMALOUS = 0, 1
CLASSES = ("normal", "anomalous")


@dataclass(frozen=True)
class Task:
    """Clip number `number` of a set."""

    seed: int
    name: str
    number: int


def record(task: Task) -> tuple[np.ndarray, str]:
    """A clip, int16 [CLIP_SAMPLES], and the name of its fault, empty if there is none."""
    which = SETS.index(task.name)
    rng = np.random.default_rng([task.seed, which, task.number])
    number = int(rng.integers(UNITS[task.name]))
    own = machines.unit([task.seed, 10 + which, number])
    faulty = task.name == "test" and task.number % 2 == ANOMALOUS
    running = machines.run(own, rng, CLIP_SAMPLES)
    sound = machines.normal(rng, running)
    fault = machines.FAULTS[task.number // 2 % len(machines.FAULTS)]
    sound = sound / np.sqrt(np.mean(sound**2))
    if faulty:
        severity = float(np.exp(rng.uniform(*np.log(SEVERITY))))
        sound = sound + fault(rng, running, severity)
    sound = microphone.response(rng, sound, 1.5)
    if rng.random() < 0.5:
        sound = microphone.room(rng, sound)[:CLIP_SAMPLES]
    around = noise.normalised(noise.pink(rng, CLIP_SAMPLES))
    if rng.random() < 0.3:
        around = noise.normalised(around + 0.5 * noise.normalised(noise.hum(rng, CLIP_SAMPLES)))
    sound = sound + decibels(-rng.uniform(*NOISE_BELOW[task.name])) * around
    level = decibels(rng.uniform(-26.0, -24.0))
    return microphone.to_int16(level * sound), fault.__name__ if faulty else ""


def window(clip: np.ndarray, number: int) -> np.ndarray:
    """The samples of a window of a clip."""
    return clip[STEP * number :][: FEATURES.samples]


def _render(task: Task) -> tuple[np.ndarray, str]:
    clip, fault = record(task)
    features = np.stack([FEATURES.compute(window(clip, number)) for number in range(WINDOWS)])
    return features.astype(np.float32).reshape(WINDOWS, -1), fault


def audio(seed: int, clips: np.ndarray, windows: np.ndarray) -> np.ndarray:
    """The sound of some windows of the test set, made again: int16 [n, samples]."""
    return np.stack(
        [
            window(record(Task(seed, "test", int(clip)))[0], int(number))
            for clip, number in zip(clips, windows, strict=True)
        ]
    )


def make(seed: int, name: str, processes: int) -> DataSet:
    """Makes a set: features float32 [clips, WINDOWS, 640], labels and faults of the clips."""
    tasks = [Task(seed, name, number) for number in range(COUNTS[name])]
    features, faults = zip(*sets.render(_render, tasks, name, processes), strict=True)
    faults = np.array(faults)
    labels = np.where(faults == "", NORMAL, ANOMALOUS).astype(np.uint8)
    return DataSet(features=np.stack(features), labels=labels, faults=faults)


if __name__ == "__main__":
    sets.main(make, __doc__)
