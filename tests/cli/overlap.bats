# overlap and split as a user runs them: on a small quiz, and on the public data where they are.

setup() {
    cd "$BATS_TEST_TMPDIR"
    unset ROUTEFIT_DB
}

sql() { sqlite3 routefit.db "$1"; }

# A quiz of six questions and five votes: one prompt is in both, one but for its case, one nearly.
small() {
    cat >quiz.csv <<'END'
prompt,mistralai/Mixtral-8x7B-Instruct-v0.1,gpt-4-1106-preview
Name the largest city of the country in which the river Danube has its source.,False,True
what is  the capital of FRANCE?,False,True
"A farmer has seventeen sheep and all but nine of them run away over the hill. How many are left now?",True,False
Who wrote the play?,False,True
Give me a number.,True,True
Give me a letter.,False,False
END
    cat >votes.csv <<'END'
id,model_a,model_b,prompt,response_a,response_b,winner_model_a,winner_model_b,winner_tie
1,x,y,"[""Name the largest city of the country in which the river Danube has its source.""]","[""a""]","[""b""]",1,0,0
2,x,y,"[""What is the capital of France?""]","[""a""]","[""b""]",1,0,0
3,x,y,"[""A farmer has seventeen sheep and all but nine of them run away over the hill. How many are left today?""]","[""a""]","[""b""]",0,1,0
4,x,y,"[""Something else""]","[""a""]","[""b""]",0,1,0
5,x,y,"[""Something else""]","[""a""]","[""b""]",0,0,1
END
    "$ROUTEFIT" -q ingest --name quiz --bench quiz quiz.csv >/dev/null
    "$ROUTEFIT" -q ingest --name v votes.csv >/dev/null
}

@test "overlap counts on every level and keeps the pairs under its run" {
    small
    "$ROUTEFIT" -q overlap votes quiz --counts --json >counts.json
    "$ROUTEFIT" -q overlap votes quiz --json >pairs.json
    python3 - <<'END'
import json
counts = {r["level"]: r for r in json.load(open("counts.json"))}
assert {k: (r["pairs"], r["prompts_a"], r["prompts_b"], r["groups"]) for k, r in counts.items()} == {
    "exact": (1, 1, 1, 1), "normalised": (1, 1, 1, 1), "near": (1, 1, 1, 1), "any": (3, 3, 3, 3)}, counts
assert counts["any"]["of_a"] == 4 and counts["any"]["of_b"] == 6
pairs = json.load(open("pairs.json"))
assert [p["level"] for p in pairs] == ["exact", "normalised", "near"]
assert pairs[0]["prompt_a"] == pairs[0]["prompt_b"] and .8 <= pairs[2]["similarity"] < 1
END
    [ "$(sql "SELECT count(*) FROM overlap o JOIN run r ON r.id = o.run WHERE r.command = 'overlap' AND r.status = 'done'")" = 6 ]
    run "$ROUTEFIT" -q overlap votes quiz --level exact --counts
    [[ "$output" != *near* ]]
    run "$ROUTEFIT" overlap --self v -n 1
    [[ "$output" == *"exact"*"1.000"*"something else"* ]]
}

