# ingest and ls as users run them: counts on the real files, the same bytes twice, drops, hostile names, standard input.

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_TMPDIR"
    head='id,model_a,model_b,prompt,response_a,response_b,winner_model_a,winner_model_b,winner_tie'
    printf '%s\n1,x,y,"[""hi""]","[""r""]","[null]",1,0,0\n' "$head" >votes.csv
}

# Sets d to a folder of the public data, or skips (which a subshell could not).
data() {
    d=$ROUTEFIT_DATA/$1
    [ -e "$d" ] || skip "$1 is not in $ROUTEFIT_DATA"
}

sql() {
    command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
    sqlite3 "${2:-routefit.db}" "$1"
}

# All rows of all truth tables but for the time of ingest.
content() {
    for t in source dropped model prompt source_row response preference item result contaminated; do
        sqlite3 "$1" "SELECT * FROM $t" | sed 's/|20[0-9-]*T[0-9:]*Z//'
    done
}

@test "the votes and the first hundred rows of arena-55k share five votes" {
    data arena55k
    run --separate-stderr "$ROUTEFIT" ingest "$d/votes.csv" "$d/first100.csv" --json
    [ "$status" -eq 0 ]
    [[ "$output" == *'"source": "arena55k/votes", "format": "arena55k", "status": "stored", "rows": 5006, "kept": 5006, "known": 0, "dropped": 0, "repaired": 0, "votes": 5006, "ties": 0'* ]]
    [[ "$output" == *'"source": "arena55k/first100", "format": "arena55k", "status": "stored", "rows": 100, "kept": 95, "known": 5, "dropped": 0, "repaired": 0, "votes": 95, "ties": 36'* ]]
    [ "$(sql 'SELECT count(*) FROM preference')" = 5101 ]
    [ "$(sql 'SELECT count(*) FROM source_row')" = 5106 ]
    [ "$(sql 'SELECT count(*) FROM preference JOIN prompt p ON p.id = prompt WHERE turns > 1')" = 16 ]
    [ "$(sql 'SELECT count(*) FROM response')" = 0 ]
    [ "$(sql 'SELECT count(*) FROM preference WHERE response_a_bytes >= 0 AND length(response_b_hash) = 32')" = 5101 ]
    [ "$(sql 'SELECT count(DISTINCT prompt) FROM source_row WHERE source = 1')" = 4871 ]
}

@test "RouterBench's split rows are joined" {
    data routerbench_0shot
    "$ROUTEFIT" -q ingest "$d"
    [ "$(sql 'SELECT group_concat(rows_read) FROM (SELECT rows_read FROM source ORDER BY name)')" = 445,1039,128,299 ]
    [ "$(sql "SELECT count(*) FROM item WHERE bench = 'arc-challenge'")" = 1470 ]
    [ "$(sql "SELECT count(*) FROM item WHERE bench = 'mbpp'")" = 427 ]
    [ "$(sql 'SELECT count(*) FROM result')" = $((1897 * 11)) ]
    [ "$(sql 'SELECT count(*) FROM (SELECT 1 FROM result GROUP BY item HAVING count(DISTINCT source) > 1)')" = 6 ]
}

@test "RouteLLM's three benchmarks are all there" {
    data routellm
    "$ROUTEFIT" -q ingest "$d"
    run sql 'SELECT bench, count(*) FROM item GROUP BY bench'
    [ "$output" = $'gsm8k|1319\nmmlu|7658\nmt-bench|80' ]
    [ "$(sql "SELECT count(*) FROM results WHERE bench = 'mt-bench' AND prompt IS NOT NULL")" = 320 ]
    [ "$(sql 'SELECT count(*) FROM contaminated')" = 25 ]
    [ "$(sql "SELECT count(DISTINCT task) FROM item WHERE bench = 'mmlu'")" = 29 ]
}

@test "vectors find their sources by name" {
    data embeddings
    "$ROUTEFIT" -q ingest "$d" "$ROUTEFIT_DATA"/{arena55k,routerbench_0shot,routellm/gsm8k,routellm/mt_bench} --json >out
    [ "$(sql "SELECT dim FROM embedder WHERE name = 'lsa64'")" = 64 ]
    [ "$(sql 'SELECT count(*) FROM embedding')" -gt 8000 ]
    [ "$(grep -c '"format": "npy"' out)" = 7 ]
}

@test "the same bytes again change nothing" {
    "$ROUTEFIT" -q ingest votes.csv
    before=$(content routefit.db)
    cp votes.csv again.csv
    run "$ROUTEFIT" -q ingest again.csv votes.csv --json
    [ "$status" -eq 0 ]
    [[ "$output" == *'"source": "votes", "format": null, "status": "already there"'* ]]
    [ "$(content routefit.db)" = "$before" ]
}

@test "the same bytes twice in one call are one source" {
    cp votes.csv again.csv
    "$ROUTEFIT" -q ingest votes.csv again.csv
    [ "$(sql 'SELECT count(*) FROM source')" = 1 ]
}

