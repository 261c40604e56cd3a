/* Every command with one allocation after the other failing, on tiny data: it must end with an error, leak nothing (as
 * ASan and valgrind see it) and leave what it writes whole. Steps grow with the number of allocations, so that the
 * early ones are all met. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/cli.h"
#include "core/mem.h"
#include "datasets/commands.h"
#include "eval/commands.h"
#include "train/commands.h"

enum { MAX_WORDS = 32, VOTES = 60, QUESTIONS = 12, LONG = 52 };

/* Runs a command line with the nth allocation failing (0: none), its output thrown away; returns the exit code. */
static int run(const char *line, long nth)
{
    static const rf_cmd_table tables[] = { rf_datasets_commands, rf_train_commands, rf_eval_commands };
    char words[512], *word[MAX_WORDS + 1], *at = words;
    int n = 0;
    snprintf(words, sizeof words, "%s", line);
    for (char *w; n < MAX_WORDS && (w = strsep(&at, " "));)
        word[n++] = w;
    word[n] = NULL;
    fflush(stdout);
    const int out = dup(1), chat = dup(2), null = open("/dev/null", O_WRONLY);
    dup2(null, 1);
    dup2(null, 2);
    rf_mem_fail_at(nth, false);
    const int code = rf_cli_main(tables, sizeof tables / sizeof *tables, n, word);
    rf_mem_fail_at(0, false);
    fflush(stdout);
    dup2(out, 1);
    dup2(chat, 2);
    close(out);
    close(chat);
    close(null);
    return code;
}

/* The command fails for every n until n allocations are enough; then it has done its work. */
static void survive(const char *line)
{
    int code = 1;
    for (long n = 1; code; n += 1 + n / 64) {
        code = run(line, n);
        if (code != 0 && code != 1)
            fail_msg("%s: exit code %d where allocation %ld fails", line, code, n);
        if (n > 1000000)
            fail_msg("%s: still fails where allocation %ld does", line, n);
    }
}

/* Votes whose winner hangs on the words of the prompt, and right or wrong answers of two models. */
static int enter_folder(void **state)
{
    static char folder[] = "/tmp/routefit-no-memory-XXXXXX";
    if (!mkdtemp(folder) || chdir(folder))
        return -1;
    *state = folder;
    FILE *votes = fopen("votes.csv", "w"), *results = fopen("quiz.csv", "w"), *prices = fopen("prices.json", "w"),
         *asks = fopen("asks.jsonl", "w"), *vectors = fopen("vectors.jsonl", "w");
    if (!votes || !results || !prices || !asks || !vectors)
        return -1;
    fputs("{\"ai\": {\"big\": {\"cost_input\": 2e-5, \"cost_output\": 3e-5}, \"old\": {\"cost_input\": \"x\"}}}\n",
          prices);
    fputs("{\"prompt_id\": \"p/1\", \"messages\": [{\"role\": \"user\", \"content\": \"one\"}, {\"role\": \"user\", "
          "\"content\": "
          "[{\"type\": \"text\", \"text\": \"two\"}]}]}\n{\"instruction\": \"add\", \"input\": \"3 4\"}\n{\"turns\": "
          "[\"a\", "
          "\"b\"]}\n",
          asks);
    fputs("{\"text\": \"one\", \"embedding\": [1, 2.5], \"model\": \"m\"}\n{\"custom_id\": \"p/1\", \"response\": "
          "{\"body\": {\"data\": "
          "[{\"embedding\": \"AACAPwAAAEA=\"}]}}}\n{\"text\": \"\\u0061\", \"embedding\": [0, 0]}\n",
          vectors);
    fputs("model_a,model_b,winner,prompt\n", votes);
    for (int i = 0; i < VOTES; i++)
        fprintf(votes, "%s,%s,%s,tell me something long about %s numbers %d %d and %d\n", i % 2 ? "big" : "mid",
                i % 3 ? "small" : "tiny", i % 5 ? "a" : "b", i % 5 ? "algebra" : "poems", i * 7919 % 9973,
                i * 10007 % 99991, i * 3571); /* far enough apart to stand in several folds */
    fputs("task,model,score,cost,prompt\n", results);
    for (int i = 0; i < 3 * LONG; i++)
        fprintf(results, "long,%s,%d,%g,question %d of the long quiz about %s\n",
                i % 3 == 0   ? "big"
                : i % 3 == 1 ? "small"
                             : "new",
                (5 * i + i / 3) % 7 > 2, 0.001 * (3 - i % 3), i / 3, i / 3 % 2 ? "algebra" : "poems");
    for (int i = 0; i < 2 * QUESTIONS; i++)
        fprintf(results, "quiz,%s,%d,%g,a question of the quiz about %s number %d\n", i % 2 ? "big" : "small",
                i % 2 ? i % 7 != 1 : i % 3 == 0, i % 2 ? 0.002 : 0.0001, i / 2 % 5 ? "algebra" : "poems", i / 2);
    return fclose(votes) | fclose(results) | fclose(prices) | fclose(asks) | fclose(vectors);
}

static int leave_folder(void **state)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", (char *)*state);
    return chdir("/") | system(command);
}

