/* Benchmark results as votes (RouteLLM's D_gold): on each question, each two models' scores are a verdict. A difference
 * d of the scores, as a share of the benchmark's range, is a win of weight |d| and a tie of weight 1 - |d|: where ties
 * count half, every loss sees the target (1 + d) / 2, and right or wrong gives whole wins and whole ties. Refuses:
 * unknown benchmarks. */
#ifndef RF_TRAIN_RESULT_VOTES_H
#define RF_TRAIN_RESULT_VOTES_H

#include <stddef.h>

#include "core/db.h"
#include "core/err.h"
#include "core/opt.h"
#include "train/votes_sql.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Appends to (*raw)[*n] (grown; the caller's also after a failure) the votes of one benchmark's results, each times
 * trust > 0; v->read and v->left_out are counted on. source: as in struct rf_results_filter. */
int rf_result_votes(struct rf_votes *v, struct rf_db *db, const char *bench, double trust, const struct rf_list *source,
                    struct rf_raw_vote **raw, size_t *n, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
