/* A log of routed traffic: for every request the win rate, who answered, with which probability the router of that day
 * chose so, and what came of it. JSON lines or CSV with a header. Refuses rows that it cannot use, by file and line: a
 * figure of a policy must not rest on what was silently left out. */
#ifndef RF_EVAL_TRAFFIC_H
#define RF_EVAL_TRAFFIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/input.h"
#include "core/mem.h"
#include "core/opt.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_traffic_row {
    double score;      /* win rate, 0..1 */
    double propensity; /* probability of the logged choice, in (0, 1] */
    double reward;     /* finite */
    double cost;       /* US dollars, >= 0; NaN: not logged */
    bool strong;       /* who answered */
};
struct rf_traffic {
    struct rf_traffic_row *row; /* [n] */
    size_t n;
};

struct rf_traffic_options {
    const char *strong, *weak; /* how the log names the two models */
    struct rf_list map;        /* "column=field": other names of the fields win_rate, model, propensity, reward, cost */
};

/* path "-": stdin. RF_BAD_INPUT: "FILE:LINE: ...". Release also after a failure. */
int rf_traffic_read(struct rf_traffic *t, const char *path, const struct rf_traffic_options *o, struct rf_err *err);
int rf_traffic_parse(struct rf_traffic *t, struct rf_input *in, const struct rf_traffic_options *o, struct rf_err *err);
void rf_traffic_release(struct rf_traffic *t); /* a zeroed struct is fine */

#ifdef __cplusplus
}
#endif
#endif
