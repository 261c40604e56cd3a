/* Names first as they are written, for a judge may be called "a:1"; then without their weight. */
#include "train/judges.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/names.h"

static const double least = 1e-9, most = 1e9; /* of a weight: sums of floats and of their squares */

/* Splits "NAME:WEIGHT"; *len = bytes of the name. */
static int split(const char *text, const struct rf_names *known, size_t *len, double *weight, struct rf_err *err)
{
    const char *const colon = strrchr(text, ':');
    char *end = NULL;
    *len = strlen(text);
    *weight = 1;
    if (!colon || rf_names_have(known, text))
        return 0;
    *weight = strtod(colon + 1, &end);
    if (end == colon + 1 || *end) {
        *weight = 1;
        return 0;
    }
    *len = (size_t)(colon - text);
    return *weight >= least && *weight <= most
               ? 0
               : rf_fail(err, RF_USAGE, "--votes %s: found weight %s, expected a number above 0, from %g to %g", text,
                         colon + 1, least, most);
}

static bool is_in(char *const *list, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(list[i], name))
            return true;
    return false;
}

static int add(struct rf_judges *j, const char *text, const struct rf_names *known, struct rf_err *err)
{
    static const char results[] = "results:";
    const size_t prefix = sizeof results - 1;
    size_t len;
    double weight;
    char *name;
    int rc = split(text, known, &len, &weight, err);
    if (rc)
        return rc;
    if (!(name = rf_strndup(text, len, err)))
        return RF_FAIL;
    const bool judge = rf_names_have(known, name), bench = !judge && !strncmp(name, results, prefix);
    if (!judge && !bench)
        rc = rf_names_unknown(known, "judge", name, "`routefit ls judges` lists them", err);
    else if (is_in(bench ? j->bench : j->name, bench ? j->benches : j->n, name + (bench ? prefix : 0)))
        rc = rf_fail(err, RF_USAGE, "--votes: found judge \"%s\" twice, expected it once", name);
    else if (bench && !(j->bench[j->benches] = rf_strndup(name + prefix, len - prefix, err)))
        rc = RF_FAIL;
    else if (bench)
        j->trust[j->benches++] = weight;
    if (rc || bench) {
        rf_free(name);
        return rc;
    }
    j->weight[j->n] = weight;
    j->name[j->n++] = name;
    return 0;
}

int rf_judges_parse(struct rf_judges *j, struct rf_db *db, const struct rf_list *list, struct rf_err *err)
{
    struct rf_names known = { 0 };
    int rc;
    *j = (struct rf_judges){ 0 };
    if (!list->n)
        return 0;
    if ((rc = rf_names_read(&known, db, "SELECT DISTINCT judge FROM preference ORDER BY judge", NULL, err)) ||
        (rc = RF_NEW(j->name, list->n, err)) || (rc = RF_NEW(j->weight, list->n, err)) ||
        (rc = RF_NEW(j->bench, list->n, err)) || (rc = RF_NEW(j->trust, list->n, err)))
        goto out;
    for (size_t i = 0; i < list->n && !rc; i++)
        rc = add(j, list->v[i], &known, err);
out:
    rf_names_release(&known);
    if (rc)
        rf_judges_release(j);
    return rc;
}

double rf_judges_weight(const struct rf_judges *j, const char *name)
{
    for (size_t i = 0; i < j->n; i++)
        if (!strcmp(j->name[i], name))
            return j->weight[i];
    return j->n || j->benches ? (double)NAN : 1;
}

void rf_judges_release(struct rf_judges *j)
{
    for (size_t i = 0; i < j->n; i++)
        rf_free(j->name[i]);
    for (size_t i = 0; i < j->benches; i++)
        rf_free(j->bench[i]);
    rf_free(j->name);
    rf_free(j->weight);
    rf_free(j->bench);
    rf_free(j->trust);
    *j = (struct rf_judges){ 0 };
}
