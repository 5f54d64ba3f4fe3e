"""`scripts/fuzz-operators`: shares models out to processes, and sums up what they find."""

import argparse
import collections
import json
import os
import pathlib
import shlex
import subprocess
import sys
import threading
import time

# Outcomes that are wrong, and how they are announced.
WRONG = {
    "different": "DIFFERENT", "refused": "REFUSED by the interpreter alone", "broken": "BROKEN",
    "undrawn": "NOT DRAWN",
}
EPILOG = """\
Each model has an operator and a type, geometry, options, quantisation, constants and inputs drawn
at random, or is a small network. It is run with TensorFlow Lite Micro (the package tflite-micro)
and with the interpreter, with both kinds of its kernels, and once more after a reset. Integers
have to be equal, float32 up to a few units in the last place of the largest element, or all where
nothing is computed.

examples:
  scripts/fuzz-operators                                 a thousand models
  scripts/fuzz-operators --seed 7 --count 20000          those of a night
  scripts/fuzz-operators --only CONV_2D --only LOGISTIC  those of some operators
  scripts/fuzz-operators --seed 7 --first 1234 --count 1 --keep /tmp/model
                                                         one again, and its files

exit codes: 0 no difference, 1 a difference, 2 usage, 5 no package tflite-micro
"""


class Fuzzing:
    """What all processes found so far."""

    def __init__(self, arguments):
        self.arguments, self.lock = arguments, threading.Lock()
        self.outcomes, self.unknown = collections.Counter(), collections.Counter()
        self.run, self.done, self.told = set(), 0, time.monotonic()

    def command(self, index, keep):
        arguments = self.arguments
        only = [part for name in arguments.only or [] for part in ("--only", name)]
        return [sys.executable, "-m", "fuzzing.worker", "--seed", str(arguments.seed), *only,
                "--runner", arguments.runner, "--indices", *map(str, index),
                *(["--keep", str(keep)] if keep else [])]

    def work(self, offset):
        """Every `jobs`-th model, in as many processes as it takes."""
        arguments = self.arguments
        first, end = arguments.first + offset, arguments.first + arguments.count
        while first < end:
            command = self.command((first, end, arguments.jobs), arguments.keep)
            quiet = None if arguments.count == 1 else subprocess.DEVNULL
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=quiet,
                                  text=True) as process:
                announced = None
                for line in process.stdout:
                    found = json.loads(line)
                    if "index" in found:
                        announced = found
                    else:
                        self.found(announced, **found)
                        first = announced["index"] + arguments.jobs
                        announced = None
            if process.returncode == 0:
                return
            if announced is None:
                raise SystemExit(f"ended with {process.returncode}: {shlex.join(command)}")
            # A signal is the reference's; what Python says is ours.
            died = process.returncode < 0
            self.found(announced, "unknown" if died else "undrawn",
                       "TensorFlow Lite Micro died" if died else "the model can't be made", [])
            first = announced["index"] + arguments.jobs

    def found(self, announced, outcome, detail, registrations):
        with self.lock:
            self.done += 1
            self.outcomes[outcome] += 1
            if outcome == "same":
                self.run.update(registrations)
            if outcome == "unknown":
                self.unknown[announced["case"], detail] += 1
            if outcome in WRONG:
                self.report(announced, outcome, detail)
            if self.done % 1000 == 0 or time.monotonic() - self.told > 10:
                self.told = time.monotonic()
                print(f"{self.done} of {self.arguments.count} models", file=sys.stderr, flush=True)

    def report(self, announced, outcome, detail):
        arguments, index = self.arguments, announced["index"]
        only = "".join(f" --only {name}" for name in arguments.only or [])
        print(f"{WRONG[outcome]}: {announced['case']}, model {index}: {detail}\n"
              f"    scripts/fuzz-operators --seed {arguments.seed} --first {index} --count 1{only} "
              f"--keep DIR", flush=True)

    def summary(self, registrations, cases):
        """Prints what was found; whether that is all right."""
        for (case, detail), count in sorted(self.unknown.items()):
            if self.arguments.verbose or self.arguments.count == 1:
                print(f"no reference: {case}, {count}: {detail}")
        wrong = sum(self.outcomes[it] for it in WRONG)
        print(f"{self.outcomes['same']} models equal, {wrong} not, {self.outcomes['unknown']} that "
              f"TensorFlow Lite Micro doesn't run (seed {self.arguments.seed})")
        left = [name for name in registrations if name not in self.run]
        if self.arguments.only or self.arguments.count < 10 * cases:
            return not wrong
        print(f"{len(registrations) - len(left)} of {len(registrations)} registrations run")
        if left:
            print(f"no model has run {', '.join(left)}")
        return not wrong and not left


def arguments():
    parser = argparse.ArgumentParser(
        prog="scripts/fuzz-operators", epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Compares the interpreter with TensorFlow Lite Micro on random models.")
    parser.add_argument("--seed", type=int, default=1, help="models of another seed are others "
                        "(default: 1)")
    parser.add_argument("--count", type=int, default=1000, help="how many models (default: 1000)")
    parser.add_argument("--first", type=int, default=0, help="the first of them (default: 0)")
    parser.add_argument("--only", action="append", metavar="OPERATOR",
                        help="only models of this operator; may be given again")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1,
                        help="processes at a time (default: one a core)")
    parser.add_argument("--keep", type=pathlib.Path, metavar="DIR", help="write each model to "
                        "DIR/SEED-INDEX.tflite, its inputs and expected outputs beside it")
    parser.add_argument("--verbose", action="store_true",
                        help="say what TensorFlow Lite Micro doesn't run, and why")
    parser.add_argument("--optional", action="store_true", help="end well where the package "
                        "tflite-micro can't be installed")
    parser.add_argument("--runner", required=True, help=argparse.SUPPRESS)
    found = parser.parse_args()
    # Cases need the package, which --help does without.
    from .cases import selected
    if found.count < 1 or found.jobs < 1 or found.first < 0 or found.seed < 0:
        parser.error("--count and --jobs are at least 1, --seed and --first at least 0")
    try:
        cases = len(selected(found.only))
    except ValueError as error:
        parser.error(str(error))
    if found.keep:
        found.keep.mkdir(parents=True, exist_ok=True)
    return found, cases


def main():
    found, cases = arguments()
    fuzzing = Fuzzing(found)
    listed = subprocess.run([found.runner, "registrations"], stdout=subprocess.PIPE, check=True,
                            text=True).stdout.split()
    jobs = [threading.Thread(target=fuzzing.work, args=[offset])
            for offset in range(min(found.jobs, found.count))]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    return 0 if fuzzing.summary(listed, cases) else 1


if __name__ == "__main__":
    sys.exit(main())
