"""The twelve classes and the words that are spoken for them."""

KEYWORDS = ("down", "go", "left", "no", "off", "on", "right", "stop", "up", "yes")
SILENCE = "silence"
UNKNOWN = "unknown"

CLASSES = (*KEYWORDS, SILENCE, UNKNOWN)
"""Class names in the order of the model's output, which is that of MLPerf Tiny."""

UNKNOWN_TRAINING = (
    "backward", "bed", "bird", "cat", "dog", "eight", "five", "follow", "forward", "four", "happy",
    "house", "learn", "marvin", "nine", "one", "seven", "sheila", "six", "three", "tree", "two",
    "visual", "wow", "zero", "town", "crown", "about", "ground", "loud", "brown", "dawn", "dune",
    "noun", "gold", "goat", "good", "ghost", "grow", "blow", "show", "low", "so", "oh", "goose",
    "girl", "lift", "laugh", "leaf", "loft", "list", "lend", "let", "lest", "theft", "deaf", "lap",
    "snow", "not", "now", "new", "nod", "knot", "knee", "of", "awe", "cough", "soft", "offer",
    "often", "law", "loss", "own", "in", "an", "gone", "won", "arm", "dawning", "honest", "light",
    "bright", "ride", "rain", "rice", "route", "fright", "night", "height", "step", "stock", "shop",
    "stay", "stoop", "strap", "top", "spot", "star", "stuff", "start", "cup", "us", "pup", "under",
    "ugly", "upper", "hub", "but", "hut", "guess", "less", "chess", "mess", "says", "yet", "yell",
    "yard", "yellow", "chest", "hello", "open", "close", "play", "music", "water", "table",
    "window", "people", "morning", "camera", "sunday", "computer", "paper", "garden", "money",
    "summer", "kitchen", "apple", "orange", "banana",
)  # fmt: skip
"""Words of the class `unknown` in the training and validation sets, many of them close to a
keyword, so that the model learns where a keyword ends."""

UNKNOWN_TEST_ONLY = (
    "river", "market", "doctor", "silver", "engine", "travel", "pencil", "winter",
    "bread", "chair", "drum", "fish", "king", "milk", "phone", "queen",
    "gown", "goal", "lent", "nose", "odd", "ripe", "stamp", "cut", "best", "tough",
)  # fmt: skip
"""Words of the class `unknown` that occur in the test set alone."""
