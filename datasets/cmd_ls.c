/* `routefit ls VIEW`: what the database holds. The views are rows of datasets/ls_views.c. */
#include "core/cli.h"
#include "datasets/commands.h"
#include "datasets/ls.h"

struct options {
    int64_t limit;
};

static const struct rf_opt rows[] = {
    RF_OPT(struct options, limit, "limit", 'n', RF_OPT_INT, "N", "50", NULL, 0, 1e15,
           "Most rows of texts, prices and dropped to print; 0 for all."),
    RF_OPT_END,
};

static int run(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    const struct options *const o = opts;
    const struct rf_view *view = &rf_views[0];
    const int rc = nargs ? rf_view_need(args[0], &view, err) : 0;
    return rc ? rc : rf_view_print(view, ctx->db, o->limit, ctx->out, ctx->format, err);
}

const struct rf_cmd rf_cmd_ls = {
    .name = "ls",
    .summary = "list what the database holds",
    .args = "[VIEW]",
    .about = "Prints one view:\n"
             "  sources    ingested files and what became of their rows (the default)\n"
             "  models     models with their votes (a tie is half a win), results and price\n"
             "             per million tokens, by exact name or alias, from the latest list\n"
             "  near       names that may be one model, each with the command that says so\n"
             "  aliases    names that are one model, as `routefit alias` was told\n"
             "  benches    benchmarks, and the models measured on them\n"
             "  tasks      their tasks\n"
             "  judges     who gave the votes: ties, replies that could not be read, pairs\n"
             "             that were shown in both orders\n"
             "  agreement  how often two judges say the same of a pair, with exact 95%\n"
             "             intervals, and how often where both decide\n"
             "  prompts    how many prompts there are by script and length in characters\n"
             "  texts      prompts one by one, and how many votes and questions use them\n"
             "  embedders  sets of vectors\n"
             "  prices     price lists, in $ per million tokens\n"
             "  scores     what other routers think of prompts\n"
             "  splits     divisions of prompts\n"
             "  overlaps   prompts that are the same question or nearly, by run\n"
             "  left_out   questions that evaluation leaves out because other data holds them\n"
             "  dropped    rows that were not stored, and why",
    .examples = "routefit ls\n"
                "routefit ls benches --json\n"
                "routefit ls prices -n 0 --format csv",
    .opts = { rows },
    .opts_size = sizeof(struct options),
    .min_args = 0,
    .max_args = 1,
    .need = RF_NEED_READ,
    .run = run,
};
