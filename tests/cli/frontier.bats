# Routers among many models, from a wide table of results to the frontier.

setup() {
    cd "$BATS_TEST_TMPDIR"
    python3 - <<'PY' 2>/dev/null || skip "no python3 to write a table"
import random
random.seed(3)
models = ["big", "mid", "small"]
with open("bench.csv", "w") as f, open("x.csv", "w") as g:
    f.write("sample_id,prompt,eval_name," + ",".join(f"{m},{m}|total_cost" for m in models) + "\n")
    for i in range(300):
        hard = random.random() < .4
        text = ("prove the theorem of number " if hard else "say hello to visitor ") + str(i)
        right = {"big": random.random() < .9, "mid": random.random() < (.3 if hard else .9), "small": random.random() < (.1 if hard else .8)}
        cost = {"big": .01, "mid": .002, "small": .0005}
        f.write(f"b.{i},{text},bench," + ",".join(f"{float(right[m])},{cost[m]}" for m in models) + "\n")
PY
    "$ROUTEFIT" -q ingest --name bench bench.csv >/dev/null
    "$ROUTEFIT" -q embed text --dim 8 -o text.safetensors >/dev/null
}

@test "frontier: single models, zero router and oracle, then a router that reads the prompt" {
    run "$ROUTEFIT" frontier --bench bench --format csv
    [ "$status" -eq 0 ]
    [ "$(grep -c ',model,' <<<"$output")" = 3 ]
    [[ "$output" == *'bench,zero router,baseline,300,'* ]]
    [[ "$output" == *'bench,oracle,baseline,300,'* ]]
    "$ROUTEFIT" -q fit knn --bench bench --cost neighbours -o knn.safetensors
    run "$ROUTEFIT" frontier --bench bench --format csv knn.safetensors
    [ "$status" -eq 0 ]
    zero=$(awk -F, '$2 == "zero router" { print $5 }' <<<"$output")
    knn=$(awk -F, '$2 == "knn" { print $5 }' <<<"$output")
    awk -v a="$knn" -v b="$zero" 'BEGIN { exit !(a > b) }'
    [ "$(sqlite3 routefit.db "SELECT count(*) FROM metric WHERE router = 'knn' AND name IN ('aiq', 'aiq_code', 'aiq_paper', 'quality', 'cost')")" = 5 ]
}

@test "fit knn --guard: the baseline keeps what the neighbours do not vouch for" {
    run "$ROUTEFIT" fit knn --bench bench --k 40 --guard best --floor 0.3 --novelty 0.1 -o guarded.safetensors
    [ "$status" -eq 0 ]
    [[ "$output" == *'guard: baseline "big", novel below cosine '* ]]
    [[ "$output" == *'go to the cheapest trusted model; mean score '* ]]
    run "$ROUTEFIT" frontier --bench bench --format csv guarded.safetensors
    [ "$status" -eq 0 ]
    "$ROUTEFIT" -q fit knn --bench bench --k 40 --guard big --tolerance 0 --z 10 -o never.safetensors
    "$ROUTEFIT" frontier --bench bench --format csv never.safetensors >never # in doubt always: the baseline alone
    [ "$(awk -F, '$2 == "never" { print $14, $17 }' never)" = "$(awk -F, '$2 == "big" { print $14, $17 }' never)" ]
    run "$ROUTEFIT" fit knn --bench bench --guard bgi -o a.safetensors
    [ "$status" -eq 2 ]
    [[ "$output" == *'big'* ]]
}

@test "frontier: the same for any number of threads" {
    "$ROUTEFIT" -q fit knn --bench bench -o knn.safetensors
    "$ROUTEFIT" frontier --bench bench --json --threads 1 knn.safetensors >one
    "$ROUTEFIT" frontier --bench bench --json --threads 3 knn.safetensors >three
    cmp one three
}

@test "frontier and fit knn: what cannot be done is said" {
    run "$ROUTEFIT" frontier
    [ "$status" -eq 2 ]
    [[ "$output" == *'--bench'* ]]
    run "$ROUTEFIT" frontier --bench benhc
    [ "$status" -eq 2 ]
    [[ "$output" == *bench* ]]
    run "$ROUTEFIT" frontier --bench bench --model big,smal
    [ "$status" -eq 2 ]
    [[ "$output" == *small* ]]
    run "$ROUTEFIT" fit knn --bench bench --k 5,10 --valid 0 -o a.safetensors
    [ "$status" -eq 3 ]
    [[ "$output" == *'no validation questions'* ]]
    run "$ROUTEFIT" fit knn --bench bench --k 999 -o a.safetensors
    [ "$status" -eq 2 ]
    [ ! -e a.safetensors ]
    run "$ROUTEFIT" frontier --bench bench --budget cheap
    [ "$status" -eq 2 ]
    sqlite3 routefit.db "UPDATE result SET cost = NULL WHERE model = (SELECT id FROM model WHERE name = 'mid')"
    run "$ROUTEFIT" frontier --bench bench
    [ "$status" -eq 3 ]
    [[ "$output" == *'no cost is known of any of the 300 answers of "mid"'* ]]
    "$ROUTEFIT" frontier --bench bench --model big,small >/dev/null
}

