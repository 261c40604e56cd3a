/* The grid is walked with the last option the fastest; every point is fitted on each of its folds. */
#include "train/tune.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/names.h"
#include "train/subset.h"

/* ---- the grid ---- */

void rf_grid_release(struct rf_grid *g)
{
    for (size_t a = 0; a < g->axes; a++)
        for (size_t i = 0; i < g->axis[a].n; i++)
            rf_free(g->axis[a].arg[i]);
    rf_free(g->axis);
    *g = (struct rf_grid){ 0 };
}

/* The options that a kind has beside the common ones, which stand in the first table of its command. */
static int find_option(const struct rf_cmd *cmd, const char *name, const struct rf_opt **opt, struct rf_err *err)
{
    enum { MOST = 64 };
    const char *known[MOST];
    char what[80];
    size_t n = 0;
    for (size_t k = 1; k < RF_CMD_TABLES && cmd->opts[k]; k++)
        for (const struct rf_opt *o = cmd->opts[k]; o->name; o++) {
            if (o->type == RF_OPT_FLAG)
                continue;
            if (!strcmp(o->name, name)) {
                *opt = o;
                return 0;
            }
            if (n < MOST)
                known[n++] = o->name;
        }
    snprintf(what, sizeof what, "option of --tune for fit %s", cmd->name);
    return rf_unknown(what, name, known, n, "expected one of the kind's own that takes a value", err);
}

/* Opens the axis of "name=...". */
static int add_axis(struct rf_grid *g, const struct rf_cmd *cmd, const char *word, size_t len, struct rf_err *err)
{
    const struct rf_opt *opt = NULL;
    char *const name = rf_strndup(word, len, err);
    int rc = name ? find_option(cmd, name, &opt, err) : RF_FAIL;
    for (size_t a = 0; a < g->axes && !rc; a++)
        if (g->axis[a].opt == opt)
            rc = rf_fail(err, RF_USAGE, "--tune %s: found it twice, expected all its values at one place", name);
    if (!rc && g->axes == RF_GRID_AXES)
        rc = rf_fail(err, RF_USAGE, "--tune: found more than %d options, expected a small grid", RF_GRID_AXES);
    if (!rc)
        g->axis[g->axes++].opt = opt;
    rf_free(name);
    return rc;
}

/* A value of the latest axis. */
static int add_value(struct rf_grid *g, const char *value, size_t len, struct rf_err *err)
{
    struct rf_axis *const a = &g->axis[g->axes - 1];
    struct rf_buf arg = { 0 };
    int rc;
    if (!len)
        return rf_fail(err, RF_USAGE, "--tune %s: found no value, expected some, as in %s=1,2", a->opt->name,
                       a->opt->name);
    if (a->n == RF_GRID_MOST)
        return rf_fail(err, RF_USAGE, "--tune %s: found more than %d values", a->opt->name, RF_GRID_MOST);
    if ((rc = rf_buf_printf(&arg, err, "--%s=%.*s", a->opt->name, (int)len, value))) {
        rf_buf_release(&arg);
        return rc;
    }
    for (size_t i = 0; i < a->n; i++)
        if (!strcmp(a->arg[i], arg.data)) {
            rf_buf_release(&arg);
            return rf_fail(err, RF_USAGE, "--tune %s: found the value %.*s twice", a->opt->name, (int)len, value);
        }
    a->arg[a->n++] = arg.data;
    return 0;
}

static int add_word(struct rf_grid *g, const struct rf_cmd *cmd, const char *word, size_t len, struct rf_err *err)
{
    const char *const equals = memchr(word, '=', len);
    const size_t name = equals ? (size_t)(equals - word) : 0;
    int rc;
    if (!equals && !g->axes)
        return rf_fail(err, RF_USAGE, "--tune: found '%.*s', expected OPTION=VALUE,VALUE,...", (int)len, word);
    if (!equals)
        return add_value(g, word, len, err);
    if ((rc = add_axis(g, cmd, word, name, err)))
        return rc;
    return add_value(g, equals + 1, len - name - 1, err);
}

int rf_grid_parse(struct rf_grid *g, const struct rf_cmd *cmd, const struct rf_list *words, char *const *more, size_t n,
                  struct rf_err *err)
{
    int rc = RF_NEW(g->axis, RF_GRID_AXES, err);
    for (size_t i = 0; i < words->n && !rc; i++)
        rc = add_word(g, cmd, words->v[i], strlen(words->v[i]), err);
    for (size_t i = 0; i < n && !rc; i++)
        for (const char *s = more[i]; s && !rc;) {
            const char *const comma = strchr(s, ',');
            rc = add_word(g, cmd, s, comma ? (size_t)(comma - s) : strlen(s), err);
            s = comma ? comma + 1 : NULL;
        }
    g->points = rc ? 0 : 1;
    for (size_t a = 0; a < g->axes && !rc; a++)
        if ((g->points *= g->axis[a].n) > RF_GRID_MOST)
            rc = rf_fail(err, RF_USAGE, "--tune: found more than %d points, expected a small grid", RF_GRID_MOST);
    return rc;
}

/* Which value of axis a the point has. */
static size_t value_of(const struct rf_grid *g, size_t point, size_t a)
{
    for (size_t k = g->axes - 1; k > a; k--)
        point /= g->axis[k].n;
    return point % g->axis[a].n;
}

int rf_grid_text(const struct rf_grid *g, size_t point, struct rf_buf *out, struct rf_err *err)
{
    int rc = 0;
    for (size_t a = 0; a < g->axes && !rc; a++)
        rc = rf_buf_printf(out, err, "%s%s", a ? " " : "", g->axis[a].arg[value_of(g, point, a)] + 2);
    return rc;
}

/* ---- options ---- */

