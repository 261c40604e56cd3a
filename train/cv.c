/* One fold at a time: its prompts are taken out, the rest is fitted, and the file's bytes are loaded again to score
 * what was taken out. Blocks of prompts are scored in parallel, each to its own place. */
#include "train/cv.h"

#include <math.h>
#include <string.h>

#include "core/json.h"
#include "core/mem.h"
#include "core/par.h"
#include "train/predict.h"
#include "train/subset.h"

void rf_cv_release(struct rf_cv *cv)
{
    rf_free(cv->score);
    rf_free(cv->cost);
    *cv = (struct rf_cv){ 0 };
}

/* ---- scores of the prompts held out ---- */

/* Rows of a block: few, so that slow kinds find work for every thread. */
enum { BLOCK = RF_PREDICT_ROWS };

struct scoring {
    struct rf_cv *cv;
    const struct rf_fit_job *job;
    const struct routefit_router *r;
    const size_t *row; /* [n] held out */
    size_t n;
};

static int score_texts(const struct scoring *s, size_t first, size_t m, struct rf_err *err)
{
    const struct rf_votes *const v = s->job->votes;
    struct routefit_features *const pad = routefit_features_new(routefit_dim(s->r));
    for (size_t i = first; pad && i < first + m; i++) {
        const struct rf_str t = rf_turn_of(&v->text, s->row[i]);
        s->cv->score[s->row[i]] = routefit_win_rate_task(s->r, pad, t.s, t.len, rf_votes_task(v, s->row[i]));
    }
    routefit_features_free(pad);
    return pad ? 0 : rf_fail(err, RF_FAIL, "out of memory: no room for the features of a text");
}

static int score_vectors(const struct scoring *s, size_t first, size_t m, struct rf_err *err)
{
    const struct rf_votes *const v = s->job->votes;
    double p[BLOCK];
    float *x = NULL;
    const int rc = RF_NEW(x, m * v->dim, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < m; i++)
        memcpy(x + i * v->dim, v->x + s->row[first + i] * v->dim, v->dim * sizeof *x);
    routefit_win_rates(s->r, x, m, p);
    for (size_t i = 0; i < m; i++)
        s->cv->score[s->row[first + i]] = p[i];
    rf_free(x);
    return 0;
}

static int predict(const struct scoring *s, size_t first, size_t m, struct rf_err *err)
{
    const struct rf_inputs *const in = &s->job->scored->in;
    const size_t models = s->cv->models, bytes = models * sizeof(double);
    double *score = NULL, *cost = NULL;
    int rc;
    if ((rc = RF_ROOM(score, m * models, err)) || (rc = RF_ROOM(cost, m * models, err)) ||
        (rc = rf_predict_rows(s->r, in->x, s->row + first, m, score, cost, err)))
        goto out;
    for (size_t i = 0; i < m; i++) {
        memcpy(s->cv->score + s->row[first + i] * models, score + i * models, bytes);
        memcpy(s->cv->cost + s->row[first + i] * models, cost + i * models, bytes);
    }
out:
    rf_free(score);
    rf_free(cost);
    return rc;
}

static int score_block(void *ctx, size_t block, struct rf_err *err)
{
    const struct scoring *const s = ctx;
    const size_t first = block * BLOCK, m = s->n - first < BLOCK ? s->n - first : BLOCK;
    if (rf_interrupted())
        return rf_fail(err, RF_INTERRUPTED, "interrupted");
    if (s->cv->models)
        return predict(s, first, m, err);
    return routefit_input(s->r) == ROUTEFIT_TEXT ? score_texts(s, first, m, err) : score_vectors(s, first, m, err);
}

static int score_rows(const struct scoring *s, int threads, struct rf_err *err)
{
    return rf_par_run((s->n + BLOCK - 1) / BLOCK, threads, score_block, (void *)(uintptr_t)s, err);
}

/* ---- how good they are ---- */

