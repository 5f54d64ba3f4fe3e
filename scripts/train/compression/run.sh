#!/bin/sh
# Makes the models of the compression experiment from the trained networks of `ad` and `kws`.
set -eu

usage() {
    cat <<'TEXT'
Usage: scripts/train/compression/run.sh [--work DIR] [--publish]

Prunes the networks that `train.sh ad` and `train.sh kws` have trained to 50 and 80 %, trains on,
converts them and the float32 ones, measures all on the test sets and writes the suite
`compression` with its files.

  --work DIR       the folder of train.sh (default: $XDG_CACHE_HOME/tinybench/train or
                   ~/.cache/...)
  --publish        write into workloads/suites; otherwise into DIR/compression/out

Takes about 15 minutes on two cores. What is pruned already is not pruned again.
TEXT
}

fail() {
    echo "run.sh: $*" >&2
    exit 2
}

here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
root=$(CDPATH='' cd -- "$here/../.." && pwd)
work=${XDG_CACHE_HOME:-${HOME:?}/.cache}/tinybench/train
publish=false
while [ $# -gt 0 ]; do
    case $1 in
        --help | -h) usage; exit 0 ;;
        --publish) publish=true; shift ;;
        --work) [ $# -ge 2 ] || fail "--work needs a folder"; work=$2; shift 2 ;;
        *) fail "unknown option: $1 (see --help)" ;;
    esac
done
for name in ad kws; do
    [ -e "$work/$name/seed-1/model.keras" ] ||
        fail "there is no $work/$name/seed-1/model.keras: run scripts/train/train.sh $name first"
done

work=$(CDPATH='' cd -- "$work" && pwd)
kws=$work/compression/kws
mkdir -p "$kws"
cp "$work/kws/seed-1/model.keras" "$kws/"
export TF_CPP_MIN_LOG_LEVEL=3 TF_ENABLE_ONEDNN_OPTS=1 PYTHONDONTWRITEBYTECODE=1
step() {
    echo "== $1" >&2
    shift
    (cd "$here" && "$work/venv/bin/python" -m "$@")
}
OPENBLAS_NUM_THREADS=1 step "data sets of kws" compression.dataset --folder "$kws"
for percent in 50 80; do
    for name in ad kws; do
        folder=$work/ad/seed-1
        [ "$name" = ad ] || folder=$kws
        [ -e "$folder/pruned$percent.json" ] ||
            step "$name, $percent %" compression.prune "$name" --folder "$folder" --percent "$percent"
    done
done
suites=$work/compression/out
[ "$publish" = false ] || suites=$root/workloads/suites
mkdir -p "$suites"
step "files: $suites" compression.publish --ad "$work/ad/seed-1" --kws "$kws" \
    --workloads "$root/workloads/models" --suites "$suites"
