"""The speakers: espeak-ng accents times espeak-ng voice variants, split so that no variant is in
two sets and two accents are in the test set alone.

Variants that are versions of one another (Iven and Iven2, ...) are in the same set. Effect voices
(whispers, robots, a demon) are only in the training set.
"""

from dataclasses import dataclass

ACCENTS = ("en", "en-us", "en-gb-x-rp", "en-gb-x-gbclan", "en-gb-x-gbcwmd", "en-029")
"""Accents of all sets."""

ACCENTS_TEST_ONLY = ("en-gb-scotland", "en-us-nyc")
"""Accents that are in the test set alone."""

TEST = (
    "f2", "f5", "m3", "m7", "Alicia", "belinda", "benjamin", "boris", "edward", "edward2", "Gene",
    "Gene2", "grandma", "grandpa", "Hugo", "iven", "iven2", "iven3", "iven4", "linda", "Marco",
    "Michael", "paul", "quincy", "sandro", "steph", "steph2", "steph3", "travis", "zac",
)  # fmt: skip
VALIDATION = ("f4", "m5", "Alex", "david", "Denis", "marcelo", "rob", "shelby", "victor")
TRAINING = (
    "f1", "f3", "m1", "m2", "m4", "m6", "m8", "adam", "Andrea", "Andy", "anika", "anikaRobot",
    "Annie", "announcer", "antonio", "AnxiousAndy", "aunty", "caleb", "croak", "Demonic", "Diogo",
    "ed", "gustave", "Henrique", "Jacky", "john", "kaukovalta", "klatt", "klatt2", "klatt3",
    "klatt4", "klatt5", "klatt6", "Lee", "Mario", "max", "michel", "miguel", "Mike", "Mr serious",
    "Nguyen", "norbert", "pablo", "pedro", "RicishayMax", "RicishayMax2", "RicishayMax3", "robert",
    "robosoft", "robosoft2", "robosoft3", "robosoft4", "robosoft5", "robosoft6", "robosoft7",
    "robosoft8", "Storm", "Tweaky", "UniRobot", "whisper", "whisperf",
)  # fmt: skip


@dataclass(frozen=True)
class Speakers:
    """Who may speak in one set: every accent with every variant."""

    accents: tuple[str, ...]
    variants: tuple[str, ...]


SPEAKERS = {
    "training": Speakers(ACCENTS, TRAINING),
    "validation": Speakers(ACCENTS, VALIDATION),
    "test": Speakers(ACCENTS + ACCENTS_TEST_ONLY, TEST),
}
