/* Parsing of option tables over getopt_long. One table of setters, one per type; defaults go through the same setters
 * as arguments. Refuses: unknown and shortened names, values out of range or not finite, an option given twice with
 * different values. */
#include "core/opt.h"

#include <errno.h>
#include <float.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/names.h"

enum { FIRST_ID = 256 }; /* getopt's answer for option i is FIRST_ID + i: above all letters */

/* One option of a parse. */
struct entry {
    const struct rf_opt *opt;
    void *field;       /* where its value goes */
    const char *given; /* the argument that set it in this parse, NULL while it has its old value */
};

struct parser {
    struct entry *e;      /* [n], without shadowed options */
    struct option *longs; /* [n + 1], for getopt_long */
    const char **names;   /* [n], for nearest matches */
    char *letters;        /* optstring */
    size_t n;
};

/* ---------------------------------------------------------------- values */

static int refuse(const struct rf_opt *o, const char *found, const char *expected, struct rf_err *err)
{
    const bool bounded = o->min != 0 || o->max != 0;
    char range[80] = "";
    if (bounded && o->max < DBL_MAX)
        snprintf(range, sizeof range, " from %.15g to %.15g", o->min, o->max);
    else if (bounded)
        snprintf(range, sizeof range, ", at least %.15g", o->min);
    return rf_fail(err, RF_USAGE, "--%s: found '%s', expected %s%s", o->name, found, expected, range);
}

static bool in_range(const struct rf_opt *o, double v)
{
    return (o->min == 0 && o->max == 0) || (v >= o->min && v <= o->max);
}

static int set_flag(const struct rf_opt *o, void *field, const char *text, struct rf_err *err)
{
    (void)o, (void)text, (void)err;
    *(bool *)field = true;
    return 0;
}

static int set_int(const struct rf_opt *o, void *field, const char *text, struct rf_err *err)
{
    char *end;
    errno = 0;
    const long long v = strtoll(text, &end, 10);
    if (end == text || *end || *text == ' ' || errno || !in_range(o, (double)v))
        return refuse(o, text, "a whole number", err);
    *(int64_t *)field = v;
    return 0;
}

static int set_real(const struct rf_opt *o, void *field, const char *text, struct rf_err *err)
{
    char *end;
    const double v = strtod(text, &end);
    if (end == text || *end || *text == ' ' || !isfinite(v) || !in_range(o, v))
        return refuse(o, text, "a finite number", err);
    *(double *)field = v;
    return 0;
}

static int set_text(const struct rf_opt *o, void *field, const char *text, struct rf_err *err)
{
    (void)o, (void)err;
    *(const char **)field = text;
    return 0;
}

/* Length of the first word of a text of words and separators. */
static size_t word(const char *s, char separator)
{
    const char *end = strchr(s, separator);
    return end ? (size_t)(end - s) : strlen(s);
}

int rf_choice(const char *choices, const char *text)
{
    const char *s = choices;
    for (int i = 0;; i++, s++) {
        const size_t len = word(s, '|');
        if (len == strlen(text) && !memcmp(s, text, len))
            return i;
        s += len;
        if (!*s)
            return -1;
    }
}

static int set_choice(const struct rf_opt *o, void *field, const char *text, struct rf_err *err)
{
    const int i = rf_choice(o->choices, text);
    if (i < 0)
        return rf_fail(err, RF_USAGE, "--%s: found '%s', expected one of %s", o->name, text, o->choices);
    *(int *)field = i;
    return 0;
}

static void empty_list(struct rf_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        rf_free((void *)(uintptr_t)list->v[i]);
    rf_free(list->v);
    *list = (struct rf_list){ 0 };
}

/* The first word of a list, into out, which has room for all of s: what stands in double quotes at its start may hold
 * commas, and a quote doubled. Returns where it ends; NULL: a quote is not closed. */
static const char *list_word(const char *s, char *out)
{
    if (*s == '"') {
        for (s++; *s && (*s != '"' || s[1] == '"'); s++) {
            s += *s == '"';
            *out++ = *s;
        }
        if (!*s++)
            return NULL;
    }
    const size_t len = word(s, ',');
    memcpy(out, s, len);
    out[len] = '\0';
    return s + len;
}

