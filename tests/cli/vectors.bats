# routefit ingest of vectors: every layout in which people have them, whose they are, and what is refused.

bats_require_minimum_version 1.5.0

setup() {
    command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
    cd "$BATS_TEST_TMPDIR" || exit
    export ROUTEFIT_DB=t.db
    printf '%s\n' '{"prompt": "one"}' '{"prompt": "two \u00e9", "prompt_id": "quiz/2"}' '{"turns": ["three", "more"]}' >quiz.jsonl
    "$ROUTEFIT" -q ingest --name quiz quiz.jsonl >/dev/null
}

# Embedder, text and vector, in the order of the prompts.
vectors() {
    sqlite3 t.db "SELECT e.name, p.text, hex(v.vector) FROM embedding v JOIN prompt p ON p.id = v.prompt JOIN embedder e ON e.id = v.embedder ORDER BY p.id"
}
want=$'m|one|0000803F00000040\nm|two é|0000404000008040\nm|three|0000A0400000C040' # 1 2, 3 4, 5 6

@test "npy and safetensors give row by row" {
    python3 - <<'PY'
import json, struct
x = [1, 2, 3, 4, 5, 6]
def npy(name, descr, code, order, values):
    head = b"{'descr': '%s', 'fortran_order': %s, 'shape': (3, 2), }" % (descr, order)
    head += b" " * (-(len(head) + 11) % 64) + b"\n"
    open(name, "wb").write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + struct.pack(code, *values))
npy("c4.npy", b"<f4", "<6f", b"False", x)
npy("big8.npy", b">f8", ">6d", b"False", x)
npy("f2.npy", b"<f2", "<6e", b"True", [1, 3, 5, 2, 4, 6])
npy("huge.npy", b"<f8", "<6d", b"False", [1, 2, 3, 1e300, 5, 6])
def safetensors(name, tensors, meta=None):
    head, data = {}, b""
    if meta:
        head["__metadata__"] = meta
    for key, dtype, shape, body in tensors:
        head[key] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(body)]}
        data += body
    head = json.dumps(head).encode()
    open(name, "wb").write(struct.pack("<Q", len(head)) + head + data)
safetensors("f32.safetensors", [("emb", "F32", [3, 2], struct.pack("<6f", *x))])
safetensors("bf16.safetensors", [("n", "I64", [1], struct.pack("<q", 3)), ("emb", "BF16", [3, 2], b"".join(struct.pack("<f", v)[2:] for v in x))])
safetensors("two.safetensors", [("a", "F64", [3, 2], struct.pack("<6d", *x)), ("b", "F16", [3, 2], struct.pack("<6e", *reversed(x)))])
safetensors("weights.safetensors", [("weight", "F32", [1, 2], bytes(8))], {"routefit.kind": "mf"})
safetensors("routellm.safetensors", [("P.weight", "F32", [3, 2], bytes(24)), ("text_proj.0.weight", "F32", [3, 2], bytes(24))])
PY
    printf '%s\n' '{"prompt":"two \u00e9","embedding":[3,4]}' '{"prompt":"one","embedding":[1,2]}' >text.jsonl
    printf '%s\n' '{"row":0,"embedding":[1,2]}' '{"row":2,"embedding":[5,6]}' '{"row":1,"embedding":[3,4]}' >rows.jsonl
    for f in c4.npy big8.npy f2.npy f32.safetensors bf16.safetensors rows.jsonl; do
        for how in 'ingest --for' 'embed npy --source'; do
            "$ROUTEFIT" -q $how quiz --embedder m $f >/dev/null
            [ "$(vectors)" = "$want" ] || { echo "$f: $(vectors)"; false; }
            sqlite3 t.db "DELETE FROM embedding; DELETE FROM embedder"
        done
    done
    "$ROUTEFIT" -q embed npy text.jsonl --source quiz --embedder m >/dev/null
    [ "$(vectors)" = "$(head -2 <<<"$want")" ] || { vectors; false; }
    sqlite3 t.db "DELETE FROM embedding; DELETE FROM embedder"
    run "$ROUTEFIT" -q ingest --for quiz --embedder m huge.npy
    [ "$status" = 3 ] && [[ "$output" == *"huge.npy: row 1, column 1 (from 0): found inf, expected a finite float32"* ]]
    run "$ROUTEFIT" -q ingest --for quiz --embedder m two.safetensors
    [ "$status" = 3 ] && [[ "$output" == *"found 2 tensors"*"say which with --tensor"* ]]
    run "$ROUTEFIT" -q ingest --for quiz --embedder m --tensor c two.safetensors
    [ "$status" = 2 ] && [[ "$output" == *"expected one of: a, b"* || "$output" == *"expected one of: b, a"* ]]
    run "$ROUTEFIT" -q ingest --for quiz --embedder m weights.safetensors
    [ "$status" = 3 ] && [[ "$output" == *"routefit's weights of kind mf"* ]]
    run "$ROUTEFIT" -q ingest --for quiz --embedder m routellm.safetensors
    [ "$status" = 3 ] && [[ "$output" == *"RouteLLM's weights"* ]]
    "$ROUTEFIT" -q ingest --for quiz --embedder m --tensor a two.safetensors >out
    [ "$(vectors)" = "$want" ]
}