@test "--drop has eval leave questions out and show the figure with them; --clear takes it back" {
    small
    "$ROUTEFIT" -q eval --bench quiz --json >whole.json
    "$ROUTEFIT" overlap votes quiz --drop --counts 2>chat.txt >/dev/null
    grep -q 'evaluation leaves out 3 prompts, 3 of them anew' chat.txt
    run "$ROUTEFIT" eval --bench quiz
    [ "$status" -eq 0 ]
    [[ "$output" == *"overlap exact"*"overlap normalised"*"overlap near"* ]]
    run "$ROUTEFIT" eval --bench quiz --json
    [[ "$output" == *"3 of 6 items"*"1 exact overlaps left out; 1 normalised overlaps left out; 1 near overlaps left out"* ]]
    "$ROUTEFIT" -q eval --bench quiz --json >less.json
    "$ROUTEFIT" -q eval --bench quiz --json --keep-contaminated >kept.json
    python3 - <<'END'
import json
whole, less, kept = (json.load(open(f)) for f in ("whole.json", "less.json", "kept.json"))
for w, l, k in zip(whole, less, kept):
    assert w["n"] == 6 and l["n"] == 3 and k["n"] == 6 and w["apgr"] == k["apgr"]
    assert abs(l["apgr_all"] - w["apgr"]) < 1e-12 and w["apgr_all"] is None and k["apgr_all"] is None
END
    [ "$(sql "SELECT group_concat(kind) FROM (SELECT kind FROM leave_out WHERE bench = 'quiz' AND against = 'votes' ORDER BY kind)")" = exact,near,normalised ]
    run "$ROUTEFIT" overlap --clear nothing
    [[ "$output" == *"0 prompts"* ]]
    run "$ROUTEFIT" overlap --clear quiz
    [[ "$output" == *"3 prompts"* ]]
    "$ROUTEFIT" -q eval --bench quiz --json >again.json
    python3 -c 'import json; assert [r["apgr"] for r in json.load(open("whole.json"))] == [r["apgr"] for r in json.load(open("again.json"))]'
}

@test "overlap refuses what it cannot compare" {
    small
    run "$ROUTEFIT" overlap votes
    [ "$status" -eq 2 ]
    run "$ROUTEFIT" overlap votes quizz
    [ "$status" -eq 2 ]
    [[ "$output" == *"did you mean quiz"* ]]
    run "$ROUTEFIT" overlap quiz v --drop
    [ "$status" -eq 2 ]
    [[ "$output" == *"not a benchmark"* ]]
    run "$ROUTEFIT" overlap --self quiz --drop
    [ "$status" -eq 2 ]
    run "$ROUTEFIT" overlap --clear --self quiz
    [ "$status" -eq 2 ]
    run "$ROUTEFIT" overlap votes quiz --jaccard 0.3
    [ "$status" -eq 2 ]
    run "$ROUTEFIT" overlap votes quiz --embedder mine
    [ "$status" -eq 2 ]
    [ "$(sql 'SELECT count(*) FROM leave_out')" = 0 ]
}

@test "overlap compares the vectors of an embedder" {
    small
    "$ROUTEFIT" -q embed text -o t.safetensors --fit-on all --dim 4 >/dev/null
    "$ROUTEFIT" -q overlap votes quiz --level exact --embedder text --cosine 0.99 --json >pairs.json
    python3 - <<'END'
import json
pairs = json.load(open("pairs.json"))
assert {p["level"] for p in pairs} == {"exact", "cosine"}
assert all(.99 <= p["similarity"] <= 1 for p in pairs)
END
}

# Prints "text part" of every prompt of split s, in order of the text.
parts() { sqlite3 "$1" "SELECT p.text, s.part FROM split_prompt s JOIN prompt p ON p.id = s.prompt ORDER BY p.text"; }

