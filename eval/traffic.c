/* Reading routed traffic. A row is five texts, whatever the layout; what they mean is decided in one place. */
#include "eval/traffic.h"

#include <math.h>
#include <string.h>

#include "core/csv.h"
#include "core/json.h"
#include "core/names.h"
#include "core/scan_real.h"

enum field { WIN_RATE, MODEL, PROPENSITY, REWARD, COST, FIELDS };
static const char *const field_name[FIELDS] = { "win_rate", "model", "propensity", "reward", "cost" };

struct reading {
    struct rf_traffic *t;
    const struct rf_traffic_options *o;
    const char *column[FIELDS]; /* the file's names of the fields */
    struct rf_buf names;        /* behind those that --map gives, NUL-separated */
    size_t at[FIELDS];          /* CSV: the field's column; SIZE_MAX: none */
    bool header;                /* CSV: it has been read */
    size_t cap;
};

static int map_names(struct reading *r, struct rf_err *err)
{
    size_t start[FIELDS], which[FIELDS], n = 0;
    for (size_t i = 0; i < FIELDS; i++)
        r->column[i] = field_name[i];
    for (size_t i = 0; i < r->o->map.n; i++) {
        const char *const word = r->o->map.v[i], *const equals = strrchr(word, '=');
        size_t f = 0;
        if (!equals || equals == word)
            return rf_fail(err, RF_USAGE, "found --map %s, expected COLUMN=FIELD", word);
        while (f < FIELDS && strcmp(field_name[f], equals + 1))
            f++;
        if (f == FIELDS)
            return rf_unknown("field", equals + 1, field_name, FIELDS, "-h lists them", err);
        if (n == FIELDS)
            return rf_fail(err, RF_USAGE, "found more than %d columns for --map, expected each field once",
                           (int)FIELDS);
        which[n] = f;
        start[n++] = r->names.len;
        if (rf_buf_add(&r->names, word, (size_t)(equals - word), err) || rf_buf_add(&r->names, "", 1, err))
            return RF_FAIL;
    }
    for (size_t i = 0; i < n; i++)
        r->column[which[i]] = r->names.data + start[i];
    return 0;
}

/* ---------------------------------------------------------------- a row's meaning */

/* text.s NULL: the row has no such field. */
static int number(const struct reading *r, enum field f, struct rf_str text, double low, double high, double *out,
                  struct rf_err *err)
{
    if (!text.s || !text.len)
        return rf_fail(err, RF_BAD_INPUT, "found no %s, expected a number", r->column[f]);
    if (rf_scan_real(text.s, text.len, out) != text.len || !(*out >= low && *out <= high))
        return rf_fail(err, RF_BAD_INPUT, "%s: found '%.*s', expected a number from %g to %g", r->column[f],
                       text.len < 40 ? (int)text.len : 40, text.s, low, high);
    return 0;
}

static bool is(struct rf_str text, const char *name)
{
    return text.len == strlen(name) && !memcmp(text.s, name, text.len);
}

static int take(struct reading *r, const struct rf_str text[FIELDS], struct rf_err *err)
{
    static const double most = 1e300;
    struct rf_traffic *const t = r->t;
    struct rf_traffic_row row = { .cost = NAN };
    int rc;
    if ((rc = number(r, WIN_RATE, text[WIN_RATE], 0, 1, &row.score, err)) ||
        (rc = number(r, PROPENSITY, text[PROPENSITY], 0, 1, &row.propensity, err)) ||
        (rc = number(r, REWARD, text[REWARD], -most, most, &row.reward, err)))
        return rc;
    if (!(row.propensity > 0))
        return rf_fail(err, RF_BAD_INPUT, "%s: found 0, expected the probability of the choice that was made",
                       r->column[PROPENSITY]);
    if (text[COST].s && text[COST].len && (rc = number(r, COST, text[COST], 0, most, &row.cost, err)))
        return rc;
    row.strong = text[MODEL].s && is(text[MODEL], r->o->strong);
    if (!row.strong && !(text[MODEL].s && is(text[MODEL], r->o->weak)))
        return rf_fail(err, RF_BAD_INPUT, "%s: found '%.*s', expected '%s' or '%s': name them with --strong and --weak",
                       r->column[MODEL], text[MODEL].len < 60 ? (int)text[MODEL].len : 60,
                       text[MODEL].s ? text[MODEL].s : "", r->o->strong, r->o->weak);
    if (t->n == r->cap) {
        const size_t more = r->cap ? 2 * r->cap : 1024;
        struct rf_traffic_row *const grown = rf_regrow(t->row, t->n, more, sizeof *grown, err);
        if (!grown)
            return RF_FAIL;
        t->row = grown;
        r->cap = more;
    }
    t->row[t->n++] = row;
    return 0;
}