@test "standard input is a source, and known when it comes again" {
    "$ROUTEFIT" -q ingest --name piped - <votes.csv
    before=$(content routefit.db)
    run "$ROUTEFIT" -q ingest --json - <votes.csv
    [ "$status" -eq 0 ]
    [[ "$output" == *'"source": "piped"'*'"already there"'* ]]
    [ "$(content routefit.db)" = "$before" ]
    for i in $(seq 2 9999); do printf '%s,x,y,"[""question %s""]","[]","[]",1,0,0\n' "$i" "$i"; done >>votes.csv # more than is read at once
    "$ROUTEFIT" -q ingest votes.csv
    before=$(content routefit.db)
    run "$ROUTEFIT" -q ingest --json - <votes.csv
    [ "$status" -eq 0 ]
    [[ "$output" == *'"source": "votes"'*'"already there"'* ]]
    [ "$(content routefit.db)" = "$before" ]
}

@test "dropped rows keep line, column, reason, found and expected" {
    printf '2,x,y,"[null]","[]","[]",1,0,0\n3,x,y,"[""a""]","[]","[]",1,1,0\n' >>votes.csv
    run --separate-stderr "$ROUTEFIT" ingest votes.csv --json
    [ "$status" -eq 0 ]
    [[ "$output" == *'"dropped": 2'*'"why_dropped": "1 empty prompt, 1 bad winner"'* ]]
    run "$ROUTEFIT" ls dropped --format csv
    [ "${lines[0]}" = source,line,field,reason,found,expected ]
    [ "${lines[1]}" = 'votes,3,prompt,empty prompt,a null first turn,text' ]
    [[ "${lines[2]}" == 'votes,4,"winner_model_a, _b, winner_tie",bad winner,"""1"", ""1"", ""0""",one 1 and two 0' ]]
}

@test "too many drops stop the call and nothing is stored" {
    for i in $(seq 2 20); do printf '%s,x,y,"[""a""]","[]","[]",1,1,0\n' "$i"; done >>votes.csv
    run "$ROUTEFIT" ingest votes.csv
    [ "$status" -eq 3 ]
    [[ "$output" == *'votes.csv: found 19 rows or cells to drop in 20 rows'*'bad winner'*'line 3'*'--max-errors'* ]]
    [ -z "$(ls -A | grep -v csv)" ] # not even an empty database
    "$ROUTEFIT" -q ingest --max-errors 19 votes.csv
    [ "$(sql 'SELECT count(*) FROM preference')" = 1 ]
    run "$ROUTEFIT" --db other.db ingest --max-errors 18 votes.csv
    [ "$status" -eq 3 ]
}

@test "one bad file of several leaves the database as it was" {
    printf '%s\n1,x,y,"[""hi' "$head" >broken.csv
    run "$ROUTEFIT" ingest votes.csv broken.csv
    [ "$status" -eq 3 ]
    [[ "$output" == *"broken.csv:2: found the end of the file inside a quoted field"* ]]
    [ ! -e routefit.db ]
    "$ROUTEFIT" -q ingest votes.csv
    sed 's/^1,/2,/' votes.csv >more.csv
    run "$ROUTEFIT" ingest more.csv broken.csv
    [ "$status" -eq 3 ]
    [ "$(sql 'SELECT group_concat(path) FROM source')" = votes.csv ]
}

@test "unknown files are errors when named and skipped aloud in folders" {
    mkdir folder
    echo hello >folder/note.txt
    : >folder/empty
    run "$ROUTEFIT" ingest folder/note.txt
    [ "$status" -eq 3 ]
    [[ "$output" == *'note.txt:1: found a file that starts with "hello'*arena55k*results*--as* ]]
    run "$ROUTEFIT" ingest folder
    [ "$status" -eq 3 ]
    cp votes.csv folder/b.csv
    printf 'task,model,score,prompt_id,model_a,model_b,winner\nt,m,1,p,x,y,a\n' >folder/both.csv
    run "$ROUTEFIT" ingest folder
    [ "$status" -eq 0 ]
    [[ "$output" == *"skipped folder/both.csv:1: looks like votes and like results; say which with --as"* ]]
    [[ "$output" == *"skipped folder/empty: found an empty file"* ]]
    [[ "$output" == *"skipped folder/note.txt: no reader knows it"* ]]
    [ "$(sql 'SELECT name FROM source')" = folder/b ]
    run "$ROUTEFIT" ingest absent.csv
    [ "$status" -eq 7 ]
}

# The content of the one source: what was read, and the identity of its bytes.
one_source() {
    sql 'SELECT sha256, bytes, rows_read, rows_kept FROM source'
}

