#!/usr/bin/env python3
"""Checks the committed workload against its card: hashes, sizes, labels. Standard library only
(Python 3.11 or later)."""

import argparse
import hashlib
import sys
import tomllib
from collections import Counter
from pathlib import Path

INPUT_BYTES = 49 * 10
REPOSITORY = Path(__file__).resolve().parents[3]


def problems(folder: Path) -> list[str]:
    """What is wrong with a workload folder; empty if nothing is."""
    card = tomllib.loads((folder / "card.toml").read_text())
    model, vectors, classes = card["model"], card["vectors"], card["task"]["classes"]
    count = vectors["count"]
    found = []

    expected = (
        (model["file"], model["sha256"], model["bytes"]),
        (vectors["inputs"], vectors["inputs_sha256"], count * INPUT_BYTES),
        (vectors["outputs"], vectors["outputs_sha256"], count * len(classes)),
        (vectors["labels"], vectors["labels_sha256"], count),
    )
    for name, sha256, size in expected:
        data = (folder / name).read_bytes()
        if len(data) != size:
            found.append(f"{name}: {len(data)} bytes, the card says {size}")
        if hashlib.sha256(data).hexdigest() != sha256:
            found.append(f"{name}: SHA-256 is not the one in the card")

    labels = Counter((folder / vectors["labels"]).read_bytes())
    if set(labels) != set(range(len(classes))) or len(set(labels.values())) != 1:
        found.append(f"{vectors['labels']}: classes are not equally frequent: {dict(labels)}")
    if card["quality"]["value"] < card["quality"]["threshold"]:
        found.append("quality.value is below quality.threshold")
    return found


def main() -> None:
    """Exits with 1 and one line for each problem, if there are any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=REPOSITORY / "workloads/models/kws")
    folder = parser.parse_args().folder
    found = problems(folder)
    for problem in found:
        print(problem, file=sys.stderr)
    if found:
        sys.exit(1)
    print(f"{folder.name}: model and vectors agree with the card")


if __name__ == "__main__":
    main()
