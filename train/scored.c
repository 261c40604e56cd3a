/* Results first, then the vectors of their prompts, then the questions that have both. */
#include "train/scored.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"

static int list_wanted(const struct rf_results *r, struct rf_wanted **out, size_t *n, struct rf_err *err)
{
    struct rf_wanted *w = NULL;
    int64_t *id = NULL;
    size_t k = 0;
    int rc;
    *n = 0;
    if ((rc = RF_NEW(id, r->n, err)) || (rc = RF_NEW(w, r->n, err)))
        goto out;
    for (size_t i = 0; i < r->n; i++)
        if (r->prompt[i])
            id[k++] = r->prompt[i];
    *n = rf_sort_ids(id, k);
    for (size_t i = 0; i < *n; i++)
        w[i] = (struct rf_wanted){ .prompt = id[i] };
out:
    rf_free(id);
    *out = w;
    return rc;
}

static void move_row(struct rf_results *r, size_t from, size_t to)
{
    const size_t bytes = r->models * sizeof *r->score;
    memmove(r->score + to * r->models, r->score + from * r->models, bytes);
    memmove(r->cost + to * r->models, r->cost + from * r->models, bytes);
    r->item[to] = r->item[from];
    r->prompt[to] = r->prompt[from];
    r->bench[to] = r->bench[from];
    r->task[to] = r->task[from];
}

/* Keeps the questions whose prompt has a usable vector. */
static int keep_usable(struct rf_scored *s, const struct rf_wanted *w, size_t n, struct rf_err *err)
{
    struct rf_results *const r = &s->r;
    size_t k = 0;
    int rc;
    if ((rc = RF_NEW(s->row, r->n, err)) || (rc = RF_NEW(s->valid, r->n, err)))
        return rc;
    for (size_t i = 0; i < r->n; i++) {
        const struct rf_wanted *const p = r->prompt[i] ? rf_wanted_of(w, n, r->prompt[i]) : NULL;
        if (!p) {
            s->no_prompt++;
        } else if (p->out != RF_OUTS) {
            s->left_out[p->out]++;
        } else {
            move_row(r, i, k);
            s->row[k] = p->row;
            s->valid[k++] = s->in.valid[p->row];
        }
    }
    if (!k)
        return rf_fail(
            err, RF_BAD_INPUT,
            "no question left of %zu: %zu have no prompt text, %zu no part of --split, %zu no vector of embedder %s "
            "(`routefit embed` gives them one), %zu a vector of zeros alone",
            r->n, s->no_prompt, s->left_out[RF_OUT_SPLIT], s->left_out[RF_OUT_NO_VECTOR], s->in.embedder,
            s->left_out[RF_OUT_ZERO]);
    r->n = k;
    return 0;
}

/* Mean of a column's training entries that are known; NaN where none is. */
static double mean_of(const struct rf_scored *s, const double *column)
{
    double sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < s->r.n; i++) {
        const double v = column[i * s->r.models];
        if (s->valid[i] || isnan(v))
            continue;
        sum += v;
        n++;
    }
    return n ? sum / (double)n : (double)NAN;
}

int rf_scored_summarise(struct rf_scored *s, struct rf_err *err)
{
    int rc;
    rf_free(s->mean_score);
    rf_free(s->mean_cost);
    s->mean_score = s->mean_cost = NULL;
    if ((rc = RF_NEW(s->mean_score, s->r.models, err)) || (rc = RF_NEW(s->mean_cost, s->r.models, err)))
        return rc;
    for (size_t m = 0; m < s->r.models; m++) {
        s->mean_score[m] = mean_of(s, s->r.score + m);
        s->mean_cost[m] = mean_of(s, s->r.cost + m);
        if (isnan(s->mean_score[m]))
            return rf_fail(
                err, RF_BAD_INPUT,
                "model \"%s\" has no score on the training side, expected some: leave it out with --model, or "
                "lower --valid",
                s->r.model[m]);
    }
    s->lowest = INFINITY;
    s->highest = -INFINITY;
    for (size_t i = 0; i < s->r.n; i++)
        for (size_t m = 0; m < s->r.models; m++) {
            const double v = s->r.score[i * s->r.models + m];
            if (!s->valid[i] && !isnan(v)) {
                s->lowest = fmin(s->lowest, v);
                s->highest = fmax(s->highest, v);
            }
        }
    return s->level || s->highest > s->lowest
               ? 0
               : rf_fail(err, RF_BAD_INPUT, "all training scores are %g: there is nothing to learn", s->lowest);
}

int rf_scored_load(struct rf_scored *s, struct rf_db *db, const struct rf_scored_filter *f, struct rf_err *err)
{
    struct rf_wanted *w = NULL;
    struct rf_sha256 *sum = NULL;
    size_t n = 0;
    int rc;
    *s = (struct rf_scored){ .level = f->level };
    if ((rc = rf_results_load(&s->r, db, &f->results, err)) || (rc = list_wanted(&s->r, &w, &n, err)) ||
        (rc = rf_sha256_new(&sum, err)) || (rc = rf_sha256_add(sum, s->r.sha256, RF_SHA256_HEX, err)) ||
        (rc = rf_inputs_load(&s->in, db, &f->inputs, w, n, sum, err)) || (rc = keep_usable(s, w, n, err)) ||
        (rc = rf_scored_summarise(s, err)) || (rc = rf_sha256_end_hex(sum, s->sha256, err)))
        goto out;
out:
    rf_free(w);
    rf_sha256_free(sum);
    if (rc)
        rf_scored_release(s);
    return rc;
}

void rf_scored_release(struct rf_scored *s)
{
    rf_results_release(&s->r);
    rf_inputs_release(&s->in);
    rf_free(s->row);
    rf_free(s->valid);
    rf_free(s->mean_score);
    rf_free(s->mean_cost);
    *s = (struct rf_scored){ 0 };
}

const float *rf_scored_x(const struct rf_scored *s, size_t i)
{
    return s->in.x + s->row[i] * s->in.dim;
}
