/* Votes joined with the vectors of their prompts: a vote whose prompt has no usable vector is counted, never guessed.
 */
#include "train/votes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/prompt_tasks.h"
#include "train/inputs.h"
#include "train/votes_sql.h"

const char *rf_left_out_name(enum rf_left_out why)
{
    static const char *const name[RF_OUTS] = {
        [RF_OUT_SOURCE] = "of sources not named by --source",
        [RF_OUT_JUDGE] = "by judges not named by --votes",
        [RF_OUT_UNPARSED] = "without a verdict that could be read",
        [RF_OUT_NO_PROMPT] = "without a prompt",
        [RF_OUT_SPLIT] = "on a prompt that --split gives no part in training",
        [RF_OUT_SHORT] = "on a prompt shorter than --min-chars",
        [RF_OUT_NO_VECTOR] = "on a prompt without a vector",
        [RF_OUT_ZERO] = "on a prompt whose vector is all zero",
        [RF_OUT_SAME_MODEL] = "of a model against itself",
        [RF_OUT_WEIGHT] = "with a strength that is not above zero",
        [RF_OUT_ORDER] = "of a pair shown in both orders, merged with the verdict on the other",
        [RF_OUT_TIE] = "ties",
        [RF_OUT_UNRATED] = "of a model without a finite rating",
        [RF_OUT_SETS] = "not of a strong model against a weak one",
    };
    return name[why];
}

int rf_votes_none_left(size_t read, const size_t *left_out, struct rf_err *err)
{
    struct rf_buf b = { 0 };
    int rc = 0;
    for (int i = 0; i < RF_OUTS && !rc; i++)
        if (left_out[i])
            rc = rf_buf_printf(&b, err, "%s%zu %s", b.len ? ", " : "", left_out[i],
                               rf_left_out_name((enum rf_left_out)i));
    if (!rc)
        rc = read ? rf_fail(err, RF_BAD_INPUT, "no votes left of %zu: left out were %s", read, b.len ? b.data : "none")
                  : rf_fail(err, RF_BAD_INPUT, "the database has no votes: read some with `routefit ingest`");
    rf_buf_release(&b);
    return rc;
}

void rf_turns_release(struct rf_turns *t)
{
    rf_buf_release(&t->all);
    rf_free(t->at);
    *t = (struct rf_turns){ 0 };
}

struct rf_str rf_turn_of(const struct rf_turns *t, size_t i)
{
    return (struct rf_str){ t->all.data + t->at[i], t->at[i + 1] - t->at[i] };
}

const char *rf_votes_task(const struct rf_votes *v, size_t row)
{
    const char *const task = v->task.at ? v->task.all.data + v->task.at[row] : "";
    return *task ? task : NULL;
}

void rf_votes_release(struct rf_votes *v)
{
    for (size_t i = 0; v->model && i < v->models; i++)
        rf_free(v->model[i]);
    rf_free(v->model);
    rf_free(v->battle);
    rf_free(v->x);
    rf_free(v->prompt);
    rf_free(v->valid);
    rf_free(v->fold);
    rf_free(v->embedder);
    rf_free(v->embedder_sha256);
    rf_turns_release(&v->text);
    rf_turns_release(&v->task);
    rf_aliases_release(&v->alias);
    *v = (struct rf_votes){ 0 };
}

/* The distinct prompts of the votes. */
static int list_wanted(const struct rf_raw_vote *raw, size_t n, struct rf_wanted **out, size_t *count,
                       struct rf_err *err)
{
    struct rf_wanted *w = NULL;
    int64_t *id = NULL;
    size_t k = 0;
    int rc;
    if ((rc = RF_NEW(id, n, err)))
        goto out;
    for (size_t i = 0; i < n; i++)
        id[i] = raw[i].prompt;
    k = rf_sort_ids(id, n);
    if ((rc = RF_NEW(w, k, err)))
        goto out;
    for (size_t i = 0; i < k; i++)
        w[i] = (struct rf_wanted){ .prompt = id[i] };
out:
    rf_free(id);
    *out = w;
    *count = k;
    return rc;
}

/* The task of every prompt; what there is of them is data too. */
static int read_tasks(struct rf_votes *v, struct rf_db *db, struct rf_sha256 *sum, struct rf_err *err)
{
    struct rf_prompt_tasks tasks = { 0 };
    int rc;
    if ((rc = rf_prompt_tasks_load(&tasks, db, err)) || (rc = RF_NEW(v->task.at, v->rows + 1, err)))
        goto out;
    for (size_t i = 0; i < v->rows && !rc; i++) {
        const char *const task = rf_prompt_task(&tasks, v->prompt[i]);
        rc = rf_buf_add(&v->task.all, task ? task : "", (task ? strlen(task) : 0) + 1, err);
        v->task.at[i + 1] = v->task.all.len;
    }
    if (!rc && v->task.all.len > v->rows && !(rc = rf_sha256_add(sum, v->task.all.data, v->task.all.len, err)))
        rc = rf_sha256_add(sum, v->task.at, (v->rows + 1) * sizeof *v->task.at, err);
out:
    rf_prompt_tasks_release(&tasks);
    return rc;
}

