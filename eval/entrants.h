/* Who takes part in a comparison: files, names of stored scores and baselines, each once; and what they are compared
 * with, if not all with all. */
#ifndef RF_EVAL_ENTRANTS_H
#define RF_EVAL_ENTRANTS_H

#include <stddef.h>

#include "core/cli.h"
#include "core/db.h"
#include "core/err.h"
#include "eval/bench.h"
#include "eval/router.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The two models alone, against which routers can be compared: a threshold that everything reaches, or nothing. */
enum { RF_ALONE = 2 };
extern const char *const rf_alone_name[RF_ALONE]; /* "strong", "weak" */
extern const double rf_alone_threshold[RF_ALONE];

struct rf_entrants {
    struct rf_router *router; /* [routers] the files, in their order; owned */
    size_t routers;
    const char **name; /* [n + 1] by the command line, then that of `model`; names borrowed */
    int *baseline;     /* [n] of RF_BASELINES, -1: a file */
    size_t *file;      /* [n] index into router; 0 for a baseline */
    size_t n;
    int model;      /* that all are compared with: index into rf_alone_name, -1: none */
    size_t against; /* the entrant that all are compared with, n: model; SIZE_MAX: all pairs */
};

/* word[n] as the command line has them; against: an entrant's name, "strong" or "weak", NULL: all pairs. RF_USAGE: a
 * baseline twice, nothing of that name. Release also after a failure. */
int rf_entrants_load(struct rf_entrants *e, struct rf_db *db, char **word, size_t n, const struct rf_router_options *o,
                     const char *against, struct rf_err *err);
void rf_entrants_release(struct rf_entrants *e); /* a zeroed struct is fine */

/* out[bench->n] = win rates of entrant i; i = n: any, for a model alone does not read them. */
int rf_entrants_score(const struct rf_entrants *e, size_t i, struct rf_ctx *ctx, const struct rf_bench *bench,
                      const struct rf_router_options *o, double *out, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
