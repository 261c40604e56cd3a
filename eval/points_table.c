/* The columns depend on the models of the benchmarks: their names live as long as the table. */
#include "eval/points_table.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "core/stats.h"

static const struct rf_column fixed[] = {
    RF_COLUMN_TEXT("bench"),
    RF_COLUMN_TEXT("router"),
    RF_COLUMN_TEXT("point"),
    RF_COLUMN_REAL("wtp", 10, .shown = RF_SHOWN_FILLED),
    RF_COLUMN_REAL("budget_per_1000", 4, .shown = RF_SHOWN_FILLED),
    RF_COLUMN_REAL("lambda", 4, .shown = RF_SHOWN_FILLED),
    RF_COLUMN_REAL("lambda_dear", 4, .shown = RF_SHOWN_FILLED),
    RF_COLUMN_REAL("chance_dear", 4, .shown = RF_SHOWN_FILLED),
    RF_COLUMN_INTERVAL("quality", 4),
    RF_COLUMN_INTERVAL("dollars_per_1000", 4),
    RF_COLUMN_TEXT("shares", .shown = RF_SHOWN_FILLED),
};
#define SHOWN 0.01   /* smaller shares are summed up for people */
#define LEAST 0.0005 /* and sums below this are not said */
enum { FIXED = sizeof fixed / sizeof *fixed };

/* All models of all benchmarks, each once, and the columns made of them. */
struct layout {
    const char **model; /* [models] borrowed */
    char **title;       /* [models] */
    size_t models;
    struct rf_column *column; /* [FIXED + models] */
};

static void layout_release(struct layout *l)
{
    for (size_t i = 0; l->title && i < l->models; i++)
        rf_free(l->title[i]);
    rf_free(l->title);
    rf_free(l->model);
    rf_free(l->column);
}

static size_t place_of(char *const *model, size_t n, const char *name)
{
    size_t k = 0;
    while (k < n && strcmp(model[k], name) != 0)
        k++;
    return k;
}

static int layout_init(struct layout *l, const struct rf_many *m, size_t n, struct rf_err *err)
{
    size_t room = 0;
    int rc;
    for (size_t i = 0; i < n; i++)
        room += m[i].r.models;
    if ((rc = RF_NEW(l->model, room, err)) || (rc = RF_NEW(l->title, room, err)) ||
        (rc = RF_NEW(l->column, FIXED + room, err)))
        return rc;
    memcpy(l->column, fixed, sizeof fixed);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < m[i].r.models; k++) {
            const char *const name = m[i].r.model[k];
            struct rf_buf b = { 0 };
            bool known = false;
            for (size_t j = 0; j < l->models; j++)
                known |= !strcmp(l->model[j], name);
            if (known)
                continue;
            if ((rc = rf_buf_printf(&b, err, "share:%s", name))) {
                rf_buf_release(&b);
                return rc;
            }
            l->title[l->models] = b.data;
            l->column[FIXED + l->models] = (struct rf_column)RF_COLUMN_REAL(b.data, 4, .shown = RF_SHOWN_NEVER);
            l->model[l->models++] = name;
        }
    return 0;
}

int rf_shares_text(struct rf_buf *b, char *const *model, const double *share, size_t models, struct rf_err *err)
{
    size_t *order = NULL;
    double *down = NULL;
    double rest = 0;
    size_t shown = 0, others = 0;
    int rc;
    if ((rc = RF_NEW(order, models, err)) || (rc = RF_NEW(down, models, err)))
        goto out;
    for (size_t k = 0; k < models; k++)
        down[k] = -share[k];
    rf_argsort(down, models, order);
    for (size_t i = 0; i < models && share[order[i]] > 0 && !rc; i++) {
        const double s = share[order[i]];
        if (s >= SHOWN) {
            rc = rf_buf_printf(b, err, "%s%s %.1f%%", shown++ ? ", " : "", model[order[i]], 100 * s);
        } else {
            others++;
            rest += s;
        }
    }
    if (!rc && others && rest >= LEAST)
        rc = rf_buf_printf(b, err, ", %zu other%s %.1f%%", others, others > 1 ? "s" : "", 100 * rest);
out:
    rf_free(order);
    rf_free(down);
    return rc;
}

static int add_point(struct rf_table *t, const struct layout *l, const struct rf_many *m, const char *bench,
                     const struct rf_at_point *p, struct rf_err *err)
{
    const double real[] = { p->how == RF_AT_WTP ? p->at : (double)NAN,
                            p->how == RF_AT_BUDGET ? 1000 * p->at : (double)NAN,
                            p->lambda,
                            p->upper,
                            p->mix,
                            p->mean.quality,
                            p->low.quality,
                            p->high.quality,
                            1000 * p->mean.cost,
                            1000 * p->low.cost,
                            1000 * p->high.cost };
    struct rf_buf text = { 0 };
    int rc;
    if ((rc = rf_table_text(t, bench, err)) || (rc = rf_table_text(t, m->entry[p->entry].name, err)) ||
        (rc = rf_table_text(t, rf_at_name[p->how], err)))
        goto out;
    for (size_t i = 0; i < sizeof real / sizeof *real && !rc; i++)
        rc = rf_table_real(t, real[i], err);
    if (!rc && p->share)
        rc = rf_shares_text(&text, m->r.model, p->share, m->r.models, err);
    if (!rc)
        rc = rf_table_text(t, text.data, err);
    for (size_t k = 0; k < l->models && !rc; k++) {
        const size_t at = place_of(m->r.model, m->r.models, l->model[k]);
        rc = rf_table_real(t, p->share && at < m->r.models ? p->share[at] : (double)NAN, err);
    }
out:
    rf_buf_release(&text);
    return rc;
}

int rf_points_print(const struct rf_many *m, const char *const *bench, size_t n, FILE *f, enum rf_format format,
                    struct rf_err *err)
{
    struct layout l = { 0 };
    struct rf_table *t = NULL;
    int rc;
    if ((rc = layout_init(&l, m, n, err)) || (rc = rf_table_new(&t, l.column, FIXED + l.models, err)))
        goto out;
    for (size_t i = 0; i < n && !rc; i++)
        for (size_t k = 0; k < m[i].at.n && !rc; k++)
            rc = add_point(t, &l, &m[i], bench[i], &m[i].at.v[k], err);
    if (!rc)
        rc = rf_table_print(t, f, format, err);
out:
    rf_table_free(t);
    layout_release(&l);
    return rc;
}
