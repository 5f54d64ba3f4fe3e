"""Writes the folder of the workload."""

from common.image import publish
from common.publish import Workload
from vww.features import CLASSES
from vww.train import inputs

PER_CLASS = 25

WORKLOAD = Workload(
    name="vww",
    title="Visual wake words",
    description="Says whether there is a person in a picture of 96x96 pixels.",
    architecture="MobileNetV1 0.25 of MLPerf Tiny, int8, 96x96x3 pixels, 2 classes",
    classes=CLASSES,
    summary="Drawn scenes; some backgrounds, things and patterns are in the test set alone",
    threshold=0.80,
)

if __name__ == "__main__":
    publish.main(WORKLOAD, PER_CLASS, inputs, __doc__)