@test "frontier: questions without a cost are left out and counted" {
    sqlite3 routefit.db "UPDATE result SET cost = NULL WHERE item IN (5, 6)"
    run "$ROUTEFIT" frontier --bench bench
    [ "$status" -eq 0 ]
    [[ "$output" == *'bench: 2 questions left out, on which a model lacks its cost'* ]]
    [[ "$output" == *' 298 '* ]]
}

@test "frontier: budgets, willingness to pay and corners, with shares that sum to 1" {
    "$ROUTEFIT" -q fit knn --bench bench -o knn.safetensors
    "$ROUTEFIT" frontier --bench bench --budget 1,3,100 --format csv knn.safetensors >budget.csv
    python3 - <<'PY'
import csv
rows = list(csv.DictReader(open("budget.csv")))
assert [r["router"] for r in rows] == ["knn"] * 3 + ["zero router"] * 3 + ["oracle"] * 3
for r in rows:
    shares = [float(v) for k, v in r.items() if k.startswith("share:")]
    assert len(shares) == 3 and abs(sum(shares) - 1) < 1e-9
    assert float(r["dollars_per_1000"]) <= float(r["budget_per_1000"]) + 1e-9
    if r["chance_dear"]:
        assert abs(float(r["dollars_per_1000"]) - float(r["budget_per_1000"])) < 1e-9
assert float(rows[3]["share:small"]) > .5  # a dollar buys the cheapest model and a chance of the next corner
PY
    [ "$("$ROUTEFIT" frontier --bench bench --wtp routerbench --format csv knn.safetensors | grep -c '^bench,knn,wtp,')" = 32 ]
    run "$ROUTEFIT" frontier --bench bench --points hull knn.safetensors
    [ "$status" -eq 0 ]
    [[ "$output" == *'small 100.0%'* ]]
    "$ROUTEFIT" frontier --bench bench --points curve --json knn.safetensors | python3 -m json.tool >/dev/null
}

@test "frontier: models by their aliases, on the command line and in a router file" {
    "$ROUTEFIT" -q fit knn --bench bench -o knn.safetensors
    "$ROUTEFIT" -q alias big=huge tiny=small
    run "$ROUTEFIT" frontier --bench bench --model big,mid,tiny knn.safetensors
    [ "$status" -eq 0 ]
    [[ "$output" == *huge* ]]
    [[ "$output" != *' big '* ]]
    run "$ROUTEFIT" frontier --bench bench --model big,huge
    [ "$status" -eq 2 ]
    [[ "$output" == *twice* ]]
    run "$ROUTEFIT" fit linear --bench bench --model big,tiny -o linear.safetensors
    [ "$status" -eq 0 ]
}

@test "frontier --metrics: other benchmarks' figures" {
    "$ROUTEFIT" -q fit knn --bench bench --cost neighbours -o knn.safetensors
    "$ROUTEFIT" -q frontier --bench bench --metrics all --reference small --json knn.safetensors >all.json
    python3 - <<'PY'
import json, math
rows = {r["router"]: r for r in json.load(open("all.json"))}
assert list(rows)[:2] == ["knn", "oracle"] and "zero router" not in rows
big, small, knn = rows["big"], rows["small"], rows["knn"]
assert big["v_b"] == 1 and small["v_r"] == 1 and abs(big["v_r"] - 1 / small["v_b"]) < 1e-12
assert big["cost_save"] == 0 and big["perf_gain"] == 0 and big["nauc_code"] is None
assert 0 <= knn["rci"] <= 1 and 0 < knn["e_p"] <= math.log2(3) and knn["pareto_dist"] >= 0
assert knn["arena"] == knn["arena_code"] and rows["oracle"]["rci"] == 0
for k in "arena", "nauc_code", "v_b", "e_p", "perf_gain", "deferral_area":
    assert knn[k + "_low"] <= knn[k] <= knn[k + "_high"], k
PY
    run "$ROUTEFIT" -q frontier --bench bench --metrics lrb,deferral --format csv knn.safetensors
    [[ "${lines[0]}" == bench,router,role,n,perf_gain,*deferral_qnc_high ]]
    [[ "${lines[0]}" != *arena* ]]
    [ "$(sqlite3 routefit.db "SELECT count(DISTINCT name) FROM metric WHERE router = 'knn' AND name IN ('arena', 'rci', 'v_b', 'pareto_dist', 'aiq')")" = 5 ]
    "$ROUTEFIT" -q frontier --bench bench --metrics all --reference small --json --threads 3 knn.safetensors | cmp - all.json
    run "$ROUTEFIT" frontier --bench bench --metrics orbits
    [ "$status" -eq 2 ]
    [[ "$output" == *'expected routerarena, orbit, routereval, lrb, deferral or all'* ]]
    run "$ROUTEFIT" frontier --bench bench --metrics routereval --reference none
    [ "$status" -eq 2 ]
    [[ "$output" == *'has no results of "none"'* ]]
    run "$ROUTEFIT" frontier --bench bench --reference small
    [ "$status" -eq 2 ]
}

