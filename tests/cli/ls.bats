# ls as users run it: every view, on small data of every kind.

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_TMPDIR"
    printf 'model_a,model_b,winner,judge,prompt\ngpt-4,llama,a,human,what is this?\nopenai/gpt-4,llama,b,human,что это?\nGPT-4,llama,tie,gpt-4,"1, 2"\ngpt-4,openai/gpt-4,a,human,这是什么\nllama,alpaca,x,human,p\n' >votes.csv
    printf 'task,model,score,sample_id,prompt\nquiz/one,gpt-4,1,q1,first\nquiz/one,llama,0,q1,first\nquiz/two,llama,1,q2,second\n' >results.csv
    printf 'model,provider,input_per_1m,output_per_1m,valid_from\ngpt-4,ai,30,60,2023-06-01\n' >old.csv
    printf 'model,provider,input_per_1m,output_per_1m,valid_from\nopenai/gpt-4,ai,10,20,2024-06-01\nmeta/Llama,cloud,1,1,\n' >new.csv
    "$ROUTEFIT" -q ingest --max-errors 1 votes.csv results.csv old.csv new.csv >/dev/null
}

sql() {
    command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
    sqlite3 routefit.db "$1"
}

view() {
    "$ROUTEFIT" ls "$@" --format csv
}

@test "every view of the help prints as a table and as JSON" {
    views=$("$ROUTEFIT" ls -h | sed -n '/^Prints one view/,/^$/s/^  \([a-z_]*\)  .*/\1/p')
    [ "$(printf '%s' "$views" | wc -w)" -eq 17 ]
    for v in $views; do
        "$ROUTEFIT" ls "$v" >/dev/null
        "$ROUTEFIT" ls "$v" --json | grep -q '^\['
    done
}

@test "models are counted under their aliases, with the latest price of any of their names" {
    [ "$(view models | grep ^gpt-4)" = gpt-4,2,1,1,1,0,30,60 ]
    [ "$(view models | grep ^openai)" = openai/gpt-4,2,0,0,0,0,10,20 ]
    "$ROUTEFIT" alias openai/gpt-4=gpt-4 GPT-4=gpt-4
    [ "$(view models)" = $'model,votes,win_share,results,benches,aliases,input_per_1m,output_per_1m\ngpt-4,3,0.5,1,1,2,10,20\nllama,3,0.5,2,1,0,,' ]
    [ "$(view aliases)" = $'name,known_as,in_the_data\nGPT-4,gpt-4,both\nopenai/gpt-4,gpt-4,both' ]
}

@test "near gives commands that work when pasted, until nothing is near" {
    run view near
    [[ "$output" == *"gpt-4,openai/gpt-4,vendor,routefit alias 'openai/gpt-4=gpt-4'"* ]]
    [[ "$output" == *"gpt-4,GPT-4,case,routefit alias 'GPT-4=gpt-4'"* ]]
    [[ "$output" == *"llama,meta/Llama,\"vendor, case\",routefit alias 'meta/Llama=llama'"* ]]
    view near | sed '1d; s/.*routefit/"$ROUTEFIT" -q/' >run.sh
    [ "$(wc -l <run.sh)" = 3 ]
    . ./run.sh
    [ "$(view near)" = model,looks_like,but_for,command ]
    [ "$(view models | grep ^llama)" = llama,3,0.5,2,1,0,1,1 ]
}

@test "near pairs a date with no date, not two dates" {
    printf "model_a,model_b,winner\nm-x,m.x-20240229,a\nm-x-2024-05-13,it's,a\nm-x,IT'S,b\n" >v.csv
    "$ROUTEFIT" -q --db d.db ingest v.csv
    run "$ROUTEFIT" --db d.db ls near --format csv
    [ "${#lines[@]}" -eq 4 ]
    [[ "$output" == *"m-x,m-x-2024-05-13,date,routefit alias 'm-x-2024-05-13=m-x'"* ]]
    [[ "$output" == *'m-x,m.x-20240229,"date, punctuation",'* ]]
    [[ "$output" == *"routefit alias '"*"'\\''"* ]]
}

@test "benches, tasks and judges" {
    [ "$(view benches)" = $'bench,model,items,tasks,results,mean_score,mean_cost\nquiz,gpt-4,1,1,1,1,\nquiz,llama,2,2,2,0.5,' ]
    [ "$(view tasks)" = $'bench,task,items,prompts,models,results,mean_score\nquiz,one,1,1,2,2,0.5\nquiz,two,1,1,1,1,1' ]
    [ "$(view judges)" = $'judge,votes,ties,unparsed,both_orders,origins,prompts\ngpt-4,1,1,0,0,1,1\nhuman,3,0,0,0,1,3' ]
    sql "INSERT INTO preference (source, line, origin, key, model_a, model_b, winner, judge, shown_first) VALUES (1, 1, 'o', 'k', 1, 2, 'a', 'j', 'a'), (1, 2, 'o', 'k', 1, 2, NULL, 'j', 'b'), (1, 3, 'o', 'l', 1, 2, 'bothbad', 'j', 'a')"
    [ "$(view judges | grep ^j,)" = j,3,1,1,1,1,0 ]
}

