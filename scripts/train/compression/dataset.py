"""Makes the sets with which `kws` is trained on after pruning: of the training set the first fifth
of each class, which takes minutes instead of the better part of an hour; the others whole."""

import argparse
from pathlib import Path

from common.sets import SETS
from kws import dataset

PART = 5


def main() -> None:
    """Writes training.npz, validation.npz and test.npz; what is there already is kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where the sets are written")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for name in SETS:
        path = arguments.folder / f"{name}.npz"
        if not path.exists():
            part = PART if name == "training" else 1
            dataset.make(arguments.seed, name, processes=2, part=part).save(path)


if __name__ == "__main__":
    main()