@test "packed files are told by their bytes and are the same source as their content" {
    "$ROUTEFIT" -q --db plain.db ingest votes.csv
    gzip -c votes.csv >arena.csv.gz
    gzip -c votes.csv >no-suffix
    cp votes.csv wrong.csv.gz
    for f in arena.csv.gz no-suffix wrong.csv.gz; do
        rm -f routefit.db
        "$ROUTEFIT" -q ingest $f
        [ "$(one_source)" = "$(sqlite3 plain.db 'SELECT sha256, bytes, rows_read, rows_kept FROM source')" ]
        run "$ROUTEFIT" -q ingest --json votes.csv
        [[ "$output" == *'"already there"'* ]]
    done
    run "$ROUTEFIT" -q --db plain.db ingest --json arena.csv.gz
    [[ "$output" == *'"source": "votes"'*'"already there"'* ]]
    rm -f routefit.db
    "$ROUTEFIT" -q ingest arena.csv.gz
    [ "$(sql 'SELECT name FROM source')" = arena ]
}

@test "zstd is read as well, from files, standard input and pipes" {
    command -v zstd >/dev/null || skip "zstd is not installed"
    "$ROUTEFIT" -q --db plain.db ingest votes.csv
    plain=$(sqlite3 plain.db 'SELECT sha256, bytes, rows_read, rows_kept FROM source')
    zstd -q votes.csv -o arena.csv.zst
    "$ROUTEFIT" -q ingest arena.csv.zst
    [ "$(one_source)" = "$plain" ]
    [ "$(sql 'SELECT name FROM source')" = arena ]
    for pack in 'gzip -c' 'zstd -q -c'; do
        rm -f routefit.db
        $pack votes.csv | "$ROUTEFIT" -q ingest -
        [ "$(one_source)" = "$plain" ]
        rm -f routefit.db
        "$ROUTEFIT" -q ingest <($pack votes.csv)
        [ "$(one_source)" = "$plain" ]
    done
    run bash -c 'zstd -q -c votes.csv | head -c 60 | "$ROUTEFIT" ingest -'
    [ "$status" -eq 3 ]
    [[ "$output" == *"standard input: found its end at packed byte 60, inside the zstd data"* ]]
}

@test "cut, damaged and bottomless packed files are refused by name and place" {
    gzip -c votes.csv | head -c 100 >cut.csv.gz
    run "$ROUTEFIT" ingest cut.csv.gz
    [ "$status" -eq 3 ]
    [[ "$output" == *"cut.csv.gz: found its end at packed byte 100, inside the gzip data, expected the rest"* ]]
    (gzip -c votes.csv; echo junk) >junk.csv.gz
    run "$ROUTEFIT" ingest junk.csv.gz
    [ "$status" -eq 3 ]
    [[ "$output" == *"junk.csv.gz: found other bytes behind the end of the gzip data"* ]]
    head -c 100M /dev/zero | gzip -c >bomb.csv.gz
    run "$ROUTEFIT" ingest bomb.csv.gz
    [ "$status" -eq 3 ]
    gzip -c votes.csv | gzip -c >twice.gz
    run "$ROUTEFIT" ingest twice.gz
    [ "$status" -eq 3 ]
    [[ "$output" == *"this is packed twice"* ]]
    tar cf - votes.csv | gzip -c >x.tar.gz
    run "$ROUTEFIT" ingest x.tar.gz
    [[ "$output" == *"this is a tar archive"* ]]
    [ ! -e routefit.db ]
}

# An .npy file of $1 rows of $2 zeros.
npy() {
    printf '\x93NUMPY\x01\0\x76\0%-117s\n' "{'descr': '<f4', 'fortran_order': False, 'shape': ($1, $2), }"
    head -c $(($1 * $2 * 4)) /dev/zero
}

@test "packed .npy files give vectors" {
    "$ROUTEFIT" -q ingest votes.csv
    npy 1 2 >votes_v2.npy
    gzip votes_v2.npy
    "$ROUTEFIT" -q ingest votes_v2.npy.gz >out
    [ "$(sql 'SELECT name, dim FROM embedder')" = 'v2|2' ]
}

@test "quoted patterns are expanded where no file has that name" {
    mkdir d d/sub
    cp votes.csv d/b.csv
    sed 's/^1,/2,/' votes.csv >d/a.csv
    sed 's/^1,/3,/' votes.csv >d/sub/c.csv
    cp votes.csv d/.hidden.csv
    "$ROUTEFIT" -q ingest 'd/*.csv'
    [ "$(sql 'SELECT group_concat(path) FROM source')" = d/a.csv,d/b.csv ]
    "$ROUTEFIT" -q --db all.db ingest 'd/*' # folders among the matches are walked
    [ "$(sql 'SELECT group_concat(path) FROM source' all.db)" = d/a.csv,d/b.csv,d/sub/c.csv ]
    run "$ROUTEFIT" ingest 'd/*.jsonl'
    [ "$status" -eq 7 ]
    [[ "$output" == *"found no file that matches the pattern d/*.jsonl"* ]]
    mv d/a.csv 'd/[b].csv'
    "$ROUTEFIT" -q --db literal.db ingest 'd/[b].csv'
    [ "$(sql 'SELECT path FROM source' literal.db)" = 'd/[b].csv' ]
    echo junk >d/x.csv # a matched file is a named one
    run "$ROUTEFIT" ingest 'd/?.csv'
    [ "$status" -eq 3 ]
}