static int set_list(const struct rf_opt *o, void *field, const char *text, struct rf_err *err)
{
    struct rf_list *list = field;
    size_t more = 1;
    for (const char *s = text; (s = strchr(s, ',')); s++)
        more++;
    const char **v = rf_regrow(list->v, list->n, list->n + more, sizeof *v, err);
    if (!v)
        return RF_FAIL;
    list->v = v;
    for (const char *s = text, *end; s; s = *end ? end + 1 : NULL) {
        char *const copy = rf_strndup(s, strlen(s), err);
        if (!copy)
            return RF_FAIL;
        list->v[list->n++] = copy;
        if (!(end = list_word(s, copy)))
            return rf_fail(err, RF_USAGE, "--%s: found no closing quote in '%s', expected one before the end", o->name,
                           text);
        if (!*copy)
            return rf_fail(err, RF_USAGE,
                           "--%s: found an empty word in '%s', expected words with single commas between", o->name,
                           text);
    }
    return 0;
}

static const struct {
    int (*set)(const struct rf_opt *o, void *field, const char *text, struct rf_err *err);
    size_t size; /* of the field */
} types[] = {
    [RF_OPT_FLAG] = { set_flag, sizeof(bool) },    [RF_OPT_INT] = { set_int, sizeof(int64_t) },
    [RF_OPT_REAL] = { set_real, sizeof(double) },  [RF_OPT_TEXT] = { set_text, sizeof(const char *) },
    [RF_OPT_CHOICE] = { set_choice, sizeof(int) }, [RF_OPT_LIST] = { set_list, sizeof(struct rf_list) },
};

/* ---------------------------------------------------------------- the parse */

bool rf_opt_shadowed(const struct rf_opt_set *sets, size_t set, const struct rf_opt *o)
{
    for (size_t k = 0; k < set; k++)
        for (const struct rf_opt *p = sets[k].table; p->name; p++)
            if (!strcmp(p->name, o->name))
                return true;
    return false;
}

static void release(struct parser *p)
{
    rf_free(p->e);
    rf_free(p->longs);
    rf_free(p->names);
    rf_free(p->letters);
}

/* Adds one option to the tables; a letter that an earlier option has stays with that one. */
static void enter(struct parser *p, const struct rf_opt *o, void *dest, char **at)
{
    const bool takes = o->type != RF_OPT_FLAG;
    p->e[p->n] = (struct entry){ .opt = o, .field = (char *)dest + o->offset };
    p->names[p->n] = o->name;
    p->longs[p->n] = (struct option){ o->name, takes ? required_argument : no_argument, NULL, FIRST_ID + (int)p->n };
    p->n++;
    if (o->letter && !strchr(p->letters, o->letter)) {
        *(*at)++ = o->letter;
        if (takes)
            *(*at)++ = ':';
    }
}

static int prepare(struct parser *p, const struct rf_opt_set *sets, size_t nsets, bool first, struct rf_err *err)
{
    size_t n = 0;
    int rc;
    for (size_t k = 0; k < nsets; k++)
        for (const struct rf_opt *o = sets[k].table; o->name; o++)
            n++;
    if ((rc = RF_NEW(p->e, n, err)) || (rc = RF_NEW(p->longs, n + 1, err)) || (rc = RF_NEW(p->names, n, err)) ||
        (rc = RF_NEW(p->letters, 2 * n + 3, err)))
        return rc;
    char *at = p->letters;
    *at++ = first ? '+' : '-'; /* end at the first argument, or hand the arguments out in order */
    *at++ = ':';               /* tell a missing value from an unknown option */
    for (size_t k = 0; k < nsets; k++)
        for (const struct rf_opt *o = sets[k].table; o->name; o++)
            if (!rf_opt_shadowed(sets, k, o))
                enter(p, o, sets[k].dest, &at);
    return 0;
}

/* The option that getopt's answer (or optopt) stands for, NULL for none. */
static struct entry *find(const struct parser *p, int id)
{
    for (size_t i = 0; i < p->n; i++)
        if (id == FIRST_ID + (int)i || (id && id == p->e[i].opt->letter))
            return &p->e[i];
    return NULL;
}

static int unknown(const struct parser *p, const char *arg, struct rf_err *err)
{
    if (arg[0] != '-' || arg[1] != '-')
        return rf_fail(err, RF_USAGE, "unknown option '-%c'; -h lists the options", optopt);
    const size_t len = word(arg + 2, '=');
    char name[80];
    snprintf(name, sizeof name, "%.*s", (int)(len < sizeof name ? len : sizeof name - 1), arg + 2);
    const char *near = rf_nearest(name, p->names, p->n);
    for (size_t i = 0; !near && i < p->n; i++) /* a shortened name is far by distance, yet clear */
        if (*name && !strncmp(p->names[i], name, strlen(name)))
            near = p->names[i];
    return near ? rf_fail(err, RF_USAGE, "unknown option '--%s'; did you mean --%s?", name, near)
                : rf_fail(err, RF_USAGE, "unknown option '--%s'; -h lists the options", name);
}

