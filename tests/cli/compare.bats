# compare on a small benchmark in RouteLLM's layout, and on RouteLLM's own files where they are.

setup() {
    cd "$BATS_TEST_TMPDIR"
    unset ROUTEFIT_DB
    # 240 prompts: the longer, the more often strong alone is right
    python3 - >quiz.csv <<'END'
print("prompt,mistralai/Mixtral-8x7B-Instruct-v0.1,gpt-4-1106-preview")
for i in range(240):
    weak = (i * 37 % 240) >= 40 + i // 2
    strong = (i * 53 % 240) >= 30
    print("%s%03d,%s,%s" % ("x" * i, i, weak, strong))
END
    "$ROUTEFIT" -q ingest --name quiz quiz.csv >ingest.txt
    bench=$(sqlite3 routefit.db 'SELECT DISTINCT bench FROM item')
}

@test "compare finds the better router, keeps it, and says it the other way round" {
    "$ROUTEFIT" -q compare --bench "$bench" --json length random >ab.json
    "$ROUTEFIT" -q compare --bench "$bench" --json random length >ba.json
    "$ROUTEFIT" -q eval --bench "$bench" --json >eval.json
    python3 - <<'END'
import json
ab, ba = json.load(open("ab.json"))[0], json.load(open("ba.json"))[0]
apgr = {r["router"]: r["apgr"] for r in json.load(open("eval.json"))}
assert ab["verdict"] == "better" and ba["verdict"] == "worse" and ab["needed"] is None
assert abs(ab["value_a"] - apgr["length"]) < 1e-12 and abs(ab["value_b"] - .5) < 1e-12
assert abs(ab["difference"] + ba["difference"]) < 1e-12 and ab["difference_low"] > 0
assert ab["p"] <= .002 and ab["p_swap"] <= .002 and ab["p_family"] == max(ab["p"], ab["p_swap"])
END
    [ "$(sqlite3 routefit.db "SELECT count(*) FROM run WHERE command = 'compare' AND status = 'done'")" -eq 2 ]
    [ "$(sqlite3 routefit.db "SELECT count(*) FROM metric WHERE router = 'length - random' AND name = 'apgr_difference' AND low < value AND value < high")" -eq 1 ]
}

@test "three routers make a family of three duels, with Holm or max-T" {
    for family in holm maxt none; do
        "$ROUTEFIT" -q compare --bench "$bench" --family $family --json length random oracle >$family.json
    done
    python3 - <<'END'
import json
holm, maxt, none = (json.load(open(f + ".json")) for f in ("holm", "maxt", "none"))
assert [(r["a"], r["b"]) for r in holm] == [("length", "random"), ("length", "oracle"), ("random", "oracle")]
for h, m, n in zip(holm, maxt, none):
    assert n["p_family"] == max(n["p"], n["p_swap"]) and h["p_family"] >= n["p_family"] and m["p_family"] >= n["p_family"]
END
    run "$ROUTEFIT" compare --bench "$bench" --against oracle --json length random oracle
    [ "$(grep -o '"verdict": *"worse"' <<<"$output" | wc -l)" -eq 2 ]
}

@test "the same seed gives the same duels for any number of threads" {
    for at in curve calls; do
        share=$([ $at = calls ] && echo "--share 0.3" || true)
        "$ROUTEFIT" -q --threads 1 compare --bench "$bench" --at $at $share --json length random oracle >one.json
        "$ROUTEFIT" -q --threads 3 compare --bench "$bench" --at $at $share --json length random oracle >three.json
        cmp one.json three.json
    done
}