@test "split depends on texts and seed alone" {
    python3 - <<'END'
import random
rows = ["%s question number %d about %s?" % (w, i, v) for i, (w, v) in enumerate((w, v) for w in ("A", "The", "One", "Some") for v in map(str, range(1000, 1050)))]
rows += [r.upper() for r in rows[:20]]
for name in "one.csv", "two.csv":
    with open(name, "w") as f:
        f.write("prompt,mistralai/Mixtral-8x7B-Instruct-v0.1,gpt-4-1106-preview\n")
        f.writelines("%s,True,False\n" % r for r in rows)
    random.Random(1).shuffle(rows)
END
    for f in one two; do
        "$ROUTEFIT" -q --db $f.db ingest --name q --bench q $f.csv >/dev/null
        "$ROUTEFIT" -q --db $f.db split --name s --of q --shares 60,20,20 --seed 3 --jaccard 1 >$f.txt
    done
    parts one.db >one.parts
    parts two.db >two.parts
    [ "$(wc -l <one.parts)" = 220 ]
    cmp one.parts two.parts
    cmp one.txt two.txt
    run "$ROUTEFIT" --db one.db split --name s --of q
    [ "$status" -eq 2 ]
    [[ "$output" == *"--force replaces it"* ]]
    "$ROUTEFIT" -q --db one.db split --name s --of q --shares 60,20,20 --seed 3 --jaccard 1 --threads 2 --force >/dev/null
    parts one.db | cmp - one.parts
    "$ROUTEFIT" -q --db one.db split --name s --of q --shares 60,20,20 --seed 4 --jaccard 1 --force >/dev/null
    ! parts one.db | cmp -s - one.parts
    # the twenty in capitals stand with their originals
    [ "$(sqlite3 one.db "SELECT count(*) FROM (SELECT lower(p.text) FROM split_prompt s JOIN prompt p ON p.id = s.prompt GROUP BY 1 HAVING count(DISTINCT s.part) > 1)")" = 0 ]
    "$ROUTEFIT" -q --db one.db split --name cv --of q --k 4 --jaccard 1 >/dev/null
    [ "$(sqlite3 one.db "SELECT group_concat(part) FROM (SELECT DISTINCT part FROM split_prompt s JOIN split t ON t.id = s.split WHERE t.name = 'cv' ORDER BY 1)")" = 0,1,2,3 ]
    [ "$(sqlite3 one.db "SELECT json_extract(options, '\$.k'), json_extract(options, '\$.of[0]') FROM split WHERE name = 'cv'")" = "4|q" ]
}

@test "split refuses what it cannot divide" {
    small
    run "$ROUTEFIT" split --of quiz
    [ "$status" -eq 2 ]
    run "$ROUTEFIT" split --name s --shares 80,10,5,5
    [ "$status" -eq 2 ]
    run "$ROUTEFIT" split --name s --shares 80,x
    [ "$status" -eq 2 ]
    run "$ROUTEFIT" split --name s --shares 0,0
    [ "$status" -eq 2 ]
    run "$ROUTEFIT" split --name s --k 5 --shares 1,1
    [ "$status" -eq 2 ]
    run "$ROUTEFIT" split --name s --k 1
    [ "$status" -eq 2 ]
    [ "$(sql 'SELECT count(*) FROM split')" = 0 ]
}