@test "a reply of an API: rows by index, the model names the vectors" {
    printf '%s' '{"object":"list","data":[{"object":"embedding","index":2,"embedding":[5,6]},{"object":"embedding","index":0,"embedding":[1,2.0]},' \
        '{"object":"embedding","index":1,"embedding":[3e0,40e-1]}],"model":"m","usage":{"prompt_tokens":8}}' >quiz.json
    python3 -m json.tool quiz.json spread.json
    "$ROUTEFIT" -q ingest --json quiz.json >out
    grep -q '"format": "embeddings"' out
    grep -q '3 vectors of 2 as m, 0 repeated' out
    [ "$(vectors)" = "$want" ]
    "$ROUTEFIT" -q ingest --for quiz --json spread.json | grep -q '0 vectors of 2 as m, 3 repeated'
}

@test "replies one a line go on where the one before ended; lines of single embeddings" {
    printf '%s\n' '{"object":"list","data":[{"index":1,"embedding":[3,4]},{"index":0,"embedding":[1,2]}],"model":"m"}' \
        '{"object":"list","data":[{"index":0,"embedding":[5,6]}],"model":"m"}' >a.jsonl
    "$ROUTEFIT" -q ingest --for quiz a.jsonl >out
    [ "$(vectors)" = "$want" ]
    printf '%s\n' '{"object":"embedding","index":1,"embedding":[3,4]}' '{"index":0,"embedding":"AACAPwAAAEA="}' '{"index":2,"embedding":[5,6]}' >b.jsonl
    "$ROUTEFIT" -q ingest --for quiz --embedder m --json b.jsonl | grep -q '0 vectors of 2 as m, 3 repeated'
    sed -i 3d b.jsonl
    run "$ROUTEFIT" -q ingest --for quiz --embedder m b.jsonl
    [ "$status" = 3 ] && [[ "$output" == *"found 2 rows, expected 3"*"the first that is not there is 2"* ]]
}

@test "output of a batch: custom_id is a prompt id or a row, failed requests are counted" {
    printf '%s\n' \
        '{"id":"batch_req_1","custom_id":"quiz/2","response":{"status_code":200,"body":{"object":"list","data":[{"object":"embedding","index":0,"embedding":[3,4]}],"model":"m"}},"error":null}' \
        '{"id":"batch_req_2","custom_id":"0","response":{"status_code":200,"body":{"data":[{"index":0,"embedding":[1,2]}],"model":"m"}},"error":null}' \
        '{"id":"batch_req_3","custom_id":"2","response":{"status_code":500,"body":{"error":{"message":"no"}}},"error":null}' \
        '{"id":"batch_req_4","custom_id":"who","response":{"body":{"data":[{"index":0,"embedding":[7,8]}],"model":"m"}},"error":null}' >batch.jsonl
    run --separate-stderr "$ROUTEFIT" ingest --for quiz --json batch.jsonl
    [ "$status" = 0 ]
    [[ "$stderr" == *"1 rows are of prompts that are not here (first on line 4)"* ]]
    [[ "$stderr" == *"1 rows have no vector"* ]]
    [ "$(vectors)" = "$(echo "$want" | head -2)" ]
}