@test "of a folder with many files that no reader knows, one line tells" {
    mkdir -p folder/a folder/b
    for i in $(seq 100); do echo junk >folder/a/note$i.txt; done
    echo junk >folder/b/one.txt
    cp votes.csv folder/b
    run "$ROUTEFIT" ingest folder
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 4 ]
    [[ "${lines[0]}" == "skipped 100 files of folder/a/ that no reader knows: note1.txt, note10.txt, "*", ..." ]]
    [ "${#lines[0]}" -lt 400 ]
    [ "${lines[1]}" = "skipped folder/b/one.txt: no reader knows it" ]
}

@test "foreign files are told what to do" {
    printf 'PAR1xxxx' >x.parquet
    printf 'BZh9' >x.bz2
    printf '\x80\x04xx' >x.pkl
    printf '\xff\xfei\x00' >x.txt
    for pair in parquet:'node parquet2jsonl.mjs' parquet:duckdb bz2:'bzip2 -dc' pkl:pickle txt:iconv; do
        run "$ROUTEFIT" ingest "x.${pair%%:*}"
        [ "$status" -eq 3 ]
        [[ "$output" == *"${pair#*:}"* ]]
    done
}

@test "files that hold no votes are told what they are" {
    printf 'id,prompt,response_a,response_b\n1,p,r,r\n' >test.csv
    printf 'id,winner_model_a,winner_model_b,winner_tie\n1,.3,.3,.3\n' >submission.csv
    printf '{"doc_id": 0, "doc": {}, "target": "2", "arguments": {}, "exact_match": 1.0}\n' >samples.jsonl
    printf '{"custom_id": "r", "method": "POST", "url": "/v1", "body": {"messages": []}}\n' >batch.jsonl
    printf '{"data": [{"model_a": "x"}]}\n' >wrapped.json
    printf '{"columns": ["model_a"], "index": [0], "data": [["x"]]}\n' >split.json
    printf '[{"instance_id": "id1", "stats": []}]\n' >helm.json
    printf 'question,model,score\nq,m,1\n' >nobench.csv
    printf 'Model_A,Model_B, Winner\nx,y,a\n' >capitals.csv
    printf 'sep=,\nmodel_a,model_b,winner\nx,y,a\n' >excel.csv
    printf 'model_a;model_b;winner;prompt, text\nx;y;a;p\n' >semicolons.csv
    printf '# exported\nmodel_a,model_b,winner\nx,y,a\n' >comment.csv
    head -c 100 /dev/zero >zeros.bin
    printf 'PK\003\004xl/' >book.xlsx
    printf '{\n "model_a": "x"}' >object.json
    printf 'model_a\tmodel_b\twinner\nx\ty\ta\n' >tabs.tsv
    printf '<!DOCTYPE html><html>' >page.csv
    printf 'i\0d\0' >wide.csv
    for pair in test.csv:train.csv submission.csv:train.csv samples.jsonl:'write results from them' batch.jsonl:requests wrapped.json:"'.data[]'" \
        split.json:orient helm.json:instances.json nobench.csv:--bench capitals.csv:--map excel.csv:'sep=' comment.csv:grep zeros.bin:zero semicolons.csv:semicolons \
        book.xlsx:workbook object.json:'jq -c .' tabs.tsv:commas \
        page.csv:download wide.csv:iconv; do
        run "$ROUTEFIT" ingest "${pair%%:*}"
        [ "$status" -eq 3 ]
        [[ "$output" == *"${pair#*:}"* ]]
    done
    run "$ROUTEFIT" ingest .
    [ "$status" -eq 0 ]
    [[ "$output" == *"skipped ./test.csv: these are answers without verdicts"* ]]
}

@test "a pipe is read once, and known when it comes again" {
    "$ROUTEFIT" -q ingest --name piped <(cat votes.csv)
    [ "$(sql 'SELECT name FROM source')" = piped ]
    [ "$(sql 'SELECT count(*) FROM preference')" = 1 ]
    mkfifo pipe
    cat votes.csv >pipe &
    run "$ROUTEFIT" -q ingest --json pipe
    [ "$status" -eq 0 ]
    [[ "$output" == *'"source": "piped"'*'"already there"'* ]]
}

@test "a disk that takes no more leaves the votes that were there" {
    "$ROUTEFIT" -q ingest votes.csv
    for i in $(seq 2 20000); do printf '%s,x,y,"[""question %s""]","[]","[]",1,0,0\n' "$i" "$i"; done >>votes.csv
    run bash -c 'ulimit -f 300; exec "$0" ingest votes.csv' "$ROUTEFIT"
    [ "$status" -eq 7 ]
    [[ "$output" == *"routefit.db"*"what was stored before is whole"* ]]
    [ "$(sql 'PRAGMA integrity_check')" = ok ]
    [ "$(sql 'SELECT count(*) FROM preference')" = 1 ]
    "$ROUTEFIT" -q ingest votes.csv
    [ "$(sql 'SELECT count(*) FROM preference')" = 20000 ]
}

