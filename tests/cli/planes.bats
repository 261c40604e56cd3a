# Routers that predict every model's score by a regression on the prompt's vector: fit svr and fit mlp.

setup() {
    cd "$BATS_TEST_TMPDIR"
    python3 - <<'PY' 2>/dev/null || skip "no python3 to write a table"
import random
random.seed(5)
with open("bench.csv", "w") as f:
    f.write("sample_id,prompt,eval_name,big,big|total_cost,small,small|total_cost\n")
    for i in range(240):
        hard = random.random() < .5
        text = ("prove the theorem of number " if hard else "say hello to visitor ") + str(i)
        small = random.random() < (.1 if hard else .95)
        f.write(f"b.{i},{text},bench,1.0,.01,{float(small)},.001\n")
PY
    "$ROUTEFIT" -q ingest --name bench bench.csv >/dev/null
    "$ROUTEFIT" -q embed text --dim 8 -o text.safetensors >/dev/null
}

@test "fit svr: better than the zero router, the same for any number of threads" {
    "$ROUTEFIT" -q --threads 1 fit svr --bench bench -o one.safetensors
    "$ROUTEFIT" -q --threads 3 fit svr --bench bench -o three.safetensors
    cmp one.safetensors three.safetensors
    run "$ROUTEFIT" frontier --bench bench --format csv one.safetensors
    [ "$status" -eq 0 ]
    awk -F, '$2 == "zero router" { z = $5 } $2 == "one" { a = $5 } END { exit !(a > z) }' <<<"$output"
}

@test "fit svr: what cannot be done is said" {
    run "$ROUTEFIT" fit svr --bench bench --valid 0 -o a.safetensors
    [[ "$output" == *'--cost-l2 has 5 values and no validation questions'* ]] # before anything is fitted
    run "$ROUTEFIT" fit svr --cost mean --bench bench --valid 0 -o a.safetensors
    [ "$status" -eq 3 ]
    [[ "$output" == *'--C has 4 values and no validation questions'* ]]
    run "$ROUTEFIT" fit svr --bench bench --valid 0 --C 1 -o a.safetensors
    [ "$status" -eq 3 ]
    [[ "$output" == *'--cost-l2 has 5 values and no validation questions'* ]]
    "$ROUTEFIT" -q fit svr --bench bench --valid 0 --C 1 --cost mean -o a.safetensors
    run "$ROUTEFIT" fit svr --bench bench --C 0 -o b.safetensors
    [ "$status" -eq 2 ]
    [ ! -e b.safetensors ]
}

@test "fit mlp from results: better than the zero router, the same for any number of threads" {
    "$ROUTEFIT" -q --threads 1 fit mlp --bench bench --epochs 60 -o one.safetensors
    "$ROUTEFIT" -q --threads 3 fit mlp --bench bench --epochs 60 -o three.safetensors
    cmp one.safetensors three.safetensors
    run "$ROUTEFIT" frontier --bench bench --format csv one.safetensors
    [ "$status" -eq 0 ]
    awk -F, '$2 == "zero router" { z = $5 } $2 == "one" { a = $5 } END { exit !(a > z) }' <<<"$output"
    [ "$(sqlite3 routefit.db "SELECT max(epoch) <= 60 FROM train_log")" = 1 ]
}

@test "fit mlp from votes: the results of two models as votes, scored by the pair" {
    run "$ROUTEFIT" fit mlp --votes results:bench --strong big --weak small --min-chars 0 --hidden 8,4 --format csv -o pair.safetensors
    [ "$status" -eq 0 ]
    [[ "$output" == *valid_accuracy* ]]
    printf 'say hello to visitor 7\nprove the theorem of number 7\n' | "$ROUTEFIT" -q score pair.safetensors --text-model text.safetensors >rates
    awk 'NR == 1 { e = $1 } NR == 2 { h = $1 } END { exit !(NR == 2 && h > e) }' rates
}

@test "fit mlp: what cannot be done is said" {
    run "$ROUTEFIT" fit mlp --bench bench --votes human -o a.safetensors
    [ "$status" -eq 2 ]
    [[ "$output" == *'--bench and --votes'* ]]
    run "$ROUTEFIT" fit mlp --model big -o a.safetensors
    [ "$status" -eq 2 ]
    [[ "$output" == *'--bench'* ]]
    run "$ROUTEFIT" fit mlp --bench bench --strong big -o a.safetensors
    [ "$status" -eq 2 ]
    [[ "$output" == *'--strong and --weak are for votes'* ]]
    run "$ROUTEFIT" fit mlp --bench bench --hidden 10,10,10,10 -o a.safetensors
    [ "$status" -eq 2 ]
    run "$ROUTEFIT" fit mlp --bench bench --valid 0 -o a.safetensors
    [ "$status" -eq 3 ]
    [[ "$output" == *'--cost-l2'* ]]
    [ ! -e a.safetensors ]
    "$ROUTEFIT" -q fit mlp --bench bench --valid 0 --cost mean --start glorot -f -o recipe.safetensors
}