/* ---------------------------------------------------------------- layouts */

static int take_csv(void *ctx, const struct rf_csv_row *row, struct rf_err *err)
{
    struct reading *const r = ctx;
    struct rf_str text[FIELDS] = { { 0 } };
    int rc = 0;
    for (size_t f = 0; f < FIELDS && !r->header; f++) {
        r->at[f] = SIZE_MAX;
        for (size_t i = 0; i < row->n; i++)
            r->at[f] = is(row->field[i], r->column[f]) ? i : r->at[f];
        if (r->at[f] == SIZE_MAX && f != COST)
            rc = rf_fail(err, RF_BAD_INPUT,
                         "found no column '%s', expected it in the header: --map COLUMN=%s names another", r->column[f],
                         field_name[f]);
    }
    if (rc || !r->header) {
        r->header = true;
        return rc;
    }
    for (size_t f = 0; f < FIELDS; f++)
        if (r->at[f] < row->n)
            text[f] = row->field[r->at[f]];
    if ((rc = take(r, text, err)))
        rf_fail_in(err, "line %llu", (unsigned long long)row->line);
    return rc;
}

static int take_object(struct reading *r, struct rf_str line, struct rf_err *err)
{
    char digits[FIELDS][32];
    struct rf_str text[FIELDS] = { { 0 } };
    json_t *row = NULL;
    int rc = rf_json_parse(line.s, line.len, &row, err);
    if (!rc && !json_is_object(row))
        rc = rf_fail(err, RF_BAD_INPUT, "found no JSON object, expected one in each line");
    for (size_t f = 0; f < FIELDS && !rc; f++) {
        const json_t *const v = json_object_get(row, r->column[f]);
        if (json_is_string(v))
            text[f] = (struct rf_str){ json_string_value(v), json_string_length(v) };
        else if (json_is_number(v) || json_is_boolean(v)) {
            rf_real_text(json_is_number(v) ? json_number_value(v) : json_is_true(v), digits[f]);
            text[f] = (struct rf_str){ digits[f], strlen(digits[f]) };
        } else if (v && !json_is_null(v))
            rc = rf_fail(err, RF_BAD_INPUT, "%s: found a list or an object, expected a number or a text", r->column[f]);
    }
    rc = rc ? rc : take(r, text, err);
    json_decref(row);
    return rc;
}

static int read_lines(struct reading *r, struct rf_input *in, struct rf_err *err)
{
    struct rf_str text;
    uint64_t line;
    int rc;
    while ((rc = rf_input_line(in, &text, &line, err)) == 1) {
        if (text.len && text.s[text.len - 1] == '\r')
            text.len--;
        if (text.len && (rc = take_object(r, text, err))) {
            rf_fail_in(err, "%s:%llu", rf_input_name(in), (unsigned long long)line);
            return rc;
        }
    }
    return rc;
}

int rf_traffic_parse(struct rf_traffic *t, struct rf_input *in, const struct rf_traffic_options *o, struct rf_err *err)
{
    struct reading r = { .t = t, .o = o };
    struct rf_str head;
    size_t blank = 0;
    *t = (struct rf_traffic){ 0 };
    int rc;
    if ((rc = map_names(&r, err)) || (rc = rf_input_head(in, &head, err)))
        goto out;
    while (blank < head.len && memchr(" \t\r\n", head.s[blank], 4))
        blank++;
    rc = blank < head.len && head.s[blank] == '{' ? read_lines(&r, in, err) : rf_csv_read(in, NULL, take_csv, &r, err);
    if (!rc && !t->n)
        rc = rf_fail(err, RF_BAD_INPUT, "%s: found no request, expected JSON lines or a CSV table of them",
                     rf_input_name(in));
out:
    rf_buf_release(&r.names);
    return rc;
}

int rf_traffic_read(struct rf_traffic *t, const char *path, const struct rf_traffic_options *o, struct rf_err *err)
{
    struct rf_input *in = NULL;
    *t = (struct rf_traffic){ 0 };
    int rc = rf_input_open(&in, path, err);
    rc = rc ? rc : rf_traffic_parse(t, in, o, err);
    rf_input_close(in);
    return rc;
}

void rf_traffic_release(struct rf_traffic *t)
{
    rf_free(t->row);
    *t = (struct rf_traffic){ 0 };
}
