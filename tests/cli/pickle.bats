# Pickled tables as users give them: recognised by content, never run.

setup() {
    cd "$BATS_TEST_TMPDIR"
    # one row: a dictionary of lists, as pickle.dumps(..., 2) writes it
    printf '\x80\x02}(X\x09\0\0\0sample_id](X\x01\0\0\0aeX\x06\0\0\0prompt](](X\x02\0\0\0hieeX\x09\0\0\0eval_name](X\x04\0\0\0mmlueX\x01\0\0\0m](G?\xe0\0\0\0\0\0\0eX\x0c\0\0\0m|total_cost](G?\xf0\0\0\0\0\0\0eu.' >table.pkl
}

@test "a pickled table is read by its content, packed and from standard input too" {
    cp table.pkl table.csv
    run "$ROUTEFIT" ingest table.csv --json
    [ "$status" -eq 0 ]
    [[ "$output" == *'"format": "routerbench-pickle", "status": "stored", "rows": 1, "kept": 1,'* ]]
    "$ROUTEFIT" -q --db other.db ingest --name x - --map m=model --map 'm|total_cost=model|total_cost' < <(gzip -c table.pkl)
    [[ "$("$ROUTEFIT" --db other.db ls models)" == *model* ]]
}

@test "a pickle that would run a program is refused by name and byte, and runs nothing" {
    printf '\x80\x02cpandas.core.frame\nDataFrame\n)\x81cos\nsystem\nX\x0a\0\0\0touch ran!\x85R0.' >evil.pkl
    run "$ROUTEFIT" ingest evil.pkl
    [ "$status" -eq 3 ]
    [[ "$output" == *"evil.pkl: byte 33: opcode GLOBAL: found the name os system, expected one of the names of a DataFrame"* ]]
    [ ! -e 'ran!' ]
    [[ "$output" == *"nothing of a pickle is ever run"* ]]
}

@test "other pickles are told what to do, and skipped aloud in folders" {
    mkdir folder
    cp table.pkl folder/t.pkl
    printf '\x80\x02ctorch._utils\n_rebuild\n.' >folder/model.pkl
    run "$ROUTEFIT" ingest folder
    [ "$status" -eq 0 ]
    [[ "$output" == *"model.pkl: this is a Python pickle, but no DataFrame of RouterBench"* ]]
    run "$ROUTEFIT" --db other.db ingest folder/model.pkl
    [ "$status" -eq 3 ]
}
