/* Rows are copied in their order, so that everything that is counted from them comes out as if they were all. */
#include "train/subset.h"

#include <string.h>

#include "core/mem.h"

/* ---- the prompts ---- */

/* What votes and results have of their prompts. */
struct rows {
    float *x;
    int64_t *prompt;
    bool *valid;
    struct rf_turns text;
    size_t rows;
};

static int copy_texts(struct rf_turns *out, const struct rf_turns *t, const bool *keep, size_t rows, struct rf_err *err)
{
    size_t k = 0;
    int rc = RF_NEW(out->at, rows + 1, err);
    for (size_t i = 0; i < rows && !rc; i++) {
        if (!keep[i])
            continue;
        const struct rf_str text = rf_turn_of(t, i);
        rc = rf_buf_add(&out->all, text.s, text.len, err);
        out->at[++k] = out->all.len;
    }
    return rc;
}

/* place[in->rows]: the new row of each that is kept. */
static int copy_rows(struct rows *out, const struct rows *in, size_t dim, const bool *keep, uint32_t *place,
                     struct rf_err *err)
{
    int rc;
    for (size_t i = 0; i < in->rows; i++)
        if (keep[i])
            place[i] = (uint32_t)out->rows++;
    if ((rc = RF_NEW(out->prompt, out->rows, err)) || (rc = RF_NEW(out->valid, out->rows, err)) ||
        (in->x && (rc = RF_NEW(out->x, out->rows * dim, err))) ||
        (in->text.at && (rc = copy_texts(&out->text, &in->text, keep, in->rows, err))))
        return rc;
    for (size_t i = 0; i < in->rows; i++) {
        if (!keep[i])
            continue;
        out->prompt[place[i]] = in->prompt[i];
        out->valid[place[i]] = in->valid[i];
        if (in->x)
            memcpy(out->x + place[i] * dim, in->x + i * dim, dim * sizeof *in->x);
    }
    return 0;
}

/* ---- votes ---- */

void rf_subset_votes_release(struct rf_votes *s)
{
    rf_free(s->battle);
    rf_free(s->x);
    rf_free(s->prompt);
    rf_free(s->valid);
    rf_free(s->model);
    rf_turns_release(&s->text);
    rf_turns_release(&s->task);
    *s = (struct rf_votes){ 0 };
}

/* The models of the votes that are left, in the order of all; of[v->models] = their new places. */
static int copy_models(struct rf_votes *out, const struct rf_votes *v, const bool *keep, uint32_t *of,
                       struct rf_err *err)
{
    bool *in = NULL;
    int rc;
    if ((rc = RF_NEW(in, v->models, err)) || (rc = RF_NEW(out->model, v->models, err)))
        goto out;
    for (size_t i = 0; i < v->n; i++)
        if (keep[v->battle[i].row])
            in[v->battle[i].a] = in[v->battle[i].b] = true;
    for (size_t m = 0; m < v->models; m++)
        if (in[m]) {
            of[m] = (uint32_t)out->models;
            out->model[out->models++] = v->model[m];
        }
out:
    rf_free(in);
    return rc;
}

int rf_subset_votes(struct rf_votes *out, const struct rf_votes *v, const bool *keep, struct rf_err *err)
{
    const struct rows all = { v->x, v->prompt, v->valid, v->text, v->rows };
    struct rows some = { 0 };
    uint32_t *place = NULL, *of = NULL;
    int rc;
    *out = *v;
    out->battle = NULL;
    out->model = NULL;
    out->fold = NULL;
    out->task = (struct rf_turns){ 0 };
    out->n = out->models = 0;
    if ((rc = RF_NEW(place, v->rows, err)) || (rc = RF_NEW(of, v->models, err)))
        goto out;
    if ((rc = copy_rows(&some, &all, v->dim, keep, place, err)) || (rc = copy_models(out, v, keep, of, err)) ||
        (v->task.at && (rc = copy_texts(&out->task, &v->task, keep, v->rows, err))) ||
        (rc = RF_NEW(out->battle, v->n, err)))
        goto out;
    for (size_t i = 0; i < v->n; i++) {
        struct rf_battle b = v->battle[i];
        if (!keep[b.row]) {
            out->left_out[RF_OUT_SPLIT]++;
            continue;
        }
        b.row = place[b.row];
        b.a = of[b.a];
        b.b = of[b.b];
        out->battle[out->n++] = b;
    }
    if (!out->n)
        rc = rf_votes_none_left(out->read, out->left_out, err);
out:
    out->x = some.x;
    out->prompt = some.prompt;
    out->valid = some.valid;
    out->text = some.text;
    out->rows = some.rows;
    rf_free(place);
    rf_free(of);
    if (rc)
        rf_subset_votes_release(out);
    return rc;
}