@test "what a file leaves unsaid is said" {
    printf 'model_a,model_b,winner\nx,y,a\n' >plain.csv
    run "$ROUTEFIT" ingest plain.csv
    [[ "$output" == *"plain.csv: judge: human (the file names none; --judge NAME says otherwise)"* ]]
    printf 'x,y,b\n' >>plain.csv
    run "$ROUTEFIT" ingest --judge gpt-4 plain.csv
    [[ "$output" != *"judge:"* ]]
    [[ "$output" == *"the source plain is here with other bytes; this one is stored beside it as plain~2"* ]]
    printf 'prompt,m1,m2\nq,True,False\nr,True,False\n' >gsm8k.csv
    printf 'prompt,m1,m2\r\nq,True,False\r\n' >gsm8k_responses.csv
    run "$ROUTEFIT" ingest gsm8k.csv gsm8k_responses.csv
    [[ "$output" == *"gsm8k_responses.csv: 1 of its questions are in their benchmark already, under other ids, and count twice"* ]]
    [[ "$output" != *"gsm8k.csv: "* ]]
    printf '%s\n' "$head" >votes.csv
    run "$ROUTEFIT" ingest votes.csv
    [ "$status" -eq 0 ]
    [[ "$output" == *"votes.csv: found a header and no row below it"* ]]
}

@test "names of skipped files and unused columns cannot steer the terminal" {
    mkdir folder
    printf junk >"folder/e"$'\033'"[31mx"
    printf 'model_a,model_b,winner,\033[1mx\nx,y,a,1\n' >folder/v.csv
    run "$ROUTEFIT" ingest folder
    [ "$status" -eq 0 ]
    [[ "$output" == *"skipped folder/e?[31mx: no reader knows it"* ]]
    [[ "$output" != *$'\033'* ]]
}

@test "a file that fits two formats asks for --as" {
    printf 'task,model,score,prompt_id,model_a,model_b,winner\nt,m,1,p,x,y,a\n' >both.csv
    run "$ROUTEFIT" ingest both.csv
    [ "$status" -eq 3 ]
    [[ "$output" == *"looks like votes and like results"*--as* ]]
    "$ROUTEFIT" -q ingest --as votes both.csv
    [ "$(sql 'SELECT count(*) FROM preference')" = 1 ]
    run "$ROUTEFIT" ingest --as vote both.csv
    [ "$status" -eq 2 ]
    [[ "$output" == *'unknown format "vote": expected one of arena55k, '* ]]
}

@test "ingest --format is the form of the table, and of a file by the spelling before --as" {
    printf 'task,model,score,prompt_id,model_a,model_b,winner\nt,m,1,p,x,y,a\n' >both.csv
    run "$ROUTEFIT" ingest --as votes --format csv --dry-run both.csv
    [ "$status" -eq 0 ]
    [[ "${lines[*]}" == *"source,format,status,rows,"* ]]
    [ "$("$ROUTEFIT" -q ingest --formats --format csv | head -1)" = format,what_it_is ]
    "$ROUTEFIT" -q --format jsonl ingest --format votes both.csv >out
    grep -q '^{"source": "both", "format": "votes", "status": "stored"' out
    for line in 'ingest --as votes --format results' 'ingest --format vote' 'ingest --format csv --json' '--format md ingest --format csv'; do
        run "$ROUTEFIT" $line both.csv
        [ "$status" -eq 2 ]
    done
}

@test "hostile names of models and files come back as they went in" {
    long=$(printf '%010000d' 7)
    name='x"; DROP TABLE prompt;--'
    printf 'model_a,model_b,winner\n"%s","$.a%s",a\n' "${name//\"/\"\"}" "$long" >"$name.csv"
    "$ROUTEFIT" -q ingest "$name.csv" --json >out
    [ "$(sql 'SELECT count(*) FROM prompt')" = 0 ]
    [ "$(sql 'SELECT name FROM model WHERE id = 1')" = "$name" ]
    [ "$(sql 'SELECT length(name) FROM model WHERE id = 2')" = 10003 ]
    [ "$(sql 'SELECT name FROM source')" = "$name" ]
    printf 'model_a,model_b,winner\n\033[31mred,y,b\n' >esc.csv
    "$ROUTEFIT" -q ingest esc.csv --json >out
    run "$ROUTEFIT" ls models
    [[ "$output" != *$'\033'* ]]
}

@test "names of sources are unique" {
    mkdir a b
    cp votes.csv a/v.csv
    sed 's/^1,/2,/' votes.csv >b/v.csv
    (cd a && "$ROUTEFIT" -q --db ../routefit.db ingest v.csv)
    (cd b && "$ROUTEFIT" -q --db ../routefit.db ingest v.csv)
    [ "$(sql 'SELECT group_concat(name) FROM source')" = 'v,v~2' ]
    sed 's/^1,/3,/' votes.csv >c.csv
    run "$ROUTEFIT" ingest --name v c.csv
    [ "$status" -eq 2 ]
    run "$ROUTEFIT" ingest --name w votes.csv c.csv
    [ "$status" -eq 2 ]
    run "$ROUTEFIT" ingest --judge "" c.csv
    [ "$status" -eq 2 ]
    [[ "$output" == *"--judge: found nothing, expected a name"* ]]
}

