/* Text to numbers by strtod alone: a count is a real that is whole. */
#include "core/numbers.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "core/mem.h"
#include "core/stats.h"

int rf_list_real(const struct rf_list *list, size_t i, const char *option, double least, double most, double *v,
                 struct rf_err *err)
{
    char *end = NULL;
    const double x = strtod(list->v[i], &end);
    if (end != list->v[i] && !*end && x >= least && x <= most) {
        *v = x;
        return 0;
    }
    return least > -DBL_MAX || most < DBL_MAX
               ? rf_fail(err, RF_USAGE, "%s: found \"%s\", expected numbers from %g to %g", option, list->v[i], least,
                         most)
               : rf_fail(err, RF_USAGE, "%s: found \"%s\", expected numbers", option, list->v[i]);
}

int rf_list_reals(const struct rf_list *list, const char *option, double least, double most, double **v,
                  struct rf_err *err)
{
    int rc = RF_NEW(*v, list->n, err);
    if (!rc && !list->n)
        rc = rf_fail(err, RF_USAGE, "%s: expected at least one number", option);
    for (size_t i = 0; i < list->n && !rc; i++)
        rc = rf_list_real(list, i, option, least, most, *v + i, err);
    return rc;
}

int rf_list_counts(const struct rf_list *list, const char *option, size_t most, size_t **v, struct rf_err *err)
{
    double *real = NULL;
    *v = NULL;
    int rc = rf_list_reals(list, option, 1, (double)most, &real, err);
    if (!rc && !(rc = RF_NEW(*v, list->n, err)))
        rf_sort_doubles(real, list->n);
    for (size_t i = 0; i < list->n && !rc; i++) {
        (*v)[i] = (size_t)real[i];
        if (real[i] > floor(real[i]))
            rc = rf_fail(err, RF_USAGE, "%s %g: expected whole numbers", option, real[i]);
    }
    rf_free(real);
    return rc;
}