/* in[v->models]: the models of one side of the file, by its list or its one name. */
static int read_side(const struct routefit_router *r, const char *list, const char *one, const struct rf_votes *v,
                     bool *in, struct rf_err *err)
{
    const char *const names = routefit_meta(r, list), *const name = routefit_meta(r, one);
    struct rf_json_strings s = { 0 };
    int rc = names ? rf_json_strings(names, strlen(names), &s, err) : 0;
    for (size_t m = 0; m < v->models && !rc; m++) {
        const size_t len = strlen(v->model[m]);
        in[m] = !names && name && !strcmp(name, v->model[m]);
        for (size_t i = 0; i < s.n && !in[m]; i++)
            in[m] = s.item[i].len == len && !memcmp(s.item[i].s, v->model[m], len);
    }
    rf_json_strings_release(&s);
    return rc;
}

static double clip(double p)
{
    return fmin(fmax(p, 1e-15), 1 - 1e-15);
}

/* Over the votes of fold `out` between the two sides of its router. */
static int measure_votes(struct rf_cv_part *part, const struct rf_cv *cv, const struct rf_votes *v, uint32_t out,
                         const struct routefit_router *r, struct rf_err *err)
{
    double sum = 0, weight = 0, right = 0, decisive = 0;
    bool *strong = NULL, *weak = NULL;
    int rc;
    if ((rc = RF_NEW(strong, v->models, err)) || (rc = RF_NEW(weak, v->models, err)) ||
        (rc = read_side(r, "routefit.strong_models", "routefit.strong", v, strong, err)) ||
        (rc = read_side(r, "routefit.weak_models", "routefit.weak", v, weak, err)))
        goto out;
    for (size_t i = 0; i < v->n; i++) {
        const struct rf_battle *const b = &v->battle[i];
        const bool forth = strong[b->a] && weak[b->b], back = weak[b->a] && strong[b->b];
        if (cv->fold[b->row] != out || !(forth || back))
            continue;
        const double p = clip(cv->score[b->row]), w = (double)b->weight;
        const double y = b->winner >= RF_TIE ? .5 : (b->winner == RF_WINS_A) == forth ? 1 : 0;
        sum -= w * (y * log(p) + (1 - y) * log1p(-p));
        weight += w;
        part->tested++;
        if (b->winner >= RF_TIE)
            continue;
        right += w * (p > .5 ? y : p < .5 ? 1 - y : .5);
        decisive += w;
    }
    part->loss = weight > 0 ? sum / weight : (double)NAN;
    part->accuracy = decisive > 0 ? right / decisive : (double)NAN;
    part->null = NAN;
out:
    rf_free(strong);
    rf_free(weak);
    return rc;
}

static void measure_scores(struct rf_cv_part *part, const struct rf_cv *cv, const struct rf_scored *s, uint32_t out,
                           const double *mean)
{
    double sum = 0, null = 0;
    for (size_t i = 0; i < s->r.n; i++)
        for (size_t m = 0; m < cv->models && cv->fold[s->row[i]] == out; m++) {
            const double v = s->r.score[i * cv->models + m];
            if (isnan(v))
                continue;
            const double e = v - cv->score[s->row[i] * cv->models + m];
            sum += e * e;
            null += (v - mean[m]) * (v - mean[m]);
            part->tested++;
        }
    part->loss = part->tested ? sum / (double)part->tested : (double)NAN;
    part->null = part->tested ? null / (double)part->tested : (double)NAN;
    part->accuracy = NAN;
}

/* ---- one fold ---- */

