# Ratings of models from votes.

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_TMPDIR"
    {
        echo model_a,model_b,winner,judge
        for i in $(seq 30); do
            echo "big,mid,$([ $((i % 3)) = 0 ] && echo b || echo a),human"
            echo "mid,small,$([ $((i % 4)) = 0 ] && echo tie || echo a),human"
            echo "small,big,$([ $((i % 5)) = 0 ] && echo a || echo b),human"
            echo "big,mid,b,gpt-4:mini"
        done
        echo "never,small,a,human"
    } >votes.csv
    "$ROUTEFIT" -q ingest votes.csv >/dev/null
}

@test "rank: ratings, intervals, tiers; a model that never loses is named" {
    run --separate-stderr "$ROUTEFIT" rank --format csv
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = model,rating,low,high,se,tier,votes,win_share,note ]
    [[ "${lines[1]}" == big,* && "${lines[2]}" == mid,* && "${lines[3]}" == small,* ]]
    [ "${lines[4]}" = 'never,,,,,,1,1,not rated: it never loses' ]
    [[ "$stderr" == *'91 votes on 4 pairs of 4 models; 3 rated'* ]]
    awk -F, 'NR > 1 && NR < 5 { n++; s += $2; ok += $3 < $2 && $2 < $4 } END { exit !(ok == 3 && s > 2999.99 && s < 3000.01) }' <<<"$output"
    [ "$(sqlite3 routefit.db 'SELECT count(*) FROM rating')" = 3 ]
}

@test "rank and fit: a model may be asked for by its alias" {
    "$ROUTEFIT" -q alias large=big
    [[ "$("$ROUTEFIT" -q rank --anchor large=1082 --format csv)" == *big,1082,* ]]
    [[ "$("$ROUTEFIT" -q rank --against large --format csv)" == *'big,0,0,0,0,'* ]]
    {
        echo model_a,model_b,winner,prompt
        for i in $(seq 40); do echo "big,small,$([ $((i % 4)) = 0 ] && echo b || echo a),is this a question of number $((i * 7919 % 101)) or of $((i % 4))?"; done
    } >asked.csv
    "$ROUTEFIT" -q ingest asked.csv >/dev/null
    "$ROUTEFIT" -q embed text --dim 4 -o text.safetensors >/dev/null
    "$ROUTEFIT" -q fit logistic --strong large --weak small -o l.safetensors >/dev/null
    "$ROUTEFIT" -q fit mf --strong large --weak small -o m.safetensors >/dev/null
}

@test "rank: judges have weights, also those with a colon in their name" {
    human=$("$ROUTEFIT" -q rank --format csv | awk -F, '$1 == "big" { print $2 }')
    both=$("$ROUTEFIT" -q rank --votes human,gpt-4:mini:0.5 --format csv | awk -F, '$1 == "big" { print $2 }')
    all=$("$ROUTEFIT" -q rank --votes human:2,gpt-4:mini --format csv | awk -F, '$1 == "big" { print $2 }')
    awk -v h="$human" -v b="$both" -v a="$all" 'BEGIN { exit !(b < h && a - b < 1e-6 && b - a < 1e-6) }'
    run "$ROUTEFIT" rank --votes human:0
    [ "$status" -eq 2 ]
    run "$ROUTEFIT" rank --votes humann
    [ "$status" -eq 2 ]
    [[ "$output" == *human* ]]
    run "$ROUTEFIT" rank --votes human,human:2
    [ "$status" -eq 2 ]
}

