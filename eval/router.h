/* Router files for evaluation: loaded and scored through the scoring pair alone, so that what is measured is what is
 * deployed. Refuses: a file given twice, vectors that another text model made, benchmarks with prompts that have no
 * vector. */
#ifndef RF_EVAL_ROUTER_H
#define RF_EVAL_ROUTER_H

#include <stdbool.h>

#include "core/db.h"
#include "core/err.h"
#include "core/pick.h"
#include "core/routefit_score.h"
#include "eval/bench.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How router files are read. */
struct rf_router_options {
    struct rf_pick_options pick; /* the two models of an mf file */
    const char *embedder;        /* vectors to use; NULL: the embedder that the file names */
};

struct rf_router {
    char *name; /* the file's name without folder and .safetensors, or the path where two would share it */
    struct routefit_router *r; /* owned */
};

/* Loads path[n] in order into *out, an array of n. Release with rf_routers_free. taken[ntaken]: names that no router
 * gets. */
int rf_routers_load(struct rf_router **out, const char *const *path, size_t n, const struct rf_router_options *o,
                    const char *const *taken, size_t ntaken, struct rf_err *err);
void rf_routers_free(struct rf_router *r, size_t n); /* NULL is fine */
/* One router, without its name. */
int rf_router_open(struct routefit_router **out, const char *path, const struct rf_router_options *o,
                   struct rf_err *err);

/* score[b->n] = win rates of the benchmark's prompts. */
int rf_router_score(const struct rf_router *r, struct rf_db *db, const struct rf_bench *b,
                    const struct rf_router_options *o, double *score, struct rf_err *err);

/* For a router among many models: score[n][routefit_models] and cost, as it predicts them. RF_USAGE: it is none.
 * bench: its name, for messages. */
int rf_router_predict(const struct rf_router *r, struct rf_db *db, const char *bench, const int64_t *prompt, size_t n,
                      const struct rf_router_options *o, double *score, double *cost, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