@test "--prompts-only keeps nothing of responses, and the same votes" {
    command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
    "$ROUTEFIT" -q ingest --prompts-only votes.csv
    "$ROUTEFIT" -q --db other.db ingest votes.csv
    [ "$(sqlite3 routefit.db 'SELECT count(*) FROM preference WHERE response_a_hash IS NULL AND response_a_bytes IS NULL')" = 1 ]
    [ "$(sqlite3 other.db 'SELECT count(*) FROM preference WHERE response_a_hash IS NOT NULL')" = 1 ]
    for db in routefit.db other.db; do sqlite3 $db 'SELECT key, prompt, model_a, model_b, winner FROM votes' >$db.txt; done
    cmp routefit.db.txt other.db.txt
    run "$ROUTEFIT" ingest --prompts-only --responses votes.csv
    [ "$status" -eq 2 ]
}

@test "--responses keeps the words, --judge names the judge" {
    printf 'model_a,model_b,winner\nx,y,a\n' >plain.csv
    "$ROUTEFIT" -q ingest --responses votes.csv
    "$ROUTEFIT" -q ingest --judge gpt-4 plain.csv
    [ "$(sql "SELECT group_concat(text, '|') FROM response")" = 'r|' ]
    [ "$(sql "SELECT response_a || ',' || response_b || ',' || response_a_bytes FROM votes WHERE judge = 'human'")" = r,,1 ]
    [ "$(sql 'SELECT group_concat(judge) FROM preference')" = human,gpt-4 ]
}

@test "ls prints every view" {
    "$ROUTEFIT" -q ingest votes.csv
    for view in sources models benches prompts embedders dropped; do
        "$ROUTEFIT" ls "$view" --json | grep -q '^\['
    done
    run "$ROUTEFIT" ls models --format csv
    [ "${lines[1]}" = x,1,1,0,0,0,, ]
    run "$ROUTEFIT" ls modles
    [ "$status" -eq 2 ]
    [[ "$output" == *"did you mean models?"* ]]
}

@test "--map gives columns and keys the names that readers know" {
    printf 'question,first,second,result,extra\nwhat?,x,y,a,1\nwho?,x,y,tie,2\n' >q.csv
    printf '{"question": "what?", "first": "x", "second": "y", "result": "a"}\n{"second": "y", "first": "x", "result": "tie", "question": "who?", "id": null}\n' >q.jsonl
    map='question=prompt,first=model_a'
    run "$ROUTEFIT" ingest --map $map q.csv
    [ "$status" -eq 3 ]
    [[ "$output" == *"no reader knows by the names that --map gives either"* ]]
    for f in q.csv q.jsonl; do
        "$ROUTEFIT" -q --db $f.db ingest --map $map --map second=model_b --map result=winner $f
        [ "$(sql 'SELECT group_concat(prompt || model_a || model_b || winner) FROM votes' $f.db)" = 'what?xya,who?xytie' ]
    done
}

@test "--map names columns with commas, equals signs and quotes" {
    printf '"what, exactly?",a=,"say ""x""",winner\np,x,y,a\nq,x,y,tie\n' >odd.csv
    printf '{"what, exactly?": "p", "a=": "x", "b": "y", "winner": "a"}\n' >odd.jsonl
    "$ROUTEFIT" -q ingest --map '"what, exactly?"=prompt,a==model_a,"say ""x"""=model_b' odd.csv
    [ "$(sql 'SELECT group_concat(prompt || model_a || model_b || winner) FROM votes')" = pxya,qxytie ]
    "$ROUTEFIT" -q --db l.db ingest --map '"what, exactly?"=prompt' --map '"a="=model_a' --map b=model_b odd.jsonl
    [ "$(sql 'SELECT prompt || model_a || model_b || winner FROM votes' l.db)" = pxya ]
    run "$ROUTEFIT" ingest --map '"what, exactly?=prompt' odd.csv
    [ "$status" -eq 2 ]
    [[ "$output" == *"--map: found no closing quote in "* ]]
    run "$ROUTEFIT" ingest -h
    [[ "$output" == *'"a,b"=prompt'* ]]
}

