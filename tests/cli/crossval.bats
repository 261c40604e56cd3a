# Cross-validation and tuning: scores out of fold by one command, measured by one more; grids; stored splits.

setup() {
    cd "$BATS_TEST_TMPDIR"
    unset ROUTEFIT_DB
    python3 - <<'PY' 2>/dev/null || skip "no python3 to write tables"
import random
random.seed(8)
words = [w + x for w in "ba ce di fo gu ha je ki lo mu na pe ri so tu".split() for x in "rn st lk mp nd ft x".split()]
def text(hard):
    return ("prove " if hard else "greet ") + " ".join(random.choice(words) for _ in range(12))
with open("gsm8k_responses.csv", "w") as f, open("arc_challenge.csv", "w") as g:
    f.write("prompt,mistralai/Mixtral-8x7B-Instruct-v0.1,gpt-4-1106-preview\n")
    g.write("sample_id,prompt,eval_name,big,big|total_cost,small,small|total_cost\n")
    for i in range(400):
        hard = i % 3 == 0
        weak, strong = random.random() < (.3 if hard else .9), random.random() < .9
        t = text(hard)
        f.write(f"{t},{weak},{strong}\n")
        g.write(f"arc-challenge.{i},{t} again,arc-challenge,{float(strong)},.01,{float(weak)},.001\n")
    f.write(f"{t.upper()},{weak},{strong}\n")  # a duplicate: it goes where the other one is
PY
    "$ROUTEFIT" -q ingest gsm8k_responses.csv arc_challenge.csv >/dev/null
    "$ROUTEFIT" -q embed text --dim 8 -o text.safetensors >/dev/null
}

sql() { sqlite3 routefit.db "$1"; }

# Runs the line of a command's help that holds a word.
paste_from_help() { # command, word, more
    line=$("$ROUTEFIT" $1 -h | sed -n '/^Examples:/,$p' | grep -e "$2" | sed 's/^ *routefit //')
    [ -n "$line" ] || { echo "no example with $2"; return 1; }
    eval "\"\$ROUTEFIT\" $line $3"
}

@test "one command cross-validates, one evaluates: as the help says" {
    paste_from_help fit --cv "--json" >cv.json 2>chat
    grep -q 'routefit eval --bench NAME .gold.. measures them' chat
    python3 - <<'PY'
import json
rows = json.load(open("cv.json"))
assert [r["part"] for r in rows] == ["fold"] * 5 + ["all"]
assert sum(r["prompts"] for r in rows[:5]) == rows[5]["prompts"] == 401
assert all(abs(r["prompts"] - 80) <= 1 for r in rows[:5])
assert rows[5]["output"] == "gold" and rows[5]["loss"] < 0.68 and rows[5]["accuracy"] > 0.6
PY
    paste_from_help eval gold "--json" >eval.json
    python3 - <<'PY'
import json
rows = {r["router"]: r for r in json.load(open("eval.json"))}
assert rows["gold"]["n"] == 401 and rows["gold"]["apgr"] > 0.6 and rows["gold"]["apgr_low"] > 0.5
PY
    [ "$(sql 'SELECT count(DISTINCT fold) FROM fold_score f JOIN prompt p ON p.id = f.prompt WHERE lower(p.text) = (SELECT lower(text) FROM prompt WHERE text = upper(text))')" = 1 ]
    "$ROUTEFIT" ls scores --json | grep -q '"router": "gold"'
    # its folds are those that split makes
    "$ROUTEFIT" -q split --name five --of gsm8k --k 5 >/dev/null
    [ "$(sql "SELECT count(*) FROM fold_score f JOIN split_prompt s ON s.prompt = f.prompt WHERE f.fold = s.part")" = 401 ]
    "$ROUTEFIT" -q fit ngram --votes results:gsm8k --strong gpt-4-1106-preview --weak 'mistralai*' --cv 5 --name stored --split five >/dev/null
    [ "$(sql "SELECT count(*) FROM fold_score a JOIN fold_score b ON a.prompt = b.prompt AND a.score = b.score WHERE a.crossval < b.crossval")" = 401 ]
}

