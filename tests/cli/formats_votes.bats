# Votes and judge labels of the public data as their users have them: counts, joins and figures by SQL.

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# Sets d to a folder of the public data, or skips (which a subshell could not).
data() {
    d=$ROUTEFIT_DATA/$1
    [ -e "$d" ] || skip "$1 is not in $ROUTEFIT_DATA"
    command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
}

ingest() {
    "$ROUTEFIT" -q ingest "$@" >summary
}

# The answer of a query, or what it should have been.
is() {
    local got
    got=$(sqlite3 routefit.db "$1")
    [ "$got" = "$2" ] || { echo "$1: found $got, expected $2"; return 1; }
}

@test "three judges on the same votes of Chatbot Arena join row by row" {
    data chatbot_arena_33k
    ingest "$d"
    is "SELECT group_concat(n) FROM (SELECT count(*) AS n FROM votes GROUP BY judge)" 26919,26919,26919
    is "SELECT group_concat(judge) FROM (SELECT DISTINCT judge FROM votes ORDER BY 1)" claude-3-opus-20240229,gpt-4-0125-preview,human
    is "SELECT count(*) FROM votes WHERE judge = 'human' AND key LIKE '%#2'" 9
    is "SELECT count(*) FROM prompt" 26910
    is "SELECT count(*) FROM model" 20
    is "SELECT count(*) FROM dropped" 0
    agreement="FROM preference h JOIN preference l USING (origin, key) WHERE h.judge = 'human' AND l.judge <> 'human' GROUP BY l.judge"
    is "SELECT group_concat(n) FROM (SELECT count(*) AS n $agreement)" 26919,26919
    is "SELECT group_concat(share) FROM (SELECT round(avg(h.winner = l.winner), 3) AS share $agreement ORDER BY l.judge)" 0.421,0.504
    is "SELECT count(*) FROM votes WHERE judge <> 'human' AND winner = 'bothbad'" 0
    is "SELECT count(*) FROM votes WHERE judge = 'human' AND winner = 'bothbad'" 5132
    ingest "$d/human.json" --judge someone # the same bytes are the same source
    is "SELECT count(*) FROM preference" 80757
}

@test "the question ids of the arena are the names of its prompts" {
    data chatbot_arena_33k
    ingest "$d/human.json"
    id=$(head -n 1 "$d/human.json" | sed 's/.*"question_id": "\([0-9a-f]*\)".*/\1/')
    printf '{"question_id": "%s", "model_a": "x", "model_b": "y", "winner": "tie", "conversation_a": [{"role": "user", "content": "what?"}], "conversation_b": []}\n' "$id" >train.jsonl
    ingest train.jsonl
    is "SELECT count(*) FROM votes WHERE prompt = 'what?'" 2
    is "SELECT count(*) FROM prompt_key WHERE key = 'arena/$id'" 1
}

@test "Vicuna's reviews in both orders are one pair each" {
    data vicuna_pairwise
    ingest "$d"
    is "SELECT count(*) FROM preference" 4480
    is "SELECT count(*) FROM preference WHERE winner IS NULL" 13
    is "SELECT count(*) FROM preference WHERE winner = 'tie'" 600
    is "SELECT count(*) FROM model" 8
    is "SELECT count(*) FROM prompt WHERE text IS NOT NULL" 80
    is "SELECT count(*) FROM preference WHERE judge = 'gpt-4'" 4480
    is "SELECT count(*) FROM (SELECT key FROM preference GROUP BY key HAVING count(DISTINCT shown_first) = 2)" 2240
    is "SELECT count(*) FROM votes WHERE (winner = 'a') = (shown_first = 'a') AND winner <> 'tie'" 2512
}

@test "OpenAssistant's reviews find their prompts, which are the users' turns" {
    data oa_pairwise
    ingest "$d/verdicts.csv" "$d/prompts.jsonl"
    is "SELECT count(*) FROM preference" 40026
    is "SELECT count(*) FROM preference WHERE winner IS NULL" 1482
    is "SELECT count(*) FROM preference WHERE winner = 'tie'" 5626
    is "SELECT count(*) FROM prompt_key WHERE key LIKE 'oa/%'" 953
    is "SELECT group_concat(n) FROM (SELECT count(*) AS n FROM prompt_key JOIN prompt ON prompt.id = prompt_key.prompt GROUP BY turns)" 517,414,22
    is "SELECT count(*) FROM prompt WHERE text LIKE '###%' OR text LIKE '%### Assistant:%' OR text LIKE ' %'" 0
    is "SELECT count(*) FROM votes WHERE prompt IS NULL" 0
}

@test "AlpacaEval's labels keep their preferences, and rows that stand twice are one" {
    data alpaca_eval
    ingest "$d/annotations.csv" "$d/instructions.jsonl" --json
    is "SELECT rows_read || ' ' || rows_kept || ' ' || rows_known FROM source WHERE format = 'alpaca-eval'" "69228 67618 1610"
    is "SELECT count(*) FROM model" 62
    is "SELECT count(DISTINCT judge) FROM preference" 4
    is "SELECT count(*) FROM prompt WHERE text IS NOT NULL" 805
    is "SELECT count(*) FROM preference WHERE score_b = 0 AND winner = 'tie'" 120 # of 124, four of them in rows that stand twice
    is "SELECT count(*) FROM preference WHERE winner IS NULL" 27
    is "SELECT count(*) FROM votes WHERE judge = 'weighted_alpaca_eval_gpt4_turbo' AND model_b = 'text_davinci_001'" 803
    is "SELECT count(*) FROM votes WHERE model_b = 'falcon-40b-instruct' AND judge = 'alpaca_eval_gpt4'" 805
}

