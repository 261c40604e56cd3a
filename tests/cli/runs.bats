# What was done, how to do it again, and whether it comes out the same.

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_TMPDIR"
    {
        echo prompt,model_a,model_b,winner
        for i in $(seq 90); do
            echo "a question about $([ $((i % 3)) = 0 ] && echo algebra || echo poems) number $i,big,small,$([ $((i % 4)) = 0 ] && echo b || echo a)"
        done
    } >votes.csv
    "$ROUTEFIT" -q ingest votes.csv >/dev/null
    "$ROUTEFIT" -q embed text --dim 4 --buckets 256 -o text.safetensors >/dev/null
    "$ROUTEFIT" -q fit logistic --strong big --weak small --embedder text -o "my router.safetensors" >/dev/null
}

@test "runs: listed, shown, and printed as a command that does the same" {
    run "$ROUTEFIT" runs list --format csv
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 3 ]
    [[ "${lines[1]}" == 1,embed\ text,done,* && "${lines[2]}" == *"my router.safetensors"* ]]
    [ "$("$ROUTEFIT" runs list -n 1 --format csv | wc -l)" -eq 2 ]
    run "$ROUTEFIT" runs show 2 --format csv
    [[ "$output" == *'seed,1'* && "$output" == *weights_sha256* ]]
    line=$("$ROUTEFIT" runs show 2 --reproduce)
    [[ "$line" == *"-o 'my router.safetensors'"* ]]
    cp "my router.safetensors" before.safetensors
    rm "my router.safetensors"
    PATH=$(dirname "$ROUTEFIT"):$PATH bash -c "$line" >/dev/null 2>&1
    cmp "my router.safetensors" before.safetensors
}

@test "runs verify: the same to the last bit, nothing touched" {
    "$ROUTEFIT" -q split --name s >/dev/null
    "$ROUTEFIT" -q rank >/dev/null
    before=$(sha256sum "my router.safetensors" text.safetensors)
    for i in 1 2 3 4; do
        run --separate-stderr "$ROUTEFIT" runs verify $i --format csv
        [ "$status" -eq 0 ] || { echo "$i: $output $stderr"; false; }
        [[ "$output" == *,yes && "$output" != *,no* ]]
        [ -z "$stderr" ]
    done
    [ "$(sha256sum "my router.safetensors" text.safetensors)" = "$before" ]
    [ "$("$ROUTEFIT" runs list --format csv | wc -l)" -eq 5 ]
    [ -z "$(find . -name '.routefit-verify*')" ]
}

@test "runs verify: other data and other weights are told, exit 5" {
    echo 'prompt,model_a,model_b,winner
a question about poems number 1,big,small,b' >more.csv
    "$ROUTEFIT" -q ingest more.csv >/dev/null
    run "$ROUTEFIT" runs verify 2 --format csv
    [ "$status" -eq 5 ]
    [[ "$output" == *"run 2 came out differently: data, weights"* ]]
    [ -z "$(find . -name '.routefit-verify*')" ]
}

@test "runs: what cannot be done again says why" {
    run "$ROUTEFIT" runs show 9
    [ "$status" -eq 2 ]
    [[ "$output" == *"routefit runs list"* ]]
    run "$ROUTEFIT" runs verify two
    [ "$status" -eq 2 ]
    sqlite3 routefit.db "UPDATE run SET status = 'failed' WHERE id = 2"
    run "$ROUTEFIT" runs verify 2
    [ "$status" -eq 2 ]
    [[ "$output" == *failed* ]]
    sqlite3 routefit.db "UPDATE run SET argv = '[\"routefit\", \"--api-key\", \"(removed)\"]', status = 'done' WHERE id = 2"
    run "$ROUTEFIT" runs verify 2
    [ "$status" -eq 2 ]
    [[ "$output" == *secret* ]]
    sqlite3 routefit.db "UPDATE run SET argv = '[\"routefit\", ' WHERE id = 2"
    run "$ROUTEFIT" runs show 2
    [ "$status" -eq 3 ]
}