static int run_fold(struct rf_cv *cv, const struct rf_fit_job *job, uint32_t out, bool *keep, size_t *row,
                    struct rf_err *err)
{
    struct rf_cv_part *const part = &cv->part[out];
    struct rf_progress deaf = { 0 }; /* draws nothing, but hears Ctrl-C */
    struct rf_votes votes = { 0 };
    struct rf_scored scored = { 0 };
    struct rf_fitted t = { 0 };
    struct routefit_router *r = NULL;
    char why[ROUTEFIT_ERR];
    struct rf_fit_job rest = *job;
    const double started = rf_seconds();
    int rc;
    for (size_t i = 0; i < cv->rows; i++) {
        keep[i] = cv->fold[i] != out;
        if (!keep[i])
            row[part->prompts++] = i;
    }
    if (!part->prompts || part->prompts == cv->rows)
        return rf_fail(err, RF_BAD_INPUT, "found %s, expected some to hold out and some to learn from",
                       part->prompts ? "all prompts" : "no prompt");
    rest.progress = &deaf;
    if (job->votes) {
        rest.votes = &votes;
        rc = rf_subset_votes(&votes, job->votes, keep, err);
    } else {
        rest.scored = &scored;
        rc = rf_subset_scored(&scored, job->scored, keep, err);
    }
    if (rc || (rc = rf_fitted_make(&t, &rest, err)))
        goto out;
    if (t.fit.interrupted) {
        rc = rf_fail(err, RF_INTERRUPTED, "stopped by Ctrl-C: nothing is stored");
        goto out;
    }
    if (routefit_load(&r, t.bytes.data, t.bytes.len, NULL, why)) {
        rc = rf_fail(err, RF_FAIL, "the scoring pair refuses the new weights: %s", why);
        goto out;
    }
    const struct scoring s = { cv, job, r, row, part->prompts };
    if ((rc = score_rows(&s, job->threads, err)))
        goto out;
    if (job->votes)
        rc = measure_votes(part, cv, job->votes, out, r, err);
    else
        measure_scores(part, cv, job->scored, out, scored.mean_score);
    part->trained = t.fit.used_train;
    part->seconds = rf_seconds() - started;
out:
    routefit_free(r);
    rf_fitted_release(&t);
    rf_subset_votes_release(&votes);
    rf_subset_scored_release(&scored);
    return rc;
}

/* A figure of all folds: each weighs by what it was tested on; folds without one do not count. */
static double mean_of(const struct rf_cv *cv, size_t offset)
{
    double sum = 0, n = 0;
    for (size_t k = 0; k < cv->folds; k++) {
        const double v = *(const double *)(const void *)((const char *)&cv->part[k] + offset);
        if (isnan(v))
            continue;
        sum += (double)cv->part[k].tested * v;
        n += (double)cv->part[k].tested;
    }
    return n > 0 ? sum / n : (double)NAN;
}

static void sum_up(struct rf_cv *cv)
{
    struct rf_cv_part *const all = &cv->all;
    for (size_t k = 0; k < cv->folds; k++) {
        const struct rf_cv_part *const p = &cv->part[k];
        all->prompts += p->prompts;
        all->trained += p->trained;
        all->tested += p->tested;
        all->seconds += p->seconds;
    }
    all->trained /= cv->folds;
    all->loss = mean_of(cv, offsetof(struct rf_cv_part, loss));
    all->accuracy = mean_of(cv, offsetof(struct rf_cv_part, accuracy));
    all->null = mean_of(cv, offsetof(struct rf_cv_part, null));
}

int rf_cv_run(struct rf_cv *cv, const struct rf_fit_job *job, const uint32_t *fold, size_t folds,
              struct rf_progress *bar, struct rf_err *err)
{
    bool *keep = NULL;
    size_t *row = NULL, cells;
    int rc;
    cv->folds = folds;
    cv->rows = rf_job_rows(job);
    cv->models = job->scored ? job->scored->r.models : 0;
    cv->fold = fold;
    if (!rf_mul(cv->rows, cv->models ? cv->models : 1, &cells))
        return rf_fail(err, RF_FAIL, "out of memory: scores of %zu prompts", cv->rows);
    if ((rc = RF_NEW(cv->score, cells, err)) || (cv->models && (rc = RF_NEW(cv->cost, cells, err))) ||
        (rc = RF_NEW(keep, cv->rows, err)) || (rc = RF_NEW(row, cv->rows, err)))
        goto out;
    for (uint32_t k = 0; k < folds && !rc; k++) {
        if ((rc = run_fold(cv, job, k, keep, row, err)))
            rf_fail_in(err, "fold %u", k);
        else if (bar)
            rc = rf_progress_step(bar, k + 1, NULL, err);
    }
    if (!rc)
        sum_up(cv);
out:
    rf_free(keep);
    rf_free(row);
    return rc;
}

/* ---- into the database ---- */

int rf_cv_check_name(struct rf_db *db, const char *name, bool force, struct rf_err *err)
{
    int64_t one;
    int rc = rf_db_int(db, &one, err, "SELECT 1 FROM external_score WHERE router = ?1 LIMIT 1", 1, &name);
    if (rc > 0)
        return rf_fail(err, RF_USAGE, "the database has ingested scores of a router \"%s\": --name makes others", name);
    if (!rc)
        rc = rf_db_int(db, &one, err, "SELECT 1 FROM crossval WHERE name = ?1", 1, &name);
    if (rc > 0 && !force)
        return rf_fail(err, RF_USAGE, "the database has scores \"%s\": --force replaces them, --name makes others",
                       name);
    return rc < 0 ? rc : 0;
}