@test "AlpacaEval's own files give its win rates" {
    data alpaca_eval
    ingest "$d/annotations_gpt-3.5-turbo-1106.json" "$d/annotations_gpt4_v1.json"
    is "SELECT printf('%.12f', 100 * avg(score_b - 1)) FROM votes WHERE model_b = 'gpt-3.5-turbo-1106'" 9.177964561963
    is "SELECT printf('%.4f', 100 * avg(score_b - 1)) FROM votes WHERE model_b = 'gpt4'" 93.0435
    # with a draw as a half, as on its leaderboard
    is "SELECT printf('%.4f', 100 * avg(CASE winner WHEN 'b' THEN 1 WHEN 'tie' THEN 0.5 ELSE 0 END)) FROM votes WHERE model_b = 'gpt4'" 95.2795
    is "SELECT count(*) FROM votes WHERE response_a_bytes > 0 AND response_b_bytes > 0" 1610
}

@test "leaderboards and summaries are skipped aloud, and refused when named" {
    data alpaca_eval
    run "$ROUTEFIT" ingest "$d/leaderboard_alpaca_eval_gpt4.csv"
    [ "$status" -eq 3 ]
    [[ "$output" == *"leaderboard of AlpacaEval"*annotations.json* ]]
    data llmbar
    run --separate-stderr "$ROUTEFIT" ingest "$d"
    [ "$status" -eq 0 ]
    [[ "$stderr" == *"statistics.json: this is LLMBar's summary"* ]]
}

@test "JudgeBench's judges stand beside the objective label" {
    data judgebench
    ingest "$d"
    is "SELECT count(*) FROM votes WHERE judge = 'objective'" 350
    is "SELECT count(*) FROM votes WHERE judge <> 'objective'" 4200
    is "SELECT count(DISTINCT judge) FROM votes" 7
    is "SELECT count(*) FROM votes WHERE winner = 'tie'" 44
    is "SELECT count(*) FROM votes WHERE prompt IS NULL" 0
    # a model that scores one answer at a time agrees with itself when the order is turned, but for three pairs
    is "SELECT count(*) FROM votes x JOIN votes y USING (judge, key) WHERE x.shown_first = 'a' AND y.shown_first = 'b' AND judge LIKE 'reward%Skywork-Reward-Gemma%' AND (x.winner <> y.winner OR x.score_a <> y.score_a)" 3
}

@test "LLMBar's judges are right as often as its summary says" {
    data llmbar
    ingest "$d"
    is "SELECT count(*) FROM votes WHERE judge = 'human'" 419
    is "SELECT count(*) FROM votes WHERE judge <> 'human'" 20112
    is "SELECT count(*) FROM votes WHERE winner IS NULL" 56
    is "SELECT count(DISTINCT judge) FROM votes" 25
    is "SELECT group_concat(n) FROM (SELECT sum(j.winner = h.winner) AS n FROM votes j JOIN votes h USING (key) WHERE h.judge = 'human' AND j.judge = 'ChatGPT-0301/CoT' AND j.task = 'natural' GROUP BY j.shown_first)" 81,83
}

@test "PandaLM's pairs have three people and two judges each" {
    data pandalm
    ingest "$d"
    is "SELECT count(DISTINCT key) FROM votes" 999
    is "SELECT count(*) FROM votes WHERE judge LIKE 'human-%'" 2997
    is "SELECT group_concat(judge) FROM (SELECT judge FROM votes GROUP BY judge HAVING count(*) = 999 ORDER BY judge)" gpt-3.5-turbo,human-1,human-2,human-3,pandalm-7b
    is "SELECT count(*) FROM votes WHERE winner IS NULL" 25
    is "SELECT count(*) FROM votes WHERE judge = 'human-3' AND winner = 'tie'" 113
    is "SELECT count(*) FROM votes WHERE prompt IS NULL" 0
}

@test "an array of battles is read like its elements in lines" {
    command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
    row='"model_b": "y", "winner": "model_b", "judge": "arena_user_1", "turn": 1, "anony": true, "language": "English", "tstamp": 1.5'
    printf '[\n  {\n    "model_a": "x", %s\n  },\n  {"model_a": "z", %s}\n]\n' "$row" "$row" >clean_battle_20230905.json
    printf '{"model_a": "x", %s}\n{"model_a": "z", %s}\n' "$row" "$row" >lines.jsonl
    ingest clean_battle_20230905.json lines.jsonl
    is "SELECT count(*) FROM votes WHERE judge = 'human' AND winner = 'b'" 4
    is "SELECT group_concat(line) FROM preference" 2,5,1,2
    printf '[{"model_a": "x", %s},\n{"model_a"' "$row" >cut.json
    run "$ROUTEFIT" ingest cut.json
    [ "$status" -eq 3 ]
    [[ "$output" == *"cut.json:2: found the end of the file within this element"* ]]
}
