# Thresholds for a share, a budget, a quality; and whether a new log looks like the old one.

bats_require_minimum_version 1.5.0

setup() {
    export PYTHONPATH="$BATS_TEST_DIRNAME"
    cd "$BATS_TEST_TMPDIR"
    unset ROUTEFIT_DB
    python3 - <<'END'
import json, random, struct
random.seed(1)
from tensors import tensors
# logit = ln(1 + bytes of the text) - 3: a router on texts that can be worked out by hand
tensors("r.safetensors", {"routefit.kind": "logistic", "routefit.input": "text", "routefit.features": "rf-text-1"},
        weight=([256], 256 * [0]), shape_weight=([8], [1] + 7 * [0]), bias=([1], [-3]))
with open("log.txt", "w") as f:
    for n in range(1, 101):
        f.write("x" * n + "\n")
with open("quiz.csv", "w") as f:
    f.write("prompt,task,model,score\n")
    for n in range(400):
        text = "".join(random.choice("ab") for _ in range(1 + n % 100)) + " %d" % n
        f.write("%s,t,big,%d\n%s,t,small,%d\n" % (text, n % 10 < 9, text, n % 10 < 9 and (n % 100 < 60 or n % 3 == 0)))
json.dump({"big": {"input_cost_per_token": 1e-5, "output_cost_per_token": 3e-5, "litellm_provider": "x", "mode": "chat"},
           "small": {"input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6, "litellm_provider": "x", "mode": "chat"}},
          open("model_prices.json", "w"))
END
    "$ROUTEFIT" -q ingest --format prompts log.txt >/dev/null
    "$ROUTEFIT" -q ingest quiz.csv model_prices.json >/dev/null
    log=$(sqlite3 routefit.db "SELECT name FROM source WHERE path LIKE '%log.txt'")
    bench=$(sqlite3 routefit.db 'SELECT DISTINCT bench FROM item')
}

@test "calibrate: a share of a log, with its exact interval" {
    run --separate-stderr "$ROUTEFIT" calibrate r.safetensors --on "$log" --share 0.1,0.25 --format csv
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 3 ]
    awk -F, 'NR == 2 { exit !($1 == "10% strong calls" && $3 == 100 && $5 == 10 && $6 > 4.89 && $6 < 4.91 && $7 > 17.62 && $7 < 17.63) }' <<<"$output"
    awk -F, 'NR == 3 { exit !($5 == 25) }' <<<"$output"
    [[ "${lines[1]}" == *,router-r-0.* ]]
    threshold=$(cut -d, -f4 <<<"${lines[1]}")
    [ "$("$ROUTEFIT" score r.safetensors --threshold "$threshold" log.txt | grep -c strong)" -eq 10 ]
    [ "$(sqlite3 routefit.db "SELECT count(*) FROM metric WHERE name = 'threshold@10% strong calls'")" -eq 1 ]
    [[ "$("$ROUTEFIT" runs verify 1 --format csv)" != *,no* ]]
}

@test "calibrate: win rates from a pipe, without a database" {
    rm routefit.db
    out=$("$ROUTEFIT" score r.safetensors log.txt | "$ROUTEFIT" -q calibrate r.safetensors --scores - -s 0.5 --format csv)
    [[ "$out" == *"50% strong calls"*,100,0.* ]]
    [ ! -e routefit.db ]
    printf '0.5\n0.25\tweak\nnan\n' >bad.txt
    run "$ROUTEFIT" calibrate r.safetensors --scores bad.txt -s 0.5
    [ "$status" -eq 3 ]
    [[ "$output" == *"bad.txt:3: found 'nan'"* ]]
    run "$ROUTEFIT" calibrate nowhere.safetensors --scores bad.txt -s 0.5
    [ "$status" -eq 7 ]
}

@test "calibrate: a budget, by prices and lengths" {
    # big: 1e-5 * bytes/4 + 3e-5 * 100, small: 1e-6 * bytes/4 + 2e-6 * 50
    run --separate-stderr "$ROUTEFIT" calibrate r.safetensors --on "$log" --budget 1 --strong big --weak small --output-tokens 100,50 --format csv
    [ "$status" -eq 0 ]
    python3 - "$output" <<'END'
import csv, io, sys
row = list(csv.DictReader(io.StringIO(sys.argv[1])))[0]
big = [1e-5 * b / 4 + 3e-5 * 100 for b in range(1, 101)]
small = [1e-6 * b / 4 + 2e-6 * 50 for b in range(1, 101)]
k = max(k for k in range(101) if sum(small[:100 - k]) + sum(big[100 - k:]) <= 1e-3 * 100)
assert float(row["strong_calls_pct"]) == k, (row, k)
assert abs(float(row["usd_per_1000"]) - 10 * (sum(small[:100 - k]) + sum(big[100 - k:]))) < 1e-9
END
    run "$ROUTEFIT" calibrate r.safetensors --on "$log" --budget 0.01 --strong big --weak small --output-tokens 100,50
    [ "$status" -eq 3 ]
    [[ "$output" == *"with the weak model alone"* ]]
    run "$ROUTEFIT" calibrate r.safetensors --on "$log" --budget 1 --strong huge --weak small
    [ "$status" -eq 2 ]
    [[ "$output" == *"no price list has \"huge\""* ]]
    run "$ROUTEFIT" calibrate r.safetensors --on "$log" --budget 1 --strong big --weak small
    [ "$status" -eq 2 ]
    [[ "$output" == *--output-tokens* ]]
}

@test "calibrate: a quality that holds with the wanted confidence, or no threshold" {
    run --separate-stderr "$ROUTEFIT" calibrate r.safetensors --bench "$bench" --keep 0.8 --max-loss 30 --format csv
    [ "$status" -eq 0 ]
    awk -F, 'NR > 1 { n++; ok += $5 < 100 && $11 >= (NR == 2 ? 0.8 * $12 : $12 - 30) && $13 <= 0.05 } END { exit !(n == 2 && ok == 2) }' <<<"$output"
    run --separate-stderr "$ROUTEFIT" calibrate r.safetensors --bench "$bench" --max-loss 0.1 --format csv
    [ "$status" -eq 0 ]
    [[ "$stderr" == *"cannot promise that"*"about "*" could"* ]]
    [[ "${lines[1]}" == *"at most 0.1 below strong,,400,,100,"* ]]
}

@test "calibrate: what is missing is said" {
    for line in "" "--share 0.5" "--share 1.5 --on $log" "--keep 0.9" "--bench $bench" "--on $log --scores - --share 0.5" "--bench $bench --keep 0.9 --range 1,0"; do
        run "$ROUTEFIT" calibrate r.safetensors $line
        [ "$status" -eq 2 ] || { echo "$line: $status $output"; false; }
    done
}

@test "calibrate: thresholds of segments are drawn to the common one" {
    run --separate-stderr "$ROUTEFIT" calibrate r.safetensors --on all --share 0.2 --by script --shrink 1e9 --format csv
    [ "$status" -eq 0 ]
    [ "$(tail -n +2 <<<"$output" | cut -d, -f2 | sort -u | wc -l)" -ge 2 ]
}

@test "drift: the same log is stable, longer prompts are not" {
    run "$ROUTEFIT" drift r.safetensors --old "$log" --new "$log" --format csv
    [ "$status" -eq 0 ]
    [[ "${lines[1]}" == *,stable ]]
    "$ROUTEFIT" score r.safetensors log.txt >old.txt
    sed -n '50,100p' old.txt >new.txt
    run "$ROUTEFIT" drift r.safetensors --old-scores old.txt --new-scores new.txt --threshold 0.5,0.7 --format csv
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 3 ]
    [[ "${lines[2]}" == *,recalibrate ]]
    run "$ROUTEFIT" drift r.safetensors --old-scores old.txt
    [ "$status" -eq 2 ]
}

