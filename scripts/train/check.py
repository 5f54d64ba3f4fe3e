#!/usr/bin/env python3
"""Checks committed workloads against their cards: hashes, sizes, labels. Standard library only
(Python 3.11 or later)."""

import argparse
import hashlib
import sys
import tomllib
from collections import Counter
from pathlib import Path

MODELS = Path(__file__).resolve().parents[2] / "workloads/models"


def stream_problems(folder: Path, card: dict) -> list[str]:
    """What is wrong with a stream of labelled samples; empty if nothing is."""
    stream = tomllib.loads((folder / card["learning"]["stream"]).read_text())
    found = []
    labels = (folder / stream["labels"]).read_bytes()
    if not len(labels) == stream["samples"] == card["vectors"]["count"]:
        found.append(f"{stream['labels']}: {len(labels)} labels, the stream has {stream['samples']}")
    if stream["inputs"] != card["vectors"]["inputs"]:
        found.append("the stream's inputs are not the card's vectors")
    if set(labels) != set(range(len(stream["classes"]))):
        found.append(f"{stream['labels']}: not every class, or others, are there")
    return found


def problems(folder: Path) -> list[str]:
    """What is wrong with a workload folder; empty if nothing is."""
    card = tomllib.loads((folder / "card.toml").read_text())
    model, vectors = card["model"], card["vectors"]
    count = vectors["count"]
    found = []

    expected = [
        (model["file"], model["sha256"], model["bytes"]),
        (vectors["inputs"], vectors["inputs_sha256"], None),
        (vectors["outputs"], vectors["outputs_sha256"], None),
    ]
    if "task" in card:
        expected.append((vectors["labels"], vectors["labels_sha256"], count))
    if "audio" in card:
        audio = card["audio"]
        expected.append((audio["file"], audio["sha256"], 2 * audio["count"] * audio["samples"]))
    for name, sha256, size in expected:
        data = (folder / name).read_bytes()
        if size is not None and len(data) != size:
            found.append(f"{name}: {len(data)} bytes, the card says {size}")
        if size is None and (not data or len(data) % count):
            found.append(f"{name}: {len(data)} bytes can't be divided by {count} vectors")
        if hashlib.sha256(data).hexdigest() != sha256:
            found.append(f"{name}: SHA-256 is not the one in the card")

    if "learning" in card:
        return found + stream_problems(folder, card)
    classes = card["task"]["classes"]
    labels = Counter((folder / vectors["labels"]).read_bytes())
    if set(labels) != set(range(len(classes))) or len(set(labels.values())) != 1:
        found.append(f"{vectors['labels']}: classes are not equally frequent: {dict(labels)}")
    if card["quality"]["value"] < card["quality"]["threshold"]:
        found.append("quality.value is below quality.threshold")
    return found


def main() -> None:
    """Exits with 1 and one line for each problem, if there are any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="*", help="default: all of workloads/models")
    folders = parser.parse_args().folder
    failed = False
    for folder in folders or sorted(card.parent for card in MODELS.glob("*/card.toml")):
        found = problems(folder)
        failed |= bool(found)
        for problem in found:
            print(f"{folder.name}: {problem}", file=sys.stderr)
        if not found:
            print(f"{folder.name}: model and vectors agree with the card")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
