"""Makes a model file of a forest of your own, with vectors to check it by.

    from motion import features
    forest.fit(features.compute(windows), labels)          # windows: int16 [n, 3, samples]
    joblib.dump(forest, "my.joblib")
    numpy.save("windows.npy", windows_to_check_by)

    python3 -m motion.export my.joblib windows.npy --out my

writes my/my.tbcm, my/my.inputs.i8 and my/my.outputs.i8, for

    tinybench run --board nano33 --model my/my.tbcm --reference my

The forest is a RandomForestClassifier, an ExtraTreesClassifier or a DecisionTreeClassifier. The
outputs are computed in integers from scikit-learn's own trees, and it is told for how many windows
they name another class than scikit-learn does.
"""

import argparse
import sys
from pathlib import Path

import joblib
import numpy as np

from motion import features, trees
from motion.run import write


def main() -> None:
    """Exits with 2 and one line if model or windows can't be used."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path, help="a trained forest, written by joblib")
    parser.add_argument("windows", type=Path, help="int16 [n, 3, samples], written by numpy")
    parser.add_argument("--out", type=Path, required=True, help="the folder, named as the model")
    arguments = parser.parse_args()
    model, windows = joblib.load(arguments.model), np.load(arguments.windows)
    if windows.ndim != 3 or windows.shape[1] != features.AXES or windows.dtype != np.int16:
        parser.error(f"{arguments.windows}: {windows.dtype} {windows.shape}, not int16 [n, 3, samples]")
    samples = windows.shape[2]
    if samples % 32 or not 32 <= samples <= 512:
        parser.error(f"a window of {samples} samples: it must be a multiple of 32 up to 512")
    if getattr(model, "n_features_in_", None) != features.FEATURES:
        parser.error(f"{arguments.model}: it was not trained on the {features.FEATURES} features")
    try:
        file = trees.file(model, samples)
    except ValueError as error:
        parser.error(str(error))
    own = features.compute(windows)
    outputs = trees.answers(model, own)
    predicted = model.classes_[outputs.argmax(1)]
    differing = int((predicted != model.predict(own)).sum())
    arguments.out.mkdir(parents=True, exist_ok=True)
    name = arguments.out.name
    write(arguments.out / f"{name}.tbcm", file)
    write(arguments.out / f"{name}.inputs.i8", windows.astype("<i2").tobytes())
    write(arguments.out / f"{name}.outputs.i8", outputs.tobytes())
    print(
        f"{name}.tbcm: {len(file)} bytes; {differing} of {len(windows)} windows differ from "
        "scikit-learn",
        file=sys.stderr,
    )


if __name__ == "__main__":
    main()
