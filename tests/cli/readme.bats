# README.md against the program: the command table and the commands that it names.

@test "the command table of README.md comes from the program" {
    ROUTEFIT="$ROUTEFIT" sh tests/readme.sh --check || {
        echo "run: make readme"
        return 1
    }
}

@test "every command line in README.md parses: its command exists and knows the options" {
    n=0
    while read -r line; do
        set -f
        # the words up to the first that is no command name
        words=${line#routefit }
        one=${words%% *} two=$(printf '%s' "$words" | awk '{ print $2 }')
        case $one in embed | fit | export) cmd="$one $two" ;; *) cmd=$one ;; esac
        run "$ROUTEFIT" $cmd -h
        [ "$status" -eq 0 ]
        for opt in $(printf '%s' "$line" | grep -oE ' --[a-z-]+' | sort -u); do
            printf '%s' "$output" | grep -qe "$opt" || {
                echo "$cmd has no $opt"
                return 1
            }
        done
        n=$((n + 1))
    done < <(grep -oE '^ +routefit [a-z].*' README.md | sed 's/^ *//')
    [ "$n" -ge 10 ]
}

@test "datasets/README.md says of every format where such files come from" {
    n=0
    for f in $("$ROUTEFIT" ingest --formats --json | sed -n 's/.*"format": "\([a-z0-9-]*\)".*/\1/p'); do
        grep -q "^## .*\`$f\`" datasets/README.md || {
            echo "no section on $f"
            return 1
        }
        n=$((n + 1))
    done
    [ "$n" -ge 20 ]
}
