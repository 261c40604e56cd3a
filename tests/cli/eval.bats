# eval, plot and score on a small benchmark in RouteLLM's layout, with a router whose weights can be read here.

setup() {
    export PYTHONPATH="$BATS_TEST_DIRNAME"
    cd "$BATS_TEST_TMPDIR"
    unset ROUTEFIT_DB
    cat >quiz.csv <<'END'
prompt,mistralai/Mixtral-8x7B-Instruct-v0.1,gpt-4-1106-preview
a,False,True
bb,True,True
ccc,False,True
dddd,True,False
eeeee,False,True
END
    # r: logit = x0 - x1. wide: of other vectors. text: logit = ln(1 + bytes) of a text; eight: the same by way of vectors.
    python3 - <<'END'
import json, struct
from tensors import tensors
def logistic(path, weight, **meta):
    meta = {"routefit." + k: v for k, v in dict({"kind": "logistic", "input": "vector"}, **meta).items()}
    tensors(path, meta, weight=([len(weight)], weight), bias=([1], [0]))
logistic("r.safetensors", [1, -1], embedder="pairs")
logistic("wide.safetensors", [1, -1, 0], embedder="pairs")
logistic("eight.safetensors", [0, 1] + 7 * [0], embedder="shape")
logistic("stranger.safetensors", [0, 1] + 7 * [0], embedder="shape", embedder_sha256=64 * "0")
tensors("text.safetensors", {"routefit.kind": "logistic", "routefit.input": "text", "routefit.features": "rf-text-1"},
        weight=([256], 256 * [0]), shape_weight=([8], [1] + 7 * [0]), bias=([1], [0]))
tensors("model.safetensors", {"routefit.kind": "text-embedder", "routefit.features": "rf-text-1"},
        projection=([256, 1], 256 * [0]), shape_mean=([8], 8 * [0]), shape_scale=([8], 8 * [1]))
rows = [[3, 0], [0, 1], [2, 0], [0, 0], [1, 0]]
head = ("{'descr': '<f4', 'fortran_order': False, 'shape': (%d, 2), }" % len(rows)).encode()
head += b" " * (63 - (10 + len(head)) % 64) + b"\n"
open("v.npy", "wb").write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + b"".join(struct.pack("<2f", *r) for r in rows))
END
    "$ROUTEFIT" -q ingest --name quiz quiz.csv >ingest.txt
    bench=$(sqlite3 routefit.db 'SELECT DISTINCT bench FROM item')
    "$ROUTEFIT" -q embed npy v.npy --source quiz --embedder pairs >embed.txt
}

@test "eval measures routers and baselines, and keeps what it found" {
    run "$ROUTEFIT" eval --bench "$bench" --json r.safetensors
    [ "$status" -eq 0 ]
    [[ "$output" == *"strong is not better in "*" resamples"* ]]
    "$ROUTEFIT" -q eval --bench "$bench" --json r.safetensors >out.json
    python3 - <<'END'
import json
rows = {r["router"]: r for r in json.load(open("out.json"))}
assert list(rows) == ["r", "random", "length", "shorter", "oracle"]
r = rows["r"]
# by falling score: a +1, ccc +1, eeeee +1, dddd -1, bb 0; weak .4, strong .8
assert r["n"] == 5 and abs(r["weak"] - 40) < 1e-9 and abs(r["strong"] - 80) < 1e-9
assert abs(r["apgr"] - (.5 + 1.5 + 2.5 + 2.5 + 2) / 10) < 1e-12
assert abs(r["cpt50_pct"] - 20) < 1e-9
assert r["apgr_low"] is None and r["weak_low"] <= 40 <= r["weak_high"]  # of five prompts strong is often not the better one
assert abs(rows["random"]["apgr"] - .5) < 1e-12
assert rows["oracle"]["apgr"] >= r["apgr"]
END
    [ "$(sqlite3 routefit.db "SELECT count(*) FROM run WHERE command = 'eval' AND status = 'done'")" -eq 2 ]
    [ "$(sqlite3 routefit.db "SELECT count(*) FROM metric WHERE name = 'apgr'")" -eq 10 ]
    [ "$(sqlite3 routefit.db "SELECT count(*) FROM curve WHERE router = 'r' AND run = 1")" -eq 6 ]
}