@test "a kind among many models is cross-validated too, for eval and frontier" {
    "$ROUTEFIT" -q fit knn --bench arc-challenge --k 20 --cv 4 --json >cv.json
    python3 - <<'PY'
import json
all = json.load(open("cv.json"))[-1]
assert all["output"] == "knn:cv4" and all["loss"] < all["null"] and all["tested"] == 800
PY
    "$ROUTEFIT" -q eval --bench arc-challenge knn:cv4 --json | grep -q '"router": "knn:cv4"'
    "$ROUTEFIT" -q frontier --bench arc-challenge knn:cv4 --format csv | grep -q '^arc-challenge,knn:cv4,router,400'
    "$ROUTEFIT" -q plot --bench arc-challenge knn:cv4 | grep -q knn:cv4
}

@test "the same scores for any number of threads, and under the same name only with --force" {
    for n in 1 3; do
        "$ROUTEFIT" -q --threads $n fit linear --bench arc-challenge --cv 3 --name t$n >/dev/null
    done
    [ "$(sql 'SELECT count(*) FROM fold_prediction a JOIN fold_prediction b USING (prompt, model) WHERE a.crossval < b.crossval AND a.score = b.score AND a.cost = b.cost')" = 800 ]
    run "$ROUTEFIT" fit linear --bench arc-challenge --cv 3 --name t1
    [ "$status" -eq 2 ]
    [[ "$output" == *'has scores "t1": --force replaces them'* ]]
    "$ROUTEFIT" -q fit linear --bench arc-challenge --cv 3 --name t1 --force >/dev/null
    [ "$(sql "SELECT count(*) FROM fold_score")" = 800 ]
    [ "$(sql "SELECT count(*) FROM run WHERE command = 'fit linear' AND status = 'done' AND data_sha256 IS NOT NULL")" = 3 ]
}

@test "--tune keeps the least loss in validation, says all, and the run and the file know what was chosen" {
    paste_from_help fit --tune "--json" >tune.json 2>chat
    python3 - <<'PY'
import json, struct
rows = json.load(open("tune.json"))
points, file = [r for r in rows if r["part"] == "point"], rows[-1]
assert len(points) == 6 and file["part"] == "file" and file["output"] == "knn.safetensors"
kept = [r for r in points if r["kept"] == 1]
assert len(kept) == 1 and kept[0]["loss"] == min(r["loss"] for r in points)
assert file["settings"] == kept[0]["settings"] and abs(file["loss"] - kept[0]["loss"]) < 1e-12
data = open("knn.safetensors", "rb").read()
meta = json.loads(data[8:8 + struct.unpack("<Q", data[:8])[0]])["__metadata__"]
assert meta["routefit.tuned"] == kept[0]["settings"] and meta["routefit.tuned_on"] == "validation side"
k, cost = [s.split("=")[1] for s in kept[0]["settings"].split()]
assert meta["routefit.k"] == k
open("kept", "w").write('{"k":["%s"],"cost":"%s"}' % (k, cost))
PY
    [ "$(sql "SELECT json_object('k', json_extract(options, '$.k'), 'cost', json_extract(options, '$.cost')) FROM run WHERE command = 'fit knn'")" = "$(cat kept)" ]
    [ "$(sql "SELECT count(*) FROM metric WHERE name = 'valid_mse' AND bench = 'validation side'")" = 6 ]
    # on folds; the file then learns from all but its own validation side
    "$ROUTEFIT" -q fit linear --bench arc-challenge --cv 3 --tune l2=1,1e5 -o l.safetensors --json >both.json
    python3 - <<'PY'
import json
rows = json.load(open("both.json"))
assert [r["part"] for r in rows] == ["point"] * 2 + ["fold"] * 3 + ["all", "file"]
assert [r["kept"] for r in rows[:2]] == [1, 0] and rows[0]["tested"] == 400
assert rows[5]["settings"] == "l2=1" and rows[6]["settings"] == "l2=1"
PY
    [ "$(sql "SELECT tuned FROM crossval WHERE name = 'linear:cv3'")" = 1 ]
}

