# fit ngram on benchmarks whose right answers hang on the task, or on one word of the prompt.

setup() {
    cd "$BATS_TEST_TMPDIR"
    unset ROUTEFIT_DB
    python3 - <<'PY'
import random
random.seed(7)
words = "apple river stone cloud engine paper window garden silver market".split()
for task, chance in (("algebra", .85), ("law", .35)):
    with open("mmlu_%s.csv" % task, "w") as f:
        f.write("prompt,mistralai/Mixtral-8x7B-Instruct-v0.1,gpt-4-1106-preview\n")
        for i in range(150):
            hard = random.random() < .5
            strong = random.random() < chance + (.15 if hard else 0)
            f.write("%s %s %d,%s,%s\n" % (" ".join(random.choices(words, k=6)), "prove" if hard else "recall", i, not strong, strong))
PY
    mkdir mmlu && mv mmlu_*.csv mmlu
    "$ROUTEFIT" -q ingest mmlu >ingested.txt
    sides=(--votes results:mmlu --strong gpt-4-1106-preview --weak 'mistralai*' --min-chars 0)
}

apgr() { # of a router, under its name
    "$ROUTEFIT" -q eval --bench mmlu --format csv "$1" | awk -F, -v r="$2" '
        $1 == "bench" { for (i = 1; i <= NF; i++) if ($i == "apgr") at = i }
        $2 == r { print $at + 0 }'
}

@test "a task is a feature: of the file, of eval and of score" {
    "$ROUTEFIT" -q fit ngram "${sides[@]}" -o plain.safetensors
    "$ROUTEFIT" fit ngram "${sides[@]}" --task -o task.safetensors 2>notes.txt
    grep -q 'task-l2 = ' notes.txt
    [ "$(stat -c %s task.safetensors)" -lt 36000 ]
    run python3 -c 'import sys; print(float(sys.argv[1]) > float(sys.argv[2]) + .05)' "$(apgr task.safetensors task)" "$(apgr plain.safetensors plain)"
    [ "$output" = True ]
    "$ROUTEFIT" -q fit ngram "${sides[@]}" --task --cv 3 --name held-out >cv.txt
    "$ROUTEFIT" -q fit ngram "${sides[@]}" --cv 3 --name held-out-plain >cv.txt
    run python3 -c 'import sys; print(float(sys.argv[1]) > float(sys.argv[2]) + .05)' "$(apgr scores:held-out held-out)" "$(apgr scores:held-out-plain held-out-plain)"
    [ "$output" = True ]
    printf '{"prompt": "prove it", "task": "%s"}\n' mmlu_algebra algebra mmlu_law law poetry >lines.jsonl
    "$ROUTEFIT" score task.safetensors --field prompt --task-field task lines.jsonl >scores.txt
    run python3 -c 'x = [float(l) for l in open("scores.txt")]; print(max(x[0], x[1]) > x[4] > min(x[2], x[3]))'
    [ "$output" = True ]
    run "$ROUTEFIT" score plain.safetensors --field prompt --task-field task lines.jsonl
    [ "$status" -eq 2 ]
    [[ "$output" == *"takes no notice of tasks"* ]]
    run "$ROUTEFIT" score task.safetensors --task-field task lines.jsonl
    [ "$status" -eq 2 ]
}

@test "an elastic net leaves most weights at 0, and says how many" {
    "$ROUTEFIT" fit ngram "${sides[@]}" --l1 0.003 -o few.safetensors 2>notes.txt
    run grep -o '^[0-9]* of the weights of [0-9]* buckets are not 0' notes.txt
    [ "$status" -eq 0 ]
    [ "${output%% *}" -gt 0 ]
    [ "${output%% *}" -lt 100 ]
}

@test "the squared loss, both objectives the same bytes on any threads" {
    for objective in logistic difference; do
        "$ROUTEFIT" -q --threads 1 fit ngram "${sides[@]}" --objective $objective -o one.safetensors -f
        "$ROUTEFIT" -q --threads 3 fit ngram "${sides[@]}" --objective $objective -o three.safetensors -f
        cmp one.safetensors three.safetensors
    done
}

@test "fit ngram refuses tasks where there are none, and ridges without anything to choose by" {
    printf 'id,model_a,model_b,prompt,response_a,response_b,winner_model_a,winner_model_b,winner_tie\n1,gpt-4,mixtral,"[""a question of sixteen letters""]","[""x""]","[""y""]",1,0,0\n' >votes.csv
    "$ROUTEFIT" -q --db votes.db ingest votes.csv >votes.txt
    run "$ROUTEFIT" --db votes.db fit ngram --strong gpt-4 --weak mixtral --task -o x.safetensors
    [ "$status" -eq 3 ]
    [[ "$output" == *"fit without --task"* ]]
    run "$ROUTEFIT" fit ngram "${sides[@]}" --folds 0 --valid 0 -o x.safetensors
    [ "$status" -eq 3 ]
    [[ "$output" == *"several ridges"* ]]
    [ ! -e x.safetensors ]
}

@test "learnt from votes for GPT models against open weights, it orders benchmarks that it has not seen" {
    d=$ROUTEFIT_DATA
    [ -d "$d" ] || skip "no public data at $d"
    "$ROUTEFIT" -q --db votes.db ingest "$d/arena55k/votes.csv" "$d/routellm/gsm8k" "$d/routellm/mmlu" >/dev/null
    "$ROUTEFIT" -q --db votes.db fit ngram -s 'gpt-*' -w '!gpt-*,!claude*,!gemini*,!mistral-medium,!palm-2,!pplx*' -o gpt.safetensors >/dev/null
    "$ROUTEFIT" -q --db votes.db eval --bench gsm8k,mmlu --format csv gpt.safetensors >eval.csv
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
        $at["router"] == "gpt" { n++; if (!($at["apgr"] >= ($at["bench"] == "gsm8k" ? .52 : .545))) exit 1 }
        END { exit n != 2 }' eval.csv
}
