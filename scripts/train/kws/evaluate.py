"""Measures the keyword-spotting model on the test set."""

import numpy as np

from common import evaluate, tflm
from common.sets import DataSet
from common.sound.voices import ACCENTS_TEST_ONLY
from kws.train import pairs
from kws.words import CLASSES, UNKNOWN, UNKNOWN_TEST_ONLY


def main() -> None:
    """Reads model.keras, kws.tflite and test.npz of a folder and writes evaluation.json there."""
    run = evaluate.folder(__doc__)
    test = DataSet.load(run / "test.npz")
    inputs, labels = pairs(test)
    spoken = test.accents != ""
    new_accent = np.isin(test.accents, ACCENTS_TEST_ONLY)
    unknown = labels == CLASSES.index(UNKNOWN)
    new_word = np.isin(test.words, UNKNOWN_TEST_ONLY)
    evaluation = evaluate.classification(
        evaluate.float_answers(run, inputs),
        evaluate.int8_answers(tflm.Model(run / "kws.tflite"), inputs),
        labels,
        {
            "accents of the training set": spoken & ~new_accent,
            "accents of the test set alone": new_accent,
            "`unknown`, words of the training set": unknown & ~new_word,
            "`unknown`, words of the test set alone": unknown & new_word,
        },
    )
    evaluate.write(run, evaluation)
    print("float {float_top1:.4f}, int8 {int8_top1:.4f}, {samples} utterances".format(**evaluation))


if __name__ == "__main__":
    main()
