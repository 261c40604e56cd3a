/* Names first as they are written, for a judge may be called "a:1"; then without their weight. */
#include "train/judges.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/names.h"

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
    return *weight > 0 && *weight < 1e9
               ? 0
               : rf_fail(err, RF_USAGE, "--votes %s: found weight %s, expected a number above 0", text, colon + 1);
}

static int add(struct rf_judges *j, const char *text, const struct rf_names *known, struct rf_err *err)
{
    size_t len;
    int rc = split(text, known, &len, &j->weight[j->n], err);
    if (rc)
        return rc;
    if (!(j->name[j->n] = rf_strndup(text, len, err)))
        return RF_FAIL;
    const char *const name = j->name[j->n++];
    if (!rf_names_have(known, name))
        return rf_names_unknown(known, "judge", name, "`routefit ls judges` lists them", err);
    for (size_t i = 0; i + 1 < j->n; i++)
        if (!strcmp(j->name[i], name))
            return rf_fail(err, RF_USAGE, "--votes: found judge \"%s\" twice, expected it once", name);
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
        (rc = RF_NEW(j->name, list->n, err)) || (rc = RF_NEW(j->weight, list->n, err)))
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
    return j->n ? (double)NAN : 1;
}

void rf_judges_release(struct rf_judges *j)
{
    for (size_t i = 0; i < j->n; i++)
        rf_free(j->name[i]);
    rf_free(j->name);
    rf_free(j->weight);
    *j = (struct rf_judges){ 0 };
}
