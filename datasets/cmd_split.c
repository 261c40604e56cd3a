/* `routefit split`: divides prompts into named parts, duplicates and near-duplicates kept together, and stores them
 * under a name. The division itself is core/division.c. */
#include <stdio.h>
#include <string.h>

#include "core/cli.h"
#include "core/division.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/run.h"
#include "core/sha256.h"
#include "core/table.h"
#include "datasets/commands.h"
#include "datasets/field.h"

struct options {
    const char *name;
    struct rf_list of, shares;
    int64_t k;
    double jaccard;
    bool force;
};

#define OPTION(field, letter, type, arg, def, min, max, help)                                                          \
    RF_OPT(struct options, field, #field, letter, type, arg, def, NULL, min, max, help)

static const struct rf_opt table[] = {
    OPTION(name, 'n', RF_OPT_TEXT, "NAME", NULL, 0, 0, "Name of the split (required)."),
    OPTION(of, 0, RF_OPT_LIST, "SET,...", NULL, 0, 0,
           "What to divide: benchmarks, sources, votes, all (as `overlap` names sets); without it all."),
    OPTION(shares, 's', RF_OPT_LIST, "A,B[,C]", NULL, 0, 0,
           "Shares of train and test, or of train, valid and test, in any unit; without it 80,10,10."),
    OPTION(k, 'k', RF_OPT_INT, "N", NULL, 2, RF_PARTS, "Folds of equal size instead, with the names 0 to N - 1."),
    OPTION(jaccard, 'j', RF_OPT_REAL, "S", RF_DIVISION_JACCARD_ARG, .5, 1,
           "Similarity from which two texts stay together."),
    OPTION(force, 'f', RF_OPT_FLAG, NULL, NULL, 0, 0, "Replace a split of this name."),
    RF_OPT_END,
};

/* ---- parts ---- */

struct parts {
    size_t n;
    double share[RF_PARTS];
    char name[RF_PARTS][24];
};

static int choose_parts(struct parts *p, const struct options *o, struct rf_err *err)
{
    static const char *const names[2][3] = { { "train", "test" }, { "train", "valid", "test" } };
    static const double standard[] = { 80, 10, 10 };
    if (o->k && o->shares.n)
        return rf_fail(err, RF_USAGE, "found both --shares and --k, expected one of them");
    p->n = o->k ? (size_t)o->k : o->shares.n ? o->shares.n : 3;
    if (!o->k && p->n != 2 && p->n != 3)
        return rf_fail(err, RF_USAGE, "--shares: found %zu, expected two (train, test) or three (train, valid, test)",
                       p->n);
    for (size_t i = 0; i < p->n; i++) {
        p->share[i] = o->k ? 1 : standard[i];
        if (o->k)
            snprintf(p->name[i], sizeof p->name[i], "%zu", i);
        else
            snprintf(p->name[i], sizeof p->name[i], "%s", names[p->n - 2][i]);
        const char *const v = o->shares.n ? o->shares.v[i] : NULL;
        if (v && (!rf_field_real((struct rf_str){ v, strlen(v) }, &p->share[i]) || p->share[i] < 0))
            return rf_fail(err, RF_USAGE, "--shares: found \"%s\", expected a number of 0 or more, like 80", v);
    }
    return 0;
}

static int known_split(struct rf_db *db, const char *name, bool force, struct rf_err *err)
{
    int64_t id;
    const int rc = rf_db_int(db, &id, err, "SELECT id FROM split WHERE name = ?1", 1, &name);
    if (rc > 0 && !force)
        return rf_fail(err, RF_USAGE, "the database has a split \"%s\": --force replaces it, --name makes another",
                       name);
    return rc < 0 ? rc : 0;
}

/* ---- what is divided ---- */

struct division {
    struct rf_prompt_set *set; /* [nsets] */
    size_t nsets;
    struct rf_division of;
    char sha256[RF_SHA256_HEX]; /* of the texts */
};

/* The prompts of all sets, one behind the other. */
static int list_prompts(const struct division *d, int64_t **prompt, size_t *n, struct rf_err *err)
{
    size_t all = 0;
    for (size_t i = 0; i < d->nsets; i++)
        all += d->set[i].n;
    if (RF_NEW(*prompt, all, err))
        return RF_FAIL;
    for (size_t i = 0; i < d->nsets; i++)
        for (size_t k = 0; k < d->set[i].n; k++)
            (*prompt)[(*n)++] = d->set[i].member[k].prompt;
    return 0;
}

static int read_division(struct division *d, struct rf_ctx *ctx, const struct options *o, struct rf_err *err)
{
    static const char *const all[] = { "all" };
    const char *const *const name = o->of.n ? o->of.v : all;
    int64_t *prompt = NULL;
    size_t n = 0;
    int rc;
    d->nsets = o->of.n ? o->of.n : 1;
    rc = RF_NEW(d->set, d->nsets, err);
    for (size_t i = 0; i < d->nsets && !rc; i++)
        rc = rf_prompt_set_read(&d->set[i], ctx->db, name[i], err);
    if (!rc && !(rc = list_prompts(d, &prompt, &n, err)) &&
        !(rc = rf_division_read(&d->of, ctx->db, prompt, n, o->jaccard, ctx->threads, err)))
        rc = rf_corpus_sha256(&d->of.corpus, d->set, d->nsets, d->sha256, err);
    rf_free(prompt);
    return rc;
}

static void division_release(struct division *d)
{
    for (size_t i = 0; d->set && i < d->nsets; i++)
        rf_prompt_set_release(&d->set[i]);
    rf_free(d->set);
    rf_division_release(&d->of);
}

/* ---- rows ---- */

/* {"of": [...], "shares": [...], "jaccard": .8} or with "k". */
static int options_json(const struct division *d, const struct options *o, const struct parts *p, struct rf_buf *out,
                        struct rf_err *err)
{
    int rc = rf_buf_printf(out, err, "{\"of\": [");
    for (size_t i = 0; i < d->nsets && !rc; i++)
        if (!(rc = rf_buf_printf(out, err, "%s", i ? ", " : "")))
            rc = rf_json_add_string(out, (struct rf_str){ d->set[i].name, strlen(d->set[i].name) }, err);
    if (!rc)
        rc = o->k ? rf_buf_printf(out, err, "], \"k\": %zu", p->n) : rf_buf_printf(out, err, "], \"shares\": [");
    for (size_t i = 0; !o->k && i < p->n && !rc; i++)
        rc = rf_buf_printf(out, err, "%s%.17g", i ? ", " : "", p->share[i]);
    return rc ? rc : rf_buf_printf(out, err, "%s, \"jaccard\": %.17g}", o->k ? "" : "]", o->jaccard);
}

/* The split's row, in place of one of the same name. */
static int add_split(struct rf_ctx *ctx, const char *name, const char *options, int64_t *id, struct rf_err *err)
{
    static const char *const sql[] = {
        "DELETE FROM split_prompt WHERE split = (SELECT id FROM split WHERE name = ?1)",
        "DELETE FROM split WHERE name = ?1",
        "INSERT INTO split (name, seed, options, made_at) VALUES (?1, ?2, ?3, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))",
    };
    int rc = 0;
    for (int i = 0; i < 3 && !rc; i++) {
        struct rf_stmt *s = NULL;
        if (!(rc = rf_stmt_new(&s, ctx->db, sql[i], err))) {
            rf_bind_text(s, 1, name);
            if (i == 2) {
                rf_bind_int(s, 2, (int64_t)ctx->seed);
                rf_bind_text(s, 3, options);
            }
            rc = rf_run(s, err);
        }
        rf_stmt_free(s);
    }
    *id = rc ? 0 : rf_db_last_id(ctx->db);
    return rc;
}

static int add_prompts(struct rf_db *db, int64_t split, const struct division *d, const struct parts *p,
                       struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    int rc = rf_stmt_new(&s, db, "INSERT INTO split_prompt (split, prompt, part) VALUES (?1, ?2, ?3)", err);
    if (!rc)
        rf_bind_int(s, 1, split);
    for (size_t i = 0; i < d->of.corpus.n && !rc; i++) {
        if (!d->of.in[i])
            continue;
        rf_bind_int(s, 2, d->of.corpus.prompt[i]);
        rf_bind_text(s, 3, p->name[rf_division_part(&d->of, d->of.corpus.prompt[i])]);
        rc = rf_run(s, err);
    }
    rf_stmt_free(s);
    return rc;
}

static int store(struct rf_ctx *ctx, const struct options *o, const struct division *d, const struct parts *p,
                 struct rf_err *err)
{
    struct rf_buf options = { 0 };
    int64_t id;
    int rc = options_json(d, o, p, &options, err);
    if (!rc)
        rc = rf_db_begin(ctx->db, err);
    if (rc)
        goto out;
    if ((rc = add_split(ctx, o->name, options.data, &id, err)) || (rc = add_prompts(ctx->db, id, d, p, err)) ||
        (rc = rf_db_commit(ctx->db, err)))
        rf_db_rollback(ctx->db);
out:
    rf_buf_release(&options);
    return rc;
}

/* ---- the command ---- */

static const struct rf_column column[] = {
    RF_COLUMN_TEXT("split"),        RF_COLUMN_TEXT("part"),         RF_COLUMN_INT("prompts"),
    RF_COLUMN_REAL("share_pct", 2), RF_COLUMN_REAL("asked_pct", 2), RF_COLUMN_INT("groups"),
};

static int print_parts(struct rf_ctx *ctx, const char *name, const struct division *d, const struct parts *p,
                       struct rf_err *err)
{
    struct rf_table *t = NULL;
    size_t prompts[RF_PARTS] = { 0 }, groups[RF_PARTS] = { 0 }, largest = 0;
    double sum = 0;
    int rc = rf_table_new(&t, column, sizeof column / sizeof *column, err);
    for (size_t g = 0; g < d->of.groups; g++) {
        prompts[d->of.part[g]] += d->of.group[g].size;
        groups[d->of.part[g]]++;
        largest = d->of.group[g].size > largest ? d->of.group[g].size : largest;
    }
    for (size_t i = 0; i < p->n; i++)
        sum += p->share[i];
    for (size_t i = 0; i < p->n && !rc; i++)
        (void)((rc = rf_table_text(t, name, err)) || (rc = rf_table_text(t, p->name[i], err)) ||
               (rc = rf_table_int(t, (int64_t)prompts[i], err)) ||
               (rc = rf_table_real(t, 100 * (double)prompts[i] / (double)d->of.prompts, err)) ||
               (rc = rf_table_real(t, 100 * p->share[i] / sum, err)) ||
               (rc = rf_table_int(t, (int64_t)groups[i], err)));
    if (!rc)
        rc = rf_table_print(t, ctx->out, ctx->format, err);
    if (!rc)
        fprintf(ctx->chat, "%zu prompts in %zu groups, the largest of %zu, and %zu %s\n", d->of.prompts, d->of.groups,
                largest, d->of.strata, d->of.strata == 1 ? "stratum" : "strata");
    rf_table_free(t);
    return rc;
}

static int run(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    const struct options *const o = opts;
    struct division d = { 0 };
    struct parts p = { 0 };
    struct rf_run row = { 0 };
    int rc;
    (void)nargs, (void)args;
    if (!o->name || !*o->name)
        return rf_fail(err, RF_USAGE, "--name NAME is missing: the split's name in the database, like s1");
    if ((rc = choose_parts(&p, o, err)) || (rc = known_split(ctx->db, o->name, o->force, err)) ||
        (rc = rf_run_begin(&row, ctx, err)) || (rc = read_division(&d, ctx, o, err)) ||
        (rc = rf_division_divide(&d.of, p.share, p.n, ctx->seed, err)) || (rc = store(ctx, o, &d, &p, err)))
        goto out;
    rc = print_parts(ctx, o->name, &d, &p, err);
out:
    rc = rf_run_close(&row, ctx, rc, *d.sha256 ? d.sha256 : NULL, err);
    division_release(&d);
    return rc;
}

const struct rf_cmd rf_cmd_split = {
    .name = "split",
    .summary = "divide prompts into train, valid and test, or folds, without leaks",
    .args = "",
    .about = "Prompts with the same text, with the same normalised text, or near-duplicates (see\n"
             "`overlap`) form groups, and no group is ever divided. Every benchmark, and within\n"
             "it every task, is divided like the whole. Which group goes where depends on its\n"
             "text and --seed alone: not on the order of rows, nor on --threads. Parts are sets\n"
             "for other commands: split:NAME:PART.",
    .examples = "routefit split --name s1 --of mmlu --shares 80,10,10 --seed 1\n"
                "routefit split --name cv5 --k 5\n"
                "routefit overlap split:s1:train split:s1:test",
    .opts = { table },
    .opts_size = sizeof(struct options),
    .need = RF_NEED_WRITE,
    .run = run,
};
