/* What a kind that compares a strong side with a weak one reports: its losses, and the two sides as metadata. */
#include <math.h>
#include <string.h>

#include "core/json.h"
#include "core/stats.h"
#include "train/sides.h"

void rf_sides_measure(const struct rf_example *e, size_t n, double (*logit)(const void *ctx, size_t row),
                      const void *ctx, double *loss, double *accuracy)
{
    double sum = 0, right = 0, weight = 0;
    for (size_t i = 0; i < n; i++) {
        const double w = (double)e[i].weight;
        const double m = (double)e[i].y * logit(ctx, e[i].row);
        sum += w * rf_softplus(-m);
        right += w * (m > 0 ? 1 : m < 0 ? 0 : 0.5);
        weight += w;
    }
    *loss = weight > 0 ? sum / weight : (double)NAN;
    *accuracy = weight > 0 ? right / weight : (double)NAN;
}

enum { NAMES = 4 }; /* of a side that a sentence has room for */

int rf_sides_name(const char *side, const struct rf_votes *v, const bool *in, struct rf_fit *f, struct rf_err *err)
{
    struct rf_buf b = { 0 };
    size_t n = 0;
    int rc = 0;
    for (size_t i = 0; i < v->models && !rc; i++)
        if (in[i] && ++n <= NAMES)
            rc = rf_buf_printf(&b, err, "%s%s", n > 1 ? ", " : "", v->model[i]);
    if (!rc && n > NAMES)
        rc = rf_buf_printf(&b, err, " and %zu more", n - NAMES);
    if (!rc)
        rc = rf_fit_note(f, err, "%s: %s", side, b.len ? b.data : "no model");
    rf_buf_release(&b);
    return rc;
}

/* The words of a list as the user wrote them. */
static int add_list(struct rf_model *m, const char *key, const struct rf_list *list, struct rf_err *err)
{
    struct rf_buf b = { 0 };
    int rc = 0;
    for (size_t i = 0; i < list->n && !rc; i++)
        rc = rf_buf_printf(&b, err, "%s%s", i ? "," : "", list->v[i]);
    if (!rc)
        rc = rf_model_meta(m, err, key, "%s", b.len ? b.data : "");
    rf_buf_release(&b);
    return rc;
}

/* The models of one side as a JSON list. */
static int add_models(struct rf_model *m, const char *key, const struct rf_votes *v, const bool *in, struct rf_err *err)
{
    struct rf_buf b = { 0 };
    int rc = 0;
    for (size_t i = 0; i < v->models && !rc; i++)
        if (in[i] && !(rc = rf_buf_printf(&b, err, "%s", b.len ? "," : "")))
            rc = rf_json_add_string(&b, (struct rf_str){ v->model[i], strlen(v->model[i]) }, err);
    if (!rc)
        rc = rf_model_meta(m, err, key, "[%s]", b.len ? b.data : "");
    rf_buf_release(&b);
    return rc;
}

int rf_sides_describe(const struct rf_sides *s, const struct rf_votes *v, const struct rf_list *strong,
                      const struct rf_list *weak, enum rf_ties ties, struct rf_model *m, struct rf_err *err)
{
    static const char *const words[] = { "drop", "half", "weak-suffices" };
    int rc;
    if ((rc = add_list(m, "routefit.strong", strong, err)) || (rc = add_list(m, "routefit.weak", weak, err)) ||
        (rc = add_models(m, "routefit.strong_models", v, s->strong, err)) ||
        (rc = add_models(m, "routefit.weak_models", v, s->weak, err)))
        return rc;
    return rf_model_meta(m, err, "routefit.ties", "%s", words[ties]);
}
