"""The command lines of train.py, convert.py, evaluate.py and publish.py, and the files between
them."""

import argparse
import json
from pathlib import Path

import joblib


def training(description: str | None) -> tuple[Path, int]:
    """Folder of the run and seed."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--folder", type=Path, required=True, help="the run")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    return arguments.folder, arguments.seed


def folder(description: str | None) -> Path:
    """Folder of the run."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--folder", type=Path, required=True, help="the run")
    return parser.parse_args().folder


def write(path: Path, data: bytes) -> None:
    """Writes a temporary file and renames it."""
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_bytes(data)
    temporary.replace(path)


def save(run: Path, model: object, seed: int) -> None:
    """Keeps what was trained, and with which seed."""
    temporary = run / "model.joblib.tmp"
    joblib.dump(model, temporary)
    temporary.replace(run / "model.joblib")
    write(run / "history.json", json.dumps({"seed": seed}).encode())


def load(run: Path) -> object:
    """What `save` kept."""
    return joblib.load(run / "model.joblib")