@test "eval says how many prompts fitted or tuned a router that they score" {
    "$ROUTEFIT" -q split --name s1 --of arc-challenge --shares 60,20,20 >/dev/null
    "$ROUTEFIT" -q fit knn --bench arc-challenge --k 20 --split s1 -o k.safetensors >/dev/null
    pair="--router-strong big --router-weak small"
    "$ROUTEFIT" eval --bench arc-challenge $pair k.safetensors --json >e.json 2>chat
    grep -q 'warning: arc-challenge: "k" was fitted or tuned on 320 of the 400 prompts' chat
    python3 - <<'PY'
import json
rows = {r["router"]: r["fitted_on"] for r in json.load(open("e.json"))}
assert rows["k"] == 320 and rows["random"] is None
PY
    mv k.safetensors other.safetensors # known by its data, not by its name
    "$ROUTEFIT" frontier --bench arc-challenge other.safetensors 2>&1 >/dev/null | grep -q 'tuned on 320 of the 400'
    run "$ROUTEFIT" eval --bench gsm8k $pair other.safetensors
    [ "$status" -eq 0 ]
    [[ "$output" != *warning* ]]
    "$ROUTEFIT" -q fit knn --bench arc-challenge --k 20 --cv 3 >/dev/null
    "$ROUTEFIT" eval --bench arc-challenge knn:cv3 --json 2>chat | grep -q '"fitted_on": 0'
    ! grep -q warning chat
    "$ROUTEFIT" -q fit knn --bench arc-challenge --cv 3 --name tuned --tune k=10,20 >/dev/null
    "$ROUTEFIT" eval --bench arc-challenge tuned --json 2>chat | grep -q '"fitted_on": 400'
    grep -q 'the options of "tuned" were tuned on 400 of the 400 prompts' chat
}

@test "fit learns from the parts of a stored split alone" {
    "$ROUTEFIT" -q split --name s1 --of arc-challenge --shares 60,20,20 >/dev/null
    "$ROUTEFIT" -q fit knn --bench arc-challenge --k 20 --split s1 -o k.safetensors --json >fit.json
    python3 - <<'PY'
import json
row = json.load(open("fit.json"))[0]
assert row["questions"] == 240 and row["valid"] == 80 and row["left_out"] == 80
PY
    run "$ROUTEFIT" fit knn --bench arc-challenge --split s1 --cv 3
    [ "$status" -eq 2 ]
    [[ "$output" == *'expected the folds 0 to 2 of --cv 3: `routefit split --name NAME --k 3` makes them'* ]]
}

@test "what cannot be cross-validated or tuned is said" {
    run "$ROUTEFIT" fit knn --bench arc-challenge
    [ "$status" -eq 2 ]
    [[ "$output" == *"-o FILE"* ]]
    run "$ROUTEFIT" fit knn --bench arc-challenge -o k.safetensors k=5
    [ "$status" -eq 2 ]
    [[ "$output" == *"expected none without --tune"* ]]
    run "$ROUTEFIT" fit knn --bench arc-challenge -o k.safetensors --tune kk=5
    [ "$status" -eq 2 ]
    [[ "$output" == *"did you mean k?"* ]]
    run "$ROUTEFIT" fit knn --bench arc-challenge -o k.safetensors --tune cost=cheap,mean
    [ "$status" -eq 2 ]
    [[ "$output" == *"--cost: found 'cheap', expected one of mean|neighbours"* ]]
    run "$ROUTEFIT" fit knn --bench arc-challenge -o k.safetensors --tune k=5,9 --valid 0
    [ "$status" -eq 2 ]
    [[ "$output" == *"--valid above 0, or --cv"* ]]
    run "$ROUTEFIT" fit knn --bench arc-challenge --name x -o k.safetensors
    [ "$status" -eq 2 ]
    [[ "$output" == *"--name"* ]]
    [ ! -e k.safetensors ]
    run "$ROUTEFIT" eval --bench gsm8k knn:cv9
    [ "$status" -eq 7 ]
}

@test "GSM8K from text alone, out of fold: above .62, the length of the prompt has .598" {
    [ -d "$ROUTEFIT_DATA" ] || skip "no public data at $ROUTEFIT_DATA"
    rm routefit.db*
    "$ROUTEFIT" -q ingest "$ROUTEFIT_DATA/routellm/gsm8k" >/dev/null
    paste_from_help fit --cv "" >/dev/null
    "$ROUTEFIT" -q eval --bench gsm8k gold --format csv >e.csv
    awk -F, '$2 == "gold" { found = $4 > .62 } END { exit !found }' e.csv
}
