"""Has emlearn write a forest of tinybench's format as C: generate.py MODEL FOLDER

targets/runtimes/classical/README.md describes the format. emlearn converts forests of scikit-learn's: the
file's trees are given to it in that form."""
import shutil
import struct
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from emlearn import common, trees

FOREST, LEAF, HEADER = 1, 0xFF, 20


def padded(count):
    return -count % 4 + count


def forest(data):
    """Samples of a window, classes, and the trees."""
    kind, samples, classes, count, leaves, nodes = struct.unpack_from("<4xxBxxHHHHI", data)
    if kind != FOREST:
        sys.exit("the model is no forest")
    sizes = struct.unpack_from(f"<{count}H", data, HEADER)
    at = HEADER + padded(2 * count)
    words = [struct.unpack_from("<BBh", data, at + 4 * index) for index in range(nodes)]
    at += 4 * nodes
    table = np.frombuffer(data, np.uint8, leaves * classes, at).reshape(leaves, 1, classes) / 255
    begins = np.cumsum([0, *sizes[:-1]])
    return samples, classes, [tree(words[begin:][:size], table) for begin, size in zip(begins, sizes)]


def tree(nodes, leaves):
    """Nodes in depth-first order, as scikit-learn has them too."""
    inner = [feature != LEAF for feature, _, _ in nodes]
    return SimpleNamespace(
        node_count=len(nodes),
        feature=[node[0] for node in nodes],
        # Left is less or equal there, and less with emlearn.
        threshold=[node[2] + 1 for node in nodes],
        children_left=[index + 1 if is_inner else -1 for index, is_inner in enumerate(inner)],
        children_right=[index + nodes[index][1] if is_inner else -1 for index, is_inner in enumerate(inner)],
        value=np.stack([leaves[0 if is_inner else node[2] & 0xFFFF] for node, is_inner in zip(nodes, inner)]),
    )


def main():
    model, folder = map(Path, sys.argv[1:])
    samples, classes, all_trees = forest(model.read_bytes())
    estimators = [SimpleNamespace(tree_=it, n_features_in_=50, n_classes_=classes) for it in all_trees]
    # emlearn's headers define functions: one file includes them.
    code = trees.Wrapper(SimpleNamespace(estimators_=estimators), "loadable", leaf_bits=8).save(name="forest")
    (folder / "model.h").write_text(
        f"#include <stdint.h>\n#define SAMPLES {samples}\n#define CLASSES {classes}\n"
        "int model_run(const int16_t *features, float *probabilities);\n"
    )
    (folder / "model.c").write_text(
        f'{code}\n#include "window.h"\n#include "model.h"\n'
        "int model_run(const int16_t *features, float *probabilities)\n"
        "{\n    return forest_predict_proba(features, FEATURES, probabilities, CLASSES);\n}\n"
    )
    shutil.copytree(common.get_include_dir(), folder / "include", ignore=shutil.ignore_patterns("*.py", "__pycache__"))


if __name__ == "__main__":
    main()
