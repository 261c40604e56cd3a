/* A log of prompts: those of a set in the database, scored by a router, or win rates that `score` printed. */
#ifndef RF_EVAL_LOG_H
#define RF_EVAL_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "core/db.h"
#include "core/err.h"
#include "core/names.h"
#include "core/sha256.h"
#include "eval/router.h"

#ifdef __cplusplus
extern "C" {
#endif

enum rf_log_by { RF_BY_NOTHING, RF_BY_TASK, RF_BY_SCRIPT }; /* what divides a log into segments */
#define RF_LOG_BY_CHOICES "nothing|task|script"

struct rf_log {
    size_t n;                   /* prompts, > 0; one that stands in the log several times counts as often */
    double *score;              /* [n] win rates */
    double *bytes;              /* [n] length of the first turn; NaN where unknown */
    uint32_t *segment;          /* [n] index into segments */
    struct rf_names segments;   /* names; one, "all", without a division */
    char sha256[RF_SHA256_HEX]; /* of prompts and scores */
};

/* The prompts of a set (core/prompt_set.h), scored by r. */
int rf_log_of_set(struct rf_log *l, struct rf_db *db, const char *set, enum rf_log_by by, const struct rf_router *r,
                  const struct rf_router_options *o, struct rf_err *err);
/* Win rates from a text file, or stdin for "-": the number at the start of each line, up to a tab. RF_BAD_INPUT: no
 * number, none at all. */
int rf_log_of_scores(struct rf_log *l, const char *path, struct rf_err *err);
void rf_log_release(struct rf_log *l); /* a zeroed struct is fine */

#ifdef __cplusplus
}
#endif
#endif
