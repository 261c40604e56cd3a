# Prices, prompts and vectors on the public data: counts on the real files.

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# Sets d to a folder of the public data, or skips (which a subshell could not).
data() {
    d=$ROUTEFIT_DATA/$1
    [ -e "$d" ] || skip "$1 is not in $ROUTEFIT_DATA"
}

prices() {
    "$ROUTEFIT" ls prices -n 0 --format jsonl
}

@test "three price lists stand side by side, dated" {
    data prices
    run "$ROUTEFIT" ingest --date 2024-06-01 "$d"
    [ "$status" -eq 0 ]
    [[ "$output" == *"240 entries name no price by token or request and are left out"* ]]
    [ "$(prices | grep -c '"list": "prices/litellm_model_prices"')" = 1461 ]
    [ "$(prices | grep '/litellm' | grep -c '"input_per_1m": 0,')" = 89 ]
    [ "$(prices | grep -c '"list": "prices/routerarena_cost"')" = 45 ]
    [ "$(prices | grep -c '"list": "prices/frugalgpt_serviceinfo"')" = 51 ]
    [ "$(prices | grep '/frugalgpt' | grep -c '"request": 0,')" = 47 ]
    [ "$(prices | grep -c '"valid_from": "2024-06-01"')" = 1557 ]
    [ "$(prices | grep -c dall-e)" = 0 ]
    run prices
    [ "$(grep '"model": "gpt-4",' <<<"$output" | cut -d'"' -f4 | sort -u | wc -l)" = 3 ] # 10 in one list, 30 in two
    run "$ROUTEFIT" ingest --date 2024-06-01 "$d" --json
    [ "$status" -eq 0 ]
    [[ "$output" != *'"stored"'* ]]
    run "$ROUTEFIT" ingest --date soon "$d"
    [ "$status" -eq 2 ]
    [[ "$output" == *"--date: found \"soon\", expected a day as 2024-06-01"* ]]
}

@test "LLMRouter's price list is taken, its vectors of models are not" {
    data llmrouter
    "$ROUTEFIT" -q ingest "$d/default_llm.json"
    [ "$(prices | wc -l)" = 14 ]
    run "$ROUTEFIT" ingest "$d/default_llm_embeddings.json"
    [ "$status" -eq 3 ]
    [[ "$output" == *"vectors of its models"* ]]
}

@test "Arena-Hard's 500 questions are prompts" {
    data arena_hard
    run "$ROUTEFIT" ingest "$d" --json
    [ "$status" -eq 0 ]
    [[ "$output" == *'"arena_hard/question_v0.1", "format": "prompts", "status": "stored", "rows": 500,'* ]]
    "$ROUTEFIT" ls prompts --format csv | grep -q '^Latin,'
}

@test "the seven sets of vectors find their sources; 18 are zero" {
    data embeddings
    "$ROUTEFIT" -q ingest "$ROUTEFIT_DATA/arena55k/votes.csv" "$ROUTEFIT_DATA/routellm/gsm8k" "$ROUTEFIT_DATA/routellm/mt_bench" "$ROUTEFIT_DATA/routerbench_0shot" "$d" --json >out
    [ "$(grep -o '"format": "npy"' out | wc -l)" = 7 ]
    [ "$("$ROUTEFIT" ls embedders --format csv | cut -d, -f1-3)" = $'embedder,kind,dim\nlsa64,npy,64' ]
    command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
    [ "$(sqlite3 routefit.db 'SELECT count(*) FROM embedding WHERE vector = zeroblob(256)')" = 18 ]
}

@test "a vocabulary is no list of prompts" {
    data bert/vocab.txt
    run "$ROUTEFIT" ingest "$d"
    [ "$status" -eq 3 ]
    [[ "$output" == *"a list of words, such as a tokenizer's vocabulary, not prompts"* ]]
    run "$ROUTEFIT" ingest "$ROUTEFIT_DATA/bert"
    [ "$status" -eq 3 ]
    [[ "$output" == *"skipped "*"vocab.txt: this is a list of words"* ]]
}

@test "the same price list from another date is stored beside the first" {
    printf 'model,input_per_1m,output_per_1m\nm,1,2\n' >p.csv
    again() { # arguments of ingest, then what the summary must say
        run "$ROUTEFIT" ingest "${@:1:$#-1}"
        [ "$status" -eq 0 ]
        [[ "$output" == *"${@: -1}"* ]] || { echo "$output"; false; }
    }
    again p.csv stored
    again p.csv 'already there'
    again --date 2024-06-01 p.csv 'with other bytes or another date'
    again --date 2024-06-01 p.csv 'already there'
    again --date 2025 p.csv stored
    again --date 2025 - 'already there' <p.csv
    again --date 2026 - stored <p.csv
    again p.csv 'already there'
    [ "$("$ROUTEFIT" ls prices --format csv | cut -d, -f1,7)" = $'list,valid_from\np,\np~2,2024-06-01\np~3,2025\nstdin,2026' ]
    # a list that says its dates, and files without prices, are what they are
    printf 'model,input_per_1m,output_per_1m,valid_from\nm,1,2,2023\n' >dated.csv
    printf 'model_a,model_b,winner\nx,y,a\n' >v.csv
    for f in dated.csv v.csv; do
        again --date 2024 $f stored
        again --date 2025 $f 'already there'
        again $f 'already there'
    done
}
