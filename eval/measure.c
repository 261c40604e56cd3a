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

/* u, where wanted: lift (1 - R) + G, by prompt. */
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

static const struct rf_parts undefined = { NAN, NAN };

static void fill(double *x, size_t n, double v)
{
    for (size_t i = 0; x && i < n; i++)
        x[i] = v;
}

static struct rf_parts apgr_of(const struct rf_curve *c, struct rf_weights w, double *top, double *bottom)
{
    const struct totals t = area_of(c, w, top);
    const double gap = t.gain / t.n, area = t.area / t.n;
    for (size_t i = 0; top && i < c->n; i++) {
        top[c->order[i]] -= 2 * area;
        bottom[c->order[i]] = c->lift[i] - gap;
    }
    return (struct rf_parts){ area, gap };
}

static struct rf_parts auc_of(const struct rf_curve *c, struct rf_weights w, double *top, double *bottom)
{
    const struct totals t = area_of(c, w, top);
    const double weak = t.weak / t.n, area = t.area / t.n;
    for (size_t i = 0; top && i < c->n; i++)
        top[c->order[i]] += c->base[i] - weak - 2 * area;
    fill(bottom, c->n, 0);
    return (struct rf_parts){ weak + area, 1 };
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

static struct rf_parts held_of(const struct rf_measure *m, const struct rf_curve *c, struct rf_weights w, double *top,
                               double *bottom)
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
        return undefined;
    const struct place here = find(m, c, w, fmax(0, x));
    const double value = (weak + here.gain) / n;
    if (!top)
        return (struct rf_parts){ value, 1 };
    const double half = .5 * all / cbrt(n), low = fmax(0, x - half), high = fmin(all, x + half);
    const bool inside = here.group <= c->groups && high > low;
    const double slope = inside ? (find(m, c, w, high).gain - find(m, c, w, low).gain) / (high - low) : 0;
    for (size_t v = 1; v <= c->groups; v++) {
        const double d = v < here.group ? 1 : v == here.group ? here.part : 0;
        for (size_t i = c->end[v - 1]; i < c->end[v]; i++) {
            const size_t p = c->order[i];
            top[p] = c->base[i] + c->lift[i] * d - value - slope * (start_of(m, p) + d * step_of(m, p) - m->at);
        }
    }
    fill(bottom, c->n, 0);
    return (struct rf_parts){ value, 1 };
}

/* ---- at a threshold ---- */

static struct rf_parts threshold_of(const struct rf_measure *m, const struct rf_curve *c, struct rf_weights w,
                                    double *top, double *bottom)
{
    const size_t strong = c->end[rf_curve_vertex(c, m->at)];
    const bool pgr = m->kind == RF_MEASURE_PGR;
    double n = 0, weak = 0, gain = 0, all = 0;
    for (size_t i = 0; i < c->n; i++) {
        const double k = weight(w, c->order[i]);
        n += k;
        weak += pgr ? 0 : k * c->base[i];
        all += k * c->lift[i];
        gain += i < strong ? k * c->lift[i] : 0;
    }
    const struct rf_parts p = { (weak + gain) / n, pgr ? all / n : 1 };
    for (size_t i = 0; top && i < c->n; i++) {
        top[c->order[i]] = (i < strong ? c->lift[i] : 0) + (pgr ? 0 : c->base[i]) - p.top;
        bottom[c->order[i]] = pgr ? c->lift[i] - p.bottom : 0;
    }
    return p;
}

struct rf_parts rf_measure_parts(const struct rf_measure *m, const struct rf_curve *c, struct rf_weights w, double *top,
                                 double *bottom)
{
    switch (m->kind) {
    case RF_MEASURE_APGR:
        return apgr_of(c, w, top, bottom);
    case RF_MEASURE_AUC:
        return auc_of(c, w, top, bottom);
    case RF_MEASURE_CALLS:
    case RF_MEASURE_COST:
        return held_of(m, c, w, top, bottom);
    case RF_MEASURE_THRESHOLD:
    case RF_MEASURE_PGR:
        return threshold_of(m, c, w, top, bottom);
    }
    return undefined;
}

double rf_measure_value(struct rf_parts p)
{
    return p.bottom > 0 ? p.top / p.bottom : (double)NAN;
}

void rf_measure_influence(struct rf_parts p, const double *top, const double *bottom, size_t n, double *u)
{
    const double value = rf_measure_value(p);
    for (size_t i = 0; i < n; i++)
        u[i] = (top[i] - value * bottom[i]) / p.bottom;
}

static void add(struct rf_spread *v, double times, double top, double bottom)
{
    v->top += times * top * top;
    v->both += times * top * bottom;
    v->bottom += times * bottom * bottom;
}

/* A cluster drawn k times is k equal sums. */
static void add_clusters(struct rf_spread *v, const double *top, const double *bottom, struct rf_weights w, size_t n,
                         const size_t *cluster, size_t clusters, double *pad)
{
    memset(pad, 0, 2 * clusters * sizeof *pad);
    for (size_t p = 0; p < n; p++) {
        pad[2 * cluster[p]] += top[p];
        pad[2 * cluster[p] + 1] += bottom[p];
    }
    for (size_t p = 0; p < n; p++) {
        double *const sum = pad + 2 * cluster[p];
        add(v, weight(w, p), sum[0], sum[1]);
        sum[0] = sum[1] = 0; /* the cluster's other prompts add nothing */
    }
}

struct rf_spread rf_measure_spread(const double *top, const double *bottom, struct rf_weights w, size_t n,
                                   const size_t *cluster, size_t clusters, double *pad)
{
    struct rf_spread v = { 0 };
    double draws = 0;
    for (size_t p = 0; p < n; p++) {
        const double k = weight(w, p);
        draws += k;
        if (!cluster)
            add(&v, k, top[p], bottom[p]);
    }
    if (cluster)
        add_clusters(&v, top, bottom, w, n, cluster, clusters, pad);
    const double square = draws * draws;
    return (struct rf_spread){ v.top / square, v.both / square, v.bottom / square };
}

/* Of top - value bottom. */
static double error_of(struct rf_spread v, double value)
{
    return sqrt(fmax(0, v.top - 2 * value * v.both + value * value * v.bottom));
}

double rf_measure_se(struct rf_parts p, struct rf_spread v)
{
    return error_of(v, rf_measure_value(p)) / p.bottom;
}

double rf_measure_pivot(struct rf_parts p, struct rf_spread v, double value)
{
    const double off = p.top - value * p.bottom;
    return off == 0 ? 0 : off / error_of(v, value);
}
