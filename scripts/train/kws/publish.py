"""Writes the folder of the keyword-spotting workload."""

import json

import numpy as np

from common import evaluate, publish, tflm
from common.publish import Quality, Vectors, Workload
from common.sets import DataSet
from common.sound import synthesise
from kws import dataset
from kws.features import FEATURES
from kws.words import CLASSES

PER_CLASS = 20
WITH_AUDIO = 24


def main() -> None:
    """Writes the files of a finished run into a folder."""
    arguments = publish.arguments(__doc__)
    run = arguments.folder
    evaluation = json.loads((run / "evaluation.json").read_text())
    seed = json.loads((run / "history.json").read_text())["seed"]
    test = DataSet.load(run / "test.npz")
    index = publish.taking_turns(test.labels, PER_CLASS)
    labels = test.labels[index]
    model = tflm.Model(run / "kws.tflite")
    inputs = model.quantise(test.features[index])
    top1 = float(np.mean(model.run(inputs).argmax(1) == labels))
    workload = Workload(
        name="kws",
        title="Keyword spotting",
        description="Says which of ten words, silence or an unknown word one second of speech is.",
        architecture="DS-CNN of MLPerf Tiny, int8, 49x10 features, 12 classes",
        classes=CLASSES,
        summary=f"Speech of espeak-ng {synthesise.version()}; "
        "no speaker of the test set is in the training set",
        threshold=0.90,
        features=FEATURES,
    )
    vectors = Vectors(inputs, labels, dataset.audio(seed, index[:WITH_AUDIO]))
    quality = Quality(evaluation["int8_top1"], evaluation["samples"])
    tables = evaluate.tables(evaluation, CLASSES, "utterances", top1, len(labels))
    publish.publish(workload, run, arguments.into, vectors, quality, tables)


if __name__ == "__main__":
    main()
