# plot --show: the front of many models, the leaderboard, training logs, thresholds.

setup() {
    cd "$BATS_TEST_TMPDIR"
    python3 - <<'PY' 2>/dev/null || skip "no python3 to write tables"
import random
random.seed(3)
models = ["big", "mid `touch canary`", "small"]
with open("bench.csv", "w") as f:
    f.write("sample_id,prompt,eval_name," + ",".join(f"{m},{m}|total_cost" for m in models) + "\n")
    for i in range(200):
        hard = random.random() < .4
        text = ("prove the theorem of number " if hard else "say hello to visitor ") + str(i)
        right = [random.random() < .9, random.random() < (.3 if hard else .9), random.random() < (.1 if hard else .8)]
        f.write(f"b.{i},{text},bench," + ",".join(f"{float(r)},{c}" for r, c in zip(right, [.01, .002, .0005])) + "\n")
with open("votes.csv", "w") as f:
    f.write("model_a,model_b,winner,prompt\n")
    for i in range(120):
        f.write(f"big,small,{random.choice('aaab')},please answer the question of number {i}\n")
PY
    "$ROUTEFIT" -q ingest bench.csv votes.csv >/dev/null
    "$ROUTEFIT" -q embed text --dim 8 -o text.safetensors >/dev/null
}

@test "plot --show front: all models with a router among them, as text and as a picture" {
    "$ROUTEFIT" -q fit knn --bench bench -o knn.safetensors >/dev/null
    run "$ROUTEFIT" -q plot --show front --bench bench knn.safetensors
    [ "$status" -eq 0 ]
    [[ "$output" == *'zero router'* && "$output" == *knn* && "$output" == *big* ]]
    command -v gnuplot >/dev/null || skip "gnuplot is not installed"
    for end in svg png pdf; do
        "$ROUTEFIT" -q plot --show front --bench bench knn.safetensors -o f.$end --keep-script .
        [ -s f.$end ]
    done
    python3 -c "import xml.dom.minidom as m; m.parse('f.svg')"
    grep -q 'touch canary' f.svg
    [ ! -e canary ]
    [ -s f.svg.gp ]
}

@test "plot --show ranking and training: of the latest run, or of the one that is named" {
    run "$ROUTEFIT" plot --show ranking
    [ "$status" -eq 3 ]
    [[ "$output" == *'no run stored ratings yet'* ]]
    "$ROUTEFIT" -q rank >/dev/null
    run "$ROUTEFIT" -q plot --show ranking
    [ "$status" -eq 0 ]
    [[ "${lines[0]}" == big* && "${lines[1]}" == small* ]]
    [ "$(sqlite3 routefit.db "SELECT count(*) FROM metric WHERE name = 'rating' AND low < value AND value < high")" = 2 ]
    "$ROUTEFIT" -q fit mf --strong big --weak small --valid 0.2 --solver adam --epochs 5 -o mf.safetensors >/dev/null
    run "$ROUTEFIT" -q plot --show training
    [ "$status" -eq 0 ]
    [[ "$output" == *'validation loss'* ]]
    run "$ROUTEFIT" plot --show training --run 1
    [ "$status" -eq 2 ]
    [[ "$output" == *'the latest run with some is '* ]]
    run "$ROUTEFIT" plot --show ranking mf.safetensors
    [ "$status" -eq 2 ]
    command -v gnuplot >/dev/null || skip "gnuplot is not installed"
    "$ROUTEFIT" -q plot --show ranking -o r.svg
    "$ROUTEFIT" -q plot --show training -o t.svg --keep-script .
    grep -q '^=validation loss' t.svg.gp
    [ "$(grep -c '^set label ' t.svg.gp)" = 2 ] # each line's name stands at it
    [ "$(grep -c keyentry t.svg.gp)" = 0 ]
    python3 -c "import xml.dom.minidom as m; m.parse('r.svg'); m.parse('t.svg')"
}

@test "plot --show threshold: share of calls, of the gap and of the cost" {
    "$ROUTEFIT" -q fit mf --strong big --weak small --valid 0.2 --solver adam --epochs 5 -o mf.safetensors >/dev/null
    run "$ROUTEFIT" -q plot --show threshold --bench bench --strong big --weak small mf.safetensors
    [ "$status" -eq 0 ]
    [[ "$output" == *'strong calls'* && "$output" == *'cost, of always strong'* ]]
    if command -v gnuplot >/dev/null; then
        "$ROUTEFIT" -q plot --show threshold --bench bench --strong big --weak small mf.safetensors -o h.svg --keep-script .
        [ "$(grep -c '^set label ' h.svg.gp)" = 3 ]
        grep -q '^unset key' h.svg.gp
    fi
    run "$ROUTEFIT" -q plot --show threshold --bench bench --strong big --weak small
    [ "$status" -eq 2 ]
}
