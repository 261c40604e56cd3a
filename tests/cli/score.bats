# score as a filter: its formats, and routers that have no win rate.

setup() {
    cd "$BATS_TEST_TMPDIR"
    unset ROUTEFIT_DB
    python3 - <<'PY' 2>/dev/null || skip "no python3 to write a table"
import random
random.seed(5)
with open("quiz.csv", "w") as f:
    f.write("task,prompt,model,score,cost\n")
    for i in range(120):
        hard = i % 3 == 0
        text = ("prove the lemma " if hard else "greet visitor ") + str(i)
        for model, right in ("big", random.random() < .9), ("small", random.random() < (.2 if hard else .8)):
            f.write(f"quiz,{text},{model},{int(right)},{.01 if model == 'big' else .001}\n")
PY
    "$ROUTEFIT" -q ingest quiz.csv >/dev/null
    "$ROUTEFIT" -q embed text --dim 8 --fit-on all -o text.safetensors >/dev/null
    printf 'prove it\nhello\n' >prompts.txt
}

@test "score: rows have names in every format, and --json is JSON" {
    "$ROUTEFIT" -q fit ngram --votes results:quiz --strong big --weak small --min-chars 0 -o r.safetensors
    "$ROUTEFIT" score r.safetensors --threshold 0.6 prompts.txt >plain
    for format in json jsonl csv; do
        "$ROUTEFIT" score r.safetensors --threshold 0.6 --format $format prompts.txt >rows.$format
        "$ROUTEFIT" score r.safetensors --format $format prompts.txt >rates.$format
    done
    [ "$("$ROUTEFIT" score r.safetensors --json /dev/null)" = '[]' ]
    [ "$("$ROUTEFIT" score r.safetensors --format md prompts.txt | head -2)" = $'| win rate |\n|---:|' ]
    python3 - <<'PY'
import csv, json
plain = [(float(p), a) for p, a in (line.split("\t") for line in open("plain").read().splitlines())]
for rows in json.load(open("rows.json")), [json.loads(line) for line in open("rows.jsonl")], list(csv.DictReader(open("rows.csv"))):
    assert [(float(r["win_rate"]), r["answer"]) for r in rows] == plain
for rows in json.load(open("rates.json")), [json.loads(line) for line in open("rates.jsonl")], list(csv.DictReader(open("rates.csv"))):
    assert [list(r) for r in rows] == [["win_rate"]] * 2
PY
}

@test "a router among many models has no win rate until two of them are named" {
    "$ROUTEFIT" -q fit linear --bench quiz -o many.safetensors >/dev/null
    for command in "score many.safetensors --text-model text.safetensors prompts.txt" "eval --bench quiz many.safetensors" \
        "reliability --bench quiz many.safetensors" "compare --bench quiz many.safetensors length" \
        "calibrate many.safetensors --on quiz --share 0.3" "drift many.safetensors --old quiz --new quiz" \
        "export vector many.safetensors -o v.safetensors"; do
        run timeout 20 "$ROUTEFIT" $command
        [ "$status" -eq 2 ]
        [[ "$output" == *'many'*': the router chooses among models and does not say which two are compared: name them with --router-strong and --router-weak' ]]
    done
    named=(--router-strong big --router-weak small)
    [ "$("$ROUTEFIT" score many.safetensors --text-model text.safetensors "${named[@]}" prompts.txt | grep -c '^0\.')" = 2 ]
    "$ROUTEFIT" -q export vector many.safetensors "${named[@]}" -o v.safetensors
}

@test "a router file is named once in a message, and a wrong pair is not the file's fault" {
    "$ROUTEFIT" -q fit linear --bench quiz -o many.safetensors >/dev/null
    run "$ROUTEFIT" score many.safetensors --router-strong bigg --router-weak small prompts.txt
    [ "$status" -eq 2 ]
    [[ "$output" == 'routefit score: many.safetensors: model bigg'* ]]
    printf 'some text that is no router' >text
    run "$ROUTEFIT" score text --router-strong big --router-weak small prompts.txt
    [ "$status" -eq 6 ]
    [[ "$output" == 'routefit score: text: no safetensors file'* ]]
}

@test "compare --against strong is the model, also beside a router file of that name" {
    "$ROUTEFIT" -q fit ngram --votes results:quiz --strong big --weak small --min-chars 0 -o strong.safetensors
    run "$ROUTEFIT" -q compare --bench quiz --at calls --share 0.5 --against strong --format csv strong.safetensors
    [ "$status" -eq 0 ]
    [[ "${lines[1]}" == 'quiz,120,'*',strong.safetensors,strong,50,100,'* ]]
}

