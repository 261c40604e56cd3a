# A new model joins a cluster router by a few scored prompts.

setup() {
    cd "$BATS_TEST_TMPDIR"
    python3 - <<'PY' 2>/dev/null || skip "no python3 to write a table"
import random
random.seed(3)
models = ["big", "small", "new"]
with open("bench.csv", "w") as f, open("few.csv", "w") as g:
    head = "sample_id,prompt,eval_name," + ",".join(f"{m},{m}|total_cost" for m in models) + "\n"
    f.write(head)
    g.write("task,model,score,prompt\n")
    for i in range(400):
        hard = i % 5 < 2
        text = ("prove the theorem of number " if hard else "say hello to visitor ") + str(i)
        right = {"big": random.random() < .9, "small": random.random() < (.1 if hard else .8), "new": random.random() < (.85 if hard else .1)}
        cost = {"big": .01, "small": .0005, "new": .001}
        f.write(f"b.{i},{text},bench," + ",".join(f"{float(right[m])},{cost[m]}" for m in models) + "\n")
        if i < 60:
            g.write(f"few,perfect,1,{text} of the few\n")
        if i < 49:
            g.write(f"few,unseen,1,{text} of the few\n")
PY
    "$ROUTEFIT" -q ingest --name bench bench.csv >/dev/null
    "$ROUTEFIT" -q ingest --name few few.csv >/dev/null
    "$ROUTEFIT" -q embed text --dim 8 -o text.safetensors >/dev/null
    "$ROUTEFIT" -q fit cluster --bench bench --model big,small --k 2,4 -o old.safetensors >/dev/null
}

@test "fit cluster --add: one vector from 200 prompts, the curve by the others, better than before" {
    "$ROUTEFIT" -q fit cluster --add new --to old.safetensors --bench bench -o longer.safetensors --format csv >row
    [ "$(awk -F, 'NR == 2 { print $3, $4, $5, $6, $8, $9 }' row)" = "new 3 200 400 results 200" ]
    awk -F, 'NR == 2 { exit !($11 > $10 + .05 && $12 <= $11 && $11 <= $13) }' row
    "$ROUTEFIT" frontier --bench bench --format csv old.safetensors longer.safetensors >both
    awk -F, '$2 == "old" { old = $5 } $2 == "longer" { new = $5 } END { exit !(new > old + .05) }' both
    [ "$(sqlite3 routefit.db "SELECT status FROM run WHERE output = 'longer.safetensors'")" = done ]
}

@test "fit cluster --add: the same bytes for any number of threads, the old models as they were" {
    "$ROUTEFIT" -q fit cluster --add new --to old.safetensors --bench bench --json --threads 1 -o one.safetensors >one
    "$ROUTEFIT" -q fit cluster --add new --to old.safetensors --bench bench --json --threads 3 -o three.safetensors >three
    cmp one.safetensors three.safetensors
    sed 's/three/one/' three | cmp one -
    "$ROUTEFIT" -q fit cluster --add perfect --to one.safetensors --bench few -o four.safetensors >/dev/null # all scores 1
    grep -aqF '[\"big\",\"small\",\"new\",\"perfect\"]' four.safetensors
    grep -aqF '[\"new\",\"perfect\"]' four.safetensors
}

@test "fit cluster --add: without other models' results the curve is the file's own prediction" {
    run "$ROUTEFIT" fit cluster --add perfect --to old.safetensors --bench few -o a.safetensors
    [ "$status" -eq 0 ]
    [[ "$output" == *"no curve by results: "* ]]
    [[ "$output" == *predictions* ]]
}

@test "fit cluster --add: what cannot be done is said" {
    add() { run "$ROUTEFIT" fit cluster -o x.safetensors "$@"; [ ! -e x.safetensors ]; }
    add --add big --to old.safetensors --bench bench
    [ "$status" -eq 2 ]
    [[ "$output" == *"--add big: old.safetensors has this model already"* ]]
    add --add unseen --to old.safetensors --bench few
    [ "$status" -eq 3 ]
    [[ "$output" == *'"unseen" is scored on 49 prompts that have a vector, expected 50 or more'* ]]
    add --add nwe --to old.safetensors --bench bench
    [ "$status" -eq 2 ]
    [[ "$output" == *"did you mean new?"* ]]
    add --add new --bench bench
    [ "$status" -eq 2 ]
    [[ "$output" == *"--to FILE"* ]]
    add --add new --to old.safetensors --bench bench --model new
    [ "$status" -eq 2 ]
    "$ROUTEFIT" -q fit knn --bench bench --model big,small -o knn.safetensors >/dev/null
    add --add new --to knn.safetensors --bench bench
    [ "$status" -eq 2 ]
    [[ "$output" == *"found a router of kind knn, expected cluster"* ]]
    head -c 200 old.safetensors >cut.safetensors
    add --add new --to cut.safetensors --bench bench
    [ "$status" -eq 6 ]
    add --add new --to absent.safetensors --bench bench
    [ "$status" -eq 7 ]
}
