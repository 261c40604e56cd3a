# routefit embed: vectors for every prompt, from text and from .npy files.

setup() {
    cd "$BATS_TEST_TMPDIR"
    export ROUTEFIT_DB=t.db
    # 40 votes on 21 prompts, one of them without a word
    awk 'BEGIN { srand(1); split("sort poem integral kitchen python dragon proof tax", w, " ");
        print "model_a,model_b,winner,prompt";
        for (i = 0; i < 39; i++)
            printf "m%d,n%d,%s,%s the %s of %s %d\n", i % 3, i % 2, i % 2 ? "a" : "b", w[i % 20 % 8 + 1], w[i % 20 % 7 + 1], w[i % 5 + 1], i % 20;
        print "m1,n1,a,?!" }' > votes.csv
    "$ROUTEFIT" -q ingest --name votes votes.csv
}

value() { # column of the only row of the last output
    printf '%s' "$output" | tr -d '\n' | sed -n "s/.*\"$1\": *\"\{0,1\}\([^\",}]*\).*/\1/p"
}

@test "text: every prompt gets its vector, and the counts say how" {
    run "$ROUTEFIT" -q --json embed text -o m.safetensors --dim 8
    [ "$status" -eq 0 ]
    [ "$(value dim)" = 16 ]
    [ "$(value fitted_on)" = votes ]
    [ "$(value fitted_prompts)" = 21 ]
    [ "$(value prompts)" = 21 ]
    [ "$(value blank_prompts)" = 1 ]
    [ "$(sqlite3 t.db 'SELECT count(*) FROM embedding WHERE length(vector) = 64')" = 21 ]
    [ "$(value sha256)" = "$(sha256sum m.safetensors | cut -d' ' -f1)" ]
}

@test "text: the same bytes for every number of threads" {
    for n in 1 2 4; do "$ROUTEFIT" -q --threads $n embed text -o $n.safetensors --name $n --dim 8; done
    cmp 1.safetensors 2.safetensors
    cmp 1.safetensors 4.safetensors
}

@test "text: a name that stands is replaced only by force" {
    "$ROUTEFIT" -q embed text -o m.safetensors --dim 8
    run "$ROUTEFIT" embed text -o other.safetensors --dim 4
    [ "$status" -eq 2 ]
    [[ "$output" == *"--force"* ]]
    [ ! -e other.safetensors ]
    "$ROUTEFIT" -q embed text -o m.safetensors --dim 4 --force
    [ "$(sqlite3 t.db 'SELECT dim, count(*) FROM embedder')" = "12|1" ]
    [ "$(sqlite3 t.db 'SELECT count(*), max(length(vector)) FROM embedding')" = "21|48" ]
}

@test "text: fewer directions than asked for are announced" {
    run "$ROUTEFIT" embed text -o m.safetensors --dim 1000
    [ "$status" -eq 0 ]
    [[ "$output" == *"directions instead of 1000"* ]]
}

@test "text: wrong options are refused before any work" {
    run "$ROUTEFIT" embed text
    [ "$status" -eq 2 ]
    [[ "$output" == *"-o FILE"* ]]
    run "$ROUTEFIT" embed text -o m.safetensors --buckets 1000
    [ "$status" -eq 2 ]
    [[ "$output" == *"power of two"* ]]
    run "$ROUTEFIT" embed text -o m.safetensors --fit-on vote
    [ "$status" -eq 2 ]
    [[ "$output" == *'did you mean votes?'* ]]
    [ ! -e m.safetensors ]
}

@test "apply: only new prompts are embedded, and only by the same file" {
    "$ROUTEFIT" -q embed text -o m.safetensors --dim 8
    "$ROUTEFIT" -q embed text -o other.safetensors --dim 8 --name other --seed 9 --iterations 2
    printf 'model_a,model_b,winner,prompt\nm1,n1,a,a new poem on tax\nm1,n1,b,tax the poem\n' > more.csv
    "$ROUTEFIT" -q ingest more.csv
    run "$ROUTEFIT" -q --json embed apply m.safetensors
    [ "$status" -eq 0 ]
    [ "$(value added)" = 2 ]
    run "$ROUTEFIT" -q --json embed apply m.safetensors
    [ "$(value added)" = 0 ]
    run "$ROUTEFIT" embed apply other.safetensors
    [ "$status" -eq 2 ]
    [[ "$output" == *"SHA-256"* ]]
    run "$ROUTEFIT" -q --json embed apply m.safetensors --name again
    [ "$(value added)" = 23 ]
    [ "$(sqlite3 t.db "SELECT count(DISTINCT vector) = count(DISTINCT prompt) FROM embedding JOIN embedder e ON e.id = embedder WHERE e.name IN ('text', 'again')")" = 1 ]
}

@test "save and npy: what goes out comes back in" {
    "$ROUTEFIT" -q embed text -o m.safetensors --dim 8
    "$ROUTEFIT" -q embed save --source votes --embedder text -o v.npy
    run "$ROUTEFIT" -q --json embed npy v.npy --source votes --embedder back
    [ "$status" -eq 0 ]
    [ "$(value rows)" = 40 ]
    [ "$(value added)" = 21 ]
    [ "$(value repeated)" = 19 ]
    [ "$(value max_difference)" = 0 ] || [ "$(value max_difference)" = 0.0 ]
    "$ROUTEFIT" -q embed save --source votes --embedder back -o w.npy
    cmp v.npy w.npy
    "$ROUTEFIT" -q embed save --source votes --embedder back -o h.npy --f16
    [ "$(wc -c < h.npy)" -eq $((128 + 40 * 16 * 2)) ]
}

@test "npy: a file of another length is refused with both numbers" {
    "$ROUTEFIT" -q embed text -o m.safetensors --dim 8
    "$ROUTEFIT" -q embed save --source votes --embedder text -o v.npy
    printf 'model_a,model_b,winner,prompt\nm1,n1,a,a new poem on tax\n' > more.csv
    "$ROUTEFIT" -q ingest --name more more.csv
    run "$ROUTEFIT" embed npy v.npy --source more --embedder mine
    [ "$status" -eq 3 ]
    [[ "$output" == *"found 40 rows, expected 1"* ]]
    run "$ROUTEFIT" embed npy v.npy --source votes --embedder text
    [ "$status" -eq 2 ]
    run "$ROUTEFIT" embed npy v.npy --source votes
    [ "$status" -eq 2 ]
    [[ "$output" == *"--embedder"* ]]
    run "$ROUTEFIT" embed save --source more --embedder text -o x.npy
    [ "$status" -eq 3 ]
    [[ "$output" == *"embed apply"* ]]
}