@test "agreement of judges on the same pairs, with exact intervals" {
    sql "INSERT INTO preference (source, line, origin, key, model_a, model_b, winner, judge, shown_first)
        SELECT 1, n, 'p', n, 1, 2, CASE WHEN n <= 4 THEN 'a' ELSE 'tie' END, 'human', NULL FROM (WITH c(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c WHERE n < 6) SELECT n FROM c)"
    # the judge saw the models the other way round; on 3 it prefers the other model, on 4 it says both, on 5 it decides, on 6 it could not be read
    sql "INSERT INTO preference (source, line, origin, key, model_a, model_b, winner, judge, shown_first) VALUES
        (1, 1, 'p', 1, 2, 1, 'b', 'j', NULL), (1, 2, 'p', 2, 2, 1, 'b', 'j', NULL), (1, 3, 'p', 3, 2, 1, 'a', 'j', NULL),
        (1, 4, 'p', 4, 2, 1, 'a', 'j', 'a'), (1, 5, 'p', 4, 2, 1, 'b', 'j', 'b'), (1, 6, 'p', 5, 2, 1, 'a', 'j', NULL), (1, 7, 'p', 6, 2, 1, NULL, 'j', NULL)"
    run view agreement
    awk -F, '/^j,human,/ { exit !($3 == 5 && $4 == 40 && $5 > 5.27 && $5 < 5.28 && $6 > 85.33 && $6 < 85.34 && $7 == 3 && $8 > 66.6 && $8 < 66.7) } END { if (!NR) exit 1 }' <<<"$output"
    [[ "$output" == *"j,human,"* ]]
}

@test "prompts by script and length, texts one by one" {
    sql "INSERT INTO prompt (hash, text, turns) VALUES (x'00', NULL, 1)"
    [ "$(view prompts)" = $'script,prompts,several_turns,chars_to_50,to_200,to_1000,to_5000,longer,mean_chars\nLatin,3,0,3,0,0,0,0,8\nCyrillic,1,0,1,0,0,0,0,8\nHan,1,0,1,0,0,0,0,4\nnone,1,0,1,0,0,0,0,4\nno text,1,0,,,,,,' ]
    run view texts -n 2
    [ "${#lines[@]}" -eq 3 ]
    [ "${lines[1]}" = "1,1,13,1,0,what is this?" ]
}

@test "prices stand side by side, with their dates" {
    [ "$(view prices | cut -d, -f2-)" = $'model,provider,input_per_1m,output_per_1m,request,valid_from,line\ngpt-4,ai,30,60,,2023-06-01,2\nopenai/gpt-4,ai,10,20,,2024-06-01,2\nmeta/Llama,cloud,1,1,,,3' ]
    [ "$(view prices -n 1 | wc -l)" = 2 ]
}

@test "splits, overlaps, left out, scores, embedders and dropped rows" {
    sql "INSERT INTO split VALUES (1, 's', 7, '{}', '2026'); INSERT INTO split_prompt VALUES (1, 1, 'train'), (1, 2, 'train'), (1, 3, 'test');
INSERT INTO run (id, command, argv, options, seed, version, blas, threads, started_at, status) VALUES (1, 'overlap', '[]', '{}', 1, '0', '', 1, '2026', 'done');
INSERT INTO overlap VALUES (1, 1, 2, 'exact', 1), (1, 1, 3, 'near', 0.8), (1, 2, 3, 'near', 0.9);
INSERT INTO leave_out VALUES ('quiz', 5, 'near', 0.8, 'votes', 1), ('quiz', 6, 'near', 0.9, 'votes', 1);
INSERT INTO external_score VALUES (1, 'r', 1, 0.25), (1, 'r', 2, 0.75);
INSERT INTO embedder VALUES (1, 'lsa', 'npy', 2, NULL, NULL); INSERT INTO embedding (embedder, prompt, vector) VALUES (1, 1, x'0000000000000000')"
    [ "$(view splits)" = $'split,part,prompts,seed,made_at,options\ns,test,1,7,2026,{}\ns,train,2,7,2026,{}' ]
    [ "$(view overlaps)" = $'run,started_at,kind,pairs,least_similar,most_similar\n1,2026,exact,1,1,1\n1,2026,near,2,0.8,0.9' ]
    [ "$(view left_out)" = $'bench,against,kind,prompts,least_similar\nquiz,votes,near,2,0.8' ]
    [ "$(view scores | cut -d, -f1,3-)" = $'router,prompts,least,mean,most\nr,2,0.25,0.5,0.75' ]
    [ "$(view embedders)" = $'embedder,kind,dim,prompts,sha256,path\nlsa,npy,2,1,,' ]
    [ "$(view dropped | cut -d, -f2-4)" = $'line,field,reason\n6,winner,bad winner' ]
    run view sources
    [ "${#lines[@]}" -eq 5 ]
}
