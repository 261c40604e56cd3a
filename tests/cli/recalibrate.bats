# recalibrate: a router whose win rates are far too sure, mended on one benchmark and looked at on another.

setup() {
    export PYTHONPATH="$BATS_TEST_DIRNAME"
    cd "$BATS_TEST_TMPDIR"
    unset ROUTEFIT_DB
    python3 - <<'PY' 2>/dev/null || skip "no python3 to write tables"
import json, math, random, struct
random.seed(5)
from tensors import tensors
# logit = 3 x0 + 1, where x0 alone is right
tensors("sure.safetensors", {"routefit.kind": "logistic", "routefit.input": "vector", "routefit.embedder": "one", "mine": "kept"},
        weight=([2], [3, 0]), bias=([1], [1]))
tensors("back.safetensors", {"routefit.kind": "logistic", "routefit.input": "vector", "routefit.embedder": "one"},
        weight=([2], [-3, 0]), bias=([1], [1]))
rows = []
for name, n in ("valid", 600), ("test", 600):
    with open(name + ".csv", "w") as f:
        f.write("task,model,score,cost,prompt\n")
        for i in range(n):
            x = random.gauss(0, 1.2)
            won = random.random() < 1 / (1 + math.exp(-x))
            tie = i % 5 == 0
            f.write(f"{name},big,{int(tie or won)},0.01,{name} {i}\n{name},small,{int(tie or not won)},0.001,{name} {i}\n")
            rows += 2 * [(x, 1)] # a row of the table for each model
def npy(path, rows):
    head = ("{'descr': '<f4', 'fortran_order': False, 'shape': (%d, 2), }" % len(rows)).encode()
    head += b" " * (63 - (10 + len(head)) % 64) + b"\n"
    open(path, "wb").write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + b"".join(struct.pack("<2f", *r) for r in rows))
npy("valid.npy", rows[:1200])
npy("test.npy", rows[1200:])
PY
    for b in valid test; do
        "$ROUTEFIT" -q ingest --name $b $b.csv >/dev/null
        "$ROUTEFIT" -q embed npy $b.npy --source $b --embedder one >/dev/null
    done
    pair="--strong big --weak small"
}

figure() { # FILE COLUMN: of reliability on the test benchmark
    "$ROUTEFIT" -q reliability --bench test $pair --resamples 100 --format csv "$1" |
        awk -F, -v c="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == c) k = i } NR == 2 { print $k }'
}

@test "recalibrate: win rates of another benchmark become right, their order stays" {
    "$ROUTEFIT" -q recalibrate sure.safetensors --bench valid $pair -o platt.safetensors --json >platt.json
    "$ROUTEFIT" -q recalibrate sure.safetensors --bench valid $pair -o steps.safetensors --method isotonic --json >steps.json
    python3 - <<'PY'
import json
(p,), (s,) = json.load(open("platt.json")), json.load(open("steps.json"))
assert p["n"] == 480 and p["ties"] == 120 and p["method"] == "platt" and p["knots"] is None
assert .2 < p["slope"] < .5 and p["log_loss_after"] < p["log_loss_before"] - .1 and p["ece_after"] < p["ece_before"] / 2
assert s["slope"] is None and s["knots"] > 3 and s["brier_after"] < s["brier_before"] - .01
PY
    for f in platt steps; do
        awk -v a="$(figure $f.safetensors ece)" -v b="$(figure sure.safetensors ece)" 'BEGIN { exit !(a < b / 2) }'
        awk -v a="$(figure $f.safetensors log_loss)" -v b="$(figure sure.safetensors log_loss)" 'BEGIN { exit !(a < b) }'
    done
    [ "$(figure platt.safetensors auroc)" = "$(figure sure.safetensors auroc)" ]
    "$ROUTEFIT" -q eval --bench test $pair --resamples 100 --format csv platt.safetensors | cut -d, -f3- | sed -n 2p >a
    "$ROUTEFIT" -q eval --bench test $pair --resamples 100 --format csv sure.safetensors | cut -d, -f3- | sed -n 2p >b
    cmp a b
    python3 - <<'PY'
import json, struct
b = open("platt.safetensors", "rb").read()
n, = struct.unpack("<Q", b[:8])
head = json.loads(b[8:8 + n])
assert head["recalibration.platt"]["dtype"] == "F64" and head["__metadata__"]["mine"] == "kept"
assert head["__metadata__"]["routefit.recalibration"] == "platt" and head["__metadata__"]["routefit.recalibrated_on"] == "valid"
PY
    [ "$(sqlite3 routefit.db "SELECT count(*) FROM run WHERE command = 'recalibrate' AND status = 'done' AND length(weights_sha256) = 64 AND output = 'platt.safetensors'")" = 1 ]
}

