# Votes that leave nothing to learn, for every kind that learns from votes.

setup() {
    cd "$BATS_TEST_TMPDIR"
    unset ROUTEFIT_DB
    words=(apple river stone cloud engine paper window garden silver market)
    for winner in a tie; do
        echo 'model_a,model_b,winner,prompt' >$winner.csv
        for ((i = 0; i < 40; i++)); do
            echo "big,small,$winner,$winner ${words[i % 10]} ${words[i / 4]} ${words[(i * 7 + 3) % 10]} ${words[i * i % 10]} number $i"
        done >>$winner.csv
    done
    "$ROUTEFIT" -q ingest a.csv tie.csv >/dev/null
    "$ROUTEFIT" -q embed text --dim 4 --fit-on all -o text.safetensors >/dev/null
}

@test "one side wins all votes: no kind with a constant of its own has an optimum" {
    for kind in logistic ngram; do
        run "$ROUTEFIT" fit $kind --source a --strong big --weak small -o r.safetensors
        [ "$status" -eq 3 ]
        [[ "$output" == *'only one class: the strong side wins all '*' votes, and a router needs both outcomes'* ]]
        run "$ROUTEFIT" fit $kind --source a --strong small --weak big -o r.safetensors
        [ "$status" -eq 3 ]
        [[ "$output" == *'the weak side wins all '* ]]
    done
    [ ! -e r.safetensors ]
    "$ROUTEFIT" -q fit ngram --source a --strong big --weak small --objective difference -o r.safetensors >/dev/null
}

@test "all votes are ties" {
    for kind in logistic mf mlp sw; do
        run "$ROUTEFIT" fit $kind --source tie --strong big --weak small -o r.safetensors
        [ "$status" -eq 3 ]
        [[ "$output" == *'no votes left of '* || "$output" == *'none of the '*' votes has a winner'* ]]
    done
    [ ! -e r.safetensors ]
}
