# An ingest that is killed leaves the database as it was, and running it again gives what one undisturbed run gives. KILLS=N for more.

setup() {
    cd "$BATS_TEST_TMPDIR"
    # 6,000 votes on 2,000 prompts: long enough to be caught at work
    awk 'BEGIN { print "id,model_a,model_b,prompt,response_a,response_b,winner_model_a,winner_model_b,winner_tie"
                 for (i = 0; i < 6000; i++) { r = sprintf("[\"\"%0400d\"\"]", i)
                     printf "%d,m%d,n%d,\"[\"\"prompt %d\"\"]\",\"%s\",\"%s\",1,0,0\n", i, i % 7, i % 5, i % 2000, r, r } }' >big.csv
}

content() {
    for t in source dropped model prompt source_row response preference; do sqlite3 "$1" "SELECT * FROM $t" | sed 's/|20[0-9-]*T[0-9:]*Z//'; done | cksum
}

# Ingests big.csv into x.db and kills it on the way; $1 = 1: at once.
cut_short() {
    "$ROUTEFIT" -q --db x.db ingest big.csv >/dev/null 2>&1 3>&- &
    pid=$!
    [ "$1" = 1 ] || sleep "0.0$((RANDOM % 10))$((RANDOM % 10))"
    kill -9 "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
}

@test "killed at any point, the database is whole and the second run completes" {
    command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
    head -n 50 big.csv | sed 's/^\([0-9]\)/9\1/' >small.csv
    "$ROUTEFIT" -q --db start.db ingest small.csv
    before=$(content start.db)
    cp start.db whole.db
    "$ROUTEFIT" -q --db whole.db ingest big.csv
    whole=$(content whole.db)
    cut=0
    for i in $(seq "${KILLS:-15}"); do
        rm -f x.db*
        cp start.db x.db
        cut_short "$i"
        [ "$(sqlite3 x.db 'PRAGMA quick_check')" = ok ]
        now=$(content x.db)
        [ "$now" = "$before" ] || [ "$now" = "$whole" ]
        [ "$now" = "$whole" ] || cut=$((cut + 1))
        "$ROUTEFIT" -q --db x.db ingest big.csv >/dev/null
        [ "$(content x.db)" = "$whole" ]
    done
    [ "$cut" -gt 0 ]
}

@test "killed at any point, a new database is not there or whole" {
    command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
    "$ROUTEFIT" -q --db whole.db ingest big.csv
    whole=$(content whole.db)
    [ -z "$(sqlite3 whole.db 'PRAGMA foreign_key_check')" ] # not asked while it was loaded
    cut=0
    for i in $(seq "${KILLS:-15}"); do
        rm -f x.db*
        cut_short "$i"
        if [ -e x.db ]; then
            [ "$(sqlite3 x.db 'PRAGMA integrity_check')" = ok ]
            [ "$(content x.db)" = "$whole" ]
        else
            cut=$((cut + 1))
            "$ROUTEFIT" -q --db x.db ingest big.csv >/dev/null
            [ "$(content x.db)" = "$whole" ]
        fi
    done
    [ "$cut" -gt 0 ]
}
