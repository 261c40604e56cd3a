/* Which questions of a benchmark come from one source, and so stand or fall together: the bootstrap draws them together
 * (Cameron & Miller 2015). One source have questions with the same prompt, with the same normalised text
 * (core/normal.h), and those that `overlap --self` or another run of overlap found alike (table overlap); a chain of
 * such pairs is one cluster. The turns of a conversation are one question from the start (eval/bench.h). */
#ifndef RF_EVAL_ITEM_CLUSTERS_H
#define RF_EVAL_ITEM_CLUSTERS_H

#include <stddef.h>

#include "core/db.h"
#include "core/err.h"
#include "eval/bench.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_clusters {
    size_t *of; /* [b->n] the cluster of each question, numbered from 0 in the order of their first; NULL: each alone */
    size_t n;   /* clusters */
};

int rf_clusters_find(struct rf_clusters *c, const struct rf_bench *b, struct rf_db *db, struct rf_err *err);
void rf_clusters_release(struct rf_clusters *c); /* a zeroed struct is fine */

#ifdef __cplusplus
}
#endif
#endif
