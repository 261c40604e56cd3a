/* routefit demo: the whole route on the bundled numbers, by the very commands that it prints. Holds the list of steps
 * and nothing of what they do. Refuses a folder that holds a database not made by a demo. */
#include "datasets/cmd_demo.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cli.h"
#include "core/input.h"
#include "core/progress.h"
#include "datasets/demo_files.h"

enum { MAX_WORDS = 32, MAX_LINE = 512 };

static const struct step {
    const char *why;  /* said before the command */
    const char *line; /* the command, blanks between words, run in the demo's folder */
} steps[] = {
    { "Read 5,006 human votes and two benchmarks into one SQLite file.",
      "routefit ingest votes.csv gsm8k.csv mt-bench.csv" },
    { "Give every prompt a vector: row by row, from .npy files.",
      "routefit embed npy votes_text72.npy --source votes --embedder text72" },
    { NULL, "routefit embed npy gsm8k_text72.npy --source gsm8k --embedder text72" },
    { NULL, "routefit embed npy mt-bench_text72.npy --source mt-bench --embedder text72" },
    { "Fit a logistic router: on which prompts do strong models beat weak ones?",
      "routefit fit logistic -o logistic.safetensors --force" },
    { "Fit RouteLLM's matrix factorisation, on all decisive votes.", "routefit fit mf -o mf.safetensors --force" },
    { "Measure both, with 95% intervals. What they must beat stands below them: chance, and prompt length.",
      "routefit eval --bench gsm8k,mt-bench logistic.safetensors mf.safetensors" },
    { "Draw quality over strong calls here ...", "routefit plot --bench gsm8k logistic.safetensors mf.safetensors" },
    { "... and as a picture.", "routefit plot --bench gsm8k logistic.safetensors mf.safetensors -o gsm8k.svg --force" },
    { "Hand out weights: one vector for your own server, and RouteLLM's layout.",
      "routefit export vector mf.safetensors -o mf-vector.safetensors --force" },
    { NULL, "routefit export routellm mf.safetensors -o routellm-mf --force" },
};

struct options {
    const char *dir;
};

static const struct rf_opt options[] = {
    RF_OPT(struct options, dir, "dir", 'd', RF_OPT_TEXT, "DIR", "routefit-demo", NULL, 0, 0,
           "Folder for the demo's files; an earlier demo's files in it are replaced."),
    RF_OPT_END,
};

/* The bundled files and a fresh database in the current folder. A database without our marker is somebody's work. */
static int lay_files(struct rf_err *err)
{
    static const char marker[] = ".routefit-demo";
    struct stat st;
    int rc = 0;
    if (stat("routefit.db", &st) == 0 && stat(marker, &st) != 0)
        return rf_fail(err, RF_USAGE,
                       "the folder holds a routefit.db that no demo made; name another folder with --dir");
    for (const char *const *p = (const char *const[]){ "routefit.db", "routefit.db-wal", "routefit.db-shm", NULL }; *p;
         p++)
        if (unlink(*p) && errno != ENOENT)
            return rf_fail_errno(err, RF_IO, "cannot remove the earlier demo's %s", *p);
    for (size_t i = 0; i <= RF_DEMO_FILES && !rc; i++) {
        const struct rf_demo_file f =
            i < RF_DEMO_FILES ? rf_demo_files[i] : (struct rf_demo_file){ marker, NULL, NULL };
        rc = rf_file_write(f.name, true, f.data, (size_t)(f.end - f.data), NULL, err);
    }
    return rc;
}

/* The demo's own global options hold for each step, behind the words that are shown. */
static int run_step(const struct step *s, struct rf_ctx *ctx, struct rf_err *err)
{
    char line[MAX_LINE], *word[MAX_WORDS + 1], *at = line;
    int n = 0;
    snprintf(line, sizeof line, "%s --threads %d --seed %llu%s", s->line, ctx->threads, (unsigned long long)ctx->seed,
             ctx->quiet ? " --quiet" : "");
    for (char *w; n < MAX_WORDS && (w = strsep(&at, " "));)
        word[n++] = w;
    word[n] = NULL;
    fprintf(ctx->out, "%s%s%s$ %s\n", s->why ? "\n# " : "", s->why ? s->why : "", s->why ? "\n" : "", s->line);
    fflush(ctx->out);
    return rf_cli_run(n, word, err);
}

static int run(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    const struct options *o = opts;
    const double start = rf_seconds();
    int rc = 0;
    (void)nargs;
    (void)args;
    if (mkdir(o->dir, 0777) && errno != EEXIST)
        return rf_fail_errno(err, RF_IO, "cannot make the folder %s", o->dir);
    if (chdir(o->dir))
        return rf_fail_errno(err, RF_IO, "cannot enter the folder %s", o->dir);
    rc = lay_files(err);
    for (size_t i = 0; i < sizeof steps / sizeof *steps && !rc; i++)
        rc = run_step(&steps[i], ctx, err);
    if (!rc)
        fprintf(ctx->out,
                "\nDone in %.1f s. Everything is in %s/: look at gsm8k.svg, or ask the database:\n  cd %s && routefit "
                "ls benches\n",
                rf_seconds() - start, o->dir, o->dir);
    return rc;
}

const struct rf_cmd rf_cmd_demo = {
    .name = "demo",
    .summary = "the whole route on built-in data, in under a minute",
    .args = "",
    .about = "Writes the bundled sample into a folder and runs ingest, embed, fit, eval, plot and\n"
             "export on it, printing each command before its output. The sample is numbers only:\n"
             "real votes, real right or wrong answers, prompt lengths and compact vectors, but no\n"
             "prompt and no answer. Its sources are named in datasets/demo/README.md.",
    .examples = "routefit demo\nroutefit demo --dir my-demo",
    .opts = { options },
    .opts_size = sizeof(struct options),
    .max_args = 0,
    .need = RF_NEED_NOTHING,
    .run = run,
};