void rf_sides_of_votes(struct rf_votes *v, const bool *valid)
{
    memcpy(v->valid, valid, v->rows * sizeof *valid);
    for (size_t i = 0; i < v->n; i++)
        v->battle[i].valid = valid[v->battle[i].row];
}

/* ---- results ---- */

void rf_subset_scored_release(struct rf_scored *s)
{
    void *const owned[] = { s->r.score,   s->r.cost, s->r.item, s->r.prompt, s->r.bench,    s->r.task,   s->in.x,
                            s->in.prompt, s->row,    s->valid,  s->in.valid, s->mean_score, s->mean_cost };
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        rf_free(owned[i]);
    rf_turns_release(&s->in.text);
    *s = (struct rf_scored){ 0 };
}

static int make_room(struct rf_scored *out, const struct rf_scored *s, struct rf_err *err)
{
    struct rf_results *const r = &out->r;
    const size_t n = s->r.n, cells = n * r->models; /* fits: the whole does */
    return RF_NEW(r->score, cells, err) || RF_NEW(r->cost, cells, err) || RF_NEW(r->item, n, err) ||
                   RF_NEW(r->prompt, n, err) || RF_NEW(r->bench, n, err) || RF_NEW(r->task, n, err) ||
                   RF_NEW(out->row, n, err) || RF_NEW(out->valid, n, err)
               ? RF_FAIL
               : 0;
}

static void take_question(struct rf_scored *out, const struct rf_scored *s, size_t i, uint32_t row)
{
    const size_t models = s->r.models, k = out->r.n++;
    memcpy(out->r.score + k * models, s->r.score + i * models, models * sizeof *s->r.score);
    memcpy(out->r.cost + k * models, s->r.cost + i * models, models * sizeof *s->r.cost);
    out->r.item[k] = s->r.item[i];
    out->r.prompt[k] = s->r.prompt[i];
    out->r.bench[k] = s->r.bench[i];
    out->r.task[k] = s->r.task[i];
    out->row[k] = row;
    out->valid[k] = s->valid[i];
}

int rf_subset_scored(struct rf_scored *out, const struct rf_scored *s, const bool *keep, struct rf_err *err)
{
    const struct rows all = { s->in.x, s->in.prompt, s->in.valid, s->in.text, s->in.rows };
    struct rows some = { 0 };
    uint32_t *place = NULL;
    int rc;
    *out = *s;
    out->r.score = out->r.cost = NULL;
    out->r.item = out->r.prompt = NULL;
    out->r.bench = out->r.task = NULL;
    out->r.n = 0;
    out->in.fold = NULL;
    out->row = NULL;
    out->valid = NULL;
    out->mean_score = out->mean_cost = NULL;
    if (!(rc = RF_NEW(place, s->in.rows, err)) && !(rc = copy_rows(&some, &all, s->in.dim, keep, place, err)))
        rc = make_room(out, s, err);
    for (size_t i = 0; i < s->r.n && !rc; i++)
        if (keep[s->row[i]])
            take_question(out, s, i, place[s->row[i]]);
        else
            out->left_out[RF_OUT_SPLIT]++;
    out->in.x = some.x;
    out->in.prompt = some.prompt;
    out->in.valid = some.valid;
    out->in.text = some.text;
    out->in.rows = some.rows;
    rf_free(place);
    if (!rc)
        rc = out->r.n ? rf_scored_summarise(out, err)
                      : rf_fail(err, RF_BAD_INPUT, "no question is left of %zu to learn from", s->r.n);
    if (rc)
        rf_subset_scored_release(out);
    return rc;
}

int rf_sides_of_scored(struct rf_scored *s, const bool *valid, struct rf_err *err)
{
    memcpy(s->in.valid, valid, s->in.rows * sizeof *valid);
    for (size_t i = 0; i < s->r.n; i++)
        s->valid[i] = valid[s->row[i]];
    return rf_scored_summarise(s, err);
}
