# fit mf's variants: a bias, ties, right and wrong answers.

setup() {
    cd "$BATS_TEST_TMPDIR"
    {
        echo model_a,model_b,winner,prompt
        for i in $(seq 240); do
            topic=$([ $((i % 2)) = 0 ] && echo "a theorem of algebra" || echo "a poem on spring")
            case $((i % 2 * 5 + i % 5)) in
            0 | 1 | 2) w=a ;; 3) w=tie ;; 4) w=b ;; 5 | 6) w=tie ;; 7) w='tie (bothbad)' ;; 8) w=b ;; *) w=a ;;
            esac
            echo "big,small,$w,write $topic for reader number $i please"
        done
    } >votes.csv
    "$ROUTEFIT" -q ingest votes.csv >/dev/null
    "$ROUTEFIT" -q embed text --dim 8 -o text.safetensors >/dev/null
    pair="--strong big --weak small --valid 0.2"
}

@test "fit mf --bias: both solvers, scored by the pair, not for RouteLLM's server" {
    for solver in convex adam; do
        "$ROUTEFIT" -q fit mf $pair --bias --solver $solver --epochs 20 -o $solver.safetensors >/dev/null
        grep -qa text_proj.0.bias $solver.safetensors
        "$ROUTEFIT" -q export vector $solver.safetensors -o vector-$solver.safetensors
        run "$ROUTEFIT" export routellm $solver.safetensors -o routellm
        [ "$status" -eq 2 ]
        [[ "$output" == *'has a bias'* ]]
    done
}

@test "fit mf --ties: every rule fits, the same bytes for any number of threads, its rule and eta in the file" {
    for rule in davidson grounded correctness; do
        "$ROUTEFIT" -q fit mf $pair --solver adam --epochs 30 --lr 0.01 --ties $rule --bias --threads 1 -o one.safetensors --force >summary.txt
        "$ROUTEFIT" -q fit mf $pair --solver adam --epochs 30 --lr 0.01 --ties $rule --bias --threads 3 -o three.safetensors --force >/dev/null
        cmp one.safetensors three.safetensors
        grep -qa "\"routefit.ties\":\"$rule\"" one.safetensors
        ! grep -q 'ties' summary.txt
    done
    run "$ROUTEFIT" fit mf $pair --ties davidson -o x.safetensors
    [ "$status" -eq 2 ]
    [[ "$output" == *'--solver adam'* ]]
    [ ! -e x.safetensors ]
}
