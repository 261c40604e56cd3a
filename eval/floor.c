/* The walk over the curve's vertices, with the log of the capital of every bet kept up to date: a vertex changes the
 * terms of its own group alone. */
#include "eval/floor.h"

#include <float.h>
#include <math.h>

enum { BETS = 24 }; /* lambda = .99 / B, / 2, / 4, ...: down to effects of 1e-7 of the range */

static void bets_of(double most, double lambda[BETS])
{
    for (int i = 0; i < BETS; i++)
        lambda[i] = .99 / most * exp2(-.75 * i);
}

/* ln of the mean over the bets. */
static double log_mean(const double log_capital[BETS])
{
    double top = log_capital[0], sum = 0;
    for (int i = 1; i < BETS; i++)
        top = fmax(top, log_capital[i]);
    for (int i = 0; i < BETS; i++)
        sum += exp(log_capital[i] - top);
    return top + log(sum / BETS);
}

static void add(double log_capital[BETS], const double lambda[BETS], double x, double sign)
{
    for (int i = 0; i < BETS; i++)
        log_capital[i] += sign * log1p(lambda[i] * x);
}

static int check_range(const struct rf_curve *c, const struct rf_floor_options *o, struct rf_err *err)
{
    for (size_t i = 0; i < c->n; i++) {
        const double weak = c->base[i], strong = weak + c->lift[i], slack = 1e-9 * (o->high - o->low);
        if (fmin(weak, strong) < o->low - slack || fmax(weak, strong) > o->high + slack)
            return rf_fail(err, RF_BAD_INPUT, "found a score of %g, expected scores from %g to %g: give their range",
                           fmin(weak, strong) < o->low ? fmin(weak, strong) : fmax(weak, strong), o->low, o->high);
    }
    return 0;
}

/* About how many prompts like these let the best single bet win, at strong's own vertex. */
static size_t prompts_needed(const struct rf_curve *c, const double log_capital[BETS], double delta)
{
    double best = 0;
    for (int i = 0; i < BETS; i++)
        best = fmax(best, log_capital[i] / (double)c->n);
    const double need = best > 0 ? (log(BETS) - log(delta)) / best : 0;
    return need < 1e15 ? (size_t)ceil(need) : 0;
}

int rf_floor_find(const struct rf_curve *c, const struct rf_floor_options *o, struct rf_floor *out, struct rf_err *err)
{
    const double most = o->keep * o->high - o->low - o->loss; /* X is never below -most */
    double lambda[BETS], log_capital[BETS] = { 0 };
    const int rc = check_range(c, o, err);
    *out = (struct rf_floor){ .vertex = c->groups };
    if (rc)
        return rc;
    if (most <= 0) { /* nothing can break the promise */
        *out = (struct rf_floor){ .vertex = 0, .certain = 1, .p = 0 };
        return 0;
    }
    bets_of(most, lambda);
    for (size_t i = 0; i < c->n; i++)
        add(log_capital, lambda, (1 - o->keep) * (c->base[i] + c->lift[i]) + o->loss, 1);
    double p = exp(-log_mean(log_capital));
    out->p = fmin(p, 1);
    out->certain = p <= o->delta;
    if (!out->certain) {
        out->prompts = prompts_needed(c, log_capital, o->delta);
        return 0;
    }
    for (size_t v = c->groups; v-- > 0;) {
        for (size_t i = c->end[v]; i < c->end[v + 1]; i++) { /* from strong to weak */
            const double strong = c->base[i] + c->lift[i];
            add(log_capital, lambda, (1 - o->keep) * strong + o->loss, -1);
            add(log_capital, lambda, c->base[i] - o->keep * strong + o->loss, 1);
        }
        p = exp(-log_mean(log_capital));
        if (p > o->delta)
            break;
        out->vertex = v;
        out->p = p;
    }
    return 0;
}