@test "frontier: a router, a model and a baseline of one name are kept apart" {
    "$ROUTEFIT" -q fit knn --bench bench --k 20 -o big.safetensors
    "$ROUTEFIT" -q fit linear --bench bench --cv 2 --name oracle >/dev/null
    mkdir a
    cp big.safetensors small
    cp big.safetensors a/small
    run "$ROUTEFIT" -q frontier --bench bench --format csv big.safetensors a/small small scores:oracle
    [ "$status" -eq 0 ]
    [ "$(cut -d, -f2,3 <<<"$output" | tail -n +2 | head -6 | tr '\n' ' ')" = 'big,router small,router ./small,router scores:oracle,router zero router,baseline oracle,baseline ' ]
    [ "$(sqlite3 routefit.db "SELECT group_concat(router) FROM (SELECT router FROM metric WHERE name = 'quality' ORDER BY router)")" = './small,big,mid,model:big,model:small,oracle,scores:oracle,small,zero router' ]
    sqlite3 routefit.db "UPDATE model SET name = 'oracle' WHERE name = 'mid'"
    run "$ROUTEFIT" -q frontier --bench bench --json
    [ "$status" -eq 0 ]
    run "$ROUTEFIT" frontier --bench bench,bench
    [ "$status" -eq 2 ]
    [[ "$output" == *'found benchmark "bench" twice'* ]]
}

@test "frontier and cascade: a budget pays for a model that costs just that" {
    sqlite3 routefit.db "UPDATE result SET cost = 0.007 WHERE model = (SELECT id FROM model WHERE name = 'small')"
    "$ROUTEFIT" -q frontier --bench bench --model big,small --budget 7 --format csv >at.csv
    awk -F, '$2 == "zero router" { found = $5 == 7 && $9 > 0 } END { exit !found }' at.csv
    "$ROUTEFIT" -q cascade --bench bench --order small,big --verifier results:bench --budget 7 --format csv >at.csv
    awk -F, '$2 == "cascade" { found = $5 == 7 && $7 > 0 } END { exit !found }' at.csv
}

@test "fit knn --cost neighbours: what has no score needs no cost" {
    awk -F, -v OFS=, 'NR % 7 == 3 { $4 = $5 = "" } { print }' bench.csv | sed 's/^b\./h./; s/,bench,/,holes,/' >holes.csv
    "$ROUTEFIT" -q ingest --name holes holes.csv >/dev/null
    "$ROUTEFIT" -q fit knn --bench holes --cost neighbours --k 20 -o holes.safetensors
    sqlite3 routefit.db "UPDATE result SET cost = NULL WHERE item = (SELECT max(id) FROM item) AND model = (SELECT id FROM model WHERE name = 'mid')"
    run "$ROUTEFIT" fit knn --bench holes --cost neighbours --k 20 --valid 0 -o never.safetensors
    [ "$status" -eq 3 ]
    [[ "$output" == *'"mid" lacks costs'* ]]
    run "$ROUTEFIT" fit knn --bench holes --k 20 -o -
    [ "$status" -eq 2 ]
    [[ "$output" == *'found standard output, expected the name of a file'* ]]
    [ ! -e - ]
    run "$ROUTEFIT" frontier --bench holes --model mid,small holes.safetensors
    [ "$status" -eq 3 ]
    [[ "$output" == *'"big" has no results on benchmark "holes", or --model leaves it out'* ]]
}

@test "fit knn: a small benchmark leaves out the larger of the default numbers" {
    head -n 41 bench.csv | sed 's/^b\./c./; s/,bench,/,little,/' >little.csv
    "$ROUTEFIT" -q ingest --name little little.csv >/dev/null
    run "$ROUTEFIT" fit knn --bench little -o little.safetensors
    [ "$status" -eq 0 ]
    [[ "$output" == *'k = 80 left out: the bank has '* ]]
    run "$ROUTEFIT" fit knn --bench little --k 80,90 -o never.safetensors
    [ "$status" -eq 2 ]
    [[ "$output" == *'--k 80: the bank has '*'expected at most'* ]]
}
