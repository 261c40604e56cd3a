/* routefit report: everything that eval and compare know of some routers, on one page to keep. */
#include <string.h>

#include "core/input.h"
#include "core/run.h"
#include "core/sha256.h"
#include "eval/commands.h"
#include "eval/report.h"

struct options {
    struct rf_evaluate_options common;
    const char *title;
    bool force;
    double share;
};

static const struct rf_opt table[] = {
    RF_OPT(struct options, title, "title", 0, RF_OPT_TEXT, "TEXT", "Router report", NULL, 0, 0, "Title of the page."),
    RF_OPT(struct options, share, "share", 0, RF_OPT_REAL, "S", "0.5", NULL, 0, 1,
           "Share of strong calls at which tasks are compared."),
    RF_OPT(struct options, force, "force", 'f', RF_OPT_FLAG, NULL, NULL, NULL, 0, 0, "Write over an existing file."),
    RF_OPT_END,
};

static int digest_file(const char *path, char hex[RF_SHA256_HEX], struct rf_err *err)
{
    struct rf_buf bytes = { 0 };
    int rc = rf_file_read(path, 0, &bytes, err);
    if (!rc)
        rc = rf_sha256_hex_of(bytes.data, bytes.len, hex, err);
    rf_buf_release(&bytes);
    return rc;
}

static int fill(struct rf_report *r, struct rf_evaluation *e, struct rf_ctx *ctx, const struct options *o,
                struct rf_err *err)
{
    int rc = 0;
    for (size_t i = 0; i < r->routers && !rc; i++)
        rc = r->router[i].r ? digest_file(r->path[i], r->sha256[i], err) : 0;
    for (size_t i = 0; i < r->benches && !rc; i++) {
        r->bench[i].e = &e[i];
        if (!(rc = rf_evaluate(&e[i], ctx, o->common.bench.v[i], &o->common, r->router, r->routers, err)))
            rc = rf_report_fill(&r->bench[i], ctx, &o->common, err);
    }
    return rc;
}

static int run(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    const struct options *const o = opts;
    struct rf_report r = { .title = o->title,
                           .benches = o->common.bench.n,
                           .path = (const char *const *)args + 1,
                           .routers = (size_t)nargs - 1,
                           .share = o->share };
    struct rf_evaluation *e = NULL;
    struct rf_router *router = NULL;
    struct rf_outfile out = { 0 };
    struct rf_run row = { 0 };
    char sha256[RF_SHA256_HEX] = "";
    int rc;
    if ((rc = rf_bench_given(&o->common.bench, err)) || (rc = rf_outfile_open(&out, args[0], o->force, err)) ||
        (rc = RF_NEW(r.bench, r.benches, err)) || (rc = RF_NEW(e, r.benches, err)) ||
        (rc = RF_NEW(r.sha256, r.routers + 1, err)) ||
        (rc = rf_routers_load(&router, ctx->db, r.path, r.routers, &o->common.router, rf_baseline_names, RF_BASELINES,
                              err)) ||
        (rc = rf_run_begin(&row, ctx, err)))
        goto out;
    r.router = router;
    r.run = row.id;
    if ((rc = fill(&r, e, ctx, o, err)) || (rc = rf_evaluations_store(e, r.benches, ctx->db, row.id, sha256, err)) ||
        (rc = rf_report_write(&r, ctx, out.f, err)) || (rc = rf_outfile_commit(&out, err)))
        goto out;
    fprintf(ctx->chat, "%s written\n", args[0]);
out:
    rc = rf_run_close(&row, ctx, rc, *sha256 ? sha256 : NULL, err);
    rf_outfile_release(&out);
    for (size_t i = 0; r.bench && i < r.benches; i++)
        rf_report_bench_release(&r.bench[i]);
    for (size_t i = 0; e && i < r.benches; i++)
        rf_evaluation_release(&e[i]);
    rf_free(e);
    rf_free(r.bench);
    rf_free(r.sha256);
    rf_routers_free(router, r.routers);
    return rc;
}

const struct rf_cmd rf_cmd_report = {
    .name = "report",
    .summary = "one HTML page of evidence on routers, to keep",
    .args = "OUT.html [ROUTER...]",
    .about = "Measures routers on benchmarks as `eval` does, and writes one file that needs\n"
             "neither network nor script: what was compared on what, curves with bands,\n"
             "metrics with intervals and baselines, verdicts of all duels, whether win rates\n"
             "are probabilities, costs, where each router gains and loses by task, and where\n"
             "everything comes from. Readable on a phone and on paper.",
    .examples = "routefit report report.html --bench gsm8k router.safetensors\n"
                "routefit report report.html --bench gsm8k,mt-bench logistic.safetensors mf.safetensors --force",
    .opts = { rf_evaluate_table, table },
    .opts_size = sizeof(struct options),
    .min_args = 1,
    .max_args = -1,
    .need = RF_NEED_WRITE,
    .run = run,
};
