# alias as users run it: declared before and after the data, refused where one look-up would not answer, taken back.

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_TMPDIR"
    printf 'model_a,model_b,winner\ngpt-4,openai/gpt-4,a\nllama,gpt-4,b\nopenai/gpt-4,llama,tie\n' >votes.csv
}

@test "an alias may be declared before the data come, and is said to be unknown" {
    run --separate-stderr "$ROUTEFIT" alias openai/gpt-4=gpt-4
    [ "$status" -eq 0 ]
    [[ "$stderr" == *"openai/gpt-4: no model of that name is here yet"* ]]
    [ -z "$output" ]
    "$ROUTEFIT" -q ingest votes.csv
    run "$ROUTEFIT" alias --format csv
    [ "$output" = $'name,known_as,in_the_data\nopenai/gpt-4,gpt-4,both' ]
    run "$ROUTEFIT" alias openai/gpt-4=gpt-4
    [ "$status" -eq 0 ]
    [ -z "$output" ]
    "$ROUTEFIT" alias --remove openai/gpt-4
    run "$ROUTEFIT" alias --format csv
    [ "$output" = name,known_as,in_the_data ]
}

@test "a name that is not there is told the nearest" {
    "$ROUTEFIT" -q ingest votes.csv
    run "$ROUTEFIT" alias openai/gpt4=gpt-4
    [ "$status" -eq 0 ]
    [ "$output" = "openai/gpt4: no model of that name is here yet; did you mean openai/gpt-4?" ]
}

@test "chains, cycles and second meanings are refused" {
    "$ROUTEFIT" -q alias b=a
    run "$ROUTEFIT" alias c=b
    [ "$status" -eq 2 ]
    [[ "$output" == *"b is itself known as a: expected 'c=a'"* ]]
    run "$ROUTEFIT" alias a=c
    [ "$status" -eq 2 ]
    [[ "$output" == *"a is the name as which b is known: take that back first with routefit alias --remove 'b'"* ]]
    run "$ROUTEFIT" alias a=b
    [ "$status" -eq 2 ]
    run "$ROUTEFIT" alias b=c
    [ "$status" -eq 2 ]
    [[ "$output" == *"b is known as a already: take that back first with routefit alias --remove 'b'"* ]]
    run "$ROUTEFIT" alias a=a
    [ "$status" -eq 2 ]
    [[ "$output" == *'found "a=a", expected two different names'* ]]
    run "$ROUTEFIT" alias nothing
    [ "$status" -eq 2 ]
    [[ "$output" == *"expected NAME=KNOWN_AS"* ]]
    run "$ROUTEFIT" alias --remove bb
    [ "$status" -eq 2 ]
    [[ "$output" == *"did you mean b?"* ]]
}

@test "several declarations are one transaction" {
    "$ROUTEFIT" -q alias b=a
    run "$ROUTEFIT" -q alias x=y c=b
    [ "$status" -eq 2 ]
    run "$ROUTEFIT" alias --format csv
    [ "$output" = $'name,known_as,in_the_data\nb,a,neither' ]
    "$ROUTEFIT" -q alias --remove b b=c x=c
    run "$ROUTEFIT" alias --format csv
    [ "$output" = $'name,known_as,in_the_data\nb,c,neither\nx,c,neither' ]
}
