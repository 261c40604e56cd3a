/* One look-up for each prompt, by the tables' keys. */
#include "eval/stored.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "core/stats.h"

void rf_stored_free(struct rf_stored *s)
{
    if (!s)
        return;
    rf_free(s->name);
    rf_free(s->data_sha256);
    rf_names_release(&s->model);
    rf_free(s);
}

static const char models_sql[] = "SELECT DISTINCT n.known_as FROM crossval c JOIN fold_prediction p ON p.crossval = "
                                 "c.id JOIN model_name n ON n.id = "
                                 "p.model WHERE c.name = ?1 AND p.prompt = (SELECT min(prompt) FROM fold_prediction "
                                 "WHERE crossval = c.id) ORDER BY 1";

static int copy_text(char **out, struct rf_str text, struct rf_err *err)
{
    if (text.s && !(*out = rf_strndup(text.s, text.len, err)))
        return RF_FAIL;
    return 0;
}

/* 1: s is a cross-validated fit; 0: there is none of this name. */
static int find_crossval(struct rf_stored *s, struct rf_db *db, struct rf_err *err)
{
    struct rf_stmt *q = NULL;
    int rc =
        rf_stmt_new(&q, db,
                    "SELECT c.id, c.tuned, c.score_range, r.data_sha256 FROM crossval c JOIN run r ON r.id = c.run "
                    "WHERE c.name = ?1",
                    err);
    if (rc)
        goto out;
    rf_bind_text(q, 1, s->name);
    if ((rc = rf_step(q, err)) <= 0)
        goto out;
    s->crossval = rf_col_int(q, 0);
    s->tuned = rf_col_int(q, 1) != 0;
    s->range = rf_col_real(q, 2);
    if ((rc = copy_text(&s->data_sha256, rf_col_str(q, 3), err)) ||
        (!isnan(s->range) && (rc = rf_names_read(&s->model, db, models_sql, s->name, err))))
        goto out;
    rc = 1;
out:
    rf_stmt_free(q);
    return rc;
}

int rf_stored_find(struct rf_stored **out, struct rf_db *db, const char *name, struct rf_err *err)
{
    struct rf_stored *const s = rf_calloc(1, sizeof *s, err);
    int64_t one;
    int rc;
    if (!s)
        return RF_FAIL;
    s->range = NAN;
    if (!(s->name = rf_strndup(name, strlen(name), err)))
        rc = RF_FAIL;
    else if (!(rc = find_crossval(s, db, err)))
        rc = rf_db_int(db, &one, err, "SELECT 1 FROM external_score WHERE router = ?1 LIMIT 1", 1, &name);
    if (rc > 0)
        *out = s;
    else
        rf_stored_free(s);
    return rc;
}

/* v[stride * i] = what the query gives for prompt[i]; NaN where it gives none. Its ?2 is the prompt. */
static int look_up(struct rf_stmt *q, const int64_t *prompt, size_t n, double *v, size_t stride, size_t *missing,
                   struct rf_err *err)
{
    for (size_t i = 0; i < n; i++) {
        rf_bind_int(q, 2, prompt[i]);
        const int rc = rf_step(q, err);
        if (rc < 0)
            return rc;
        v[stride * i] = rc ? rf_col_real(q, 0) : (double)NAN;
        *missing += isnan(v[stride * i]) ? 1 : 0;
        rf_reset(q);
    }
    return 0;
}

static int check_missing(const struct rf_stored *s, const char *bench, size_t missing, size_t n, struct rf_err *err)
{
    if (!missing)
        return 0;
    return rf_fail(err, RF_BAD_INPUT,
                   "%zu of the %zu prompts of benchmark \"%s\" have no score under \"%s\", expected one for each%s",
                   missing, n, bench, s->name,
                   s->crossval
                       ? ": the fit did not read them; --votes, --bench, --source and --min-chars choose what it "
                         "reads"
                       : "");
}

