/* Costs out of results and price lists. */
#include "eval/cost.h"

#include <math.h>
#include <stdio.h>

#include "eval/price.h"
#include "eval/prompt_index.h"

/* The price of a model, or NaN prices where no list has it: then tokens say nothing. */
static int price_or_none(struct rf_price_of *p, struct rf_db *db, const char *model, const char *date,
                         struct rf_err *err)
{
    struct rf_err own = { 0 };
    const int rc = rf_price_find(p, db, model, date, &own);
    if (rc == RF_USAGE) {
        *p = (struct rf_price_of){ .input = NAN, .output = NAN };
        return 0;
    }
    return rc ? rf_fail(err, rc, "%s", own.msg) : 0;
}

static int load_model(struct rf_costs *c, double *out, struct rf_db *db, const struct rf_bench *b,
                      const struct rf_prompt_index *x, const char *model, const struct rf_price_of *price,
                      struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    /* a prompt that stands in the benchmark twice has the mean of its questions; of a question all turns are paid */
    int rc =
        rf_stmt_new(&s, db,
                    "SELECT prompt, avg(cost), avg(input), avg(output) FROM (SELECT i.prompt AS prompt, total(r.cost) "
                    "/ (count(r.cost) = count(*)) AS cost, total(r.input_tokens) / (count(r.input_tokens) = count(*)) "
                    "AS input, total(r.output_tokens) / (count(r.output_tokens) = count(*)) AS output FROM item i "
                    "JOIN result r ON r.item = i.id JOIN model_name n ON n.id = r.model WHERE i.bench = ?1 AND "
                    "n.known_as = ?2 AND i.prompt IS NOT NULL GROUP BY i.id) GROUP BY prompt",
                    err);
    if (rc)
        goto out;
    for (size_t i = 0; i < b->n; i++)
        out[i] = NAN;
    rf_bind_text(s, 1, b->name);
    rf_bind_text(s, 2, model);
    while ((rc = rf_step(s, err)) == 1) {
        size_t count;
        const struct rf_prompt_place *const place = rf_prompt_index_find(x, rf_col_int(s, 0), &count);
        const double said = rf_col_real(s, 1),
                     tokens = price->request + price->input * rf_col_real(s, 2) + price->output * rf_col_real(s, 3);
        for (size_t i = 0; i < count; i++)
            out[place[i].at] = isnan(said) ? tokens : said;
        c->priced = c->priced || (count && isnan(said) && !isnan(tokens));
    }
out:
    rf_stmt_free(s);
    return rc;
}

int rf_costs_load(struct rf_costs *c, struct rf_db *db, const struct rf_bench *b, const char *date, struct rf_err *err)
{
    struct rf_price_of strong = { 0 }, weak = { 0 };
    struct rf_prompt_index x = { 0 };
    int rc;
    *c = (struct rf_costs){ 0 };
    if ((rc = RF_NEW(c->strong, b->n, err)) || (rc = RF_NEW(c->weak, b->n, err)) ||
        (rc = rf_prompt_index_init(&x, b->prompt, b->n, err)) ||
        (rc = price_or_none(&strong, db, b->strong_name, date, err)) ||
        (rc = price_or_none(&weak, db, b->weak_name, date, err)) ||
        (rc = load_model(c, c->strong, db, b, &x, b->strong_name, &strong, err)) ||
        (rc = load_model(c, c->weak, db, b, &x, b->weak_name, &weak, err)))
        goto out;
    for (size_t i = 0; i < b->n; i++)
        c->unknown += isnan(c->strong[i]) || isnan(c->weak[i]);
    if (c->priced)
        snprintf(c->date, sizeof c->date, "%s", strong.date);
out:
    rf_prompt_index_release(&x);
    return rc;
}

void rf_costs_release(struct rf_costs *c)
{
    rf_free(c->strong);
    rf_free(c->weak);
    *c = (struct rf_costs){ 0 };
}

double rf_costs_at(const struct rf_costs *c, const struct rf_curve *curve, double share)
{
    const double calls = share * (double)curve->n;
    double sum = 0;
    for (size_t g = 0; g < curve->groups; g++) {
        const double size = (double)(curve->end[g + 1] - curve->end[g]);
        const double part = fmin(fmax((calls - (double)curve->end[g]) / size, 0), 1);
        for (size_t i = curve->end[g]; i < curve->end[g + 1]; i++) {
            const size_t p = curve->order[i];
            sum += part * c->strong[p] + (1 - part) * c->weak[p];
        }
    }
    return sum / (double)curve->n;
}