@test "rank: anchor, differences, models of ties, bootstrap" {
    [[ "$("$ROUTEFIT" -q rank --anchor small=1082 --format csv)" == *small,1082,* ]]
    [[ "$("$ROUTEFIT" -q rank --against mid --format csv)" == *'mid,0,0,0,0,'* ]]
    for ties in half drop davidson rao-kupper; do
        "$ROUTEFIT" -q rank --ties $ties --interval bootstrap --resamples 200 --threads 1 --json >one
        "$ROUTEFIT" -q rank --ties $ties --interval bootstrap --resamples 200 --threads 3 --json >three
        cmp one three
    done
    run "$ROUTEFIT" rank --anchor never=1000
    [ "$status" -eq 3 ]
    [[ "$output" == *'no finite rating'* ]]
    run "$ROUTEFIT" rank --anchor smal=1000
    [ "$status" -eq 2 ]
    [[ "$output" == *small* ]]
    run "$ROUTEFIT" rank --anchor small
    [ "$status" -eq 2 ]
}

@test "rank: a resample that gives a model of ties no maximum counts as one that rates no model" {
    printf 'model_a,model_b,winner\nx,y,a\ny,x,a\nx,z,a\nz,y,tie\n' >few.csv
    export ROUTEFIT_DB=few.db
    "$ROUTEFIT" -q ingest few.csv >/dev/null
    for ties in davidson rao-kupper; do
        run "$ROUTEFIT" -q rank --ties $ties --interval bootstrap --resamples 200 --format csv
        [ "$status" -eq 0 ]
        [[ "${lines[1]}" == x,1*,,,,0,3,* ]] # most resamples have no maximum: no interval
    done
    printf 'model_a,model_b,winner\nx,y,a\nx,y,tie\n' >above.csv
    "$ROUTEFIT" -q --db above.db ingest above.csv >/dev/null
    run "$ROUTEFIT" --db above.db rank --ties rao-kupper
    [ "$status" -eq 3 ]
    [[ "$output" == *'more wins than ties'* ]]
}

@test "rank --votes: weights that sums can hold" {
    for weight in 1e-300 1e308; do
        run "$ROUTEFIT" rank --votes human:$weight
        [ "$status" -eq 2 ]
        [[ "$output" == *'from 1e-09 to 1e+09'* ]]
    done
}

@test "a pair judged in both orders is two votes, or one with --orders merge" {
    python3 - <<'END' >gpt-4_pair.jsonl
import json
for q, (first, second) in enumerate([("model_1", "model_1"), ("model_1", "tie"), ("model_1", "model_2"), ("tie", "tie"), ("model_2", "error")]):
    print(json.dumps({"question_id": q, "model_1": "x", "model_2": "y", "g1_winner": first, "g2_winner": second, "judge": ["gpt-4", "pair-v2"], "turn": 1}))
END
    "$ROUTEFIT" -q --db pairs.db ingest gpt-4_pair.jsonl >/dev/null
    shares() {
        "$ROUTEFIT" --db pairs.db rank --votes gpt-4 --orders "$1" --format csv 2>said | awk -F, '
            NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i } $1 == "x" { printf "%d %.4f\n", $at["votes"], $at["win_share"] }'
    }
    [ "$(shares keep)" = "9 0.6111" ]
    [ "$(shares merge)" = "5 0.5000" ]
    grep -q "left out: 4 of a pair shown in both orders, merged with the verdict on the other" said
}

@test "a verdict whose other order is of a source that does not count stands alone" {
    mkdir pairwise
    for order in alpha-vs-beta-gpt-4-reviewer beta-vs-alpha-gpt-4-reviewer; do
        for q in 1 2; do echo "{\"question_id\": $q, \"reviewer_id\": 1, \"text\": \"$order\", \"score\": 1}"; done >pairwise/$order-threeclass.jsonl
    done
    "$ROUTEFIT" -q --db pairs.db ingest pairwise >/dev/null
    judge=$(sqlite3 pairs.db 'SELECT DISTINCT judge FROM preference')
    "$ROUTEFIT" --db pairs.db rank --votes "$judge" --orders merge >/dev/null 2>said
    grep -q "^2 votes on 1 pairs" said
    run "$ROUTEFIT" --db pairs.db rank --votes "$judge" --orders merge --source "$(sqlite3 pairs.db 'SELECT name FROM source LIMIT 1')" --ties half
    [[ "$output" == *"(2 models, 2 votes)"* ]]
    [[ "$output" != *merged* ]]
}