@test "lines with their text, id or row, in either order; a prompt of several turns by its first" {
    printf '%s\n' '{"embedding": [1, 2], "prompt": "one"}' '{"text": "two \u00e9", "embedding": [3, 4]}' '{"input":"three","embedding":[5,6]}' '{"text":"four","embedding":[7,8]}' >lines.jsonl
    run --separate-stderr "$ROUTEFIT" ingest --embedder m lines.jsonl
    [ "$status" = 0 ] && [[ "$stderr" == *"1 rows are of prompts that are not here (first on line 4)"* ]]
    [ "$(vectors)" = "$want" ]
    printf '[%s,\n%s,\n%s]' '{"id": 0, "embedding": [1, 2]}' '{"id": "quiz/2", "embedding": [3, 4]}' '{"row": 2, "id": 17, "embedding": [5, 6]}' >array.json
    "$ROUTEFIT" -q ingest --for quiz --embedder m --json array.json | grep -q '0 vectors of 2 as m, 3 repeated'
}

@test "what does not fit is refused with its line, and nothing is stored" {
    bad() { # line, what is said
        printf '%s\n%s\n' '{"row": 0, "embedding": [1, 2]}' "$1" >bad.jsonl
        run "$ROUTEFIT" -q ingest --for quiz --embedder m bad.jsonl
        [ "$status" = 3 ] || { echo "$1: $status $output"; false; }
        [[ "$output" == *"bad.jsonl:2: "*"$2"* ]] || { echo "$output"; false; }
        [ -z "$(vectors)" ]
    }
    bad '{"row": 1, "embedding": [1, 2, 3]}' "found a vector of 3 numbers, expected 2"
    bad '{"row": 1, "embedding": [1, NaN]}' "expected a finite number"
    bad '{"row": 1, "embedding": [1, 1e39]}' "found 1e+39 in place 1 (from 0), expected a number that is finite as float32"
    bad '{"row": 1, "embedding": [1, null]}' "expected a finite number"
    bad '{"row": 1, "embedding": []}' "found an embedding without numbers"
    bad '{"row": 1, "embedding": "AAA="}' "not a multiple of 4 bytes"
    bad '{"row": 1, "embedding": "?AAA"}' "not base64's"
    bad '{"row": 1, "embedding": "AACAfwAAAAA="}' "found inf in place 0"
    bad '{"row": 0, "embedding": [1, 2]}' "found row 0 again"
    bad '{"row": 3, "embedding": [1, 2]}' "found row 3, expected 0 to 2"
    bad '{"row": -1, "embedding": [1, 2]}' "found -1, expected the number of a data row"
    bad '{"embedding": [1, 2]}' "does not say whose it is"
    bad '{"row": 1 "embedding": [1, 2]}' "expected ',' or '}'"
    bad '{"row": 1, "embedding": [1, 2], "embedding": [1, 2]}' "found a second embedding"
    bad '{"text": ["one"], "embedding": [1, 2]}' "expected the text of one prompt"
    bad '{"row": 1}' 'without "embedding"'
    bad '{"row": 1, "model": "a", "embedding": [1,2]} {"row": 2, "model": "b", "embedding": [1,2]}' "found the model b, expected a"
    echo '{"text": "no such prompt", "embedding": [1, 2]}' >none.jsonl
    run "$ROUTEFIT" -q ingest --embedder m none.jsonl
    [ "$status" = 3 ] && [[ "$output" == *"ingest the prompts first"* ]]
    echo '{"row": 1, "embedding": [1, 2]}' >x.jsonl
    run "$ROUTEFIT" -q ingest --embedder m x.jsonl
    [ "$status" = 3 ] && [[ "$output" == *"--for NAME"* ]]
}