@test "knn scores by the exact neighbours, ties to the rows that come first, one prompt at a time or many" {
    PYTHONPATH=$BATS_TEST_DIRNAME python3 - <<'END'
import math, os, random, struct, subprocess
from tensors import tensors
random.seed(3)
dim, rows, k = 21, 130, 7
def f32(v):
    return [struct.unpack("<f", struct.pack("<f", x))[0] for x in v]
def npy(path, x):
    head = "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }" % (len(x), dim)
    head += " " * (63 - (10 + len(head)) % 64) + "\n"
    open(path, "wb").write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + b"".join(struct.pack("<%df" % dim, *v) for v in x))
plain = [f32(random.gauss(0, 1) for _ in range(dim)) for _ in range(rows)]
for i in range(20, 80): # sixty equal rows, some of other lengths
    plain[i] = [v * 2.0 ** (i % 3) for v in plain[20]]
wild = [[v * 2.0 ** (100 * (i % 3 - 1)) for v in x] for i, x in enumerate(plain)] # no float holds their products
prompts = [f32(random.gauss(0, 1) for _ in range(dim)) for _ in range(10)] + [plain[20]] * 3 + [[-v for v in plain[20]]] * 3 + [[0.0] * dim] + plain[:2]
scores = [f32([random.random(), random.random()]) for _ in range(rows)]
for name, bank in (("plain", plain), ("wild", wild)):
    tensors(name + ".safetensors", {"routefit.kind": "knn", "routefit.input": "vector", "routefit.k": str(k), "routefit.models": '["s", "w"]'},
            vectors=([rows, dim], sum(bank, [])), scores=([rows, 2], sum(scores, [])), mean_score=([2], [0.5, 0.5]), mean_cost=([2], [0, 0]), score_range=([1], [1]))
    def rate(q):
        def distance(row):
            a, b = math.sqrt(sum(v * v for v in q)), math.sqrt(sum(v * v for v in row))
            return round((1 - (sum(v * w for v, w in zip(q, row)) / a / b if a else 0)) * 1e12)
        near = sorted(range(rows), key=lambda i: (distance(bank[i]), i))[:k]
        return 1 / (1 + math.exp(-4 * sum(scores[i][0] - scores[i][1] for i in near) / k))
    def ask(x):
        npy("q.npy", x)
        out = subprocess.run([os.environ["ROUTEFIT"], "score", name + ".safetensors", "--npy", "q.npy", "--router-strong", "s", "--router-weak", "w"],
                             capture_output=True, text=True, check=True).stdout
        return [line.split("\t")[0] for line in out.splitlines()]
    many = ask(prompts)
    assert len(many) == len(prompts)
    for q, said in zip(prompts, many):
        assert abs(float(said) - rate(q)) < 1e-6, (name, said, rate(q))
    assert [ask([q])[0] for q in prompts] == many
END
}

@test "fits say of vectors that are all zero, or too long for floats, what is wrong" {
    sqlite3 routefit.db "UPDATE embedding SET vector = zeroblob(length(vector))"
    run "$ROUTEFIT" fit linear --bench quiz -o r.safetensors
    [ "$status" -eq 3 ]
    [[ "$output" == *'no question left of 120: '*', 120 a vector of zeros alone' ]]
    sqlite3 routefit.db "UPDATE embedding SET vector = CAST(replace(hex(zeroblob(length(vector) / 4)), '00', 'abc~') AS BLOB)" # some 8e37 each
    for kind in linear knn svr mlp cluster; do
        run "$ROUTEFIT" fit $kind --bench quiz -o r.safetensors
        [ "$status" -eq 3 ]
        [[ "$output" == *'found the length '*'e+38, expected at most 1e19; scale the vectors of text down' ]]
    done
    run "$ROUTEFIT" fit sw --votes results:quiz --strong big --weak small --min-chars 0 -o r.safetensors
    [ "$status" -eq 3 ]
    [[ "$output" == *'expected at most 1e19'* ]]
}

@test "a file that is no weight file is called so" {
    echo "hello world, this is text" >words.safetensors
    run "$ROUTEFIT" score words.safetensors -
    [ "$status" -eq 6 ]
    [[ "$output" == *'words.safetensors: no safetensors file, or not all of it'* ]]
}
