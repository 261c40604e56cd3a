/* Finds the models of a wide table in its header. Refuses two columns of one name: which one counts would be a guess.
 */
#include "datasets/wide.h"

#include <math.h>
#include <string.h>

#include "datasets/field.h"

/* Place of the column whose name is head followed by tail. */
static size_t find(const struct rf_str *name, size_t n, struct rf_str head, const char *tail)
{
    const size_t len = head.len + strlen(tail);
    for (size_t i = 0; i < n; i++)
        if (name[i].len == len && rf_str_ends(name[i], tail) && !memcmp(name[i].s, head.s, head.len))
            return i;
    return SIZE_MAX;
}

size_t rf_column(const struct rf_str *name, size_t n, const char *wanted)
{
    return find(name, n, (struct rf_str){ wanted, strlen(wanted) }, "");
}

/* True for M + tail where M is a column too. */
static bool belongs(const struct rf_str *name, size_t n, size_t i, const char *tail)
{
    return tail && rf_str_ends(name[i], tail) &&
           find(name, n, (struct rf_str){ name[i].s, name[i].len - strlen(tail) }, "") != SIZE_MAX;
}

static bool is_other(struct rf_str name, const char *const *other)
{
    while (*other && !rf_str_is(name, *other))
        other++;
    return *other || name.len == 0;
}

int rf_wide_header(struct rf_wide *w, const struct rf_wide_layout *layout, const struct rf_str *name, size_t n,
                   struct rf_err *err)
{
    enum { MOST = 8192 }; /* columns: every name is compared with every other */
    char shown[RF_SHOWN];
    size_t bytes = 0;
    int rc = n > MOST ? rf_fail(err, RF_BAD_INPUT, "found %zu columns, expected at most %d", n, MOST)
                      : RF_NEW(w->model, n, err);
    for (size_t i = 0; !rc && i < n; i++) {
        bytes += name[i].len + 1;
        if (find(name, i, name[i], "") != SIZE_MAX)
            rc = rf_fail(err, RF_BAD_INPUT, "found two columns %s, expected one", rf_field_show(name[i], shown));
    }
    if (!rc)
        rc = rf_buf_reserve(&w->names, bytes, err); /* so that the names do not move */
    for (size_t i = 0; !rc && i < n; i++) {
        const size_t cost = layout->cost ? find(name, n, name[i], layout->cost) : SIZE_MAX;
        const size_t response = find(name, n, name[i], layout->response);
        if (is_other(name[i], layout->other) || (layout->cost && cost == SIZE_MAX && response == SIZE_MAX) ||
            belongs(name, n, i, layout->response))
            continue;
        w->model[w->n++] = (struct rf_wide_model){ { w->names.data + w->names.len, name[i].len }, i, cost, response };
        if (!(rc = rf_buf_add(&w->names, name[i].s, name[i].len, err)))
            rc = rf_buf_add(&w->names, "", 1, err);
    }
    if (!rc && !w->n)
        rc = rf_fail(err, RF_BAD_INPUT, "found no column of a model among the %zu of the header", n);
    return rc;
}

bool rf_wide_uses(const struct rf_wide *w, const struct rf_wide_layout *layout, const struct rf_str *name,
                  size_t column)
{
    for (size_t i = 0; i < w->n; i++)
        if (column == w->model[i].score || column == w->model[i].cost || column == w->model[i].response)
            return true;
    return is_other(name[column], layout->other);
}

int rf_wide_score(const struct rf_wide_model *m, const struct rf_str *field, struct rf_sink *sink, uint64_t line,
                  struct rf_result *r, struct rf_err *err)
{
    char shown[RF_SHOWN];
    const struct rf_str cell = field[m->score];
    *r = (struct rf_result){ RF_NO_FIGURES, .model = m->name };
    if (rf_field_missing(cell))
        return rf_sink_result(sink, 0, r, line, err);
    return rf_field_score(cell, &r->score) ? 1
                                           : rf_sink_drop(sink, line, m->name.s, "bad score", "True, False or a number",
                                                          err, "%s", rf_field_show(cell, shown));
}

void rf_wide_release(struct rf_wide *w)
{
    rf_free(w->model);
    rf_buf_release(&w->names);
    *w = (struct rf_wide){ 0 };
}
