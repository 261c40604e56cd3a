#!/bin/sh
# Executes the notebooks with the program of $BUILD and the data of $ROUTEFIT_DATA; the executed copies, with outputs, go to $BUILD/notebooks.
# run.sh [NOTEBOOK...]: without names all.
set -eu
: "${BUILD:=build}" "${ROUTEFIT_DATA:=../shared/data}"
[ -e "$ROUTEFIT_DATA/arena55k/votes.csv" ] || {
    echo "make notebooks: the public data are not in $ROUTEFIT_DATA: set ROUTEFIT_DATA" >&2
    exit 1
}
ROUTEFIT_DATA=$(cd "$ROUTEFIT_DATA" && pwd)
PATH=$(cd "$BUILD" && pwd):$PATH
PYDEVD_DISABLE_FILE_VALIDATION=1
export ROUTEFIT_DATA PATH PYDEVD_DISABLE_FILE_VALIDATION
unset ROUTEFIT_DB
mkdir -p "$BUILD/notebooks"
[ $# -gt 0 ] || set -- notebooks/*.ipynb
for notebook in "$@"; do
    echo "== $notebook"
    jupyter-nbconvert --log-level=ERROR --to notebook --execute --ExecutePreprocessor.timeout=600 --output-dir "$BUILD/notebooks" "$notebook"
done