static size_t sets_of(const struct rf_cmd *cmd, void *dest, struct rf_opt_set *sets)
{
    size_t n = 0;
    for (; n < RF_CMD_TABLES && cmd->opts[n]; n++)
        sets[n] = (struct rf_opt_set){ cmd->opts[n], dest };
    return n;
}

void rf_grid_free_options(const struct rf_cmd *cmd, void *opts)
{
    struct rf_opt_set sets[RF_CMD_TABLES];
    if (opts)
        rf_opt_release(sets, sets_of(cmd, opts, sets));
    rf_free(opts);
}

int rf_grid_options(const struct rf_grid *g, size_t point, const struct rf_cmd *cmd, const void *opts, void **out,
                    struct rf_err *err)
{
    struct rf_opt_set sets[RF_CMD_TABLES];
    char name[] = "fit", *argv[RF_GRID_AXES + 1] = { name }, *rest[RF_GRID_AXES + 1];
    int nrest = 0, rc;
    void *const copy = rf_calloc(1, cmd->opts_size, err);
    if (!copy)
        return RF_FAIL;
    const size_t n = sets_of(cmd, copy, sets);
    for (size_t a = 0; a < g->axes; a++)
        argv[a + 1] = g->axis[a].arg[value_of(g, point, a)];
    if ((rc = rf_opt_copy(sets, n, opts, copy, cmd->opts_size, err)) ||
        (rc = rf_opt_read(sets, n, (int)g->axes + 1, argv, false, rest, &nrest, err)))
        rf_grid_free_options(cmd, copy);
    else
        *out = copy;
    return rc;
}

/* ---- fits ---- */

/* A mean over folds under way. */
struct mean {
    double sum, n;
};

static void add(struct mean *m, double v, size_t n)
{
    if (isnan(v))
        return;
    m->sum += v * (double)n;
    m->n += (double)n;
}

static double value(const struct mean *m)
{
    return m->n > 0 ? m->sum / m->n : (double)NAN;
}

static int set_sides(struct rf_fit_data *d, const uint32_t *fold, size_t k, size_t rows, bool *valid,
                     struct rf_err *err)
{
    for (size_t i = 0; i < rows; i++)
        valid[i] = fold[i] == k;
    if (d->votes) {
        rf_sides_of_votes(&d->own_votes, valid);
        return 0;
    }
    return rf_sides_of_scored(&d->own_scored, valid, err);
}

/* One fit of a point. */
static int try_fold(const struct rf_fit_job *job, struct rf_trial *t, struct mean loss[3], struct rf_err *err)
{
    struct rf_progress deaf = { 0 };
    struct rf_fit_job quiet = *job;
    struct rf_fitted f = { 0 };
    quiet.progress = &deaf;
    int rc = rf_fitted_make(&f, &quiet, err);
    if (!rc && f.fit.interrupted)
        rc = rf_fail(err, RF_INTERRUPTED, "stopped by Ctrl-C before the grid was tried");
    if (!rc) {
        t->trained += f.fit.used_train;
        t->validated += f.fit.used_valid;
        t->seconds += f.seconds;
        add(&loss[0], job->votes ? f.model.train_loss : (double)NAN, f.fit.used_train);
        add(&loss[1], f.model.valid_loss, f.fit.used_valid);
        add(&loss[2], job->votes ? f.model.valid_accuracy : (double)NAN, f.fit.used_valid);
    }
    rf_fitted_release(&f);
    return rc;
}

static int try_point(const struct rf_grid *g, size_t point, const struct rf_fit_job *job, struct rf_fit_data *data,
                     const uint32_t *fold, size_t folds, bool *valid, struct rf_progress *bar, struct rf_trial *t,
                     struct rf_err *err)
{
    const size_t fits = fold ? folds : 1, rows = rf_job_rows(job);
    struct rf_fit_job mine = *job;
    struct mean loss[3] = { { 0, 0 } };
    void *opts = NULL;
    int rc = rf_grid_options(g, point, &job->kind->cmd, job->opts, &opts, err);
    mine.opts = opts;
    for (size_t k = 0; k < fits && !rc; k++) {
        if ((fold && (rc = set_sides(data, fold, k, rows, valid, err))) || (rc = try_fold(&mine, t, loss, err)))
            break;
        if (bar)
            rc = rf_progress_step(bar, point * fits + k + 1, NULL, err);
    }
    t->train_loss = value(&loss[0]);
    t->valid_loss = value(&loss[1]);
    t->valid_accuracy = value(&loss[2]);
    rf_grid_free_options(&job->kind->cmd, opts);
    return rc;
}

int rf_tune(const struct rf_grid *g, const struct rf_fit_job *job, struct rf_fit_data *data, const uint32_t *fold,
            size_t folds, struct rf_progress *bar, struct rf_trial *trial, size_t *best, struct rf_err *err)
{
    double least = INFINITY;
    bool *valid = NULL;
    int rc = fold ? RF_NEW(valid, rf_job_rows(job), err) : 0;
    for (size_t p = 0; p < g->points && !rc; p++) {
        if ((rc = try_point(g, p, job, data, fold, folds, valid, bar, &trial[p], err))) {
            struct rf_buf text = { 0 };
            if (!rf_grid_text(g, p, &text, NULL))
                rf_fail_in(err, "--tune, at %s", text.data);
            rf_buf_release(&text);
        } else if (trial[p].valid_loss < least) {
            least = trial[p].valid_loss;
            *best = p;
        }
    }
    if (!rc && !(least < INFINITY))
        rc = rf_fail(err, RF_BAD_INPUT,
                     "--tune: found nothing on the validation side to choose by, expected some: a larger --valid, or "
                     "--cv");
    rf_free(valid);
    return rc;
}
