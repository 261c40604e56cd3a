# Benchmark results, costs and tokens as their users have them: the counts that are known of the public data, and the
# traps that are really in it.

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# Sets d to a folder of the public data, or skips (which a subshell could not).
data() {
    d=$ROUTEFIT_DATA/$1
    [ -e "$d" ] || skip "$1 is not in $ROUTEFIT_DATA"
}

sql() {
    command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
    sqlite3 routefit.db "$1"
}

@test "RouterBench: a model's cell is all of the row that has its score" {
    data routerbench_0shot
    "$ROUTEFIT" -q ingest "$d"
    # 14 ARC ids stand in two rows that share out the models
    [ "$(sql "SELECT count(*) FROM item WHERE bench = 'arc-challenge'")" = $((1039 + 445 - 14)) ]
    [ "$(sql "SELECT count(*) FROM (SELECT 1 FROM result r JOIN item i ON i.id = r.item WHERE bench = 'arc-challenge' GROUP BY item HAVING count(*) <> 11)")" = 0 ]
    # two MBPP prompts are in train and in test
    [ "$(sql "SELECT count(*) FROM (SELECT 1 FROM item WHERE bench = 'mbpp' GROUP BY prompt HAVING count(DISTINCT source) = 2)")" = 2 ]
    # prompts are list literals no longer
    [ "$(sql "SELECT count(*) FROM prompt WHERE text LIKE '[''%' OR text LIKE '[\"%'")" = 0 ]
}

@test "RouteLLM: 7,658 questions with 24 prompts twice, and 1,319" {
    data routellm
    "$ROUTEFIT" -q ingest "$d/mmlu" "$d/gsm8k"
    [ "$(sql "SELECT count(*) FROM item WHERE bench = 'mmlu'")" = 7658 ]
    [ "$(sql "SELECT count(*) FROM (SELECT 1 FROM item WHERE bench = 'mmlu' GROUP BY prompt HAVING count(*) = 2)")" = 24 ]
    [ "$(sql "SELECT count(*) FROM item WHERE bench = 'gsm8k'")" = 1319 ]
}

@test "ZeroEval: cells with gaps, and GSM8K's questions are RouteLLM's, byte for byte" {
    data zeroeval
    data routellm/gsm8k
    "$ROUTEFIT" -q ingest "$ROUTEFIT_DATA/zeroeval" "$d/gsm8k_responses.csv" 2>err
    [ "$(sql "SELECT count(*) FROM results WHERE bench = 'gsm'")" = 57398 ]
    [ "$(sql "SELECT count(DISTINCT model) FROM results WHERE bench = 'gsm'")" = 44 ]
    [ "$(sql "SELECT min(n) FROM (SELECT count(*) AS n FROM results WHERE bench = 'gsm' GROUP BY model)")" = 681 ]
    [ "$(sql "SELECT count(*) FROM results WHERE bench = 'math-l5'")" = 30692 ]
    [ "$(sql "SELECT count(DISTINCT model) FROM results WHERE bench = 'math-l5'")" = 43 ]
    [ "$(sql "SELECT count(*) FROM (SELECT prompt FROM item WHERE bench = 'gsm' INTERSECT SELECT prompt FROM item WHERE bench = 'gsm8k')")" = 1319 ]
    [ "$(sql 'SELECT count(*) FROM result WHERE input_tokens IS NOT NULL')" = 0 ] # characters are no tokens
    # the accuracy that ZeroEval published
    [ "$(sql "SELECT round(100.0 * avg(score), 2) FROM results WHERE bench = 'gsm' AND model = 'gpt-4o-2024-08-06'")" = 96.21 ]
}

@test "ZeroEval's summaries and answers without verdicts are named for what they are" {
    printf '[{"Model": "m", "Mode": "greedy", "Acc": "96.66", "No answer": "0.00", "Total": 1319}]\n' >s.json
    printf '[{"session_id": "x", "chat_history": ["q"], "model_input": "q", "output": ["a"], "generator": "m"}]\n' >r.json
    run "$ROUTEFIT" ingest s.json
    [ "$status" -eq 3 ]
    [[ "$output" == *"summary of ZeroEval"* ]]
    run "$ROUTEFIT" ingest r.json
    [ "$status" -eq 3 ]
    [[ "$output" == *"without verdicts"* ]]
}