static void every_command_survives_every_failing_allocation(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "routefit ingest votes.csv quiz.csv",
        "routefit ingest --max-errors 1 prices.json asks.jsonl",
        "routefit ingest vectors.jsonl",
        "routefit ls",
        "routefit ls benches --json",
        "routefit ls models --format csv",
        "routefit embed text --dim 4 --buckets 256 -o text.safetensors --force",
        "routefit embed apply text.safetensors",
        "routefit embed save --source votes --embedder text -o votes.npy --force",
        "routefit embed npy votes.npy --source votes --embedder again",
        "routefit overlap votes quiz --embedder text --drop",
        "routefit overlap --clear",
        "routefit overlap --self all -n 0 --json",
        "routefit split --name s --shares 70,30 --force",
        "routefit fit logistic --embedder text --valid 0.2 --strong big,mid --weak small,tiny -o l.safetensors --force",
        "routefit fit mf --embedder text --valid 0.2 --strong big --weak small --ridge 1,0.1 -o mf.safetensors --force",
        "routefit fit knn --embedder text --bench quiz --k 3 --pairs 2 --guard best -o k.safetensors --force",
        "routefit fit cluster --embedder text --bench long --model big,small --k 2 -o c.safetensors --force",
        "routefit fit cluster --add new --to c.safetensors --bench long --resamples 8 -o more.safetensors --force",
        "routefit fit logistic --embedder text --strong big,mid --weak small,tiny --cv 2 --name two --force",
        "routefit fit linear --bench quiz --embedder text --cv 2 --tune l2=1,9 -o tuned.safetensors --force",
        "routefit eval --bench quiz --resamples 100 linear:cv2",
        "routefit fit mf --embedder text --valid 0.2 --strong big --weak small --solver adam --epochs 3 --bias --ties "
        "grounded -o "
        "tied.safetensors --force",
        "routefit fit svr --embedder text --bench quiz --valid 0.3 --C 1,9 --cost mean -o svr.safetensors --force",
        "routefit fit mlp --embedder text --bench quiz --hidden 4,3 --epochs 2 --cost-l2 1 -o n.safetensors --force",
        "routefit fit mlp --embedder text --strong big,mid --weak small,tiny --epochs 2 -o p.safetensors --force",
        "routefit export vector mf.safetensors -o v.safetensors --force",
        "routefit export routellm mf.safetensors -o routellm --force",
        "routefit export text l.safetensors --text-model text.safetensors --int8 -o t.safetensors --force",
        "routefit score t.safetensors votes.csv",
        "routefit score l.safetensors --npy votes.npy --threshold 0.5",
        "routefit eval --bench quiz --resamples 100 --compat l.safetensors t.safetensors",
        "routefit plot --bench quiz --resamples 100 mf.safetensors",
        "routefit reliability --bench quiz --resamples 100 l.safetensors t.safetensors",
        "routefit reliability --bench quiz --resamples 100 --bins --json mf.safetensors",
        "routefit plot --bench quiz --show threshold --resamples 100 mf.safetensors",
        "routefit rank",
        "routefit plot --show ranking",
        "routefit plot --show training",
        "routefit fit knn --bench quiz --embedder text --k 3 -o many.safetensors --force",
        "routefit alias large=big",
        "routefit frontier --bench quiz --resamples 100 --model large,small many.safetensors",
        "routefit cascade --bench quiz --order small,large --verifier many.safetensors --resamples 100",
        "routefit cascade --bench quiz --order small,big --verifier results:quiz --resamples 100 --points hull --json",
        "routefit plot --show front --bench quiz --resamples 100 many.safetensors",
        "routefit frontier --bench quiz --resamples 100 --budget 1 --points curve --wtp 1 --json many.safetensors",
        "routefit recalibrate c.safetensors --bench long --on bench:long --strong big --weak small --router-strong big "
        "--router-weak small --folds 2 -o p.safetensors --force",
        "routefit recalibrate p.safetensors --bench long --on bench:long --strong big --weak small --folds 2 --method "
        "isotonic -o i.safetensors --force",
        "routefit frontier --bench quiz --resamples 100 --metrics all --reference big --json many.safetensors",
        "routefit help --man",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        survive(lines[i]);
}

static void the_database_is_whole_afterwards(void **state)
{
    (void)state;
    struct rf_db *db = NULL;
    int64_t n = 0;
    assert_int_equal(rf_db_open(&db, "routefit.db", RF_DB_READ, NULL), 0);
    assert_int_equal(rf_db_int(db, &n, NULL, "SELECT count(*) FROM preference", 0, NULL), 1);
    assert_int_equal(n, VOTES);
    assert_int_equal(rf_db_int(db, &n, NULL, "SELECT count(*) FROM run WHERE status = 'running'", 0, NULL), 1);
    assert_int_equal(n, 0);
    assert_int_equal(rf_db_int(db, &n, NULL, "SELECT count(*) FROM pragma_foreign_key_check", 0, NULL), 1);
    assert_int_equal(n, 0);
    rf_db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_survives_every_failing_allocation),
        cmocka_unit_test(the_database_is_whole_afterwards),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