@test "--map refuses what it cannot keep" {
    printf 'question,model_a,model_b,winner,prompt\nwhat?,x,y,a,p\n' >q.csv
    printf '{"question": "what?", "model_a": "x", "model_b": "y", "winner": "a", "prompt": "p"}\n' >q.jsonl
    for f in q.csv q.jsonl; do
        run "$ROUTEFIT" ingest --map question=prompt $f
        [ "$status" -eq 3 ]
        [[ "$output" == *"$f:1: found two columns \"prompt\", expected one; --map COLUMN= leaves a column out"* ]]
        run "$ROUTEFIT" ingest --map text=prompt $f
        [ "$status" -eq 3 ]
        [[ "$output" == *"$f: found no column \"text\", which --map names, expected one of \"question\", \"model_a\""* ]]
        run "$ROUTEFIT" ingest --map question=promt $f
        [ "$status" -eq 2 ]
        [[ "$output" == *"--map: found the field 'promt', expected one of model_a, model_b, winner, prompt"* ]]
        "$ROUTEFIT" -q --db $f.db ingest --map question=prompt --map prompt= $f
        [ "$(sql 'SELECT text FROM prompt' $f.db)" = 'what?' ]
    done
    for pair in a:'expected COLUMN=FIELD' =b:'expected COLUMN=FIELD' a=x,a=y:'twice' a=x,b=x:'two columns for'; do
        run "$ROUTEFIT" ingest --map "${pair%%:*}" q.csv
        [ "$status" -eq 2 ]
        [[ "$output" == *"${pair#*:}"* ]]
    done
    [ ! -e routefit.db ]
}

@test "--map renames the columns of wide tables too" {
    printf 'question,m1,m2\nq,True,False\nr,False,False\n' >gsm8k.csv
    "$ROUTEFIT" -q ingest --map question=prompt --map m1=gpt-4 gsm8k.csv
    [ "$(sql 'SELECT group_concat(name) FROM model')" = gpt-4,m2 ]
    [ "$(sql 'SELECT count(*) FROM result')" = 4 ]
    run "$ROUTEFIT" --db other.db ingest --map question=prompt --map m1=m2 gsm8k.csv
    [ "$status" -eq 3 ]
}

@test "--map and a layout without columns do not go together" {
    printf '{"m": {"input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6, "litellm_provider": "x"}}' >prices.json
    "$ROUTEFIT" -q ingest --dry-run prices.json
    run "$ROUTEFIT" ingest --map a=b prices.json
    [ "$status" -eq 3 ]
    [[ "$output" == *"prices.json: this layout has no columns that --map could name"* ]]
    [ ! -e routefit.db ]
}

# 200 good votes, an unknown winner and a short row.
write_flawed() {
    {
        echo model_a,model_b,winner,prompt
        for i in $(seq 200); do echo "x,y,a,p$i"; done
        printf 'x,y,"c""",p\nx,y\n'
    } >flawed.csv
}

@test "--rejects lists every dropped row" {
    write_flawed
    "$ROUTEFIT" -q ingest --rejects rejects.jsonl votes.csv flawed.csv
    [ "$(wc -l <rejects.jsonl)" = 2 ]
    [ "$(head -n 1 rejects.jsonl)" = '{"file": "flawed.csv", "source": "flawed", "line": 202, "column": "winner", "reason": "bad winner", "found": "\"c\"\"", "expected": "a, b, tie or bothbad"}' ]
    [[ "$(tail -n 1 rejects.jsonl)" == *'"line": 203, "column": null, "reason": "wrong number of fields"'* ]]
    [ "$(sql 'SELECT count(*) FROM dropped')" = 2 ]
    run "$ROUTEFIT" ingest --rejects rejects.jsonl flawed.csv
    [ "$status" -eq 2 ]
    [[ "$output" == *"rejects.jsonl: it exists"*--force* ]]
    "$ROUTEFIT" -q ingest --rejects rejects.jsonl --force flawed.csv # known: nothing is dropped
    [ ! -s rejects.jsonl ]
    [ -z "$(find . -name '.rejects*')" ]
}

@test "--rejects is written where too many rows stop the call" {
    write_flawed
    run "$ROUTEFIT" ingest --rejects rejects.jsonl --max-errors 1 flawed.csv
    [ "$status" -eq 3 ]
    [[ "$output" == *"nothing was stored"*"all are written to rejects.jsonl"* ]]
    [ "$(wc -l <rejects.jsonl)" = 2 ]
    [ ! -e routefit.db ]
    for i in $(seq 2 20); do printf '%s,x,y,"[""a""]","[]","[]",1,1,0\n' "$i"; done >>votes.csv
    run "$ROUTEFIT" ingest --rejects other.jsonl votes.csv
    [ "$status" -eq 3 ]
    [ "$(wc -l <other.jsonl)" = 19 ]
    run "$ROUTEFIT" ingest --rejects /dev/full votes.csv
    [ "$status" -eq 2 ]
    run "$ROUTEFIT" ingest --rejects absent/other.jsonl votes.csv
    [ "$status" -eq 7 ]
}

@test "--rejects - writes to standard output, and the table to stderr" {
    write_flawed
    "$ROUTEFIT" ingest --rejects - flawed.csv >out 2>chat
    [ "$(grep -c '^{"file": "flawed.csv", ' out)" = 2 ]
    [ "$(wc -l <out)" = 2 ]
    grep -q stored chat
    cat flawed.csv | "$ROUTEFIT" -q ingest --rejects - - >out # the bytes are known: what was read again is forgotten
    [ ! -s out ]
    run bash -c '"$ROUTEFIT" --db other.db ingest --rejects - flawed.csv >/dev/full'
    [ "$status" -eq 7 ]
    [ ! -e other.db ]
}

