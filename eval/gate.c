/* Gates: a bound, a figure, and the first router that misses it. */
#include "eval/gate.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/names.h"
#include "core/scan_real.h"

static const char *const end_name[] = { [RF_GATE_VALUE] = "", [RF_GATE_LOW] = ".low", [RF_GATE_HIGH] = ".high" };

int rf_gate_parse(const char *text, bool over, struct rf_gate *g, struct rf_err *err)
{
    const char *names[RF_METRICS], *const equals = strchr(text, '=');
    char name[64];
    const size_t digits = equals ? rf_scan_real(equals + 1, strlen(equals + 1), &g->bound) : 0;
    if (!digits || equals[1 + digits] || !isfinite(g->bound))
        return rf_fail(err, RF_USAGE, "found '%s', expected METRIC=NUMBER, as in apgr=0.6 or apgr.low=0.55", text);
    const char *const dot = memchr(text, '.', (size_t)(equals - text)), *const stop = dot ? dot : equals;
    snprintf(name, sizeof name, "%.*s", (int)(stop - text), text);
    g->over = over;
    g->end = RF_GATE_VALUE;
    while (strlen(end_name[g->end]) != (size_t)(equals - stop) ||
           memcmp(end_name[g->end], stop, (size_t)(equals - stop)))
        if (g->end++ == RF_GATE_HIGH)
            return rf_fail(err, RF_USAGE, "found '%s', expected the metric's name alone, or with .low or .high", text);
    for (size_t m = 0; m < RF_METRICS; m++) {
        names[m] = rf_metric_info[m].name;
        if (!strcmp(names[m], name)) {
            g->metric = (enum rf_metric)m;
            return 0;
        }
    }
    return rf_unknown("metric", name, names, RF_METRICS, "eval prints them", err);
}

static int check(const struct rf_gate *g, const struct rf_bench *b, const struct rf_entry *e, struct rf_err *err)
{
    const double figure[] = { [RF_GATE_VALUE] = e->metric[g->metric],
                              [RF_GATE_LOW] = e->boot.low[g->metric],
                              [RF_GATE_HIGH] = e->boot.high[g->metric] };
    const double v = rf_metric_factor(g->metric, rf_bench_scale(b)) * figure[g->end];
    if (g->over ? v <= g->bound : v >= g->bound)
        return 0;
    char found[32];
    if (isnan(v))
        snprintf(found, sizeof found, "not defined");
    else
        snprintf(found, sizeof found, "%.6g", v);
    return rf_fail(err, RF_GATE, "%s: %s%s of %s is %s, wanted at %s %g", b->name, rf_metric_info[g->metric].name,
                   end_name[g->end], e->name, found, g->over ? "most" : "least", g->bound);
}

int rf_gates_check(const struct rf_gate *g, size_t gates, const struct rf_evaluation *e, size_t n, struct rf_err *err)
{
    int rc = 0;
    for (size_t k = 0; k < n && !rc; k++)
        for (size_t i = 0; i < e[k].n && !rc; i++)
            for (size_t j = 0; j < gates && !rc && e[k].entry[i].baseline < 0; j++)
                rc = check(&g[j], &e[k].bench, &e[k].entry[i], err);
    return rc;
}
