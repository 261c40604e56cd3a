# What other thresholds would have brought, from a log of routed traffic.

setup() {
    cd "$BATS_TEST_TMPDIR"
    python3 - <<'END'
import csv, json, random
random.seed(5)
rows = []
for i in range(4000):
    s = round(random.random(), 4)
    p = .3 + .4 * s
    strong = random.random() < p
    right = random.random() < (.9 if strong else .9 - .6 * s)
    rows.append(dict(win_rate=s, model="gpt-4" if strong else "mixtral", propensity=p if strong else 1 - p, reward=int(right), cost=.01 if strong else .001))
with open("traffic.jsonl", "w") as f:
    f.writelines(json.dumps(r) + "\n" for r in rows)
with open("traffic.csv", "w") as f:
    w = csv.DictWriter(f, ["p", "win_rate", "model", "reward", "cost"])
    w.writeheader()
    for r in rows:
        r = dict(r, p=r["propensity"])
        del r["propensity"]
        w.writerow(r)
END
    names="--strong gpt-4 --weak mixtral"
}

@test "offpolicy: the truth lies in the intervals, whatever the layout" {
    "$ROUTEFIT" offpolicy traffic.jsonl $names --threshold 0,0.5,1.1 --json >lines.json
    "$ROUTEFIT" offpolicy - $names --map p=propensity --threshold 0,0.5,1.1 --json <traffic.csv >table.json
    cmp lines.json table.json
    python3 - <<'END'
import json
rows = {r["policy"]: r for r in json.load(open("lines.json"))}
for policy, truth, usd in [("threshold 0", .9, 10), ("threshold 0.5", .5 * .9 + .5 * .75, 5.5), ("threshold 1.1", .6, 1)]:
    r = rows[policy]
    for name in ["dr", "snips", "ips"]:
        assert r[name + "_low"] - .02 < truth < r[name + "_high"] + .02, (policy, name, r)
    assert abs(r["usd_per_1000"] - usd) < .3
    assert 0 < r["ess"] <= r["matched"]
assert rows["as logged"]["n"] == 4000
END
}

@test "offpolicy: logs that say nothing are refused" {
    sed 's/"propensity": [0-9.]*/"propensity": 1/' traffic.jsonl >sure.jsonl
    run "$ROUTEFIT" offpolicy sure.jsonl $names -t 0.5
    [ "$status" -eq 3 ]
    [[ "$output" == *"no overlap: all propensities are 1"* ]]
    grep '"gpt-4"' traffic.jsonl >strong.jsonl
    run "$ROUTEFIT" offpolicy strong.jsonl $names -t 0.5
    [ "$status" -eq 3 ]
    [[ "$output" == *"none to the weak model"* ]]
    sed 's/"propensity": 0\.\([0-9]*\)/"propensity": 0.9/' traffic.jsonl >wrong.jsonl
    run "$ROUTEFIT" offpolicy wrong.jsonl $names -t 0.5
    [ "$status" -eq 0 ]
    [[ "$output" == *"not those that it was drawn by"* ]]
    run "$ROUTEFIT" offpolicy traffic.jsonl -t 0.5
    [ "$status" -eq 3 ]
    [[ "$output" == *"traffic.jsonl:1: model: found "*"--strong"* ]]
    run "$ROUTEFIT" offpolicy traffic.jsonl $names
    [ "$status" -eq 2 ]
}
