# Cascades: a verifier of known errors, measured out of fold.

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_TMPDIR"
    python3 - <<'PY' 2>/dev/null || skip "no python3 to write a table"
import random
random.seed(5)
models = ["small", "mid", "big"]
right = {"small": .5, "mid": .7, "big": .95}
cost = {"big": .01, "mid": .002, "small": .0005}
head = "sample_id,prompt,eval_name," + ",".join(f"{m},{m}|total_cost" for m in models) + "\n"
with open("bench.csv", "w") as f, open("judged.csv", "w") as g:
    f.write(head)
    g.write(head)
    for i in range(400):
        score = {m: float(random.random() < right[m]) for m in models}
        # the verifier takes 90% of the right answers and 20% of the wrong ones, at any threshold between 0 and 1
        said = {m: float(random.random() < (.9 if score[m] else .2)) for m in models}
        f.write(f"b.{i},question {i},bench," + ",".join(f"{score[m]},{cost[m]}" for m in models) + "\n")
        g.write(f"j.{i},question {i},judged," + ",".join(f"{said[m]},0" for m in models) + "\n")
PY
    "$ROUTEFIT" -q ingest bench.csv judged.csv >/dev/null
}

@test "cascade: a verifier that mostly knows beats the zero router, and its errors are measured" {
    run --separate-stderr "$ROUTEFIT" cascade --bench bench --order small,mid,big --verifier results:judged --format csv
    [ "$status" -eq 0 ]
    [[ "$stderr" == *'right from score 0.5'* ]]
    python3 - <<PY
import csv, io
rows = list(csv.DictReader(io.StringIO("""$output""")))
roles = [r["role"] for r in rows]
assert roles == ["cascade"] * 2 + ["baseline"] * 6 + ["model"] * 2 + ["best model"], roles
assert float(rows[0]["over_zero_low"]) > 0
for r in rows[:2]:
    assert float(r["quality_low"]) < float(r["quality"]) < float(r["quality_high"])
    assert float(r["calls:small"]) == 1 and float(r["calls:small"]) >= float(r["calls:mid"]) >= float(r["calls:big"])
    answers = [float(r["answers:" + m]) for m in ("small", "mid", "big")]
    assert abs(sum(answers) - 1) < 1e-9
    paid = .5 * float(r["calls:small"]) + 2 * float(r["calls:mid"]) + 10 * float(r["calls:big"])
    assert abs(paid - float(r["dollars_per_1000"])) < 1e-9
    assert float(r["dollars_per_1000"]) < 1.2 * float(r["budget_per_1000"])
PY
    [ "$(sqlite3 routefit.db "SELECT count(*) FROM metric WHERE router = 'cascade'")" = 4 ]
    "$ROUTEFIT" -q cascade --bench bench --order small,big --verifier results:judged --show verifier --points hull --format csv >errors.csv
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
        NR > 1 { ok += $at["sensitivity_low"] < .9 && .9 < $at["sensitivity_high"] && $at["specificity_low"] < .8 && .8 < $at["specificity_high"] }
        END { exit !(NR > 2 && ok >= 1) }' errors.csv
}

@test "cascade: every corner, a router as verifier, aliases, the same for any number of threads" {
    "$ROUTEFIT" -q embed text --dim 4 -o text.safetensors >/dev/null
    "$ROUTEFIT" -q fit knn --bench bench -o knn.safetensors
    "$ROUTEFIT" -q alias tiny=small
    "$ROUTEFIT" cascade --bench bench --order tiny,big --verifier knn.safetensors --points hull --json --threads 1 >one
    "$ROUTEFIT" cascade --bench bench --order small,big --verifier knn.safetensors --points hull --json --threads 3 --folds 2 >three
    python3 -m json.tool one >/dev/null
    sed 's/tiny/small/g' one | cmp - three
}

@test "cascade: what cannot be done is said" {
    run "$ROUTEFIT" cascade --bench bench --order small --verifier results:judged
    [ "$status" -eq 2 ]
    [[ "$output" == *'found 1 models, expected 2 to 8'* ]]
    run "$ROUTEFIT" cascade --bench bench --order small,big
    [ "$status" -eq 2 ]
    [[ "$output" == *--verifier* ]]
    run "$ROUTEFIT" cascade --bench bench --order small,bgi --verifier results:judged
    [ "$status" -eq 2 ]
    [[ "$output" == *big* ]]
    run "$ROUTEFIT" cascade --bench bench --order small,big --verifier results:jugded
    [ "$status" -eq 2 ]
    [[ "$output" == *judged* ]]
    run "$ROUTEFIT" cascade --bench bench --order small,big --verifier absent.safetensors
    [ "$status" -ne 0 ]
    run "$ROUTEFIT" cascade --order small,big --verifier results:judged
    [ "$status" -eq 2 ]
    run "$ROUTEFIT" cascade --bench bench --order small,big --verifier results:judged --budget 1 --points hull
    [ "$status" -eq 2 ]
    run "$ROUTEFIT" cascade --bench bench --order small,big --verifier results:judged --budget 0.1 --format csv
    [ "$status" -eq 0 ]
    [[ "$output" == *'bench,cascade,cascade,400,0.1,,,,'* ]]
}