@test "calibrate and compare: a router that learnt from the benchmark is told" {
    "$ROUTEFIT" -q fit ngram --votes "results:$bench" --strong big --weak small --min-chars 0 -o own.safetensors >/dev/null
    run "$ROUTEFIT" calibrate own.safetensors --bench "$bench" --keep 0.8
    [ "$status" -eq 0 ]
    [[ "$output" == *"fitted or tuned on 400 of the 400"* ]]
    run "$ROUTEFIT" compare --bench "$bench" --resamples 100 own.safetensors r.safetensors
    [ "$status" -eq 0 ]
    [[ "$output" == *"fitted or tuned on 400 of the 400"* ]]
    "$ROUTEFIT" -q report own.html --bench "$bench" --resamples 100 own.safetensors
    grep -q "fitted or tuned on 400 of the 400" own.html
    run "$ROUTEFIT" calibrate r.safetensors --bench "$bench" --keep 0.8
    [[ "$output" != *fitted* ]]
}

@test "calibrate: all intervals have the wanted confidence" {
    at() { "$ROUTEFIT" -q calibrate r.safetensors --on "$log" --budget 1 --strong big --weak small --output-tokens 100,50 --confidence $1 --format csv |
        awk -F, 'NR == 2 { print $7 - $6, $10 - $9 }'; }
    awk '{ calls[NR] = $1; usd[NR] = $2 } END { exit !(calls[1] < calls[2] && usd[2] / usd[1] > 1.565 && usd[2] / usd[1] < 1.567) }' <<<"$(at 0.90; at 0.99)"
}
