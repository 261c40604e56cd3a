/* Reads the options that pick two models of an mf file. Refuses row numbers with signs, blanks or anything behind them.
 */
#include "core/pick.h"

#include <errno.h>
#include <stdlib.h>

static int read_id(const char *text, size_t *id, struct rf_err *err)
{
    char *end;
    errno = 0;
    const unsigned long v = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno)
        return rf_fail(err, RF_USAGE, "--ids: found \"%s\", expected a row number from 0", text);
    *id = v;
    return 0;
}

int rf_pick(const struct rf_pick_options *o, struct routefit_pick *pick, struct rf_err *err)
{
    *pick = (struct routefit_pick){ .strong = o->strong, .weak = o->weak };
    if (!o->ids.n)
        return 0;
    if (o->ids.n != 2)
        return rf_fail(err, RF_USAGE, "--ids: found %zu numbers, expected two: S,W", o->ids.n);
    pick->use_ids = 1;
    const int rc = read_id(o->ids.v[0], &pick->strong_id, err);
    return rc ? rc : read_id(o->ids.v[1], &pick->weak_id, err);
}

int rf_pick_check(const struct routefit_router *r, const char *path, struct rf_err *err)
{
    return routefit_compares(r) ? 0
                                : rf_fail(err, RF_USAGE,
                                          "%s: the router chooses among models and does not say which two are "
                                          "compared: name them with --router-strong and --router-weak",
                                          path);
}
