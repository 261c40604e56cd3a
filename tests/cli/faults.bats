# What is not written must not be half there: limits on file sizes, small disks, outputs that take nothing. Old data stays
# whole, the exit code is 7, and the same command with room gives what an undisturbed one gives.

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_TMPDIR"
    command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
    awk 'BEGIN { print "model_a,model_b,winner,prompt,id"
                 for (i = 0; i < 20000; i++) printf "m%d,n%d,a,question %d %0100d,%d\n", i % 7, i % 5, i % 9000, i, i }' >big.csv
    printf 'model_a,model_b,winner,prompt\nx,y,a,old\nx,y,c,bad\n' >old.csv
    "$ROUTEFIT" -q --db whole.db ingest old.csv
    cp whole.db old.db
    before=$(content old.db)
    "$ROUTEFIT" -q --db whole.db ingest big.csv
    whole=$(content whole.db)
}

teardown() {
    [ ! -e disk ] || umount disk
}

content() {
    for t in source dropped model prompt source_row preference; do sqlite3 "$1" "SELECT * FROM $t" | sed 's/|20[0-9-]*T[0-9:]*Z//'; done | cksum
}

# A failed ingest of big.csv into $1 has left it as it was, and one with room completes it.
assert_untouched() {
    [ "$status" -eq 7 ]
    [[ "$output" == *"$1"* ]]
    [ "$(sqlite3 "$1" 'PRAGMA quick_check')" = ok ]
    [ "$(content "$1")" = "$before" ]
}
assert_completes() {
    "$ROUTEFIT" -q --db "$1" ingest big.csv
    [ "$(content "$1")" = "$whole" ]
}

@test "files that may not grow: old data is whole, and a new database is not there" {
    for blocks in 1 300 2000; do # of 1 KiB
        cp old.db x.db
        run bash -c "ulimit -f $blocks; exec \"\$ROUTEFIT\" --db x.db ingest big.csv"
        assert_untouched x.db
        assert_completes x.db
        run bash -c "ulimit -f $blocks; exec \"\$ROUTEFIT\" --db new.db ingest big.csv"
        [ "$status" -eq 7 ]
        [ -z "$(find . -name '*new.db*')" ]
        rm x.db
    done
}

@test "a disk that is full: old data is whole, and a new database is not there" {
    mkdir disk
    mount -t tmpfs -o size=4m none disk 2>/dev/null || { rmdir disk; skip "mounting a small disk is not permitted"; }
    for kilobytes in 512 4096; do
        mount -o remount,size=${kilobytes}k disk
        cp old.db disk/x.db
        run "$ROUTEFIT" --db disk/x.db ingest big.csv
        assert_untouched disk/x.db
        rm -f disk/*
        run "$ROUTEFIT" --db disk/new.db ingest big.csv
        [ "$status" -eq 7 ]
        [ -z "$(ls -A disk)" ]
        cp old.db disk/x.db
        head -c 64M /dev/zero >disk/rest 2>/dev/null || true
        run "$ROUTEFIT" --db old.db ingest --rejects disk/rejects.jsonl --dry-run --name o <(cat big.csv; yes x,y | head -n 20)
        [ "$status" -eq 7 ]
        [ "$(ls -A disk)" = $'rest\nx.db' ]
        rm -f disk/*
    done
    mount -o remount,size=64m disk
    cp old.db disk/x.db
    assert_completes disk/x.db
}

@test "an output that takes nothing is exit 7, and says so" {
    for line in 'ingest big.csv' 'ingest --json big.csv' 'ls sources' 'ls models --format csv' 'ingest --help' '--version'; do
        cp old.db x.db
        run bash -c "\"\$ROUTEFIT\" -q --db x.db $line >/dev/full"
        [ "$status" -eq 7 ]
        [[ "$output" == *"No space left on device"* ]]
        [ "$(sqlite3 x.db 'PRAGMA quick_check')" = ok ]
    done
}
