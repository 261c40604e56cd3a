/* Planted votes for the tests of the matrix-factorisation router: vectors of length 1, models with a general strength
 * and a taste, winners drawn from the logistic model. */
#ifndef RF_TESTS_MF_PLANTED_H
#define RF_TESTS_MF_PLANTED_H

#include <math.h>

#include "near.h"
#include "core/mem.h"
#include "core/rng.h"
#include "core/stats.h"
#include "train/mf_fit.h"

struct planted {
    size_t models, dim, trains, valids;
    float *x;                /* [trains + valids][dim] */
    float *u;                /* [models][dim] the truth */
    struct rf_mf_pair *pair; /* [trains + valids], training pairs first */
    double bayes;            /* loss of the truth on the validation pairs */
};

static inline struct planted planted_new(size_t models, size_t dim, size_t trains, size_t valids, double taste)
{
    const size_t n = trains + valids;
    struct planted p = { .models = models, .dim = dim, .trains = trains, .valids = valids };
    struct rf_rng r;
    rf_rng_init(&r, 11, 5);
    p.x = rf_calloc(n * dim, sizeof *p.x, NULL);
    p.u = rf_calloc(models * dim, sizeof *p.u, NULL);
    p.pair = rf_calloc(n, sizeof *p.pair, NULL);
    for (size_t i = 0; i < models * dim; i++)
        p.u[i] = (float)(taste * rf_rng_normal(&r));
    for (size_t i = 0; i < n; i++) {
        float *q = p.x + i * dim;
        double length = 0;
        for (size_t j = 0; j < dim; j++) {
            q[j] = (float)(rf_rng_normal(&r) + (j == 0 ? 3 : 0)); /* a common direction carries the strengths */
            length += (double)(q[j] * q[j]);
        }
        const uint32_t a = rf_rng_below(&r, (uint32_t)models);
        const uint32_t b = (a + 1 + rf_rng_below(&r, (uint32_t)models - 1)) % (uint32_t)models;
        double z = 0;
        for (size_t j = 0; j < dim; j++) {
            q[j] = (float)((double)q[j] / sqrt(length));
            z += (double)((p.u[a * dim + j] - p.u[b * dim + j]) * q[j]);
        }
        const bool a_won = rf_rng_uniform(&r) < rf_sigmoid(z);
        p.pair[i] = (struct rf_mf_pair){ a_won ? a : b, a_won ? b : a, (uint32_t)i, 1 };
        if (i >= trains)
            p.bayes += rf_softplus(a_won ? -z : z) / (double)valids;
    }
    return p;
}

static inline struct rf_mf_data planted_data(const struct planted *p, int threads)
{
    return (struct rf_mf_data){ .x = p->x,
                                .rows = p->trains + p->valids,
                                .dim = p->dim,
                                .models = p->models,
                                .train = p->pair,
                                .valid = p->pair + p->trains,
                                .trains = p->trains,
                                .valids = p->valids,
                                .threads = threads };
}

static inline void planted_free(struct planted *p)
{
    rf_free(p->x);
    rf_free(p->u);
    rf_free(p->pair);
}

#endif
