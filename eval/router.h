/* Router files for evaluation: loaded and scored through the scoring pair alone, so that what is measured is what is
 * deployed. Refuses: a file given twice, vectors that another text model made, benchmarks with prompts that have no
 * vector. */
#ifndef RF_EVAL_ROUTER_H
#define RF_EVAL_ROUTER_H

#include <stdbool.h>

#include "core/db.h"
#include "core/err.h"
#include "core/opt.h"
#include "core/routefit_score.h"
#include "eval/bench.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How router files are read; the options of every command that takes some. */
struct rf_router_options {
    const char *strong, *weak; /* the pair of an mf file by name; NULL: as the file says */
    struct rf_list ids;        /* two row numbers "S,W" of an mf file in RouteLLM's layout; empty: none */
    const char *embedder;      /* vectors to use; NULL: the embedder that the file names */
};
/* Rows for an option table over struct T, whose field f is a struct rf_router_options. */
#define RF_ROUTER_OPTIONS(T, f)                                                                                        \
    RF_OPT(T, f.strong, "router-strong", 0, RF_OPT_TEXT, "NAME", NULL, NULL, 0, 0,                                     \
           "Strong model of an mf router, in place of the one that its file names."),                                  \
        RF_OPT(T, f.weak, "router-weak", 0, RF_OPT_TEXT, "NAME", NULL, NULL, 0, 0, "Weak model, likewise."),           \
        RF_OPT(T, f.ids, "ids", 0, RF_OPT_LIST, "S,W", NULL, NULL, 0, 0,                                               \
               "Rows of the strong and the weak model in an mf file of RouteLLM's own layout.")

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

#ifdef __cplusplus
}
#endif
#endif
