#!/bin/sh
# The tour of README.md on the real files, as a page: real-route.sh ROUTEFIT DATA [FOLDER] > real-route.md
# DATA holds arena55k/votes.csv and routellm/{mmlu,gsm8k,mt_bench}; FOLDER (default: a temporary one) keeps database, weights and plots.
set -eu
routefit=$1 data=$2
dir=${3:-$(mktemp -d)}
mkdir -p "$dir"
export ROUTEFIT_DB="$dir/routefit.db"

step() { # heading, the command as it is typed
    printf '\n## %s\n\n    routefit %s\n\n' "$1" "$2"
}
without() { # columns: a CSV table as Markdown, without what differs from machine to machine
    awk -F, -v gone=",$1," '
        NR == 1 { for (i = 1; i <= NF; i++) skip[i] = index(gone, "," $i ",") }
        { row = "|"; for (i = 1; i <= NF; i++) if (!skip[i]) row = row " " ($i ~ /^[0-9]+[.][0-9]+$/ ? sprintf("%.4f", $i) : $i) " |" }
        NR == 1 { gsub(/_/, " ", row) }
        { print row }
        NR == 1 { gsub(/[^|]+/, "---", row); print row }'
}

cat <<'PAGE'
# From votes to curves, on real files

5,006 human votes of Chatbot Arena train two routers; RouteLLM's outcomes of GPT-4-1106 and Mixtral-8x7B on GSM8K, 29 subjects of MMLU and
MT-Bench measure them. No router has seen the label of a benchmark prompt: this is transfer, not cross-validation. The page is made by
`sh notebooks/real-route.sh ./routefit DATA > notebooks/real-route.md`.
PAGE
"$routefit" -q ingest "$data/arena55k/votes.csv" "$data/routellm/mmlu" "$data/routellm/gsm8k" "$data/routellm/mt_bench" >/dev/null
step 'What the database holds' 'ls benches'
"$routefit" ls benches --format md
step 'A vector for every prompt' 'embed text -o text.safetensors'
"$routefit" -q embed text -o "$dir/text.safetensors" --format csv | without file,sha256
for kind in logistic mf; do
    step "Fit: $kind" "fit $kind -o $kind.safetensors"
    "$routefit" -q fit $kind -o "$dir/$kind.safetensors" --format csv | without output,seconds
done
step 'Measure, with 95% intervals' 'eval --bench gsm8k,mmlu,mt-bench logistic.safetensors mf.safetensors'
"$routefit" -q eval --bench gsm8k,mmlu,mt-bench "$dir/logistic.safetensors" "$dir/mf.safetensors" --format md
step 'Draw' 'plot --bench gsm8k logistic.safetensors mf.safetensors'
printf '```\n'
LC_ALL=C.UTF-8 "$routefit" -q plot --bench gsm8k "$dir/logistic.safetensors" "$dir/mf.safetensors" | sed 's/ *$//'
printf '```\n'
for bench in gsm8k mmlu mt-bench; do
    "$routefit" -q plot --bench $bench "$dir/logistic.safetensors" "$dir/mf.safetensors" -o "$dir/$bench.svg" --force
done