@test "the same seed gives the same table for any number of threads" {
    "$ROUTEFIT" -q --threads 1 eval --bench "$bench" --json r.safetensors >one.json
    "$ROUTEFIT" -q --threads 3 eval --bench "$bench" --json r.safetensors >three.json
    cmp one.json three.json
}

@test "compat adds RouteLLM's columns and says where they are not defined" {
    run "$ROUTEFIT" eval --bench "$bench" --compat --json r.safetensors
    [ "$status" -eq 0 ]
    [[ "$output" == *'"compat_apgr"'* ]]
    [[ "$output" == *"of random are not defined: scores tie at 10 of 11 thresholds"* ]]
}

@test "eval says what is wrong" {
    run "$ROUTEFIT" eval r.safetensors
    [ "$status" -eq 2 ]
    [[ "$output" == *"--bench"* ]]
    run "$ROUTEFIT" eval --bench "${bench}x" r.safetensors
    [ "$status" -eq 2 ]
    [[ "$output" == *"did you mean $bench?"* ]]
    run "$ROUTEFIT" eval --bench "$bench" r.safetensors ./r.safetensors
    [ "$status" -eq 2 ]
    [[ "$output" == *"same file"* ]]
    run "$ROUTEFIT" eval --bench "$bench" wide.safetensors
    [ "$status" -eq 3 ]
    [[ "$output" == *"width 2, expected 3"* ]]
    run "$ROUTEFIT" eval --bench "$bench" --embedder lost r.safetensors
    [ "$status" -eq 3 ]
    [[ "$output" == *"routefit embed"* ]]
    run "$ROUTEFIT" eval --bench "$bench" --strong mistralai/Mixtral-8x7B-Instruct-v0.1
    [ "$status" -eq 3 ]
    [[ "$output" == *"swap the pair"* ]]
    run "$ROUTEFIT" eval --bench "$bench" missing.safetensors
    [ "$status" -eq 7 ]
    run "$ROUTEFIT" eval --bench "$bench" quiz.csv
    [ "$status" -eq 6 ]
}

@test "ingested scores of another router are evaluated under their name" {
    printf 'prompt,score\na,0.9\nbb,0.1\nccc,0.8\ndddd,0.2\neeeee,0.7\n' >mine.csv
    printf 'prompt,score\na,0.9\n' >part.csv
    "$ROUTEFIT" -q ingest mine.csv part.csv >/dev/null
    "$ROUTEFIT" -q eval --bench "$bench" --json mine r.safetensors >out.json
    python3 - <<'END'
import json
rows = {r["router"]: r for r in json.load(open("out.json"))}
assert list(rows)[:2] == ["mine", "r"]
# by falling score: a +1, ccc +1, eeeee +1, dddd -1, bb 0
assert abs(rows["mine"]["apgr"] - (.5 + 1.5 + 2.5 + 2.5 + 2) / 10) < 1e-12
END
    "$ROUTEFIT" -q plot --bench "$bench" mine | grep -q mine
    cp r.safetensors mine # a file goes before a name, unless scores: says otherwise
    "$ROUTEFIT" -q eval --bench "$bench" --json scores:mine r.safetensors | cmp - out.json
    run "$ROUTEFIT" eval --bench "$bench" part
    [ "$status" -eq 3 ]
    [[ "$output" == *'4 of the 5 prompts of benchmark'*'have no score under "part"'* ]]
    run "$ROUTEFIT" eval --bench "$bench" scores:other
    [ "$status" -eq 2 ]
    [[ "$output" == *"routefit ls scores"* ]]
    run "$ROUTEFIT" eval --bench "$bench" other
    [ "$status" -eq 7 ]
    [[ "$output" == *"found no file, and no scores of this name"* ]]
    run "$ROUTEFIT" eval --bench "$bench" scores:mine scores:mine
    [ "$status" -eq 2 ]
    run "$ROUTEFIT" frontier --bench "$bench" scores:mine
    [ "$status" -ne 0 ]
}