@test "recalibrate: what is there already is replaced" {
    "$ROUTEFIT" -q recalibrate sure.safetensors --bench valid $pair -o once.safetensors >/dev/null
    "$ROUTEFIT" -q recalibrate sure.safetensors --bench valid $pair -o steps.safetensors --method isotonic >/dev/null
    "$ROUTEFIT" -q recalibrate steps.safetensors --bench valid $pair -o twice.safetensors >/dev/null
    cmp once.safetensors twice.safetensors
    "$ROUTEFIT" -q recalibrate once.safetensors --bench valid $pair -o once.safetensors --force >/dev/null
    cmp once.safetensors twice.safetensors
}

@test "recalibrate: export folds Platt's in and refuses steps" {
    "$ROUTEFIT" -q recalibrate sure.safetensors --bench valid $pair -o platt.safetensors >/dev/null
    "$ROUTEFIT" -q export vector platt.safetensors -o vector.safetensors >/dev/null
    "$ROUTEFIT" -q score vector.safetensors --npy test.npy >a
    "$ROUTEFIT" -q score platt.safetensors --npy test.npy >b
    paste a b | awk '{ d = $1 - $2; if (d < -1e-5 || d > 1e-5) exit 1 }'
    "$ROUTEFIT" -q recalibrate sure.safetensors --bench valid $pair -o steps.safetensors --method isotonic >/dev/null
    run "$ROUTEFIT" export vector steps.safetensors -o no.safetensors
    [ "$status" -eq 2 ]
    [[ "$output" == *'isotonic'*'--method platt'* ]]
    [ ! -e no.safetensors ]
}

@test "recalibrate: a router among many models, for one pair" {
    "$ROUTEFIT" -q fit knn --bench valid --embedder one --k 20 -o knn.safetensors >/dev/null
    run "$ROUTEFIT" recalibrate knn.safetensors --bench test $pair -o a.safetensors
    [ "$status" -eq 2 ]
    [[ "$output" == *'--router-strong'* ]]
    "$ROUTEFIT" -q recalibrate knn.safetensors --bench test $pair --router-strong big --router-weak small -o a.safetensors >/dev/null
    "$ROUTEFIT" -q reliability --bench test $pair a.safetensors >/dev/null # the file names its pair now
    "$ROUTEFIT" -q frontier --bench test a.safetensors >/dev/null
    run "$ROUTEFIT" reliability --bench test $pair --router-strong small --router-weak big a.safetensors
    [ "$status" -ne 0 ]
    [[ "$output" == *'recalibrated for the pair'* ]]
    # not on what it has learned from
    run "$ROUTEFIT" recalibrate knn.safetensors --bench valid $pair --router-strong big --router-weak small -o b.safetensors
    [ "$status" -eq 2 ]
    [[ "$output" == *'fitted this router on benchmark "valid"'* ]]
    run "$ROUTEFIT" recalibrate a.safetensors --bench valid $pair -o b.safetensors # nor after another
    [ "$status" -eq 2 ]
    "$ROUTEFIT" -q split --name s --shares 60,30,10 --force >/dev/null
    "$ROUTEFIT" -q fit knn --bench valid --split s --embedder one --k 20 -o split.safetensors >/dev/null
    "$ROUTEFIT" -q recalibrate split.safetensors --bench valid --on split:s:valid $pair --router-strong big --router-weak small -o b.safetensors --json >b.json
    python3 -c 'import json; (r,) = json.load(open("b.json")); assert 80 < r["n"] < 240'
    "$ROUTEFIT" -q reliability --bench valid --on split:s:valid $pair b.safetensors --json >c.json
    python3 -c 'import json; (r,), (b,) = json.load(open("c.json")), json.load(open("b.json")); assert r["n"] == b["n"] and r["ties"] == b["ties"]'
    run "$ROUTEFIT" reliability --bench valid --on split:s:none $pair b.safetensors
    [ "$status" -eq 2 ]
}

@test "recalibrate says what is wrong" {
    run "$ROUTEFIT" recalibrate sure.safetensors --bench valid
    [ "$status" -eq 2 ]
    [[ "$output" == *'-o FILE'* ]]
    run "$ROUTEFIT" recalibrate sure.safetensors -o a.safetensors
    [ "$status" -eq 2 ]
    [[ "$output" == *'--bench'* ]]
    run "$ROUTEFIT" recalibrate back.safetensors --bench valid $pair -o a.safetensors
    [ "$status" -eq 3 ]
    [[ "$output" == *'backwards'* ]]
    run "$ROUTEFIT" recalibrate sure.safetensors --bench valid $pair -o sure.safetensors
    [ "$status" -ne 0 ]
    [[ "$output" == *'--force'* ]]
    run "$ROUTEFIT" recalibrate none.safetensors --bench valid $pair -o a.safetensors
    [ "$status" -eq 7 ]
    run "$ROUTEFIT" recalibrate valid.csv --bench valid $pair -o a.safetensors
    [ "$status" -eq 6 ]
    [ ! -e a.safetensors ]
    [ "$(sqlite3 routefit.db "SELECT count(*) FROM run WHERE command = 'recalibrate' AND status = 'failed'")" = 4 ]
}
