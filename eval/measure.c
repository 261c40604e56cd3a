/* Each number is one or two passes along the sorted curve. */
#include "eval/measure.h"

#include <math.h>
#include <string.h>

static double weight(struct rf_weights w, size_t prompt)
{
    return w.count ? w.count[prompt * w.stride] : 1;
}

struct totals {
    double n, gain, weak, area; /* draws; sums of lift and weak; sum of lift (1 - R) */
};

/* u, where wanted: lift (1 - R) + G. */
static struct totals area_of(const struct rf_curve *c, struct rf_weights w, double *u)
{
    struct totals t = { 0 };
    for (size_t p = 0; p < c->n; p++)
        t.n += weight(w, p);
    double calls = 0;
    for (size_t v = 1; v <= c->groups; v++) {
        double k = 0, g = 0;
        for (size_t i = c->end[v - 1]; i < c->end[v]; i++) {
            const double one = weight(w, c->order[i]);
            k += one;
            g += one * c->lift[i];
            t.weak += one * c->base[i];
        }
        const double below = 1 - (calls + k / 2) / t.n, height = (t.gain + g / 2) / t.n;
        for (size_t i = c->end[v - 1]; u && i < c->end[v]; i++)
            u[c->order[i]] = c->lift[i] * below + height;
        t.area += g * below;
        calls += k;
        t.gain += g;
    }
    return t;
}

static double apgr_of(const struct rf_curve *c, struct rf_weights w, double *u)
{
    const struct totals t = area_of(c, w, u);
    if (!(t.gain > 0))
        return NAN;
    const double gap = t.gain / t.n, area = t.area / t.n, value = area / gap;
    for (size_t i = 0; u && i < c->n; i++)
        u[c->order[i]] = (u[c->order[i]] - 2 * area - value * (c->lift[i] - gap)) / gap;
    return value;
}

static double auc_of(const struct rf_curve *c, struct rf_weights w, double *u)
{
    const struct totals t = area_of(c, w, u);
    const double weak = t.weak / t.n, area = t.area / t.n;
    for (size_t i = 0; u && i < c->n; i++)
        u[c->order[i]] += c->base[i] - weak - 2 * area;
    return weak + area;
}

/* ---- at a place of the axis ---- */

/* What one prompt adds to the axis when it goes from weak to strong, and what it has there with weak. */
static double step_of(const struct rf_measure *m, size_t prompt)
{
    return m->kind == RF_MEASURE_CALLS ? 1 : m->strong_cost[prompt] - m->weak_cost[prompt];
}

static double start_of(const struct rf_measure *m, size_t prompt)
{
    return m->kind == RF_MEASURE_CALLS ? 0 : m->weak_cost[prompt];
}

/* Where a walk along the curve first meets a place on the axis. */
struct place {
    size_t group; /* the group that holds it, groups + 1: beyond the end */
    double part;  /* of that group, 0..1 */
    double gain;  /* sum of lift up to there */
};

static struct place find(const struct rf_measure *m, const struct rf_curve *c, struct rf_weights w, double x)
{
    double at = 0, gain = 0;
    for (size_t v = 1; v <= c->groups; v++) {
        double dx = 0, dg = 0;
        for (size_t i = c->end[v - 1]; i < c->end[v]; i++) {
            const double k = weight(w, c->order[i]);
            dx += k * step_of(m, c->order[i]);
            dg += k * c->lift[i];
        }
        if (dx > 0 && at + dx >= x) {
            const double part = (x - at) / dx;
            return (struct place){ v, part, gain + part * dg };
        }
        at += dx;
        gain += dg;
    }
    return (struct place){ c->groups + 1, 0, gain };
}

static double held_of(const struct rf_measure *m, const struct rf_curve *c, struct rf_weights w, double *u)
{
    double n = 0, weak = 0, start = 0, all = 0;
    for (size_t i = 0; i < c->n; i++) {
        const size_t p = c->order[i];
        const double k = weight(w, p);
        n += k;
        weak += k * c->base[i];
        start += k * start_of(m, p);
        all += k * step_of(m, p);
    }
    const double x = m->at * n - start;
    if (!(n > 0) || x < -1e-9 * fabs(start))
        return NAN;
    const struct place here = find(m, c, w, fmax(0, x));
    const double value = (weak + here.gain) / n;
    if (!u)
        return value;
    const double half = .5 * all / cbrt(n), low = fmax(0, x - half), high = fmin(all, x + half);
    const bool inside = here.group <= c->groups && high > low;
    const double slope = inside ? (find(m, c, w, high).gain - find(m, c, w, low).gain) / (high - low) : 0;
    for (size_t v = 1; v <= c->groups; v++) {
        const double d = v < here.group ? 1 : v == here.group ? here.part : 0;
        for (size_t i = c->end[v - 1]; i < c->end[v]; i++) {
            const size_t p = c->order[i];
            u[p] = c->base[i] + c->lift[i] * d - value - slope * (start_of(m, p) + d * step_of(m, p) - m->at);
        }
    }
    return value;
}

/* ---- at a threshold ---- */

static double threshold_of(const struct rf_measure *m, const struct rf_curve *c, struct rf_weights w, double *u)
{
    const size_t strong = c->end[rf_curve_vertex(c, m->at)];
    const bool pgr = m->kind == RF_MEASURE_PGR;
    double n = 0, weak = 0, gain = 0, all = 0;
    for (size_t i = 0; i < c->n; i++) {
        const double k = weight(w, c->order[i]);
        n += k;
        weak += k * c->base[i];
        all += k * c->lift[i];
        gain += i < strong ? k * c->lift[i] : 0;
    }
    if (!(n > 0) || (pgr && !(all > 0)))
        return NAN;
    const double value = pgr ? gain / all : (weak + gain) / n;
    for (size_t i = 0; u && i < c->n; i++) {
        const double lift = i < strong ? c->lift[i] : 0;
        u[c->order[i]] = pgr ? (lift - value * c->lift[i]) / (all / n) : c->base[i] + lift - value;
    }
    return value;
}

double rf_measure_of(const struct rf_measure *m, const struct rf_curve *c, struct rf_weights w, double *u)
{
    switch (m->kind) {
    case RF_MEASURE_APGR:
        return apgr_of(c, w, u);
    case RF_MEASURE_AUC:
        return auc_of(c, w, u);
    case RF_MEASURE_CALLS:
    case RF_MEASURE_COST:
        return held_of(m, c, w, u);
    case RF_MEASURE_THRESHOLD:
    case RF_MEASURE_PGR:
        return threshold_of(m, c, w, u);
    }
    return NAN;
}

double rf_measure_se(const double *u, struct rf_weights w, size_t n, const size_t *cluster, size_t clusters,
                     double *pad)
{
    double draws = 0, squares = 0;
    if (cluster)
        memset(pad, 0, clusters * sizeof *pad);
    for (size_t p = 0; p < n; p++) {
        const double k = weight(w, p);
        draws += k;
        if (cluster)
            pad[cluster[p]] += k * u[p]; /* a cluster drawn c times adds c equal sums: see below */
        else
            squares += k * u[p] * u[p];
    }
    for (size_t p = 0; cluster && p < n; p++) {
        const double k = weight(w, p);
        if (k > 0 && pad[cluster[p]] != 0) {
            const double sum = pad[cluster[p]] / k;
            squares += k * sum * sum;
            pad[cluster[p]] = 0;
        }
    }
    return sqrt(squares) / draws;
}