static int give(struct entry *e, const char *text, struct rf_err *err)
{
    const struct rf_opt *o = e->opt;
    if (o->type == RF_OPT_FLAG)
        text = "";
    if (o->type == RF_OPT_LIST && !e->given)
        empty_list(e->field); /* the default */
    else if (o->type != RF_OPT_LIST && e->given && strcmp(e->given, text) != 0)
        return rf_fail(err, RF_USAGE, "--%s: given twice, as '%s' and as '%s'; expected one value", o->name, e->given,
                       text);
    e->given = text;
    return types[o->type].set(o, e->field, text, err);
}

int rf_opt_defaults(const struct rf_opt_set *sets, size_t nsets, struct rf_err *err)
{
    for (size_t k = 0; k < nsets; k++)
        for (const struct rf_opt *o = sets[k].table; o->name; o++) {
            void *field = (char *)sets[k].dest + o->offset;
            memset(field, 0, types[o->type].size);
            if (o->type == RF_OPT_REAL)
                *(double *)field = NAN; /* 0 is a value that a user may give */
            if (o->def && types[o->type].set(o, field, o->def, err))
                return rf_fail_in(err, "default");
        }
    return 0;
}

int rf_opt_read(const struct rf_opt_set *sets, size_t nsets, int argc, char **argv, bool first, char **args, int *nargs,
                struct rf_err *err)
{
    struct parser p = { 0 };
    int n = 0, rc = prepare(&p, sets, nsets, first, err);
    opterr = 0;
    optind = 0; /* GNU: start afresh, also after a parse that stopped half-way */
    while (!rc) {
        const int before = optind ? optind : 1;
        const int id = getopt_long(argc, argv, p.letters, p.longs, NULL);
        if (id == -1)
            break;
        struct entry *e = id == '?' || id == ':' ? find(&p, optopt) : find(&p, id);
        const char *arg = argv[before < argc ? before : argc - 1];
        const bool spelt = e && arg[0] == '-' && arg[1] == '-' && word(arg + 2, '=') != strlen(e->opt->name);
        if (id == 1)
            args[n++] = optarg;
        else if (!e || spelt)
            rc = unknown(&p, arg, err);
        else if (id == ':')
            rc = rf_fail(err, RF_USAGE, "--%s: found nothing behind it, expected %s", e->opt->name,
                         e->opt->arg ? e->opt->arg : e->opt->choices);
        else if (id == '?')
            rc = rf_fail(err, RF_USAGE, "--%s: found '%s', expected no value", e->opt->name,
                         arg + 2 + word(arg + 2, '='));
        else
            rc = give(e, optarg, err);
    }
    while (!rc && optind < argc)
        args[n++] = argv[optind++];
    *nargs = n;
    release(&p);
    return rc;
}

int rf_opt_parse(const struct rf_opt_set *sets, size_t nsets, int argc, char **argv, char **args, int *nargs,
                 struct rf_err *err)
{
    const int rc = rf_opt_defaults(sets, nsets, err);
    return rc ? rc : rf_opt_read(sets, nsets, argc, argv, false, args, nargs, err);
}

void rf_opt_release(const struct rf_opt_set *sets, size_t nsets)
{
    for (size_t k = 0; k < nsets; k++)
        for (const struct rf_opt *o = sets[k].table; o->name; o++)
            if (o->type == RF_OPT_LIST)
                empty_list((struct rf_list *)((char *)sets[k].dest + o->offset));
}

static int copy_list(struct rf_list *to, const struct rf_list *from, struct rf_err *err)
{
    int rc = from->n ? RF_NEW(to->v, from->n, err) : 0;
    for (size_t i = 0; i < from->n && !rc; i++) {
        to->v[i] = rf_strndup(from->v[i], strlen(from->v[i]), err);
        rc = to->v[i] ? 0 : RF_FAIL;
        to->n += to->v[i] != NULL;
    }
    return rc;
}

int rf_opt_copy(const struct rf_opt_set *sets, size_t nsets, const void *from, void *to, size_t size,
                struct rf_err *err)
{
    int rc = 0;
    memcpy(to, from, size);
    for (int pass = 0; pass < 2; pass++) /* first no list is shared any more, then each has its copy */
        for (size_t k = 0; k < nsets; k++)
            for (const struct rf_opt *o = sets[k].table; o->name && !rc; o++) {
                struct rf_list *const list = (struct rf_list *)(void *)((char *)to + o->offset);
                if (o->type != RF_OPT_LIST)
                    continue;
                if (pass == 0)
                    *list = (struct rf_list){ 0 };
                else
                    rc = copy_list(list, (const struct rf_list *)(const void *)((const char *)from + o->offset), err);
            }
    return rc;
}
