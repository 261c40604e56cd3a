#!/bin/sh
# Runs the named suites and ends with one line over all of them: "N passed, N failed, N skipped". Each skip says why.
# lint: tests/lint.sh; unit, golden: cmocka programs of tests/NAME; corpus: stored inputs of tests/fuzz;
# cli: bats files of tests/cli. VALGRIND=1: under valgrind.
set -u
: "${BUILD:=build}"
export ROUTEFIT="$PWD/$BUILD/routefit"
export ROUTEFIT_DATA="${ROUTEFIT_DATA:-$PWD/../shared/data}" ROUTEFIT_GOLDEN="${ROUTEFIT_GOLDEN:-$PWD/../shared/golden}"
export NO_COLOR=1 TZ=UTC PYTHONDONTWRITEBYTECODE=1
log=$(mktemp)
trap 'rm -f "$log"' EXIT
passed=0 failed=0 skipped=0

tally() { # kind of output, exit code of the suite's program
    case $1 in
    cmocka) # the program's own lines: "[       OK ] name", "[  FAILED  ] name", "[  SKIPPED ] name"
        p=$(grep -c '^\[       OK \]' "$log"); s=$(sed -n 's/^\[  SKIPPED \] \([0-9]*\) test(s).*/\1/p' "$log"); s=${s:-0}
        f=$(sed -n 's/^ *\([0-9]*\) FAILED TEST(S)$/\1/p' "$log" | tail -n 1); f=${f:-0}
        [ "$2" != 0 ] && [ "$f" = 0 ] && f=1 ;;
    tap)
        p=$(grep '^ok ' "$log" | grep -vc '# skip'); s=$(grep -c '^ok .*# skip' "$log"); f=$(grep -c '^not ok ' "$log")
        [ "$2" != 0 ] && [ "$f" = 0 ] && f=1 ;;
    esac
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}
for suite in "$@"; do
    case $suite in
    lint)
        echo "== lint"; sh tests/lint.sh >"$log" 2>&1; rc=$?
        grep -v '^ok ' "$log"; tally tap $rc ;;
    unit | golden)
        for t in tests/$suite/*.c; do
            [ -f "$t" ] || continue
            t=$BUILD/${t%.c}
            echo "== ${t#"$BUILD"/}"
            if [ -n "${VALGRIND:-}" ]; then
                valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite,indirect --suppressions=tests/valgrind.supp "$t" >"$log" 2>&1
            else
                "$t" >"$log" 2>&1
            fi
            rc=$?
            tally cmocka $rc
            if [ "$rc" != 0 ]; then cat "$log"; else grep '^SKIP' "$log"; fi
        done ;;
    corpus)
        for t in tests/fuzz/fuzz_*.c; do
            t=${t#tests/fuzz/} t=${t%.c}
            echo "== corpus of $t"; "$BUILD/tests/fuzz/$t" "tests/fuzz/corpus/$t" >"$log" 2>&1; rc=$?
            tally tap $rc; [ "$rc" = 0 ] || cat "$log"
        done ;;
    cli)
        for t in tests/cli/*.bats; do
            [ -f "$t" ] || continue
            echo "== $t"; bats --tap "$t" >"$log" 2>&1; rc=$?
            tally tap $rc; grep -vE '^1\.\.' "$log" | grep -vE '^ok [0-9]+ [^#]*$'
        done ;;
    esac
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
