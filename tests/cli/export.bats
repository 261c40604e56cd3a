# export: RouteLLM's own weights (the golden file) become one vector, and the refusals say what to do.

setup() {
    cd "$BATS_TEST_TMPDIR"
    golden=${ROUTEFIT_GOLDEN:-$BATS_TEST_DIRNAME/../../../shared/golden}
}

@test "RouteLLM's own file becomes one vector when its rows are named" {
    [ -f "$golden/mf_tiny.safetensors" ] || skip "mf_tiny.safetensors is not here"
    run "$ROUTEFIT" export vector "$golden/mf_tiny.safetensors" --ids 24,36 -o v.safetensors --format csv
    [ "$status" -eq 0 ]
    [[ "$output" == *"v.safetensors,48,"* ]]
    run "$ROUTEFIT" export routellm v.safetensors -o folder
    [ "$status" -eq 2 ]
    [[ "$output" == *"found a logistic router, expected mf"* ]]
    [ ! -e folder ]
}

@test "RouteLLM's own file without rows is refused with the way out" {
    [ -f "$golden/mf_tiny.safetensors" ] || skip "mf_tiny.safetensors is not here"
    run "$ROUTEFIT" export vector "$golden/mf_tiny.safetensors" -o v.safetensors
    [ "$status" -eq 6 ]
    [[ "$output" == *"name the two rows"* ]]
    run "$ROUTEFIT" export vector "$golden/mf_tiny.safetensors" --ids 24 -o v.safetensors
    [ "$status" -eq 2 ]
}

@test "export without an output or an embedder says which option is missing" {
    run "$ROUTEFIT" export vector absent.safetensors
    [ "$status" -eq 2 ]
    [[ "$output" == *"-o PATH"* ]]
    run "$ROUTEFIT" export text absent.safetensors -o t.safetensors
    [ "$status" -eq 2 ]
    [[ "$output" == *"--text-model FILE"* ]]
    run "$ROUTEFIT" export vector absent.safetensors -o v.safetensors
    [ "$status" -eq 7 ]
}