@test "tasks and scripts are baselines of their own, out of fold" {
    python3 - <<'END'
import random
random.seed(2)
words = [a + b + c for a in "bdgklm" for b in "aeiou" for c in "nrst"]
with open("tasks.csv", "w") as f:
    f.write("bench,model,score,sample_id,prompt\n")
    for i in range(300):
        hard, han = i % 3 == 0, i % 2
        text = " ".join(random.choice(words) for _ in range(9)) if not han else "".join(chr(0x4e00 + random.randrange(3000)) for _ in range(20))
        weak, strong = random.random() < (.2 if hard else .8), random.random() < (.9 if han else .8)
        for m, s in (("small", weak), ("big", strong)):
            f.write(f"exam/{'proofs' if hard else 'greetings'},{m},{int(s)},{i},{text}\n")
END
    "$ROUTEFIT" -q ingest --name exam tasks.csv >/dev/null
    for n in 1 3; do
        "$ROUTEFIT" -q --threads $n eval --bench exam --json >tasks$n.json
    done
    cmp tasks1.json tasks3.json
    python3 - <<'END'
import json
rows = {r["router"]: r for r in json.load(open("tasks1.json"))}
assert list(rows) == ["random", "length", "shorter", "task-prior", "script-prior", "oracle"]
assert rows["task-prior"]["apgr_low"] > .5 and rows["task-prior"]["apgr"] < rows["oracle"]["apgr"]
assert abs(rows["length"]["apgr"] + rows["shorter"]["apgr"] - 1) < 1e-9  # mirror images
END
    "$ROUTEFIT" -q compare --bench exam --json task-prior length | grep -q '"a": "task-prior"'
    "$ROUTEFIT" -q plot --bench exam | grep -q task-prior
}

@test "contaminated prompts are left out by their exact text" {
    printf '{"eval_prompt":"bb","train_prompt":"x"}\n' >contaminated_prompts.jsonl
    "$ROUTEFIT" -q ingest contaminated_prompts.jsonl >/dev/null
    run "$ROUTEFIT" eval --json --bench "$bench" r.safetensors
    [[ "$output" == *"4 of 5 items"*"1 contaminated left out"* ]]
    run "$ROUTEFIT" eval --json --bench "$bench" --keep-contaminated r.safetensors
    [[ "$output" == *"5 of 5 items"* ]]
}

@test "plot draws in the terminal and into files" {
    run "$ROUTEFIT" -q plot --bench "$bench" r.safetensors
    [ "$status" -eq 0 ]
    [[ "$output" == *"oracle"* ]]
    command -v gnuplot >/dev/null || skip "gnuplot is not installed"
    "$ROUTEFIT" -q plot --bench "$bench" r.safetensors -o p.svg --keep-script .
    grep -q '<svg' p.svg
    [ -s p.svg.gp ]
    run "$ROUTEFIT" -q plot --bench "$bench" r.safetensors -o p.svg
    [ "$status" -ne 0 ]
    "$ROUTEFIT" -q plot --bench "$bench" r.safetensors -o p.svg --force
    run "$ROUTEFIT" plot --bench "$bench,other" r.safetensors
    [ "$status" -eq 2 ]
}

@test "score prints a win rate for each row of vectors" {
    run "$ROUTEFIT" score r.safetensors --npy v.npy --threshold 0.5
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 5 ]
    [[ "${lines[0]}" == 0.9525741268224*$'\tstrong' ]]
    [[ "${lines[1]}" == 0.2689414213699*$'\tweak' ]]
    [ "${lines[3]}" = $'0.5\tstrong' ]
    run "$ROUTEFIT" score r.safetensors --npy v.npy --threshold 0
    [ "$status" -eq 0 ]
    [[ "${lines[1]}" == 0.2689414213699*$'\tstrong' ]]
    run "$ROUTEFIT" score r.safetensors --npy v.npy
    [[ "${lines[1]}" == 0.2689414213699* && "${lines[1]}" != *strong* ]]
    run "$ROUTEFIT" score wide.safetensors --npy v.npy
    [ "$status" -eq 3 ]
    run "$ROUTEFIT" score r.safetensors </dev/null
    [ "$status" -eq 2 ]
    [[ "$output" == *"--text-model"* ]]
}

