/* Option tables as text: the lines of help, and the values in force as JSON for run rows. Refuses to write secrets. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "core/json.h"
#include "core/opt.h"
#include "core/text.h"

enum { HELP_COLUMN = 28, USAGE_MAX = 256 };

/* The option as a user types it: "-k, --dim N", or "--dim N" where it has no letter. */
static void put_usage(const struct rf_opt *o, char *out, size_t n)
{
    const char letter[] = { '-', o->letter, ',', ' ', '\0' };
    const char *arg = o->arg ? o->arg : o->choices;
    const bool takes = o->type != RF_OPT_FLAG && arg;
    snprintf(out, n, "%s--%s%s%s", o->letter ? letter : "", o->name, takes ? " " : "", takes ? arg : "");
}

int rf_opt_describe(const struct rf_opt *o, struct rf_buf *out, struct rf_err *err)
{
    int rc = rf_buf_printf(out, err, "%s", o->help);
    if (!rc && o->choices && o->arg)
        rc = rf_buf_printf(out, err, " One of %s.", o->choices);
    if (!rc && (o->min != 0 || o->max != 0))
        rc = o->max < DBL_MAX ? rf_buf_printf(out, err, " From %.15g to %.15g.", o->min, o->max)
                              : rf_buf_printf(out, err, " At least %.15g.", o->min);
    if (!rc && o->def)
        rc = rf_buf_printf(out, err, " [%s]", o->def);
    return rc;
}

void rf_opt_help(const struct rf_opt *table, FILE *f)
{
    for (const struct rf_opt *o = table; o->name; o++) {
        char usage[USAGE_MAX];
        struct rf_buf text = { 0 };
        put_usage(o, usage, sizeof usage);
        const int indent = o->letter ? 2 : 6; /* the long names stand below each other */
        fprintf(f, "%*s%-*s", indent, "", HELP_COLUMN - indent, usage);
        if ((int)strlen(usage) + indent + 1 > HELP_COLUMN)
            fprintf(f, "\n%*s", HELP_COLUMN, "");
        const char *said = rf_opt_describe(o, &text, NULL) ? o->help : text.data;
        rf_text_wrap(f, (struct rf_str){ said, strlen(said) }, HELP_COLUMN);
        fputc('\n', f);
        rf_buf_release(&text);
    }
}

bool rf_opt_secret(const char *name, size_t n)
{
    static const char *const hints[] = { "key", "token", "secret" };
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
        if (memmem(name, n, hints[i], strlen(hints[i])))
            return true;
    return false;
}

/* ---------------------------------------------------------------- values as JSON */

static int add_text(struct rf_buf *out, const char *s, size_t n, struct rf_err *err)
{
    return s ? rf_json_add_string(out, (struct rf_str){ s, n }, err) : rf_buf_printf(out, err, "null");
}

static int flag_json(const struct rf_opt *o, const void *field, struct rf_buf *out, struct rf_err *err)
{
    (void)o;
    return rf_buf_printf(out, err, "%s", *(const bool *)field ? "true" : "false");
}

static int int_json(const struct rf_opt *o, const void *field, struct rf_buf *out, struct rf_err *err)
{
    (void)o;
    return rf_buf_printf(out, err, "%lld", (long long)*(const int64_t *)field);
}

static int real_json(const struct rf_opt *o, const void *field, struct rf_buf *out, struct rf_err *err)
{
    (void)o;
    const double v = *(const double *)field;
    char text[32];
    rf_real_text(v, text);
    return rf_buf_printf(out, err, "%s", isnan(v) ? "null" : text);
}

static int text_json(const struct rf_opt *o, const void *field, struct rf_buf *out, struct rf_err *err)
{
    (void)o;
    const char *s = *(const char *const *)field;
    return add_text(out, s, s ? strlen(s) : 0, err);
}

static int choice_json(const struct rf_opt *o, const void *field, struct rf_buf *out, struct rf_err *err)
{
    const char *s = o->choices;
    for (int i = *(const int *)field; i > 0; i--)
        s += strcspn(s, "|") + 1;
    return add_text(out, s, strcspn(s, "|"), err);
}

static int list_json(const struct rf_opt *o, const void *field, struct rf_buf *out, struct rf_err *err)
{
    (void)o;
    const struct rf_list *list = field;
    int rc = rf_buf_add(out, "[", 1, err);
    for (size_t i = 0; !rc && i < list->n; i++) {
        rc = i ? rf_buf_add(out, ",", 1, err) : 0;
        if (!rc)
            rc = add_text(out, list->v[i], strlen(list->v[i]), err);
    }
    return rc ? rc : rf_buf_add(out, "]", 1, err);
}

static int (*const as_json[])(const struct rf_opt *o, const void *field, struct rf_buf *out, struct rf_err *err) = {
    [RF_OPT_FLAG] = flag_json, [RF_OPT_INT] = int_json,       [RF_OPT_REAL] = real_json,
    [RF_OPT_TEXT] = text_json, [RF_OPT_CHOICE] = choice_json, [RF_OPT_LIST] = list_json,
};

int rf_opt_json(const struct rf_opt_set *sets, size_t nsets, struct rf_buf *out, struct rf_err *err)
{
    int rc = rf_buf_add(out, "{", 1, err);
    bool some = false;
    for (size_t k = 0; k < nsets; k++)
        for (const struct rf_opt *o = sets[k].table; !rc && o->name; o++) {
            if (rf_opt_secret(o->name, strlen(o->name)) || rf_opt_shadowed(sets, k, o))
                continue;
            rc = rf_buf_printf(out, err, "%s\"%s\":", some ? "," : "", o->name);
            if (!rc)
                rc = as_json[o->type](o, (const char *)sets[k].dest + o->offset, out, err);
            some = true;
        }
    return rc ? rc : rf_buf_add(out, "}", 1, err);
}
