#!/bin/sh
# Trains the model of a workload from nothing, in one command.
set -eu

usage() {
    cat <<'TEXT'
Usage: scripts/train/train.sh NAME [--work DIR] [--seed N] [--epochs N] [--python PYTHON] [--publish]

Makes data, trains a model on them, converts it to integers, measures it on the test set and writes
model, test vectors and card. NAME is one of ad, centroid, forest, ic, kws, sww, vww.

  --work DIR       where everything is kept: Python environment, data sets, models
                   (default: $XDG_CACHE_HOME/tinybench/train or ~/.cache/...; about 2 GB)
  --seed N         seed of data and training (default: 1, that of the committed models)
  --epochs N       passes over the training set (default: that of the committed model); forest and
                   centroid have none
  --python PYTHON  CPython 3.11 to 3.13 that makes the environment (default: python3)
  --publish        write into workloads/models/NAME; otherwise into DIR/NAME/seed-N/out

Needs espeak-ng for kws and sww (Debian and Ubuntu: apt-get install espeak-ng; the committed
models: 1.51) and, the first time, PyPI. How long it takes is in workloads/models/NAME/README.md.
A data set that is complete is used again.
TEXT
}

fail() {
    echo "train.sh: $*" >&2
    exit 2
}

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
case ${1-} in
    --help | -h) usage; exit 0 ;;
    ad | centroid | forest | ic | kws | sww | vww) name=$1; shift ;;
    *) fail "name one of ad, centroid, forest, ic, kws, sww, vww first (see --help)" ;;
esac
work=${XDG_CACHE_HOME:-${HOME:?}/.cache}/tinybench/train
seed=1
epochs=
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

case $name in
    kws | sww)
        command -v espeak-ng >/dev/null ||
            fail "espeak-ng is not installed: apt-get install espeak-ng"
        case $(espeak-ng --version) in
            *" 1.51 "*) ;;
            *) echo "train.sh: espeak-ng is not 1.51, so the data will not be those of the committed model" >&2 ;;
        esac
        ;;
esac
"$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' ||
    fail "$python is not Python 3.11 to 3.13: name one with --python"

# The models that aren't networks have packages of their own, a twentieth of the others' size.
case $name in
    centroid | forest)
        packages=motion
        [ -z "$epochs" ] || fail "$name has no epochs"
        ;;
    *) packages=common ;;
esac

mkdir -p "$work"
work=$(CDPATH='' cd -- "$work" && pwd)
run=$work/$name/seed-$seed
mkdir -p "$run"
requirements=$here/$packages/requirements.txt
case $packages in
    common) venv=$work/venv ;;
    *) venv=$work/venv-$packages ;;
esac
if ! cmp -s "$requirements" "$venv/requirements.txt"; then
    echo "== Python environment: $venv" >&2
    "$python" -m venv --clear "$venv"
    "$venv/bin/pip" install --quiet --no-deps --requirement "$requirements"
    cp "$requirements" "$venv/requirements.txt"
fi

export TF_CPP_MIN_LOG_LEVEL=3 PYTHONDONTWRITEBYTECODE=1
# oneDNN saves a third of the time, but its sums come out in another order on every kind of
# processor; the committed kws was trained without.
export TF_ENABLE_ONEDNN_OPTS=1
[ "$name" != kws ] || TF_ENABLE_ONEDNN_OPTS=0
step() {
    echo "== $1" >&2
    shift
    (cd "$here" && "$venv/bin/python" -m "$@")
}
# One thread each, as the data sets are made by two processes.
OPENBLAS_NUM_THREADS=1 step "data sets: $run" "$name.dataset" --folder "$run" --seed "$seed"
step "training" "$name.train" --folder "$run" --seed "$seed" ${epochs:+--epochs "$epochs"}
step "conversion to integers" "$name.convert" --folder "$run"
step "measurement on the test set" "$name.evaluate" --folder "$run"
models=$(CDPATH='' cd -- "$here/../.." && pwd)/workloads/models/$name
into=$models
if [ "$publish" = false ]; then
    into=$run/out
    mkdir -p "$into"
    [ ! -e "$models/README.md" ] || cp "$models/README.md" "$into/README.md"
fi
step "files: $into" "$name.publish" --folder "$run" --into "$into"
"$here/check.py" "$into"