#define PREDICTED(column)                                                                                              \
    "SELECT p." column " FROM fold_prediction p JOIN model_name n ON n.id = p.model WHERE p.crossval = ?1 AND "        \
    "p.prompt = ?2 AND n.known_as = ?3"
static const char predicted_score[] = PREDICTED("score"), predicted_cost[] = PREDICTED("cost");

/* What a query above says of one model, by its name as counted. */
static int look_up_model(const struct rf_stored *s, struct rf_db *db, const char *sql, const char *model,
                         const int64_t *prompt, size_t n, double *v, size_t stride, size_t *missing, struct rf_err *err)
{
    struct rf_stmt *q = NULL;
    int rc = rf_stmt_new(&q, db, sql, err);
    if (rc)
        goto out;
    rf_bind_int(q, 1, s->crossval);
    rf_bind_text(q, 3, model);
    rc = look_up(q, prompt, n, v, stride, missing, err);
out:
    rf_stmt_free(q);
    return rc;
}

/* routefit_score.h: the logit of strong over weak is 4 (score of strong - of weak) / range. */
static int many_win_rates(const struct rf_stored *s, struct rf_db *db, const struct rf_bench *b, double *score,
                          size_t *missing, struct rf_err *err)
{
    double *weak = NULL;
    int rc;
    if (!rf_names_have(&s->model, b->strong_name) || !rf_names_have(&s->model, b->weak_name))
        return rf_names_unknown(&s->model, "model of these scores",
                                rf_names_have(&s->model, b->strong_name) ? b->weak_name : b->strong_name,
                                "cross-validate with it, or name the pair with --strong and --weak", err);
    if ((rc = RF_NEW(weak, b->n, err)) ||
        (rc = look_up_model(s, db, predicted_score, b->strong_name, b->prompt, b->n, score, 1, missing, err)) ||
        (rc = look_up_model(s, db, predicted_score, b->weak_name, b->prompt, b->n, weak, 1, &(size_t){ 0 }, err)))
        goto out;
    for (size_t i = 0; i < b->n; i++)
        score[i] = rf_sigmoid(4 * (score[i] - weak[i]) / s->range);
out:
    rf_free(weak);
    return rc;
}

int rf_stored_win_rates(const struct rf_stored *s, struct rf_db *db, const struct rf_bench *b, double *score,
                        struct rf_err *err)
{
    struct rf_stmt *q = NULL;
    size_t missing = 0;
    int rc;
    if (s->model.n) {
        rc = many_win_rates(s, db, b, score, &missing, err);
        goto out;
    }
    if ((rc = rf_stmt_new(&q, db,
                          s->crossval ? "SELECT score FROM fold_score WHERE crossval = ?1 AND prompt = ?2"
                                      : "SELECT score FROM external_score WHERE router = ?1 AND prompt = ?2",
                          err)))
        goto out;
    if (s->crossval)
        rf_bind_int(q, 1, s->crossval);
    else
        rf_bind_text(q, 1, s->name);
    rc = look_up(q, b->prompt, b->n, score, 1, &missing, err);
out:
    rf_stmt_free(q);
    return rc ? rc : check_missing(s, b->name, missing, b->n, err);
}

int rf_stored_predict(const struct rf_stored *s, struct rf_db *db, const char *bench, const int64_t *prompt, size_t n,
                      double *score, double *cost, struct rf_err *err)
{
    size_t missing = 0;
    int rc = 0;
    for (size_t m = 0; m < s->model.n && !rc; m++) {
        missing = 0;
        if (!(rc = look_up_model(s, db, predicted_score, s->model.v[m], prompt, n, score + m, s->model.n, &missing,
                                 err)) &&
            !(rc = check_missing(s, bench, missing, n, err)))
            rc = look_up_model(s, db, predicted_cost, s->model.v[m], prompt, n, cost + m, s->model.n, &missing, err);
    }
    return rc;
}
