"""The classes, and what is said: sentences by a small grammar, with words close to the wake word.

Most words of the test set's sentences are in no other set.
"""

from dataclasses import dataclass, replace

import numpy as np

WAKE_WORD = "marvin"
SILENCE = "silence"
UNKNOWN = "unknown"

CLASSES = (WAKE_WORD, SILENCE, UNKNOWN)
"""Class names in the order of the model's output."""


@dataclass(frozen=True)
class Vocabulary:
    """The words of the sentences of a set. `close` sound like the wake word."""

    nouns: tuple[str, ...]
    verbs: tuple[str, ...]
    adjectives: tuple[str, ...]
    places: tuple[str, ...]
    close: tuple[str, ...]


TRAINING = Vocabulary(
    nouns=(
        "doctor", "garden", "river", "window", "teacher", "letter", "horse", "kitchen", "machine",
        "market", "summer", "engine", "bottle", "children", "music", "number", "village", "farmer",
        "father", "coffee", "money", "picture", "question", "story", "driver", "shoulder", "paper",
        "lemon", "ticket", "army", "palm", "car", "mountain", "woman", "harvest",
    ),
    verbs=(
        "saw", "opened", "wanted", "carried", "followed", "painted", "remembered", "covered",
        "answered", "started", "never liked", "will bring", "has forgotten", "moved", "can hear",
        "marked", "argued about", "is starting",
    ),
    adjectives=(
        "old", "green", "heavy", "quiet", "modern", "happy", "broken", "little", "larger", "darker",
        "famous", "seven", "eleven", "calm", "marble", "woven",
    ),
    places=(
        "in the morning", "at the station", "behind the house", "for an hour", "near the harbour",
        "after dinner", "on the table", "with my mother", "in march", "before seven",
    ),
    close=(
        "martin", "margin", "marvel", "carving", "starving", "martian", "garlic", "melvin", "kevin",
        "more than", "larva", "mars", "marble", "oven", "part in", "carbon", "movin", "mar", "vin",
        "market", "morning", "arvin", "harvest in", "marching", "mavin", "nirvana", "my van",
    ),
)  # fmt: skip

TEST = Vocabulary(
    nouns=(
        "captain", "bridge", "forest", "pencil", "winter", "lawyer", "camera", "station", "orange",
        "brother", "island", "mirror", "newspaper", "singer", "weather", "dragon", "carpet",
        "student", "pocket", "engineer", "marshal", "cousin", "blanket", "artist", "guitar",
    ),
    verbs=(
        "found", "closed", "repaired", "watched", "believed", "bought", "described", "is guarding",
        "crossed", "will sell", "has lost", "visited", "could smell", "admired",
    ),
    adjectives=(
        "young", "yellow", "empty", "noisy", "ancient", "lonely", "wooden", "narrow", "smarter",
        "twelve", "proven", "charming", "sudden",
    ),
    places=(
        "in the evening", "at the airport", "under the bridge", "all day long", "by the lake",
        "since monday", "over there", "with a smile", "in the dark", "once again",
    ),
    close=(
        "marlin", "carving knife", "marvellous", "calvin", "darwin", "harbin", "marcin", "farming",
        "gavin", "mervyn", "moving", "marzipan", "arm in", "jarvis", "art in",
    ),
)  # fmt: skip

ONSETS = ("b", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "sh", "t", "v", "w", "ch", "")
VOWELS = ("ar", "a", "e", "er", "i", "o", "or", "u", "ee", "ow", "ay", "ah")
MIDDLES = ("v", "b", "d", "f", "g", "k", "l", "m", "n", "p", "s", "t", "sh", "rv", "lv", "z", "rb")
ENDS = ("in", "an", "er", "el", "is", "ing", "ow", "y", "um", "on", "it", "im", "ish", "il")
WAKE_PARTS = ("m", "ar", "v", "in")
INVENTED = 40


def _invented(rng: np.random.Generator, close: bool) -> str:
    """A word of two syllables that is in no set on purpose; if `close`, one or two of its four
    parts differ from the wake word's."""
    choices = (ONSETS, VOWELS, MIDDLES, ENDS)
    while True:
        parts = [str(rng.choice(part)) for part in choices]
        if close:
            kept = set(range(4)) - set(rng.permutation(4)[: rng.integers(1, 3)].tolist())
            parts = [WAKE_PARTS[i] if i in kept else parts[i] for i in range(4)]
        word = "".join(parts)
        wake = parts[0] == "m" and parts[1] in ("ar", "ah", "a", "er") and parts[2] in ("v", "rv")
        if not (wake and parts[3] in ("in", "an", "on", "im")) and word not in TEST.close:
            return word


def with_invented(rng: np.random.Generator, vocabulary: Vocabulary) -> Vocabulary:
    """A vocabulary with invented nouns, and invented words close to the wake word, besides its
    own."""
    return replace(
        vocabulary,
        nouns=vocabulary.nouns + tuple(_invented(rng, False) for _ in range(INVENTED)),
        close=vocabulary.close + tuple(_invented(rng, True) for _ in range(INVENTED)),
    )


CLOSE_WORDS = 0.15
"""How many nouns are replaced by a word close to the wake word, about one sentence in four."""


def sentence(
    rng: np.random.Generator, vocabulary: Vocabulary, close_words: float = CLOSE_WORDS
) -> str:
    """A sentence without the wake word."""

    def pick(words: tuple[str, ...]) -> str:
        return words[rng.integers(len(words))]

    def thing() -> str:
        if rng.random() < close_words:
            return pick(vocabulary.close)
        article = str(rng.choice(["the", "a", "my", "this", "every"]))
        adjective = pick(vocabulary.adjectives) + " " if rng.random() < 0.4 else ""
        return f"{article} {adjective}{pick(vocabulary.nouns)}"

    place = " " + pick(vocabulary.places) if rng.random() < 0.6 else ""
    return f"{thing()} {pick(vocabulary.verbs)} {thing()}{place}" + str(
        rng.choice([".", "?", "!", ","])
    )
