#!/bin/sh
# Trains the keyword-spotting model from nothing, in one command.
set -eu

usage() {
    cat <<'TEXT'
Usage: scripts/train/kws/train.sh [--work DIR] [--seed N] [--epochs N] [--python PYTHON] [--publish]

Synthesises speech with espeak-ng, computes features, trains the network, converts it to int8,
measures it on the test set and writes model, test vectors and card.

  --work DIR       where everything is kept: Python environment, data sets, models
                   (default: $XDG_CACHE_HOME/tinybench/train-kws or ~/.cache/...; about 2 GB)
  --seed N         seed of data and training (default: 1, that of the committed model)
  --epochs N       passes over the training set (default: 12, that of the committed model)
  --python PYTHON  CPython 3.11 to 3.13 that makes the environment (default: python3)
  --publish        write into workloads/models/kws; otherwise into DIR/seed-N/out

Needs espeak-ng (Debian and Ubuntu: apt-get install espeak-ng; the committed model: 1.51) and, the
first time, PyPI. Takes 15 to 20 minutes on two cores. A data set that is complete is used again.
TEXT
}

fail() {
    echo "train.sh: $*" >&2
    exit 2
}

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
work=${XDG_CACHE_HOME:-${HOME:?}/.cache}/tinybench/train-kws
seed=1
epochs=12
python=python3
publish=false
while [ $# -gt 0 ]; do
    case $1 in
        --help | -h) usage; exit 0 ;;
        --publish) publish=true; shift; continue ;;
    esac
    [ $# -ge 2 ] || fail "unknown option or missing value: $1 (see --help)"
    case $1 in
        --work) work=$2 ;;
        --seed) seed=$2 ;;
        --epochs) epochs=$2 ;;
        --python) python=$2 ;;
        *) fail "unknown option: $1 (see --help)" ;;
    esac
    shift 2
done

command -v espeak-ng >/dev/null || fail "espeak-ng is not installed: apt-get install espeak-ng"
case $(espeak-ng --version) in
    *" 1.51 "*) ;;
    *) echo "train.sh: espeak-ng is not 1.51, so the data will not be those of the committed model" >&2 ;;
esac
"$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' ||
    fail "$python is not Python 3.11 to 3.13: name one with --python"

run=$work/seed-$seed
mkdir -p "$run"
if ! cmp -s "$here/requirements.txt" "$work/venv/requirements.txt"; then
    echo "== Python environment: $work/venv" >&2
    "$python" -m venv --clear "$work/venv"
    "$work/venv/bin/pip" install --quiet --no-deps --requirement "$here/requirements.txt"
    cp "$here/requirements.txt" "$work/venv/requirements.txt"
fi
step() {
    echo "== $1" >&2
    shift
    PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" "$@"
}
# One thread each, as the data sets are made by two processes.
OPENBLAS_NUM_THREADS=1 step "data sets: $run" \
    "$here/dataset.py" --folder "$run" --seed "$seed"
step "training" "$here/train.py" --folder "$run" --seed "$seed" --epochs "$epochs"
step "conversion to int8" "$here/convert.py" --folder "$run"
step "measurement on the test set" "$here/evaluate.py" --folder "$run"
models=$(CDPATH='' cd -- "$here/../../.." && pwd)/workloads/models/kws
into=$models
if [ "$publish" = false ]; then
    into=$run/out
    mkdir -p "$into"
    cp "$models/README.md" "$into/README.md"
fi
step "files: $into" "$here/publish.py" --folder "$run" --into "$into"
step "check" "$here/check.py" "$into"