@test "score prints a win rate for each line of text" {
    # p / (1 - p) = 1 + bytes
    printf 'a\nabc\r\n\nabcdefgh' >lines.txt
    run "$ROUTEFIT" score text.safetensors lines.txt
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 4 ]
    for i in 0:0.6666 1:0.8 2:0.5 3:0.9; do
        python3 -c "import sys; sys.exit(abs(float(sys.argv[1]) - float(sys.argv[2])) > 1e-4)" "${lines[${i%%:*}]}" "${i#*:}"
    done
    "$ROUTEFIT" score text.safetensors <lines.txt >piped.txt
    "$ROUTEFIT" score text.safetensors lines.txt >named.txt
    cmp piped.txt named.txt
    "$ROUTEFIT" score eight.safetensors --text-model model.safetensors lines.txt >by-vectors.txt
    cmp <(cut -c1-6 by-vectors.txt) <(cut -c1-6 named.txt)
    printf '{"prompt":"abc"}\n{"other":1}\n' >lines.jsonl
    run "$ROUTEFIT" score text.safetensors --field prompt lines.jsonl
    [ "$status" -eq 3 ]
    [[ "${lines[0]}" == 0.8* || "${lines[0]}" == 0.7999* ]]
    [[ "$output" == *"lines.jsonl:2"* ]]
    run "$ROUTEFIT" score stranger.safetensors --text-model model.safetensors lines.txt
    [ "$status" -eq 3 ]
    [[ "$output" == *"found the text model"* ]]
}

@test "RouteLLM's figures come out of its own files by way of the database" {
    data=${ROUTEFIT_DATA:-$BATS_TEST_DIRNAME/../../../shared/data}
    golden=${ROUTEFIT_GOLDEN:-$BATS_TEST_DIRNAME/../../../shared/golden}
    [[ -r $data/routellm && -r $golden/routellm_metrics.json ]] || skip "the public data are not here"
    "$ROUTEFIT" -q --db r.db ingest "$data"/routellm/{gsm8k,mt_bench,mmlu} >/dev/null
    "$ROUTEFIT" -q --db r.db eval --bench gsm8k,mt-bench,mmlu --compat --json --resamples 100 >out.json
    python3 - "$golden/routellm_metrics.json" <<'END'
import json, sys
want = json.load(open(sys.argv[1]))
seen = 0
for row in json.load(open("out.json")):
    if row["router"] != "length":
        continue
    ref = want[{"mmlu": "mmlu29"}.get(row["bench"], row["bench"]) + "/length"]
    assert row["n"] == (72 if row["bench"] == "mt-bench" else ref["n"])
    for name in ("apgr", "auc", "cpt20", "cpt50", "cpt80", "weak", "strong"):
        assert abs(row["compat_" + name] - ref[name]) <= 1e-9 * max(1, abs(ref[name])), (row["bench"], name)
    seen += 1
assert seen == 3
END
}

@test "eval: a wanted figure that is missed is exit code 5, with the table printed all the same" {
    apgr=$("$ROUTEFIT" -q eval --bench quiz --resamples 100 --format csv r.safetensors | awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "apgr") k = i } NR == 2 { print $k }')
    "$ROUTEFIT" -q eval --bench quiz --resamples 100 --fail-under "apgr=$apgr" --fail-over "apgr=$apgr,cpt50=100" r.safetensors
    run "$ROUTEFIT" -q eval --bench quiz --resamples 100 --fail-under apgr=1.5 --format csv r.safetensors
    [ "$status" -eq 5 ]
    [[ "$output" == *quiz,r,* ]]
    [[ "$output" == *"quiz: apgr of r is "*", wanted at least 1.5"* ]]
    run "$ROUTEFIT" -q eval --bench quiz --resamples 100 --fail-over cpt80.low=-1 r.safetensors
    [ "$status" -eq 5 ]
    "$ROUTEFIT" -q eval --bench quiz --resamples 100 --fail-under apgr=1.5 >/dev/null # baselines are not asked
    for bad in apgr apgr= apgr=x apgr=1e apgr.mid=1 aprg=1 .low=1; do
        run "$ROUTEFIT" -q eval --bench quiz --resamples 100 --fail-under "$bad" r.safetensors
        [ "$status" -eq 2 ] || { echo "$bad: $status"; false; }
    done
    [[ "$("$ROUTEFIT" -q eval --bench quiz --fail-under aprg=1 r.safetensors 2>&1)" == *"apgr"* ]]
}