# counts SET...: the pairs and groups that overlap finds on each level, as "exact 6 6".
counts() { "$ROUTEFIT" -q overlap "$@" --counts --format csv | python3 -c 'import csv, sys
for r in csv.DictReader(sys.stdin): print(r["level"], r["pairs"], r["groups"])'; }

@test "RouterBench's split ids and the prompts on both sides are found" {
    [ -e "$ROUTEFIT_DATA/routerbench_0shot" ] || skip "the public data are not here"
    "$ROUTEFIT" -q ingest "$ROUTEFIT_DATA/routerbench_0shot" >/dev/null
    # 14 ids stand in two rows, 6 of them in both files
    "$ROUTEFIT" -q overlap --self arc-challenge --level exact -n 0 --json >arc.json
    python3 -c 'import json; r = json.load(open("arc.json")); assert len(r) == 14 and all(x["times"] == 2 for x in r) and sum(x["files"] == 2 for x in r) == 6'
    counts routerbench_0shot/arc_challenge_train routerbench_0shot/arc_challenge_test | grep -qx 'exact 6 6'
    counts routerbench_0shot/mbpp_train routerbench_0shot/mbpp_test | grep -qx 'exact 2 2'
    # five worked examples in front of every question do not make one group of all of them
    counts --self arc-challenge | awk '$1 == "near" && $2 < 10 { ok = 1 } END { exit !ok }'
    # and a split of ours has no such straddles
    "$ROUTEFIT" -q split --name s --shares 70,30 >/dev/null
    counts split:s:train split:s:test | grep -qx 'any 0 0'
}

@test "MMLU's 24 repeated prompts are found, and every task is divided" {
    [ -e "$ROUTEFIT_DATA/routellm/mmlu" ] || skip "the public data are not here"
    "$ROUTEFIT" -q ingest "$ROUTEFIT_DATA/routellm/mmlu" >/dev/null
    counts --self mmlu | grep -qx 'exact 24 24'
    "$ROUTEFIT" -q split --name s1 --of mmlu --shares 80,10,10 --seed 1 >/dev/null
    counts split:s1:train split:s1:test | grep -qx 'any 0 0'
    counts split:s1:train split:s1:valid | grep -qx 'any 0 0'
    # within 5 prompts, the largest group, on the whole, and within 10 of every task
    sql "SELECT i.task, s.part, count(DISTINCT i.prompt) FROM item i JOIN split_prompt s ON s.prompt = i.prompt GROUP BY 1, 2" >tasks.txt
    python3 - <<'END'
import collections
task, whole = collections.defaultdict(lambda: collections.Counter()), collections.Counter()
for line in open("tasks.txt"):
    t, part, n = line.strip().rsplit("|", 2)
    task[t][part] += int(n)
    whole[part] += int(n)
share = {"train": .8, "valid": .1, "test": .1}
assert len(task) == 29
for c, most in [(c, 10) for c in task.values()] + [(whole, 5)]:
    n = sum(c.values())
    assert all(abs(c[p] - s * n) <= most for p, s in share.items()), (n, c)
END
}

@test "RouteLLM's GSM8K and ZeroEval's are the same 1,319 questions" {
    [ -e "$ROUTEFIT_DATA/zeroeval/gsm_prompts.jsonl" ] || skip "the public data are not here"
    "$ROUTEFIT" -q ingest "$ROUTEFIT_DATA/routellm/gsm8k/gsm8k_responses.csv" >/dev/null
    python3 - "$ROUTEFIT_DATA/zeroeval/gsm_prompts.jsonl" <<'END'
import csv, json, sys
with open("zeroeval.csv", "w", newline="") as f:
    w = csv.writer(f)
    w.writerow(["prompt", "mistralai/Mixtral-8x7B-Instruct-v0.1", "gpt-4-1106-preview"])
    w.writerows([json.loads(line)["prompt"], "True", "False"] for line in open(sys.argv[1]))
END
    "$ROUTEFIT" -q ingest --bench zeroeval zeroeval.csv >/dev/null
    "$ROUTEFIT" -q overlap gsm8k zeroeval --counts --json >counts.json
    python3 -c 'import json; r = json.load(open("counts.json"))[-1]; assert r["prompts_a"] == r["prompts_b"] == 1319, r'
}

@test "LLMRouter's repeated queries and the GSM8K questions among its training data are found" {
    [ -e "$ROUTEFIT_DATA/llmrouter/default_query_train.jsonl" ] || skip "the public data are not here"
    "$ROUTEFIT" -q ingest "$ROUTEFIT_DATA/llmrouter" "$ROUTEFIT_DATA/routellm/gsm8k/gsm8k_responses.csv" >/dev/null
    counts --self llmrouter | grep -qx 'exact 8 8'
    # its task agentverse-mgsm is 200 of the 1,319 test questions, each with an instruction behind it
    "$ROUTEFIT" -q overlap llmrouter gsm8k --drop --counts >/dev/null
    [ "$(sql "SELECT count(*) FROM leave_out WHERE bench = 'gsm8k' AND against = 'llmrouter'")" = 200 ]
}

@test "a message is one line, and what a name holds cannot steer the terminal" {
    printf 'prompt\na\n' >a.csv
    "$ROUTEFIT" -q ingest --name $'x\n\e[31mred' a.csv
    run "$ROUTEFIT" overlap nope votes
    [ "$status" -eq 2 ]
    [ "${#lines[@]}" -eq 1 ]
    [ "$output" = "routefit overlap: unknown set of prompts 'nope'; expected one of all, votes, x??[31mred" ]
}