@test "quality at equal calls, at thresholds, and against a model alone" {
    "$ROUTEFIT" -q compare --bench "$bench" --at calls --share 0.5 --json length random >calls.json
    "$ROUTEFIT" -q compare --bench "$bench" --at threshold --threshold 123,0.5 --json length random >threshold.json
    "$ROUTEFIT" -q compare --bench "$bench" --at calls --share 1 --against strong --json length >same.json
    "$ROUTEFIT" -q compare --bench "$bench" --at calls --share 0.75 --non-inferior 40 --json length >margin.json
    python3 - <<'END'
import json
weak = [(i * 37 % 240) >= 40 + i // 2 for i in range(240)]
strong = [(i * 53 % 240) >= 30 for i in range(240)]
calls, threshold, same, margin = (json.load(open(f + ".json"))[0] for f in ("calls", "threshold", "same", "margin"))
half = 100 * (sum(weak[:120]) + sum(strong[120:])) / 240
assert abs(calls["value_a"] - half) < 1e-9 and abs(calls["value_b"] - 50 * (sum(weak) + sum(strong)) / 240) < 1e-9
assert abs(threshold["value_a"] - half) < 1e-9 and threshold["calls_a_pct"] == 50  # a prompt of i has i + 3 bytes
assert threshold["calls_b_pct"] == 100 and abs(threshold["value_b"] - 100 * sum(strong) / 240) < 1e-9
assert same["difference"] == 0 and same["verdict"] == "equivalent"
assert margin["b"] == "strong" and margin["verdict"] == "not inferior" and margin["difference_low"] > -40
END
}

@test "an undecided duel says how many prompts would decide, and --power which differences are found" {
    "$ROUTEFIT" -q compare --bench "$bench" --at calls --share 0.03 --delta 0.01 --json length random >out.json
    "$ROUTEFIT" -q compare --bench "$bench" --power --json length random >power.json
    python3 - <<'END'
import json
row = json.load(open("out.json"))[0]
assert row["verdict"] == "undecided" and row["needed"] > 240
power = json.load(open("power.json"))
assert [r["if_difference"] for r in power] == [.01, .02, .03, .05, .1, .2]
assert all(a["power"] < b["power"] and a["prompts_for_80pct"] > b["prompts_for_80pct"] for a, b in zip(power, power[1:]))
assert abs(power[0]["detectable"] / power[0]["se"] - 2.8015852) < 1e-6
END
}

@test "--bands shows the difference along the whole curve, and the wider band around all of it" {
    "$ROUTEFIT" -q compare --bench "$bench" --bands --json length oracle >bands.json
    python3 - <<'END'
import json
rows = json.load(open("bands.json"))
assert [r["calls_pct"] for r in rows] == list(range(101))
for r in rows[1:-1]:
    assert abs(r["value_a"] - r["value_b"] - r["difference"]) < 1e-9
    assert r["low"] < r["high"] and r["sim_low"] < r["difference"] < r["sim_high"]
assert sum(r["sim_high"] - r["sim_low"] for r in rows) > 1.2 * sum(r["high"] - r["low"] for r in rows)
assert abs(rows[0]["difference"]) < 1e-9 and abs(rows[-1]["sim_high"]) < 1e-9
assert any(r["sim_high"] < 0 for r in rows)
END
    run "$ROUTEFIT" compare --bench "$bench" --bands --power length random
    [ "$status" -eq 2 ]
}

@test "questions of one source are drawn together" {
    # every question four times: twice the same words, in other letters; once more found by overlap
    python3 - >four.csv <<'END'
print("prompt,mistralai/Mixtral-8x7B-Instruct-v0.1,gpt-4-1106-preview")
for copy in range(4):
    for i in range(240):
        weak = (i * 37 % 240) >= 40 + i // 2
        strong = (i * 53 % 240) >= 30
        print("%s%03d,%s,%s" % (["x", "X", "\uff38", "x"][copy] * i, i, weak, strong))
END
    "$ROUTEFIT" -q --db four.db ingest --name four four.csv >ingest.txt
    four=$(sqlite3 four.db 'SELECT DISTINCT bench FROM item')
    "$ROUTEFIT" -q --db four.db compare --bench "$four" --json random oracle >four.json
    "$ROUTEFIT" -q compare --bench "$bench" --json random oracle >one.json
    python3 - <<'END'
import json
one, four = json.load(open("one.json"))[0], json.load(open("four.json"))[0]
assert one["clusters"] is None and four["clusters"] == 240 and four["n"] % 240 == 0 and four["n"] > 240
assert abs(one["difference"] - four["difference"]) < 1e-9 and abs(one["se"] / four["se"] - 1) < 1e-9
END
    sqlite3 routefit.db "INSERT INTO run(command, argv, options, seed, version, blas, threads, started_at, status)
        VALUES ('overlap', '[]', '{}', 1, '', '', 1, '', 'done');
        INSERT INTO overlap SELECT max(run.id), min(i.prompt), max(i.prompt), 'near', 1 FROM run, item i WHERE i.id IN (1, 2)"
    run "$ROUTEFIT" compare --bench "$bench" --json length random
    [[ "$output" == *'"clusters": 239'* || "$output" == *'"clusters":239'* ]]
}

@test "equal costs are equal calls where every answer costs the same" {
    python3 - >wide.csv <<'END'
print("sample_id,prompt,eval_name,big,big|total_cost,small,small|total_cost")
for i in range(240):
    print("b.%d,%s%03d,bench,%d,0.01,%d,0.0005" % (i, "x" * i, i, (i * 53 % 240) >= 30, (i * 37 % 240) >= 40 + i // 2))
END
    "$ROUTEFIT" -q --db wide.db ingest --name wide wide.csv >ingest.txt
    "$ROUTEFIT" -q --db wide.db compare --bench bench --at cost --cost 0.00525 --json length oracle >cost.json
    "$ROUTEFIT" -q --db wide.db compare --bench bench --at calls --share 0.5 --json length oracle >calls.json
    python3 - <<'END'
import json
cost, calls = json.load(open("cost.json"))[0], json.load(open("calls.json"))[0]
assert cost["at"] == "cost $0.00525"
for name in ("value_a", "value_b", "difference", "se"):
    assert abs(cost[name] - calls[name]) < 1e-6 * abs(calls[name]), name
END
    run "$ROUTEFIT" --db wide.db compare --bench bench --at cost --cost 0.0001 length oracle
    [ "$status" -eq 2 ]
    [[ "$output" == *"at least 0.0005"* ]]
    run "$ROUTEFIT" --db wide.db compare --bench bench --at cost length oracle
    [ "$status" -eq 2 ]
    run "$ROUTEFIT" compare --bench "$bench" --at cost --cost 1 length oracle
    [ "$status" -eq 3 ]
    [[ "$output" == *"no cost of 240 of 240"* ]]
}

@test "compare says what is wrong" {
    run "$ROUTEFIT" compare length random
    [ "$status" -eq 2 ]
    [[ "$output" == *"--bench"* ]]
    run "$ROUTEFIT" compare --bench "$bench" length
    [ "$status" -eq 2 ]
    [[ "$output" == *"two or more"* ]]
    run "$ROUTEFIT" compare --bench "$bench" length length
    [ "$status" -eq 2 ]
    [[ "$output" == *"twice"* ]]
    run "$ROUTEFIT" compare --bench "$bench" --at calls length random
    [ "$status" -eq 2 ]
    [[ "$output" == *"--share"* ]]
    run "$ROUTEFIT" compare --bench "$bench" --share 0.5 length random
    [ "$status" -eq 2 ]
    run "$ROUTEFIT" compare --bench "$bench" --at threshold --threshold 1,x length random
    [ "$status" -eq 2 ]
    [[ "$output" == *'"x"'* ]]
    run "$ROUTEFIT" compare --bench "$bench" --at threshold --threshold 1,2,3 length random
    [ "$status" -eq 2 ]
    run "$ROUTEFIT" compare --bench "$bench" --against strong length random
    [ "$status" -eq 2 ]
    [[ "$output" == *"no curve"* ]]
    run "$ROUTEFIT" compare --bench "$bench" --against lenght length random
    [ "$status" -eq 2 ]
    [[ "$output" == *"lenght"* ]]
    run "$ROUTEFIT" compare --bench "$bench" length nowhere.safetensors
    [ "$status" -ne 0 ]
}
