# reliability: win rates against what happened, on a benchmark of six prompts whose figures are worked out here.

setup() {
    cd "$BATS_TEST_TMPDIR"
    unset ROUTEFIT_DB
    cat >quiz.csv <<'CSV'
prompt,mistralai/Mixtral-8x7B-Instruct-v0.1,gpt-4-1106-preview
a,False,True
bb,True,True
ccc,False,True
dddd,True,False
eeeee,False,True
ffffff,True,False
CSV
    printf 'prompt,score\na,0.9\nbb,0.1\nccc,0.8\ndddd,0.25\neeeee,0.25\nffffff,0\n' >mine.csv
    "$ROUTEFIT" -q ingest --name quiz quiz.csv >/dev/null
    "$ROUTEFIT" -q ingest mine.csv >/dev/null
    bench=$(sqlite3 routefit.db 'SELECT DISTINCT bench FROM item')
}

@test "reliability: the figures, with intervals, kept under a run" {
    "$ROUTEFIT" -q reliability --bench "$bench" --json mine >out.json
    python3 - <<'PY'
import json, math
(r,) = json.load(open("out.json"))
assert r["router"] == "mine" and r["n"] == 5 and r["ties"] == 1
assert abs(r["base_rate"] - .6) < 1e-12
assert abs(r["brier"] - (.01 + .04 + .0625 + .5625 + 0) / 5) < 1e-12
assert abs(r["log_loss"] + (math.log(.9) + math.log(.8) + math.log(.75) + math.log(.25)) / 5) < 1e-9
assert abs(r["ece"] - (.1 + .2 + 2 * .25 + 0) / 5) < 1e-12
assert abs(r["auroc"] - 5.5 / 6) < 1e-12
for k in "base_rate", "brier", "log_loss", "ece":
    assert r[k + "_low"] <= r[k] <= r[k + "_high"], k
PY
    [ "$(sqlite3 routefit.db "SELECT count(*) FROM run WHERE command = 'reliability' AND status = 'done'")" -eq 1 ]
    [ "$(sqlite3 routefit.db "SELECT count(*) FROM metric WHERE router = 'mine' AND name IN ('brier', 'log_loss', 'ece', 'auroc', 'base_rate', 'ece_by_chance')")" -eq 6 ]
}

@test "reliability: the same for any number of threads; another seed, other intervals" {
    "$ROUTEFIT" -q --threads 1 reliability --bench "$bench" --json mine >one.json
    "$ROUTEFIT" -q --threads 3 reliability --bench "$bench" --json mine >three.json
    cmp one.json three.json
    "$ROUTEFIT" -q --seed 9 reliability --bench "$bench" --json mine >nine.json
    ! cmp -s one.json nine.json
}

@test "reliability --bins: ten bins, with exact intervals" {
    "$ROUTEFIT" -q reliability --bench "$bench" --bins --json mine >out.json
    python3 - <<'PY'
import json
rows = json.load(open("out.json"))
assert len(rows) == 10 and [r["n"] for r in rows] == [1, 0, 2, 0, 0, 0, 0, 0, 1, 1]
assert rows[1]["said"] is None and rows[2]["said"] == .25 and rows[2]["was"] == .5
assert abs(rows[9]["was_low"] - .025) < 1e-12 and rows[9]["was_high"] == 1
assert rows[3]["from"] == .3 and rows[3]["to"] == .4
PY
}

@test "reliability -o: a diagram of the bins" {
    command -v gnuplot >/dev/null || skip "no gnuplot"
    "$ROUTEFIT" -q reliability --bench "$bench" mine -o bins.svg >/dev/null
    grep -q '</svg>' bins.svg
    grep -q 'mine' bins.svg
    run "$ROUTEFIT" reliability --bench "$bench" mine -o bins.svg
    [ "$status" -ne 0 ]
    [[ "$output" == *'bins.svg'* ]]
    "$ROUTEFIT" -q reliability --bench "$bench" mine -o bins.svg --force >/dev/null
}

@test "reliability says what is wrong" {
    run "$ROUTEFIT" reliability mine
    [ "$status" -eq 2 ]
    [[ "$output" == *'--bench'* ]]
    run "$ROUTEFIT" reliability --bench "$bench"
    [ "$status" -eq 2 ]
    run "$ROUTEFIT" reliability --bench "$bench,other" mine -o a.svg
    [ "$status" -eq 2 ]
    [[ "$output" == *'expected one'* ]]
    run "$ROUTEFIT" reliability --bench "${bench}x" mine
    [ "$status" -eq 2 ]
    [[ "$output" == *"did you mean $bench?"* ]]
}
