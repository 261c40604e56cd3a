# The demo, and fit on its votes: the whole route, the same bytes for any number of threads, no file after an error.

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    "$ROUTEFIT" -q demo >demo.txt 2>chatter.txt
}

setup() {
    cd "$BATS_FILE_TMPDIR/routefit-demo"
}

@test "the demo runs every step, and leaves pictures and weights" {
    for want in '$ routefit ingest' '$ routefit fit logistic' '$ routefit fit mf' '$ routefit eval' '$ routefit export' 'oracle' 'Done in'; do
        grep -qF -- "$want" ../demo.txt
    done
    [ ! -s ../chatter.txt ] # -q holds for the steps too
    grep -q '</svg>' gsm8k.svg
    [ -s logistic.safetensors ]
    [ -s routellm-mf/model.safetensors ]
    [ -s routellm-mf/config.json ]
}

@test "the demo's numbers are the sources' own" {
    command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
    [ "$(sqlite3 routefit.db 'SELECT count(*) FROM preference')" = 5006 ]
    [ "$(sqlite3 routefit.db "SELECT count(*) FROM item WHERE bench = 'gsm8k'")" = 1307 ]
    [ "$(sqlite3 routefit.db "SELECT count(*) FROM item WHERE bench = 'mt-bench'")" = 72 ]
    [ "$(sqlite3 routefit.db 'SELECT count(*) FROM prompt WHERE text IS NOT NULL')" = 0 ]
}

@test "the demo may run again, but not over somebody's database" {
    cd ..
    "$ROUTEFIT" -q demo >again.txt
    mkdir -p mine
    printf 'precious' >mine/routefit.db
    run "$ROUTEFIT" demo --dir mine
    [ "$status" -eq 2 ]
    [ "$(cat mine/routefit.db)" = precious ]
}

@test "weight files are the same, byte for byte, with 1, 2 and 4 threads" {
    for kind in logistic mf "mf --solver adam --epochs 2"; do
        for t in 1 2 4; do
            "$ROUTEFIT" -q --threads $t fit $kind -o t$t.safetensors --force >/dev/null
        done
        cmp t1.safetensors t2.safetensors
        cmp t1.safetensors t4.safetensors
    done
    mkdir -p elsewhere
    LC_ALL=de_DE.UTF-8 TZ=Asia/Tokyo "$ROUTEFIT" -q fit mf --solver adam --epochs 2 -o elsewhere/x.safetensors --force >/dev/null
    cmp t1.safetensors elsewhere/x.safetensors
}

@test "eval and plot say the same with 1 and 2 threads" {
    for t in 1 2; do
        "$ROUTEFIT" -q --threads $t eval --json --bench mt-bench logistic.safetensors mf.safetensors >eval$t.json
        "$ROUTEFIT" -q --threads $t plot --bench mt-bench mf.safetensors -o plot$t.svg --force
    done
    cmp eval1.json eval2.json
    cmp plot1.svg plot2.svg
}

@test "a fit that fails leaves no file" {
    refused() { # exit code, word of the message, options of fit
        local want=$1 word=$2
        shift 2
        run "$ROUTEFIT" -q fit "$@" -o never.safetensors
        echo "$*: $status: $output"
        [ "$status" -eq "$want" ]
        [[ $output == *"$word"* ]]
        [ ! -e never.safetensors ]
        [ -z "$(find . -name '*never*')" ]
    }
    refused 2 "gpt-4" logistic --strong gpt-4-1106-previev --weak claude-1
    refused 2 "--C" logistic --C -1
    refused 2 "--valid" logistic --valid nan
    refused 2 "solver" mf --solver sgd
    refused 2 "embedder" mf --embedder none
    refused 2 "nearest" logistic --nearest
}

@test "an existing weight file is kept without --force" {
    cp mf.safetensors before
    run "$ROUTEFIT" -q fit mf -o mf.safetensors
    [ "$status" -eq 2 ]
    cmp before mf.safetensors
}

@test "a fit leaves its run and its log" {
    command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
    "$ROUTEFIT" -q fit mf --solver adam --epochs 3 -o log.safetensors --force >/dev/null
    [ "$(sqlite3 routefit.db "SELECT count(*) FROM train_log WHERE run = (SELECT max(id) FROM run)")" -eq 3 ]
    [ "$(sqlite3 routefit.db "SELECT weights_sha256 FROM run ORDER BY id DESC LIMIT 1")" = "$(sha256sum <log.safetensors | cut -d' ' -f1)" ]
}
