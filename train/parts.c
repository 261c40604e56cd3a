/* Part names are those that `routefit split` gives. */
#include "train/parts.h"

#include <stdio.h>
#include <string.h>

#include "core/names.h"

static bool is(struct rf_str part, const char *word)
{
    return part.s && part.len == strlen(word) && !memcmp(part.s, word, part.len);
}

/* The fold that a part's name says, folds where it says none. */
static size_t fold_of(struct rf_str part, size_t folds)
{
    char name[24];
    for (size_t k = 0; k < folds; k++) {
        snprintf(name, sizeof name, "%zu", k);
        if (is(part, name))
            return k;
    }
    return folds;
}

static int unknown(struct rf_db *db, const char *name, struct rf_err *err)
{
    struct rf_names all = { 0 };
    int rc = rf_names_read(&all, db, "SELECT name FROM split ORDER BY name", NULL, err);
    if (!rc)
        rc = rf_names_unknown(&all, "split", name, "`routefit split --name NAME` makes one", err);
    rf_names_release(&all);
    return rc;
}

/* Every part must mean something to this fit. */
static int check_parts(struct rf_parts *p, const struct rf_names *part, const char *name, struct rf_err *err)
{
    bool train = false;
    for (size_t i = 0; i < part->n; i++) {
        const struct rf_str v = { part->v[i], strlen(part->v[i]) };
        train |= is(v, "train");
        p->valid |= is(v, "valid");
        if (p->folds && fold_of(v, p->folds) == p->folds)
            return rf_fail(err, RF_USAGE,
                           "--split %s: found part \"%s\", expected the folds 0 to %zu of --cv %zu: `routefit split "
                           "--name NAME --k %zu` makes them",
                           name, part->v[i], p->folds - 1, p->folds, p->folds);
    }
    if (p->folds && part->n < p->folds)
        return rf_fail(err, RF_USAGE, "--split %s: found %zu folds, expected the %zu of --cv", name, part->n, p->folds);
    if (!p->folds && !train)
        return rf_fail(err, RF_USAGE, "--split %s: found no part \"train\"%s", name,
                       part->n ? ", expected one: a split into folds goes with --cv" : "");
    return 0;
}

int rf_parts_find(struct rf_parts *p, struct rf_db *db, const char *name, size_t folds, struct rf_err *err)
{
    struct rf_names part = { 0 };
    int rc;
    *p = (struct rf_parts){ .folds = folds };
    if (!name)
        return 0;
    if ((rc = rf_db_int(db, &p->split, err, "SELECT id FROM split WHERE name = ?1", 1, &name)) < 0)
        return rc;
    if (!rc)
        return unknown(db, name, err);
    rc = rf_names_read(&part, db,
                       "SELECT DISTINCT p.part FROM split s JOIN split_prompt p ON p.split = s.id WHERE s.name = ?1",
                       name, err);
    if (!rc)
        rc = check_parts(p, &part, name, err);
    rf_names_release(&part);
    return rc;
}

bool rf_parts_take(const struct rf_parts *p, struct rf_str part, bool *valid, uint32_t *fold)
{
    if (p->folds) {
        *fold = (uint32_t)fold_of(part, p->folds);
        return *fold < p->folds;
    }
    if (p->valid)
        *valid = is(part, "valid");
    return is(part, "train") || is(part, "valid");
}