@test "--dry-run says what would be stored and stores nothing" {
    write_flawed
    run "$ROUTEFIT" -q ingest --dry-run --json flawed.csv
    [ "$status" -eq 0 ]
    [[ "$output" == *'"status": "would store", "rows": 202, "kept": 200, "known": 0, "dropped": 2'* ]]
    [ "$(ls -A)" = $'flawed.csv\nvotes.csv' ]
    "$ROUTEFIT" -q ingest votes.csv
    before=$(cksum <routefit.db)
    npy 202 2 >flawed_v2.npy
    run --separate-stderr "$ROUTEFIT" ingest -n --json flawed.csv votes.csv flawed_v2.npy --rejects rejects.jsonl
    [ "$status" -eq 0 ]
    [[ "$output" == *'"source": "flawed"'*'"would store"'*'"source": "votes"'*'"already there"'*'"would store 200 vectors of 2 as v2, 0 repeated"'* ]]
    [ "$(wc -l <rejects.jsonl)" = 2 ]
    [ "$(cksum <routefit.db)" = "$before" ]
    [ ! -e routefit.db-wal ]
    run "$ROUTEFIT" ingest -n --max-errors 1 flawed.csv
    [ "$status" -eq 3 ]
    [ "$(cksum <routefit.db)" = "$before" ]
}

@test "--dry-run of much leaves no byte of it on the disk" {
    "$ROUTEFIT" -q ingest votes.csv
    before=$(cksum <routefit.db)
    for i in $(seq 2 20000); do printf '%s,x,y,"[""question %s %0500d""]","[]","[]",1,0,0\n' "$i" "$i" 0; done >>votes.csv
    run bash -c 'ulimit -f 50; exec "$0" -q ingest -n --json votes.csv' "$ROUTEFIT" # not even a spilled page
    [ "$status" -eq 0 ]
    [[ "$output" == *'"would store", "rows": 20000, "kept": 19999, "known": 1'* ]]
    [ "$(cksum <routefit.db)" = "$before" ]
}

@test "the recipe for Parquet gives what the message promises" {
    modules=${NODE_PATH:-$BATS_TEST_DIRNAME/../../node_modules}
    command -v node >/dev/null || skip "node is not installed"
    for m in hyparquet hyparquet-compressors hyparquet-writer; do
        [ -d "$modules/$m" ] || skip "$m is not in $modules (npm install hyparquet hyparquet-compressors hyparquet-writer)"
    done
    ln -s "$modules" node_modules
    script=$BATS_TEST_DIRNAME/../../datasets/parquet2jsonl.mjs
    cat >write.mjs <<'END'
import { parquetWriteFile } from 'hyparquet-writer'
parquetWriteFile({ filename: 'x.parquet', rowGroupSize: 2, columnData: [
    { name: 'id', data: [9007199254740993n, 2n, -9223372036854775808n], type: 'INT64' },
    { name: 'model_a', data: ['x', 'x', 'x'], type: 'STRING' },
    { name: 'model_b', data: ['y', 'y', 'y'], type: 'STRING' },
    { name: 'winner', data: ['a', 'b', 'tie'], type: 'STRING' },
    { name: 'prompt', data: ['\u00e9 "q"', 'line\n', null], type: 'STRING' },
    { name: 'at', data: [new Date('2023-04-24T16:21:57.123Z'), new Date(0), new Date(-1)], type: 'TIMESTAMP' },
    { name: 'weight', data: [0.5, NaN, 3], type: 'DOUBLE' },
    { name: 'raw', data: [new Uint8Array([65]), new Uint8Array([255]), new Uint8Array([66])], type: 'BYTE_ARRAY' },
] })
END
    node write.mjs
    run "$ROUTEFIT" ingest x.parquet
    [ "$status" -eq 3 ]
    [[ "$output" == *"node parquet2jsonl.mjs x.parquet >x.jsonl"* ]]
    node "$script" x.parquet id model_a model_b winner prompt weight at >x.jsonl
    [ "$(tail -n 1 x.jsonl)" = '{"id":-9223372036854775808,"model_a":"x","model_b":"y","winner":"tie","prompt":null,"at":"1969-12-31T23:59:59.999Z","weight":3}' ]
    "$ROUTEFIT" -q ingest x.jsonl
    [ "$(sql 'SELECT group_concat(key) FROM preference')" = 9007199254740993,2,-9223372036854775808 ]
    [ "$(sql "SELECT count(*) FROM prompt WHERE text IN (char(233) || ' \"q\"', 'line' || char(10))")" = 2 ]
    run node "$script" x.parquet
    [ "$status" -eq 1 ]
    [[ "$output" == *"bytes that are no text; name the columns"* ]]
    run node "$script" x.parquet absent
    [[ "$output" == *'found no column "absent"'* ]]
}
