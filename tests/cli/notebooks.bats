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