@test "RouterArena: 809 questions, continuous scores, cost = tokens x price" {
    data routerarena
    data prices
    "$ROUTEFIT" ingest "$d/routerarena_cost.json" "$ROUTEFIT_DATA/routerarena" 2>err
    [ "$(sql "SELECT count(*) FROM item WHERE bench = 'routerarena'")" = 809 ]
    [ "$(sql 'SELECT count(*) FROM result WHERE input_tokens > 0 AND output_tokens >= 0 AND cost >= 0')" = 1618 ]
    [ "$(sql 'SELECT count(*) > 100 FROM result WHERE score NOT IN (0, 1)')" = 1 ]
    [ "$(sql 'SELECT count(*) FROM result r JOIN model m ON m.id = r.model JOIN price p ON p.model = m.name WHERE abs(p.input * input_tokens + p.output * output_tokens - cost) > 1e-12')" = 0 ]
    ! grep -q 'costs are not' err
}

@test "a cost that the price list does not give is kept and said" {
    printf '{"m": {"input_token_price_per_million": 1, "output_token_price_per_million": 2}}\n' >p.json
    printf 'task,model,score,sample_id,cost,input_tokens,output_tokens\nb,m,1,x,0.0005,100,200\nb,m,1,y,7,100,200\n' >r.csv
    run "$ROUTEFIT" ingest p.json r.csv
    [ "$status" -eq 0 ]
    [[ "$output" == *"1 costs are not tokens times the price that the database has (first on line 3: found 7, expected 0.0005)"* ]]
    [ "$(sql 'SELECT count(*) FROM result')" = 2 ]
}

@test "blank scores are missing results, on stdout and in ls; a score that is no number is dropped" {
    {
        echo sample_id,task,model,score
        for i in $(seq 100); do echo "$i,b,m,$([ $((i % 4)) = 0 ] || echo 0.5)"; done
        echo 101,b,m,good
    } >long.csv
    run "$ROUTEFIT" --format csv ingest long.csv
    [ "$status" -eq 0 ]
    [[ "$output" == *"source,format,status,rows,kept"* && "$output" == *",missing,"* ]]
    run bash -c '"$ROUTEFIT" --json ls sources | tr -d " \n"'
    [[ "$output" == *'"rows":101,"kept":100'*'"dropped":1'*'"missing":25'* ]]
    [ "$(sql 'SELECT count(*) FROM result')" = 75 ]
    [ "$(sql 'SELECT min(score) FROM result')" = 0.5 ]
}

@test "arena-bench: 39 blanks are missing, and 175 questions have votes" {
    data arena_bench_v1
    data chatbot_arena_33k/human.json
    "$ROUTEFIT" -q ingest "$d" "$ROUTEFIT_DATA/arena_bench_v1"
    [ "$(sql "SELECT count(*) FROM results WHERE bench = 'arena-bench-v1' AND prompt IS NOT NULL")" = $((15 * 300 - 39)) ]
    [ "$(sql 'SELECT sum(missing) FROM source')" = 39 ]
    [ "$(sql 'SELECT count(*) FROM dropped')" = 0 ]
    [ "$(sql 'SELECT min(score) FROM result')" = 1.0 ]
    [ "$(sql 'SELECT count(DISTINCT prompt) FROM item WHERE prompt IN (SELECT prompt FROM preference)')" = 175 ]
}

@test "LLMRouter: 5,608 questions of 9 models, 5,616 queries of 14 tasks, prices of 14" {
    data llmrouter
    "$ROUTEFIT" ingest "$d" 2>err
    [ "$(sql "SELECT count(*) FROM item WHERE bench = 'llmrouter' AND task IS NOT NULL")" = 5608 ]
    [ "$(sql 'SELECT count(*) FROM result')" = $((5608 * 9)) ]
    [ "$(sql "SELECT rows_read FROM source WHERE name LIKE '%query%'")" = 5616 ]
    [ "$(sql 'SELECT count(DISTINCT task) FROM item')" = 14 ]
    [ "$(sql 'SELECT count(*) FROM price')" = 14 ]
    grep -q 'vectors of its models' err
}

@test "scores of other routers take their name from the column, --name or the file" {
    printf 'prompt,score\na,0.25\n' >bert.csv
    printf 'router,prompt,score\nmf,a,0.5\n' >x.csv
    printf 'prompt,score\na,0.75\n' >y.csv
    "$ROUTEFIT" -q ingest bert.csv x.csv
    "$ROUTEFIT" -q ingest --name mine y.csv
    [ "$(sql 'SELECT group_concat(router || score) FROM (SELECT * FROM external_score ORDER BY router)')" = bert0.25,mf0.5,mine0.75 ]
}
