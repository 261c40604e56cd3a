# All public data in one command: what is a data set is taken, what is none is skipped with a reason, and a second time
# changes nothing.

bats_require_minimum_version 1.5.0

@test "all public data is read in one command, and is known the second time" {
    [ -d "$ROUTEFIT_DATA" ] || skip "no public data at $ROUTEFIT_DATA"
    cd "$BATS_TEST_TMPDIR"
    "$ROUTEFIT" ingest --prompts-only "$ROUTEFIT_DATA"/*/ >out 2>said
    [ "$(grep -c '^skipped' said)" = 9 ]
    [ "$(grep -c '^skipped.*: this is \|^skipped.*: these are ' said)" = 9 ]
    run "$ROUTEFIT" ls --format jsonl
    [ "${#lines[@]}" = 133 ]
    for part in '"prices/litellm_model_prices", "format": "prices", "rows": 1701, "kept": 1461' \
        '"arena_hard/question_v0.1", "format": "prompts", "rows": 500' \
        '"mt_bench/question", "format": "mtbench-questions", "rows": 80' \
        '"vicuna_pairwise/vicuna_questions", "format": "named-prompts", "rows": 80' \
        '"oa_pairwise/prompts", "format": "named-prompts", "rows": 953' \
        '"alpaca_eval/instructions", "format": "named-prompts", "rows": 805' \
        '"alpaca_eval/annotations", "format": "alpaca-eval", "rows": 69228' \
        '"chatbot_arena_33k/human", "format": "battles", "rows": 26919' \
        '"judgebench/judges", "format": "judgebench-judges", "rows": 4200' \
        '"llmbar/judges", "format": "llmbar-judges", "rows": 10056' \
        '"pandalm/testset-v1", "format": "pandalm", "rows": 999' \
        '"oa_pairwise/verdicts", "format": "reviews", "rows": 40026' \
        '"zeroeval/gsm_scores", "format": "zeroeval", "rows": 57398' \
        '"llmrouter/routing_train", "format": "llmrouter", "rows": 5608' \
        '"routerarena/gemini-2.0-flash-001", "format": "routerarena", "rows": 809' \
        '"arena_bench_v1/scores", "format": "mtbench-judgements", "rows": 4500' \
        '"routerbench_0shot/arc_challenge_train", "format": "routerbench", "rows": 1039'; do
        [[ "$output" == *"$part"* ]] || { echo "not there: $part"; false; }
    done
    "$ROUTEFIT" ls judges --json >judges
    "$ROUTEFIT" ls benches --json >benches
    "$ROUTEFIT" ls models --json >models
    run "$ROUTEFIT" ingest "$ROUTEFIT_DATA"/*/ --json
    [ "$status" -eq 0 ]
    [[ "$output" != *'"status": "stored"'* ]]
    for view in judges benches models; do
        "$ROUTEFIT" ls $view --json | cmp - $view
    done
}