/* Turns the raw votes whose prompts are usable into battles. */
static int fill_battles(struct rf_votes *v, struct rf_db *db, const struct rf_raw_vote *raw, size_t n,
                        struct rf_wanted *w, size_t nw, struct rf_err *err)
{
    int64_t *id = NULL;
    uint32_t *of = NULL;
    size_t models = 0, k = 0;
    int rc;
    if ((rc = RF_NEW(id, 2 * n, err)) || (rc = RF_NEW(v->battle, n, err)))
        goto out;
    for (size_t i = 0; i < n; i++) {
        const struct rf_wanted *p = rf_wanted_of(w, nw, raw[i].prompt);
        if (p->out != RF_OUTS) {
            v->left_out[p->out]++;
            continue;
        }
        id[models++] = raw[i].a;
        id[models++] = raw[i].b;
    }
    models = rf_sort_ids(id, models);
    if ((rc = RF_NEW(of, models, err)) || (rc = rf_name_models(db, id, models, &v->model, of, err)))
        goto out;
    v->models = models;
    for (size_t i = 0; i < n; i++) {
        const struct rf_wanted *p = rf_wanted_of(w, nw, raw[i].prompt);
        if (p->out != RF_OUTS)
            continue;
        const int64_t *a = rf_find_id(raw[i].a, id, models);
        const int64_t *b = rf_find_id(raw[i].b, id, models);
        v->battle[k++] = (struct rf_battle){ .row = (uint32_t)p->row,
                                             .a = of[a - id],
                                             .b = of[b - id],
                                             .winner = raw[i].winner,
                                             .weight = (float)raw[i].weight,
                                             .valid = v->valid[p->row] };
    }
    v->n = k;
out:
    rf_free(id);
    rf_free(of);
    return rc;
}

/* The vectors are in the sum already; the battles go in field by field, for a struct has holes. */
static int finish_fingerprint(struct rf_votes *v, struct rf_sha256 *sum, struct rf_err *err)
{
    int rc = 0;
    for (size_t i = 0; i < v->models && !rc; i++)
        rc = rf_sha256_add(sum, v->model[i], strlen(v->model[i]) + 1, err);
    for (size_t i = 0; i < v->n && !rc; i++) {
        const struct rf_battle *b = &v->battle[i];
        uint32_t word[6] = { b->row, b->a, b->b, (uint32_t)b->winner, 0, b->valid };
        memcpy(&word[4], &b->weight, sizeof word[4]);
        rc = rf_sha256_add(sum, word, sizeof word, err);
    }
    if (!rc)
        rc = rf_sha256_end_hex(sum, v->sha256, err);
    return rc;
}

int rf_votes_load(struct rf_votes *v, struct rf_db *db, const struct rf_votes_filter *f, struct rf_err *err)
{
    struct rf_raw_vote *raw = NULL;
    struct rf_wanted *w = NULL;
    struct rf_sha256 *sum = NULL;
    size_t n = 0, nw = 0;
    const struct rf_inputs_filter wish = { f->embedder, f->text, f->min_chars, f->valid, f->seed, f->split, f->folds };
    struct rf_inputs in = { 0 }; /* its arrays become the votes' */
    int rc;
    *v = (struct rf_votes){ 0 };
    if ((rc = rf_votes_check_names(db, f, err)) || (rc = rf_aliases_read(&v->alias, db, err)) ||
        (rc = rf_votes_read(v, db, f, &raw, &n, err)) || (rc = list_wanted(raw, n, &w, &nw, err)) ||
        (rc = rf_sha256_new(&sum, err)) || (rc = rf_inputs_load(&in, db, &wish, w, nw, sum, err)))
        goto out;
    v->x = in.x;
    v->text = in.text;
    v->prompt = in.prompt;
    v->valid = in.valid;
    v->fold = in.fold;
    v->rows = in.rows;
    v->dim = in.dim;
    v->embedder = in.embedder;
    v->embedder_sha256 = in.embedder_sha256;
    if ((f->text && (rc = read_tasks(v, db, sum, err))) || (rc = fill_battles(v, db, raw, n, w, nw, err)) ||
        (rc = finish_fingerprint(v, sum, err)))
        goto out;
    if (!v->n)
        rc = rf_votes_none_left(v->read, v->left_out, err);
out:
    if (rc)
        rf_votes_release(v);
    rf_free(raw);
    rf_free(w);
    rf_sha256_free(sum);
    return rc;
}
