/* All walk over the tests in order of their p, and none gets a smaller one than a stronger test has. */
#include "eval/family.h"

#include <math.h>

#include "core/mem.h"
#include "core/stats.h"

int rf_family_holm(const double *p, size_t n, double *adjusted, struct rf_err *err)
{
    double *key = NULL, most = 0;
    size_t *order = NULL;
    int rc;
    if ((rc = RF_NEW(key, n, err)) || (rc = RF_NEW(order, n, err)))
        goto out;
    for (size_t i = 0; i < n; i++)
        key[i] = isnan(p[i]) ? INFINITY : p[i];
    rf_argsort(key, n, order);
    for (size_t i = 0; i < n; i++) {
        const size_t k = order[i];
        most = fmax(most, fmin(1, (double)(n - i) * p[k]));
        adjusted[k] = isnan(p[k]) ? NAN : most;
    }
out:
    rf_free(key);
    rf_free(order);
    return rc;
}

int rf_family_maxt(const double *t, const double *null, size_t n, size_t draws, double *adjusted, struct rf_err *err)
{
    double *most = NULL, p = 0; /* [draws] the largest statistic of the tests from the weakest up to one */
    size_t *order = NULL;       /* by rising t */
    int rc;
    if ((rc = RF_NEW(most, draws, err)) || (rc = RF_NEW(order, n, err)))
        goto out;
    rf_argsort(t, n, order);
    for (size_t r = 0; r < draws; r++)
        most[r] = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        const size_t k = order[i];
        size_t reached = 1;
        for (size_t r = 0; r < draws; r++) {
            most[r] = fmax(most[r], null[k * draws + r]);
            reached += most[r] >= t[k];
        }
        adjusted[k] = (double)reached / (double)(draws + 1);
    }
    for (size_t i = n; i--;)
        p = adjusted[order[i]] = fmax(p, adjusted[order[i]]);
out:
    rf_free(most);
    rf_free(order);
    return rc;
}

int rf_false_discovery(const double *p, double *q, size_t n, struct rf_err *err)
{
    double *known = NULL;
    size_t *order = NULL, *index = NULL, m = 0;
    int rc;
    if ((rc = RF_NEW(known, n + 1, err)) || (rc = RF_NEW(order, n + 1, err)) || (rc = RF_NEW(index, n + 1, err)))
        goto out;
    for (size_t i = 0; i < n; i++) {
        q[i] = NAN;
        if (!isnan(p[i])) {
            index[m] = i;
            known[m++] = p[i];
        }
    }
    rf_argsort(known, m, order);
    double least = 1;
    for (size_t k = m; k-- > 0;) {
        least = fmin(least, known[order[k]] * (double)m / (double)(k + 1));
        q[index[order[k]]] = least;
    }
out:
    rf_free(known);
    rf_free(order);
    rf_free(index);
    return rc;
}
