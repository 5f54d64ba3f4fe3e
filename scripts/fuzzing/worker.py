"""One process of `scripts/fuzz-operators`: draws models, runs them with TensorFlow Lite Micro and
with the interpreter, and compares.

TensorFlow Lite Micro may abort the whole process. So each model is announced on the standard output
before it is run, and found as a line of JSON after it; what dies in between is the model announced
last.
"""

import argparse
import json
import os
import pathlib
import struct
import subprocess
import sys

import numpy as np
from tflite_micro.python.tflite_micro import runtime

from .cases import selected
from .models import DTYPES, Draw, Net

ARENA = 1 << 20


class Refused(Exception):
    """TensorFlow Lite Micro doesn't run a model."""


class Ours:
    """The interpreter's `runner`, started anew when it dies."""

    def __init__(self, program):
        self.program, self.process = program, None

    def __call__(self, file, inputs):
        """The runner's word and what follows it: the outputs of all ways, and the names of
        registrations."""
        if self.process is None or self.process.poll() is not None:
            self.process = subprocess.Popen([self.program], stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        to, found = self.process.stdin, self.process.stdout
        try:
            to.write(struct.pack("<II", len(file), len(inputs)) + file + inputs)
            to.flush()
        except BrokenPipeError:
            pass
        word, _, rest = found.readline().decode().rstrip("\n").partition(" ")
        if word == "ran":
            size, ways, *names = rest.split(" ")
            return word, [found.read(int(size)) for _ in range(int(ways))], names
        if not word:
            return "broken", f"the interpreter died: {self.process.wait()}", []
        return word, rest, []


def reference(net, file, steps):
    """What TensorFlow Lite Micro gives: the outputs of all steps, of a step one by one."""
    if net.specification:
        outputs = [net.specification(values) for values in steps]
        return b"".join(np.ascontiguousarray(it).tobytes() for step in outputs for it in step)
    found = []
    try:
        interpreter = runtime.Interpreter.from_bytes(file, arena_size=ARENA)
        for values in steps:
            for position, value in enumerate(values):
                interpreter.set_input(value, position)
            interpreter.invoke()
            for position in range(len(net.outputs)):
                found.append(interpreter.get_output(position).tobytes())
    except (RuntimeError, ValueError) as error:
        raise Refused(str(error).splitlines()[0]) from error
    return b"".join(found)


def differing(kind, found, expected, tolerance):
    """Positions of elements that differ by more than is allowed."""
    if kind != "float32":
        return np.flatnonzero(found != expected)
    finite = expected[np.isfinite(expected)]
    largest = np.abs(finite).max(initial=0)
    with np.errstate(invalid="ignore"):
        same = (found == expected) | (np.isnan(found) & np.isnan(expected))
        # The smallest normal number, below which results may be flushed to 0.
        bound = tolerance * largest + (np.finfo(np.float32).tiny if tolerance else 0)
        return np.flatnonzero(~(same | (np.abs(found - expected) <= bound)))


def difference(net, steps, found, expected):
    """What of the outputs differs, or none."""
    if len(found) != len(expected):
        return f"{len(found)} bytes of output, expected {len(expected)}"
    at, kinds = 0, net.output_kinds()
    for step, values in enumerate(steps):
        pairs = []
        for kind, count in kinds:
            dtype = np.dtype(DTYPES[kind])
            pairs.append([np.frombuffer(it, dtype, count, at) for it in (found, expected)])
            at += count * dtype.itemsize
        for position, ((kind, _), pair) in enumerate(zip(kinds, pairs)):
            if net.counted and position + 1 < len(pairs):
                last = pairs[-1][1].reshape(-1)[0]
                shape = net.main.tensors[net.outputs[position]].shape
                whole = 1 if last.dtype == np.bool_ else shape[1]
                pair = [it[:int(len(it) * last / whole)] for it in pair]
            wrong = differing(kind, *pair, net.tolerance)
            if net.undefined:
                wrong = wrong[~net.undefined(values)[wrong]]
            if len(wrong):
                ours, theirs = (it[wrong[0]] for it in pair)
                return (f"step {step}, output {position} ({kind}), {len(wrong)} of {len(pair[0])} "
                        f"elements, first {wrong[0]}: {ours}, expected {theirs}")
    return None


def judge(net, ours, keep):
    """Runs a model both ways; the outcome by name, what there is to say, and registrations."""
    file, steps = net.file(), net.feed()
    inputs = b"".join(value.tobytes() for values in steps for value in values)
    if keep:
        keep.with_suffix(".tflite").write_bytes(file)
        keep.with_suffix(".inputs").write_bytes(inputs)
    word, found, names = ours(file, inputs)
    try:
        expected = reference(net, file, steps)
    except Refused as error:
        return ("unknown", f"{error}; the interpreter: {word}", names)
    if keep:
        keep.with_suffix(".expected").write_bytes(expected)
    if word != "ran":
        return word, found, names
    for way in found:
        wrong = difference(net, steps, way, expected)
        if wrong:
            return "different", wrong, names
    return "same", "", names


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--indices", type=int, nargs=3, required=True)
    parser.add_argument("--only", action="append")
    parser.add_argument("--runner", required=True)
    parser.add_argument("--keep", type=pathlib.Path)
    arguments = parser.parse_args()
    # What TensorFlow Lite Micro prints isn't for the reader at the other end.
    to = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    cases, ours = selected(arguments.only), Ours(arguments.runner)
    for index in range(*arguments.indices):
        name, kind, draw = cases[index % len(cases)]
        print(json.dumps({"index": index, "case": f"{name} {kind}"}), file=to, flush=True)
        net = Net(Draw(arguments.seed, index))
        draw(net, name, kind)
        keep = arguments.keep and arguments.keep / f"{arguments.seed}-{index}"
        outcome, detail, names = judge(net, ours, keep)
        print(json.dumps({"outcome": outcome, "detail": detail, "registrations": names}), file=to,
              flush=True)


if __name__ == "__main__":
    sys.exit(main())
