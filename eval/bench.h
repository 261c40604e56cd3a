/* A benchmark out of the database: per prompt the quality of a strong and a weak model's answer, ready for curves.
 * Items that lack a score of either model are left out and counted, as are those whose text the training data may have
 * held. Refuses: unknown benchmarks and models (the known ones are listed), pairs without a common item. */
#ifndef RF_EVAL_BENCH_H
#define RF_EVAL_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/db.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/opt.h"
#include "core/sha256.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_bench_options {
    const char *name;   /* item.bench */
    const char *strong; /* model names or their aliases; NULL: of the two models that have results, the better and the
                           other one */
    const char *weak;
    bool keep_contaminated; /* true: items of tables contaminated and leave_out stay in */
};
/* Rows for an option table over struct T with members of the names strong, weak and keep_contaminated. */
#define RF_BENCH_OPTIONS(T)                                                                                            \
    RF_OPT(T, strong, "strong", 0, RF_OPT_TEXT, "MODEL", NULL, NULL, 0, 0,                                             \
           "Strong model of the benchmark; of two models the better one is taken without asking."),                    \
        RF_OPT(T, weak, "weak", 0, RF_OPT_TEXT, "MODEL", NULL, NULL, 0, 0, "Weak model of the benchmark."),            \
        RF_OPT(T, keep_contaminated, "keep-contaminated", 0, RF_OPT_FLAG, NULL, NULL, NULL, 0, 0,                      \
               "Keep prompts whose exact text is listed as contaminated, and those that `overlap --drop` found.")

/* Why `overlap --drop` has a question left out: leave_out.kind. */
enum rf_overlap { RF_OVERLAP_EXACT, RF_OVERLAP_NORMALISED, RF_OVERLAP_NEAR, RF_OVERLAP_COSINE, RF_OVERLAPS };
extern const char *const rf_overlap_name[RF_OVERLAPS];

struct rf_bench {
    char *name, *strong_name, *weak_name;
    size_t n;                      /* prompts to evaluate on, > 0 */
    int64_t *prompt;               /* [n] prompt ids; 0: the item has none */
    double *strong, *weak;         /* [n] mean score over the turns */
    double *strong_sum, *weak_sum; /* [n] sum over the turns */
    size_t *turns;                 /* [n] scored turns, the same of both models */
    double *bytes;                 /* [n] length of the first turn; NaN where unknown */
    size_t *text_at, *text_len;    /* [n] the first turn inside texts; text_len 0 where there is none */
    struct rf_buf texts;
    bool right_wrong;             /* all scores are 0 or 1: qualities are shown as percentages */
    size_t items;                 /* of the benchmark: n_all + missing */
    size_t contaminated;          /* left out: the exact text of a turn is in table contaminated */
    size_t left_out[RF_OVERLAPS]; /* left out: in table leave_out, and not contaminated */
    size_t missing;               /* left out: a score of one of the models is missing, or they have different turns */
    size_t n_all;                 /* n + contaminated + sum of left_out */
    double *strong_all;           /* [n_all] mean scores with those items: RouteLLM's optimal curve keeps them */
    double *weak_all;
    char sha256[RF_SHA256_HEX]; /* fingerprint of prompts and qualities */
};

/* RF_USAGE where --bench names none, or one twice. */
int rf_bench_given(const struct rf_list *bench, struct rf_err *err);
int rf_bench_load(struct rf_bench *b, struct rf_db *db, const struct rf_bench_options *o, struct rf_err *err);
void rf_bench_release(struct rf_bench *b); /* a zeroed struct is fine */

/* 100 where qualities are shown as percentages, else 1. */
double rf_bench_scale(const struct rf_bench *b);
/* The first turn of prompt i. */
struct rf_str rf_bench_text(const struct rf_bench *b, size_t i);

#ifdef __cplusplus
}
#endif
#endif
