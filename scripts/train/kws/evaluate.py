"""Measures the float network and the int8 model on the test set.

The int8 model is run by TensorFlow Lite Micro on features quantised as the device quantises them.
"""

import argparse
import json
from pathlib import Path

import keras
import numpy as np

from common import tflm
from common.sets import DataSet
from common.voices import ACCENTS_TEST_ONLY
from kws.words import CLASSES, UNKNOWN, UNKNOWN_TEST_ONLY


def main() -> None:
    """Reads model.keras, kws.tflite and test.npz of a folder and writes evaluation.json there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    folder = parser.parse_args().folder

    test = DataSet.load(folder / "test.npz")
    network = keras.models.load_model(folder / "model.keras")
    in_float = network.predict(test.features[..., None], batch_size=256, verbose=0).argmax(1)
    model = tflm.Model(folder / "kws.tflite")
    inputs = model.quantise(test.features)
    in_int8 = model.run(inputs).argmax(1)

    confusion = np.zeros((len(CLASSES), len(CLASSES)), int)
    np.add.at(confusion, (test.labels, in_int8), 1)
    right = in_int8 == test.labels
    spoken = test.accents != ""
    new_accent = np.isin(test.accents, ACCENTS_TEST_ONLY)
    unknown = test.labels == CLASSES.index(UNKNOWN)
    new_word = np.isin(test.words, UNKNOWN_TEST_ONLY)
    evaluation = {
        "samples": len(test.labels),
        "float_top1": float((in_float == test.labels).mean()),
        "int8_top1": float(right.mean()),
        "groups": {
            "accents of the training set": float(right[spoken & ~new_accent].mean()),
            "accents of the test set alone": float(right[new_accent].mean()),
            "`unknown`, words of the training set": float(right[unknown & ~new_word].mean()),
            "`unknown`, words of the test set alone": float(right[unknown & new_word].mean()),
        },
        "confusion": confusion.tolist(),
        "saturated_inputs": float(np.isin(inputs, (-128, 127)).mean()),
    }
    (folder / "evaluation.json").write_text(json.dumps(evaluation, indent=1))
    print("float {float_top1:.4f}, int8 {int8_top1:.4f}, {samples} utterances".format(**evaluation))


if __name__ == "__main__":
    main()
