/* One table for programs and people alike. */
#include "train/fit_tables.h"

#include <math.h>

#include "core/table.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const struct rf_column votes_columns[] = {
    RF_COLUMN_TEXT("kind"),          RF_COLUMN_TEXT("output"),        RF_COLUMN_INT("votes"),
    RF_COLUMN_INT("valid_votes"),    RF_COLUMN_INT("left_out"),       RF_COLUMN_INT("dim"),
    RF_COLUMN_REAL("train_loss", 4), RF_COLUMN_REAL("valid_loss", 4), RF_COLUMN_REAL("valid_accuracy", 4),
    RF_COLUMN_REAL("seconds", 2),
};
/* mse: mean squared error of the predicted scores on the validation questions; null_mse: that of every model's mean */
static const struct rf_column results_columns[] = {
    RF_COLUMN_TEXT("kind"),       RF_COLUMN_TEXT("output"),       RF_COLUMN_INT("questions"),
    RF_COLUMN_INT("valid"),       RF_COLUMN_INT("left_out"),      RF_COLUMN_INT("dim"),
    RF_COLUMN_INT("models"),      RF_COLUMN_REAL("valid_mse", 4), RF_COLUMN_REAL("null_mse", 4),
    RF_COLUMN_REAL("seconds", 2),
};

static size_t sum_left_out(const struct rf_fit *f)
{
    if (f->votes)
        return f->votes->read - f->used_train - f->used_valid;
    size_t out = f->scored->no_prompt + f->scored->r.incomplete;
    for (int i = 0; i < RF_OUTS; i++)
        out += f->left_out[i];
    return out;
}

/* Of the vectors, or the number of buckets for texts. */
static int64_t width_of(const struct rf_fit *f)
{
    if (f->scored)
        return (int64_t)f->scored->in.dim;
    return f->votes->x ? (int64_t)f->votes->dim : ROUTEFIT_BUCKETS;
}

static int print_summary(const struct rf_fit_story *s, const struct rf_ctx *ctx, struct rf_err *err)
{
    const struct rf_fit *const f = &s->file->fit;
    const struct rf_model *const m = &s->file->model;
    struct rf_table *t = NULL;
    int rc;
    if ((rc = f->votes ? rf_table_new(&t, votes_columns, COUNT(votes_columns), err)
                       : rf_table_new(&t, results_columns, COUNT(results_columns), err)) ||
        (rc = rf_table_text(t, s->job->kind->cmd.name, err)) || (rc = rf_table_text(t, s->output, err)) ||
        (rc = rf_table_int(t, (int64_t)f->used_train, err)) || (rc = rf_table_int(t, (int64_t)f->used_valid, err)) ||
        (rc = rf_table_int(t, (int64_t)sum_left_out(f), err)) || (rc = rf_table_int(t, width_of(f), err)) ||
        (rc = f->votes ? rf_table_real(t, m->train_loss, err) : rf_table_int(t, (int64_t)f->scored->r.models, err)) ||
        (rc = rf_table_real(t, m->valid_loss, err)) ||
        (rc = rf_table_real(t, f->votes ? m->valid_accuracy : m->null_loss, err)) ||
        (rc = rf_table_real(t, s->file->seconds, err)))
        goto out;
    rc = rf_table_print(t, ctx->out, ctx->format, err);
out:
    rf_table_free(t);
    return rc;
}

/* ---- points, folds, the file ---- */

/* part: "point" of the grid, "fold", "all" folds, "file". trained, tested: votes, or questions and scores. loss: of the
 * validation side, or out of fold; for results a squared error, and null that of every model's mean. */
