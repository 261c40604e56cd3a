/* Lists of names out of the database, and the error for a name that is on none. */
#include "core/names.h"

#include <string.h>

#include "core/mem.h"

enum { FEW = 12 }; /* so many names are listed in full */

int rf_unknown(const char *what, const char *name, const char *const *known, size_t n, const char *advice,
               struct rf_err *err)
{
    const char *const near = rf_nearest(name, known, n);
    struct rf_buf list = { 0 };
    int rc = 0;
    if (near)
        return rf_fail(err, RF_USAGE, "unknown %s '%s'; did you mean %s?", what, name, near);
    if (!n || n > FEW)
        return rf_fail(err, RF_USAGE, "unknown %s '%s'; %s", what, name, advice);
    for (size_t i = 0; i < n && !rc; i++)
        rc = rf_buf_printf(&list, err, "%s%s", i ? ", " : "", known[i]);
    if (!rc)
        rc = rf_fail(err, RF_USAGE, "unknown %s '%s'; expected %s%s", what, name, n > 1 ? "one of " : "", list.data);
    rf_buf_release(&list);
    return rc;
}

int rf_names_read(struct rf_names *l, struct rf_db *db, const char *sql, const char *text, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    int rc = rf_stmt_new(&s, db, sql, err);
    if (rc)
        goto out;
    if (text)
        rf_bind_text(s, 1, text);
    while ((rc = rf_step(s, err)) == 1) {
        const struct rf_str name = rf_col_str(s, 0);
        char **more = rf_regrow(l->v, l->n, l->n + 1, sizeof *l->v, err);
        if (more)
            l->v = more;
        if (!more || !(l->v[l->n] = rf_strndup(name.s, name.len, err))) {
            rc = RF_FAIL;
            goto out;
        }
        l->n++;
    }
out:
    rf_stmt_free(s);
    return rc;
}

bool rf_names_have(const struct rf_names *l, const char *name)
{
    for (size_t i = 0; i < l->n; i++)
        if (!strcmp(l->v[i], name))
            return true;
    return false;
}

int rf_names_unknown(const struct rf_names *l, const char *what, const char *name, const char *advice,
                     struct rf_err *err)
{
    return rf_unknown(what, name, (const char *const *)l->v, l->n, advice, err);
}

void rf_names_release(struct rf_names *l)
{
    for (size_t i = 0; i < l->n; i++)
        rf_free(l->v[i]);
    rf_free(l->v);
    *l = (struct rf_names){ 0 };
}

int rf_aliases_read(struct rf_aliases *a, struct rf_db *db, struct rf_err *err)
{
    const int rc = rf_names_read(&a->name, db, "SELECT name FROM alias ORDER BY name", NULL, err);
    return rc ? rc : rf_names_read(&a->known_as, db, "SELECT known_as FROM alias ORDER BY name", NULL, err);
}

const char *rf_known_as(const struct rf_aliases *a, const char *name)
{
    for (size_t i = 0; i < a->known_as.n; i++)
        if (!strcmp(a->name.v[i], name))
            return a->known_as.v[i];
    return name;
}

void rf_aliases_release(struct rf_aliases *a)
{
    rf_names_release(&a->name);
    rf_names_release(&a->known_as);
}
