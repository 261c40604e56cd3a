/* Routers for evaluation: files, loaded and scored through the scoring pair alone, so that what is measured is what is
 * deployed; and, by name, scores that the database holds (eval/stored.h). Refuses: a router given twice, vectors that
 * another text model made, benchmarks with prompts that have no vector or no score. */
#ifndef RF_EVAL_ROUTER_H
#define RF_EVAL_ROUTER_H

#include <stdbool.h>

#include "core/db.h"
#include "core/err.h"
#include "core/pick.h"
#include "core/routefit_score.h"
#include "eval/bench.h"
#include "eval/stored.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How router files are read. */
struct rf_router_options {
    struct rf_pick_options pick; /* the two models of an mf file */
    const char *embedder;        /* vectors to use; NULL: the embedder that the file names */
};
/* Rows for an option table over struct T, whose field f is a struct rf_router_options. */
#define RF_ROUTER_OPTIONS(T, f)                                                                                        \
    RF_OPT(T, f.embedder, "embedder", 0, RF_OPT_TEXT, "NAME", NULL, NULL, 0, 0,                                        \
           "Vectors to score with, in place of those that the router's file names."),                                  \
        RF_PICK_OPTIONS(T, f.pick)

struct rf_router {
    char *name; /* of the scores (scores:NAME where two would share it), or the file's without folder and .safetensors,
                   or the path where two would share it; no two are the same */
    struct routefit_router *r; /* of a file, owned; NULL: stored scores */
    struct rf_stored *stored;  /* owned; NULL: a file */
};

/* Loads word[n] in order into *out, an array of n: "scores:NAME" is a name of stored scores, any other word a path, or
 * such a name where there is no file; db NULL: files only. Release with rf_routers_free. taken[ntaken]: names that none
 * gets. */
int rf_routers_load(struct rf_router **out, struct rf_db *db, const char *const *word, size_t n,
                    const struct rf_router_options *o, const char *const *taken, size_t ntaken, struct rf_err *err);
void rf_routers_free(struct rf_router *r, size_t n); /* NULL is fine */
/* One file, without its name. */
int rf_router_open(struct routefit_router **out, const char *path, const struct rf_router_options *o,
                   struct rf_err *err);

/* Prompts to be scored; all borrowed. */
struct rf_asked {
    const char *what; /* for messages: 'benchmark "mmlu"' */
    size_t n;
    const int64_t *prompt;            /* [n] ids */
    const struct rf_buf *texts;       /* for routers on texts: the first turns ... */
    const size_t *text_at, *text_len; /* ... [n]; text_len 0 where there is none */
};
/* score[a->n] = win rates. */
int rf_router_score_asked(const struct rf_router *r, struct rf_db *db, const struct rf_asked *a,
                          const struct rf_router_options *o, double *score, struct rf_err *err);
/* score[b->n] = win rates of the benchmark's prompts. */
int rf_router_score(const struct rf_router *r, struct rf_db *db, const struct rf_bench *b,
                    const struct rf_router_options *o, double *score, struct rf_err *err);

/* The models of a router among many: how many (0: a router of one pair), and the name of i. */
size_t rf_router_models(const struct rf_router *r);
const char *rf_router_model(const struct rf_router *r, size_t i);
/* For a router among many models: score[n][rf_router_models] and cost, as it predicts them. RF_USAGE: it is none.
 * bench: its name, for messages. */
int rf_router_predict(const struct rf_router *r, struct rf_db *db, const char *bench, const int64_t *prompt, size_t n,
                      const struct rf_router_options *o, double *score, double *cost, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
