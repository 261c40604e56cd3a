# What holds for every command, looped over the list that the program itself prints; and the mistakes that any command line can hold.

setup() {
    cd "$BATS_TEST_TMPDIR"
    unset ROUTEFIT_DB
}

# "ingest", "fit mf", ... one a line.
commands() {
    "$ROUTEFIT" help --markdown | sed -n 's/^| `\([a-z0-9 -]*\)`.*/\1/p'
}

@test "help lists the commands and exits with 0" {
    for line in "" -h --help help; do
        run "$ROUTEFIT" $line
        [ "$status" -eq 0 ]
        [[ "$output" == "usage: routefit "* ]]
        [[ "$output" == *"Exit codes:"* ]]
    done
    [ "$(commands | wc -l)" -ge 1 ]
}

@test "every command explains itself, with two examples, within 80 columns" {
    while read -r name; do
        run "$ROUTEFIT" $name -h
        [ "$status" -eq 0 ] || { echo "$name -h: exit $status"; false; }
        [[ "$output" == "usage: routefit $name"* ]] || { echo "$name -h: no usage"; false; }
        count=$(sed -n '/^Examples:/,$p' <<<"$output" | grep -c '^ *routefit ')
        [ "$count" -ge 2 ] || { echo "$name -h: $count examples"; false; }
        long=$(sed '/^Examples:/,$d' <<<"$output" | grep -E '^.{81,}' || true) # examples may be longer: they are pasted
        [ -z "$long" ] || { echo "$name -h: longer than 80 columns: $long"; false; }
    done < <(commands)
}

@test "examples of a command can be pasted one after the other: none writes what another wrote" {
    while read -r name; do
        twice=$("$ROUTEFIT" $name -h | sed -n '/^Examples:/,$p' | grep -v -e ' --force' -e ' -f ' | grep -o -e ' -o [^ ]*' | sort | uniq -d)
        [ -z "$twice" ] || { echo "$name -h: twice$twice"; false; }
    done < <(commands)
}

@test "the commands of subcommands explain themselves too" {
    while read -r parent; do
        run "$ROUTEFIT" $parent -h
        [ "$status" -eq 0 ]
        [[ "$output" == "usage: routefit $parent"* ]]
        run "$ROUTEFIT" $parent no-such-kind
        [ "$status" -eq 2 ]
    done < <(commands | sed -n 's/^\([^ ]*\) .*/\1/p' | sort -u)
}

@test "examples begin with the command that they explain, and its options exist" {
    while read -r name; do
        while read -r example; do
            for word in $example; do
                case $word in
                --[a-z]*)
                    "$ROUTEFIT" help | grep -qe "${word%%=*}\b" || "$ROUTEFIT" $name -h | sed '/^Examples:/,$d' | grep -qe "${word%%=*}\b" ||
                        { echo "$name -h: example with unknown option $word"; false; } ;;
                esac
            done
        done < <("$ROUTEFIT" $name -h | sed -n '/^Examples:/,$s/^ *\(routefit '"$name"'\b.*\)/\1/p' | sed 's/[|>;&].*//')
    done < <(commands)
}

@test "an unknown option exits with 2 and names the nearest" {
    while read -r name; do
        run "$ROUTEFIT" $name --no-such-option-anywhere
        [ "$status" -eq 2 ] || { echo "$name: exit $status"; false; }
        [[ "$output" == "routefit $name: unknown option '--no-such-option-anywhere'"* ]] || { echo "$output"; false; }
        run "$ROUTEFIT" $name --thraeds 1
        [ "$status" -eq 2 ]
        [[ "$output" == *"did you mean --threads?"* ]] || { echo "$output"; false; }
    done < <(commands)
}

@test "an unknown command exits with 2 and names the nearest" {
    run "$ROUTEFIT" hepl
    [ "$status" -eq 2 ]
    [ "$output" = "routefit: unknown command 'hepl'; did you mean help?" ]
}

@test "errors go to stderr and results to stdout" {
    run bash -c '"$ROUTEFIT" hepl 2>/dev/null'
    [ -z "$output" ]
    run bash -c '"$ROUTEFIT" --help 2>&1 >/dev/null'
    [ -z "$output" ]
}

@test "--version names the program and its libraries" {
    run "$ROUTEFIT" --version
    [ "$status" -eq 0 ]
    [[ "${lines[0]}" =~ ^routefit\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
    [[ "$output" == *SQLite\ 3.* && "$output" == *OpenBLAS* && "$output" == *jansson* ]]
}

@test "the manual page has every command and mandoc finds nothing in it" {
    "$ROUTEFIT" help --man >routefit.1
    while read -r name; do
        grep -qx "\.Ss $name" routefit.1
    done < <(commands)
    command -v mandoc >/dev/null || skip "mandoc is not installed"
    run mandoc -Tlint -Wwarning routefit.1
    [ -z "$(grep -v 'outdated mandoc.db' <<<"$output")" ] || { echo "$output"; false; }
}

@test "a missing database exits with 7 and says how to make one" {
    run "$ROUTEFIT" eval --db none.db
    [ "$status" -eq 7 ]
    [[ "$output" == "routefit eval: none.db: no such database"*"ingest"* ]]
    [ ! -e none.db ]
}

@test "a file that is no database exits with 6 and stays as it is" {
    printf 'id,prompt\n1,hello\n' >text.csv
    cp text.csv before.csv
    run "$ROUTEFIT" --db text.csv eval
    [ "$status" -eq 6 ]
    cmp text.csv before.csv
    command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
    sqlite3 other.db 'CREATE TABLE mine(x); INSERT INTO mine VALUES (1)'
    run "$ROUTEFIT" --db other.db eval
    [ "$status" -eq 6 ]
    [[ "$output" == *"another application"* ]]
    [ "$(sqlite3 other.db 'SELECT x FROM mine')" = 1 ]
}

@test "a full disk under the results exits with 7" {
    [ -w /dev/full ] || skip "no /dev/full here"
    run bash -c '"$ROUTEFIT" --help >/dev/full'
    [ "$status" -eq 7 ]
}
