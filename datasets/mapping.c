/* Columns by the user's names. Refuses to guess: a mapped column must be there, and its field must be one that the
 * reader knows. */
#include "datasets/mapping.h"

#include <string.h>

#include "datasets/field.h"

static int add(struct rf_mapping *m, const char *word, struct rf_err *err)
{
    const char *const cut = strrchr(word, '=');
    if (!cut || cut == word)
        return rf_fail(err, RF_USAGE, "--map: found '%s', expected COLUMN=FIELD, or COLUMN= to leave a column out",
                       word);
    const struct rf_map new = { { word, (size_t)(cut - word) }, { cut + 1, strlen(cut + 1) }, false };
    for (size_t i = 0; i < m->n; i++) {
        if (rf_str_same(m->v[i].column, new.column))
            return rf_fail(err, RF_USAGE, "--map: found the column '%.*s' twice, expected once", (int)new.column.len,
                           new.column.s);
        if (new.field.len && rf_str_same(m->v[i].field, new.field))
            return rf_fail(err, RF_USAGE, "--map: found two columns for '%s', expected one", new.field.s);
    }
    m->v[m->n++] = new;
    return 0;
}

int rf_mapping_init(struct rf_mapping *m, const struct rf_list *words, struct rf_err *err)
{
    *m = (struct rf_mapping){ 0 };
    int rc = RF_NEW(m->v, words->n, err);
    for (size_t i = 0; !rc && i < words->n; i++)
        rc = add(m, words->v[i], err);
    return rc;
}

void rf_mapping_release(struct rf_mapping *m)
{
    rf_free(m->v);
    *m = (struct rf_mapping){ 0 };
}

struct rf_str rf_mapping_name(struct rf_mapping *m, struct rf_str column)
{
    for (size_t i = 0; m && i < m->n; i++)
        if (rf_str_same(m->v[i].column, column)) {
            m->v[i].seen = true;
            return m->v[i].field;
        }
    return column;
}

bool rf_mapping_gives(const struct rf_mapping *m, struct rf_str field)
{
    for (size_t i = 0; m && i < m->n; i++)
        if (rf_str_same(m->v[i].field, field))
            return true;
    return false;
}

int rf_mapping_check(const struct rf_mapping *m, const char *const *known, size_t n, struct rf_err *err)
{
    struct rf_buf list = { 0 };
    int rc = 0;
    for (size_t i = 0; !rc && m && i < m->n; i++) {
        size_t k = 0;
        while (k < n && !rf_str_is(m->v[i].field, known[k]))
            k++;
        if (k < n || !m->v[i].field.len)
            continue;
        for (k = 0; !rc && k < n; k++)
            rc = rf_buf_printf(&list, err, "%s%s", k ? ", " : "", known[k]);
        if (!rc)
            rc = rf_fail(err, RF_USAGE, "--map: found the field '%s', expected one of %s", m->v[i].field.s, list.data);
    }
    rf_buf_release(&list);
    return rc;
}

void rf_mapping_start(struct rf_mapping *m)
{
    for (size_t i = 0; m && i < m->n; i++)
        m->v[i].seen = false;
}

int rf_mapping_end(const struct rf_mapping *m, const char *path, const char *has, struct rf_err *err)
{
    char shown[RF_SHOWN];
    for (size_t i = 0; m && i < m->n; i++)
        if (!m->v[i].seen)
            return has ? rf_fail(err, RF_BAD_INPUT, "%s: found no column %s, which --map names, expected one of %s",
                                 path, rf_field_show(m->v[i].column, shown), has)
                       : rf_fail(err, RF_BAD_INPUT, "%s: this layout has no columns that --map could name", path);
    return 0;
}

int rf_mapping_list(struct rf_buf *has, struct rf_str column, struct rf_err *err)
{
    enum { MOST = 600 };
    static const char more[] = ", ...";
    char shown[RF_SHOWN];
    if (has->len > MOST)
        return rf_str_ends((struct rf_str){ has->data, has->len }, more) ? 0 : rf_buf_printf(has, err, "%s", more);
    return rf_buf_printf(has, err, "%s%s", has->len ? ", " : "", rf_field_show(column, shown));
}
