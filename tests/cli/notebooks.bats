# The notebooks run from start to end on the public data, and say what the stored page says.

@test "the real route runs, and its counts are those of the stored page" {
    [ -e "$ROUTEFIT_DATA/arena55k/votes.csv" ] || skip "the public data are not here"
    sh notebooks/real-route.sh "$ROUTEFIT" "$ROUTEFIT_DATA" "$BATS_TEST_TMPDIR/out" >"$BATS_TEST_TMPDIR/page.md"
    for bench in gsm8k mmlu mt-bench; do grep -q '</svg>' "$BATS_TEST_TMPDIR/out/$bench.svg"; done
    stable() { # headings, commands, what the database holds, the benchmarks, and the baselines, which no router enters
        grep -E '^(#|    routefit|\| (gsm8k|mmlu|mt-bench) \| (gpt|mistral|[0-9]|length|oracle))' "$1"
    }
    stable "$BATS_TEST_TMPDIR/page.md" >"$BATS_TEST_TMPDIR/now"
    stable notebooks/real-route.md | diff - "$BATS_TEST_TMPDIR/now"
    [ "$(wc -l <"$BATS_TEST_TMPDIR/now")" -ge 20 ]
}

@test "the notebooks are stored without outputs" {
    python3 - notebooks/*.ipynb <<'END'
import json, sys
assert len(sys.argv) > 5
for path in sys.argv[1:]:
    book = json.load(open(path, encoding="utf-8"))
    assert book["nbformat"] == 4
    for cell in book["cells"]:
        assert not cell.get("outputs") and cell.get("execution_count") is None, path
END
}

@test "the notebooks run from start to end" {
    [ -e "$ROUTEFIT_DATA/arena55k/votes.csv" ] || skip "the public data are not here"
    command -v jupyter-nbconvert >/dev/null || skip "no jupyter-nbconvert here (apt-get install jupyter-nbconvert python3-ipykernel)"
    BUILD="$BATS_TEST_TMPDIR" && ln -s "$ROUTEFIT" "$BUILD/routefit"
    BUILD="$BUILD" sh notebooks/run.sh
    [ "$(ls "$BUILD"/notebooks/*.ipynb | wc -l)" -eq "$(ls notebooks/*.ipynb | wc -l)" ]
    [ "$(grep -l '<svg' "$BUILD"/notebooks/*.ipynb | wc -l)" -ge 4 ]
}