static int remove_old(struct rf_db *db, const char *name, struct rf_err *err)
{
    static const char *const sql[] = {
        "DELETE FROM fold_score WHERE crossval = (SELECT id FROM crossval WHERE name = ?1)",
        "DELETE FROM fold_prediction WHERE crossval = (SELECT id FROM crossval WHERE name = ?1)",
        "DELETE FROM crossval WHERE name = ?1",
    };
    int rc = 0;
    for (size_t i = 0; i < sizeof sql / sizeof *sql && !rc; i++) {
        struct rf_stmt *s = NULL;
        if (!(rc = rf_stmt_new(&s, db, sql[i], err))) {
            rf_bind_text(s, 1, name);
            rc = rf_run(s, err);
        }
        rf_stmt_free(s);
    }
    return rc;
}

static int store_scores(const struct rf_cv *cv, const int64_t *prompt, struct rf_db *db, int64_t id, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    int rc = rf_stmt_new(&s, db, "INSERT INTO fold_score (crossval, prompt, fold, score) VALUES (?1, ?2, ?3, ?4)", err);
    for (size_t i = 0; i < cv->rows && !rc; i++) {
        rf_bind_int(s, 1, id);
        rf_bind_int(s, 2, prompt[i]);
        rf_bind_int(s, 3, cv->fold[i]);
        rf_bind_real(s, 4, cv->models ? (double)NAN : cv->score[i]);
        rc = rf_run(s, err);
    }
    rf_stmt_free(s);
    return rc;
}

static int store_predictions(const struct rf_cv *cv, const struct rf_scored *scored, struct rf_db *db, int64_t id,
                             struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    int64_t *model = NULL;
    int rc = RF_NEW(model, cv->models, err);
    for (size_t m = 0; m < cv->models && !rc; m++) {
        const char *const name = scored->r.model[m];
        rc = rf_db_int(db, &model[m], err, "SELECT min(id) FROM model_name WHERE known_as = ?1", 1, &name);
        rc = rc < 0 ? rc : 0;
    }
    if (rc || (rc = rf_stmt_new(&s, db,
                                "INSERT INTO fold_prediction (crossval, prompt, model, score, cost) VALUES (?1, ?2, "
                                "?3, ?4, ?5)",
                                err)))
        goto out;
    for (size_t i = 0; i < cv->rows * cv->models && !rc; i++) {
        rf_bind_int(s, 1, id);
        rf_bind_int(s, 2, scored->in.prompt[i / cv->models]);
        rf_bind_int(s, 3, model[i % cv->models]);
        rf_bind_real(s, 4, cv->score[i]);
        rf_bind_real(s, 5, cv->cost[i]);
        rc = rf_run(s, err);
    }
out:
    rf_stmt_free(s);
    rf_free(model);
    return rc;
}

int rf_cv_store(const struct rf_cv *cv, const struct rf_fit_job *job, struct rf_db *db, int64_t run, const char *name,
                bool tuned, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    int rc;
    if ((rc = remove_old(db, name, err)) ||
        (rc = rf_stmt_new(
             &s, db, "INSERT INTO crossval (name, run, folds, tuned, score_range) VALUES (?1, ?2, ?3, ?4, ?5)", err)))
        goto out;
    rf_bind_text(s, 1, name);
    rf_bind_int(s, 2, run);
    rf_bind_int(s, 3, (int64_t)cv->folds);
    rf_bind_int(s, 4, tuned);
    rf_bind_real(s, 5, job->scored ? job->scored->highest - job->scored->lowest : (double)NAN);
    if ((rc = rf_run(s, err)))
        goto out;
    const int64_t id = rf_db_last_id(db);
    if (!(rc = store_scores(cv, rf_job_prompts(job), db, id, err)) && cv->models)
        rc = store_predictions(cv, job->scored, db, id, err);
out:
    rf_stmt_free(s);
    return rc;
}
