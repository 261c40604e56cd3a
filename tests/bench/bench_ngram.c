/* What fit ngram costs: 100,000 made prompts on one thread, in seconds of the processor: reading the texts into sparse
 * rows, and one ridge to the optimum. Floor of the first: the pair's features alone; of the second: as many passes of
 * dot products alone. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/blas.h"
#include "core/mem.h"
#include "core/rng.h"
#include "made_texts.h"
#include "train/ngrams.h"
#include "train/sparse.h"

enum { PROMPTS = 100000 };

static volatile double keep; /* so that nothing is optimised away */

static double processor_seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

static void line(const char *what, double measured, double floor)
{
    printf("%-44s %8.2f s  floor %8.2f s  ratio %5.2f\n", what, measured, floor, measured / floor);
}

static int make_prompts(struct rf_turns *t, struct rf_example *e)
{
    struct rf_rng r;
    rf_rng_init(&r, 1, 0);
    for (size_t i = 0; i < PROMPTS; i++) {
        made_text(&r, 40 + rf_rng_below(&r, 300), &t->all);
        t->at[i + 1] = t->all.len;
        const char last = t->all.data[t->all.len - 1]; /* a weak sign in the text */
        e[i] = (struct rf_example){ (uint32_t)i, rf_rng_uniform(&r) < (last > 'm' ? 0.65 : 0.45) ? 1 : -1, 1 };
    }
    return t->all.len ? 0 : -1;
}

static void only_features(const struct rf_turns *t)
{
    struct routefit_features *const pad = routefit_features_new(ROUTEFIT_BUCKETS);
    const uint32_t *bucket;
    const float *value, *shape;
    for (size_t i = 0; pad && i < PROMPTS; i++) {
        const struct rf_str s = rf_turn_of(t, i);
        keep = keep + (double)routefit_features_of(pad, s.s, s.len, &bucket, &value, &shape);
    }
    routefit_features_free(pad);
}

int main(void)
{
    struct rf_votes v = { .rows = PROMPTS };
    struct rf_ngrams g = { 0 };
    struct rf_sparse_result res = { 0 };
    struct rf_err err = { 0 };
    struct rf_example *e = NULL;
    double *theta = NULL, t[4];
    bool *in = NULL;
    char what[80];
    int rc = 1;
    if (rf_blas_init(NULL) || RF_NEW(e, PROMPTS, NULL) || RF_NEW(in, PROMPTS, NULL) ||
        RF_NEW(v.text.at, PROMPTS + 1, NULL) || make_prompts(&v.text, e))
        goto out;
    memset(in, 1, PROMPTS * sizeof *in);
    t[0] = processor_seconds();
    only_features(&v.text);
    t[1] = processor_seconds();
    if (rf_ngrams_make(&g, &v, in, false, &err) || RF_NEW(theta, g.x.cols + 1, NULL))
        goto out;
    t[2] = processor_seconds();
    const struct rf_sparse p = {
        .x = &g.x, .e = e, .n = PROMPTS, .loss = RF_SPARSE_LOGISTIC, .l2 = 0.003, .threads = 1
    };
    if (rf_sparse_solve(&p, 1e-8, theta, &res, NULL, NULL, &err))
        goto out;
    t[3] = processor_seconds();
    line("100,000 prompts of 190 bytes to rows", t[2] - t[1], t[1] - t[0]);
    const double from = processor_seconds();
    for (size_t i = 0; i < PROMPTS; i++)
        keep = keep + rf_sparse_dot(&g.x, theta, i);
    snprintf(what, sizeof what, "one ridge, %zu passes over %zu entries", res.passes, rf_csr_entries(&g.x));
    line(what, t[3] - t[2], (processor_seconds() - from) * (double)res.passes);
    rc = 0;
out:
    if (rc)
        fprintf(stderr, "bench_ngram: %s\n", err.msg[0] ? err.msg : "out of memory");
    rf_ngrams_release(&g);
    rf_votes_release(&v);
    rf_free(e);
    rf_free(in);
    rf_free(theta);
    return rc;
}
