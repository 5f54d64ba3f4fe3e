"""Writes the folder of the workload."""

from common.image import publish
from common.publish import Workload
from ic.features import CLASSES
from ic.train import inputs

PER_CLASS = 20

WORKLOAD = Workload(
    name="ic",
    title="Image classification",
    description="Says which of ten kinds of object a picture of 32x32 pixels shows.",
    architecture="ResNet-8 of MLPerf Tiny, int8, 32x32x3 pixels, 10 classes",
    classes=CLASSES,
    summary="Drawn objects; some makes and backgrounds are in the test set alone",
    threshold=0.85,
)

if __name__ == "__main__":
    publish.main(WORKLOAD, PER_CLASS, inputs, __doc__)