static const struct rf_column part_columns[] = {
    RF_COLUMN_TEXT("part"),
    RF_COLUMN_TEXT("kind"),
    RF_COLUMN_TEXT("settings", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_INT("kept", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_INT("fold", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_INT("prompts", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_INT("trained"),
    RF_COLUMN_INT("tested"),
    RF_COLUMN_REAL("loss", 5),
    RF_COLUMN_REAL("null", 5, .shown = RF_SHOWN_FILLED),
    RF_COLUMN_REAL("accuracy", 4, .shown = RF_SHOWN_FILLED),
    RF_COLUMN_REAL("seconds", 2),
    RF_COLUMN_TEXT("output", .shown = RF_SHOWN_FILLED),
};

enum { MISSING = -1 }; /* of a number that cannot be negative */

struct row {
    const char *part, *settings, *output;
    int64_t kept, fold, prompts;
    size_t trained, tested;
    double loss, null, accuracy, seconds;
};

static int add_int(struct rf_table *t, int64_t v, struct rf_err *err)
{
    return v == MISSING ? rf_table_missing(t, err) : rf_table_int(t, v, err);
}

static int add_row(struct rf_table *t, const struct rf_fit_story *s, struct row r, struct rf_err *err)
{
    int rc;
    (void)((rc = rf_table_text(t, r.part, err)) || (rc = rf_table_text(t, s->job->kind->cmd.name, err)) ||
           (rc = rf_table_text(t, r.settings, err)) || (rc = add_int(t, r.kept, err)) ||
           (rc = add_int(t, r.fold, err)) || (rc = add_int(t, r.prompts, err)) ||
           (rc = rf_table_int(t, (int64_t)r.trained, err)) || (rc = rf_table_int(t, (int64_t)r.tested, err)) ||
           (rc = rf_table_real(t, r.loss, err)) || (rc = rf_table_real(t, r.null, err)) ||
           (rc = rf_table_real(t, r.accuracy, err)) || (rc = rf_table_real(t, r.seconds, err)) ||
           (rc = rf_table_text(t, r.output, err)));
    return rc;
}

static int add_points(struct rf_table *t, const struct rf_fit_story *s, struct rf_err *err)
{
    struct rf_buf text = { 0 };
    int rc = 0;
    for (size_t i = 0; s->grid && i < s->grid->points && !rc; i++) {
        const struct rf_trial *const p = &s->trial[i];
        text.len = 0;
        if ((rc = rf_grid_text(s->grid, i, &text, err)))
            break;
        rc = add_row(t, s,
                     (struct row){ .part = "point",
                                   .settings = text.data,
                                   .kept = i == s->kept,
                                   .fold = MISSING,
                                   .prompts = MISSING,
                                   .trained = p->trained,
                                   .tested = p->validated,
                                   .loss = p->valid_loss,
                                   .null = NAN,
                                   .accuracy = p->valid_accuracy,
                                   .seconds = p->seconds },
                     err);
    }
    rf_buf_release(&text);
    return rc;
}

static int add_folds(struct rf_table *t, const struct rf_fit_story *s, struct rf_err *err)
{
    int rc = 0;
    for (size_t k = 0; s->cv && k <= s->cv->folds && !rc; k++) {
        const bool all = k == s->cv->folds;
        const struct rf_cv_part *const p = all ? &s->cv->all : &s->cv->part[k];
        rc = add_row(t, s,
                     (struct row){ .part = all ? "all" : "fold",
                                   .settings = s->job->tuned,
                                   .output = all ? s->name : NULL,
                                   .kept = MISSING,
                                   .fold = all ? MISSING : (int64_t)k,
                                   .prompts = (int64_t)p->prompts,
                                   .trained = p->trained,
                                   .tested = p->tested,
                                   .loss = p->loss,
                                   .null = p->null,
                                   .accuracy = p->accuracy,
                                   .seconds = p->seconds },
                     err);
    }
    return rc;
}

static int add_file(struct rf_table *t, const struct rf_fit_story *s, struct rf_err *err)
{
    const struct rf_model *const m = s->file ? &s->file->model : NULL;
    const bool votes = s->job->votes;
    return !m ? 0
              : add_row(t, s,
                        (struct row){ .part = "file",
                                      .settings = s->job->tuned,
                                      .output = s->output,
                                      .kept = MISSING,
                                      .fold = MISSING,
                                      .prompts = MISSING,
                                      .trained = s->file->fit.used_train,
                                      .tested = s->file->fit.used_valid,
                                      .loss = m->valid_loss,
                                      .null = votes ? (double)NAN : m->null_loss,
                                      .accuracy = votes ? m->valid_accuracy : (double)NAN,
                                      .seconds = s->file->seconds },
                        err);
}

int rf_fit_tell(const struct rf_fit_story *s, const struct rf_ctx *ctx, struct rf_err *err)
{
    struct rf_table *t = NULL;
    int rc;
    if (!s->grid && !s->cv)
        return print_summary(s, ctx, err);
    if (!(rc = rf_table_new(&t, part_columns, COUNT(part_columns), err)) && !(rc = add_points(t, s, err)) &&
        !(rc = add_folds(t, s, err)) && !(rc = add_file(t, s, err)))
        rc = rf_table_print(t, ctx->out, ctx->format, err);
    rf_table_free(t);
    return rc;
}
