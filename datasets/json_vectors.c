/* Vectors in JSON, as APIs of embeddings answer and as scripts write them: one object a line (or one array of them, or
 * one object over many lines) with "embedding", a list of numbers or base64 of little-endian float32. A pull parser
 * over the chunks of the input: what is kept is one vector and the texts that say whose it is. Refuses: what is no
 * JSON, nesting above 64, vectors without an owner, numbers that are not finite as float32. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "core/scan_real.h"
#include "datasets/field.h"
#include "datasets/sniff.h"
#include "datasets/vector_file.h"

enum { END = 256, MAX_DEPTH = 64, MOST_TEXT = 64 * 1024 * 1024 };

/* Where in a row's object we are: each place knows other keys. */
enum place {
    IN_ROW,      /* the outermost object of a row */
    IN_REPLY,    /* an element of its "data": a row of its own */
    IN_RESPONSE, /* "response" of a batch's output */
    IN_BODY,     /* "body" of it */
    IN_ANSWER,   /* an element of the body's "data": the row's vector */
};

struct walk {
    struct rf_input *in;
    const char *p, *end; /* what of the chunk is left, both NULL at first */
    uint64_t past;       /* line ends passed */
    struct rf_buf token; /* the string read last: its bytes with quotes */
    struct rf_buf key;   /* of the member at hand */

    rf_vector_take take;
    void *ctx;
    struct rf_vector_survey *survey;
    bool done;       /* the survey has what it wants */
    char model[128]; /* as the file names it */

    float *x; /* [cap]; the vector of the row, n of it, 0: none yet */
    size_t n, cap;
    struct rf_buf text, custom, id;
    bool has_text, has_custom, has_id, has_row, has_index;
    uint64_t row, index;
    uint64_t base, replied; /* data rows of the replies before, and of this one */
};

/* ---- bytes ---- */

static int refuse(const struct walk *w, const char *found, const char *expected, struct rf_err *err)
{
    return rf_fail(err, RF_BAD_INPUT, "%s:%llu: found %s, expected %s", rf_input_name(w->in),
                   (unsigned long long)w->past + 1, found, expected);
}

/* The next byte without taking it, END, or an rf_code. */
static int peek(struct walk *w, struct rf_err *err)
{
    struct rf_str chunk;
    if (w->p == w->end) {
        const int rc = rf_input_chunk(w->in, SIZE_MAX, &chunk, err);
        if (rc)
            return rc;
        w->p = chunk.s;
        w->end = chunk.s + chunk.len;
        if (!chunk.len)
            return END;
    }
    return (unsigned char)*w->p;
}

/* The next byte that is no blank. */
static int peek_token(struct walk *w, struct rf_err *err)
{
    int c;
    while ((c = peek(w, err)) == ' ' || c == '\n' || c == '\t' || c == '\r') {
        w->past += c == '\n';
        w->p++;
    }
    return c;
}

/* Refuses what stands next; c: its first byte, END, or an rf_code that is passed on. */
static int refuse_next(struct walk *w, int c, const char *expected, struct rf_err *err)
{
    char shown[RF_SHOWN];
    if (c < 0)
        return c;
    if (c == END)
        return refuse(w, "the end of the file", expected, err);
    const size_t left = (size_t)(w->end - w->p);
    return refuse(w, rf_field_show((struct rf_str){ w->p, left < 12 ? left : 12 }, shown), expected, err);
}

/* Takes the byte c; anything else is refused. */
static int expect(struct walk *w, char c, const char *expected, struct rf_err *err)
{
    const int got = peek_token(w, err);
    if (got != c)
        return refuse_next(w, got, expected, err);
    w->p++;
    return 0;
}

/* ---- values ---- */

/* Passes a string; keep: its bytes, quotes included, go to w->token. */
static int raw_string(struct walk *w, bool keep, struct rf_err *err)
{
    bool escaped = false, open = false;
    w->token.len = 0;
    for (;;) {
        const int c = peek(w, err);
        if (c < 0 || c == END)
            return c < 0 ? c : refuse(w, "the end of the file within a string", "its end", err);
        const char *p = w->p;
        bool closed = false;
        for (; p < w->end && !closed; p++) {
            if ((unsigned char)*p < 0x20)
                return refuse(w, "a control character within a string", "an escape", err);
            if (escaped)
                escaped = false;
            else if (*p == '\\')
                escaped = true;
            else if (*p == '"') {
                closed = open;
                open = true;
            }
        }
        const int rc = keep ? rf_buf_add(&w->token, w->p, (size_t)(p - w->p), err) : 0;
        w->p = p;
        if (rc || closed)
            return rc;
        if (w->token.len > MOST_TEXT)
            return refuse(w, "a string of more than 64 MiB", "a shorter one", err);
    }
}

/* The string that stands next, decoded, into *out (replacing it). Lone surrogates become U+FFFD as in tables. */
static int string(struct walk *w, struct rf_buf *out, struct rf_err *err)
{
    json_t *v = NULL;
    int rc = raw_string(w, true, err);
    if (rc)
        return rc;
    out->len = 0;
    const struct rf_str inside = { w->token.data + 1, w->token.len - 2 };
    if (!memchr(inside.s, '\\', inside.len) && rf_utf8_valid(inside.s, inside.len))
        return rf_buf_add(out, inside.s, inside.len, err);
    rc = rf_json_parse(w->token.data, w->token.len, &v, err);
    if (!rc)
        rc = rf_buf_add(out, json_string_value(v), json_string_length(v), err);
    else if (rc == RF_BAD_INPUT)
        rf_fail_in(err, "%s:%llu", rf_input_name(w->in), (unsigned long long)w->past + 1);
    json_decref(v);
    return rc;
}

static int real(struct walk *w, double *v, struct rf_err *err)
{
    char text[RF_REAL_MOST + 1];
    size_t n = 0, used;
    int c = 0;
    if (w->end - w->p > RF_REAL_MOST) {
        used = rf_scan_real(w->p, (size_t)(w->end - w->p), v);
        w->p += used;
        return used ? 0 : refuse_next(w, (unsigned char)*w->p, "a finite number", err);
    }
    /* perhaps over the end of a chunk */
    while (n < sizeof text && (c = peek(w, err)) > 0 && c != END && strchr("+-.0123456789eE", c)) {
        text[n++] = (char)c;
        w->p++;
    }
    if (c < 0 || !n)
        return refuse_next(w, c, "a finite number", err);
    used = rf_scan_real(text, n, v);
    if (!used || used != n) {
        char shown[RF_SHOWN];
        return refuse(w, rf_field_show((struct rf_str){ text, n }, shown), "a finite number", err);
    }
    return 0;
}

/* A whole number >= 0. */
static int natural(struct walk *w, uint64_t *out, const char *expected, struct rf_err *err)
{
    char found[32];
    double v;
    int rc = real(w, &v, err);
    if (rc)
        return rc;
    if (v < 0 || v > 1e15 || floor(v) != v) {
        rf_real_text(v, found);
        return refuse(w, found, expected, err);
    }
    *out = (uint64_t)v;
    return 0;
}

static int word(struct walk *w, const char *text, struct rf_err *err)
{
    for (const char *t = text; *t; t++, w->p++) {
        const int c = peek(w, err);
        if (c != *t)
            return refuse_next(w, c, text, err);
    }
    return 0;
}

/* What stands before an element of an array or an object, or behind the last one: 1 an element, 0 the end, which is
 * taken. */
static int another(struct walk *w, char close, bool *first, struct rf_err *err)
{
    int c = peek_token(w, err);
    if (c == close) {
        w->p++;
        return 0;
    }
    if (!*first) {
        if (c != ',')
            return refuse_next(w, c, close == '}' ? "',' or '}'" : "',' or ']'", err);
        w->p++;
        c = peek_token(w, err);
        if (c == close)
            return refuse_next(w, c, "a value behind ','", err);
    }
    *first = false;
    return c < 0 ? c : 1;
}

static int skip(struct walk *w, int depth, struct rf_err *err);

static int skip_members(struct walk *w, int depth, struct rf_err *err)
{
    const char close = *w->p == '{' ? '}' : ']';
    bool first = true;
    int rc;
    if (depth > MAX_DEPTH)
        return refuse(w, "values nested more than 64 deep", "at most so many", err);
    w->p++;
    while ((rc = another(w, close, &first, err)) == 1) {
        if (close == '}') {
            rc = peek(w, err);
            if (rc != '"')
                return refuse_next(w, rc, "a key", err);
            if ((rc = raw_string(w, false, err)) || (rc = expect(w, ':', "':'", err)))
                return rc;
        }
        if ((rc = skip(w, depth + 1, err)))
            return rc;
    }
    return rc;
}

/* Passes a value of any kind. */
static int skip(struct walk *w, int depth, struct rf_err *err)
{
    static const char *const words[] = { "true", "false", "null" };
    double v;
    const int c = peek_token(w, err);
    if (c == '{' || c == '[')
        return skip_members(w, depth, err);
    if (c == '"')
        return raw_string(w, false, err);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (c == *words[i])
            return word(w, words[i], err);
    return c == '-' || (c >= '0' && c <= '9') ? real(w, &v, err) : refuse_next(w, c, "a JSON value", err);
}

/* ---- vectors ---- */

static int push(struct walk *w, double v, struct rf_err *err)
{
    const float x = (float)v;
    if (!isfinite(x)) {
        char found[64];
        snprintf(found, sizeof found, "%g in place %zu (from 0)", v, w->n);
        return refuse(w, found, "a number that is finite as float32", err);
    }
    if (w->n == w->cap) {
        const size_t more = w->cap ? 2 * w->cap : 1024;
        if (w->n == RF_VECTOR_WIDEST)
            return refuse(w, "more than 1,048,576 numbers", "a narrower vector", err);
        float *const grown = rf_regrow(w->x, w->cap, more, sizeof *w->x, err);
        if (!grown)
            return RF_FAIL;
        w->x = grown;
        w->cap = more;
    }
    w->x[w->n++] = x;
    return 0;
}

static int numbers(struct walk *w, struct rf_err *err)
{
    bool first = true;
    double v;
    int rc;
    w->p++;
    while ((rc = another(w, ']', &first, err)) == 1)
        if ((rc = real(w, &v, err)) || (rc = push(w, v, err)))
            return rc;
    return rc;
}

/* The six bits of a character of base64 (RFC 4648, section 4), -1: none. */
static int six_bits(char c)
{
    return c >= 'A' && c <= 'Z'   ? c - 'A'
           : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '+'             ? 62
           : c == '/'             ? 63
                                  : -1;
}

static int base64(struct walk *w, struct rf_err *err)
{
    static const char expected[] = "base64 of little-endian float32 numbers";
    struct rf_buf text = { 0 };
    uint32_t bits = 0, word32 = 0;
    int have = 0, bytes = 0;
    int rc = string(w, &text, err);
    size_t n = text.len;
    while (!rc && n && text.data[n - 1] == '=' && text.len - n < 2)
        n--;
    for (size_t i = 0; !rc && i < n; i++) {
        const int six = six_bits(text.data[i]);
        if (six < 0) {
            rc = refuse(w, "a character that is not base64's", expected, err);
            break;
        }
        bits = bits << 6 | (uint32_t)six;
        have += 6;
        if (have < 8)
            continue;
        have -= 8;
        word32 |= (bits >> have & 255) << (8 * bytes++);
        if (bytes == 4) {
            float x;
            memcpy(&x, &word32, sizeof x);
            rc = push(w, (double)x, err);
            word32 = 0;
            bytes = 0;
        }
    }
    if (!rc && (bytes || have >= 6))
        rc = refuse(w, "a length that is not a multiple of 4 bytes", expected, err);
    rf_buf_release(&text);
    return rc;
}

static int take_embedding(struct walk *w, struct rf_err *err)
{
    const int c = peek_token(w, err);
    if (w->n)
        return refuse(w, "a second embedding", "one in a row", err);
    const int rc = c == '['   ? numbers(w, err)
                   : c == '"' ? base64(w, err)
                              : refuse_next(w, c, "an array of numbers", err);
    return rc ? rc : w->n ? 0 : refuse(w, "an embedding without numbers", "at least one", err);
}

/* ---- whose a vector is ---- */

/* Text for *to; false where it is there already. */
static int take_string(struct walk *w, struct rf_buf *to, bool *has, const char *expected, struct rf_err *err)
{
    const int c = peek_token(w, err);
    if (c != '"')
        return refuse_next(w, c, expected, err);
    if (*has)
        return refuse(w, "a second text of this kind", "one in a row", err);
    *has = true;
    return string(w, to, err);
}

static int take_text(struct walk *w, struct rf_err *err)
{
    return take_string(w, &w->text, &w->has_text, "the text of one prompt", err);
}

static int take_custom_id(struct walk *w, struct rf_err *err)
{
    return take_string(w, &w->custom, &w->has_custom, "a prompt id or the number of a data row, as text", err);
}

static int take_row(struct walk *w, struct rf_err *err)
{
    w->has_row = true;
    return natural(w, &w->row, "the number of a data row, from 0", err);
}

static int take_id(struct walk *w, struct rf_err *err)
{
    const int c = peek_token(w, err);
    return c == '"'     ? take_string(w, &w->id, &w->has_id, "one id", err)
           : w->has_row ? skip(w, 1, err)
                        : take_row(w, err);
}

static int take_index(struct walk *w, struct rf_err *err)
{
    w->has_index = true;
    return natural(w, &w->index, "the number of an input, from 0", err);
}

static int take_model(struct walk *w, struct rf_err *err)
{
    struct rf_buf name = { 0 };
    const int c = peek_token(w, err);
    int rc = c != '"' ? refuse_next(w, c, "the name of a model", err) : string(w, &name, err);
    if (!rc && (name.len >= sizeof w->model || memchr(name.data, '\0', name.len)))
        rc = refuse(w, "a model whose name is longer than 127 bytes", "a name", err);
    else if (!rc && *w->model && strcmp(w->model, name.data) != 0)
        rc = rf_fail(err, RF_BAD_INPUT, "%s:%llu: found the model %s, expected %s as before: one file, one embedder",
                     rf_input_name(w->in), (unsigned long long)w->past + 1, name.data, w->model);
    else if (!rc)
        snprintf(w->model, sizeof w->model, "%s", name.data);
    rf_buf_release(&name);
    return rc;
}

/* Hands the vector at hand out as a row and forgets it. */
static int emit(struct walk *w, bool reply, struct rf_err *err)
{
    struct rf_vector_row r = { .line = w->past + 1, .x = w->n ? w->x : NULL, .dim = w->n };
    if (reply) {
        if (!w->has_index)
            return refuse(w, "an element of \"data\" without \"index\"", "the number of its input", err);
        r.owner = RF_OWNER_PLACE;
        r.row = w->base + w->index;
        w->replied++;
    } else if (w->has_text) {
        r.owner = RF_OWNER_TEXT;
        r.text = (struct rf_str){ w->text.data, w->text.len };
    } else if (w->has_custom) { /* the id beside it is the batch's own */
        r.owner = RF_OWNER_ID;
        r.text = (struct rf_str){ w->custom.data, w->custom.len };
    } else if (w->has_row) {
        r.owner = RF_OWNER_ROW;
        r.row = w->row;
    } else if (w->has_id) {
        r.owner = RF_OWNER_ID;
        r.text = (struct rf_str){ w->id.data, w->id.len };
    } else if (w->has_index) {
        r.owner = RF_OWNER_PLACE;
        r.row = w->index;
    } else {
        return refuse(w, "a vector that does not say whose it is",
                      "\"prompt\" (or \"text\", \"input\"), \"row\", \"id\", \"custom_id\" or \"index\" beside it",
                      err);
    }
    w->n = 0;
    w->has_index = false;
    if (w->survey && !w->survey->any) {
        w->survey->any = true;
        w->survey->owner = r.owner;
    }
    return w->take ? w->take(w->ctx, &r, err) : 0;
}

/* ---- objects ---- */

static int object(struct walk *w, enum place place, struct rf_err *err);

static int elements(struct walk *w, enum place place, struct rf_err *err)
{
    bool first = true;
    int rc = expect(w, '[', "an array", err);
    while (!rc && (rc = another(w, ']', &first, err)) == 1)
        if (!(rc = object(w, place, err)) && place == IN_REPLY) {
            rc = w->n ? emit(w, true, err) : refuse(w, "an element of \"data\" without \"embedding\"", "a vector", err);
        }
    return rc;
}

static int take_reply(struct walk *w, struct rf_err *err)
{
    return elements(w, IN_REPLY, err);
}

static int take_answer(struct walk *w, struct rf_err *err)
{
    return elements(w, IN_ANSWER, err);
}

static int take_response(struct walk *w, struct rf_err *err)
{
    return object(w, IN_RESPONSE, err);
}

static int take_body(struct walk *w, struct rf_err *err)
{
    return object(w, IN_BODY, err);
}

static const struct {
    enum place place;
    const char *key;
    int (*take)(struct walk *w, struct rf_err *err); /* of a value that is not null */
} keys[] = {
    { IN_ROW, "embedding", take_embedding },
    { IN_ROW, "prompt", take_text },
    { IN_ROW, "text", take_text },
    { IN_ROW, "input", take_text },
    { IN_ROW, "custom_id", take_custom_id },
    { IN_ROW, "row", take_row },
    { IN_ROW, "id", take_id },
    { IN_ROW, "index", take_index },
    { IN_ROW, "model", take_model },
    { IN_ROW, "data", take_reply },
    { IN_ROW, "response", take_response },
    { IN_RESPONSE, "body", take_body },
    { IN_BODY, "data", take_answer },
    { IN_BODY, "model", take_model },
    { IN_REPLY, "embedding", take_embedding },
    { IN_REPLY, "index", take_index },
    { IN_ANSWER, "embedding", take_embedding },
};

static int member(struct walk *w, enum place place, struct rf_err *err)
{
    int rc = peek(w, err);
    if (rc != '"')
        return refuse_next(w, rc, "a key", err);
    if ((rc = string(w, &w->key, err)) || (rc = expect(w, ':', "':'", err)))
        return rc;
    const struct rf_str key = { w->key.data, w->key.len };
    if ((rc = peek_token(w, err)) < 0)
        return rc;
    for (size_t i = 0; rc != 'n' && i < sizeof keys / sizeof *keys; i++)
        if (keys[i].place == place && rf_str_is(key, keys[i].key))
            return keys[i].take(w, err);
    return skip(w, 1, err);
}

static int object(struct walk *w, enum place place, struct rf_err *err)
{
    bool first = true;
    int rc = expect(w, '{', "an object", err);
    while (!rc && (rc = another(w, '}', &first, err)) == 1)
        rc = member(w, place, err);
    return rc;
}

/* One outermost object: a row, or a reply whose rows are out. */
static int outermost(struct walk *w, struct rf_err *err)
{
    w->has_text = w->has_custom = w->has_id = w->has_row = w->has_index = false;
    w->n = 0;
    w->replied = 0;
    int rc = object(w, IN_ROW, err);
    if (rc)
        return rc;
    w->base += w->replied;
    if (!w->n && !w->replied && !w->has_custom)
        return refuse(w, "a row without \"embedding\"", "a vector", err);
    w->done = w->survey && (w->n || w->replied);
    return w->n || !w->replied ? emit(w, false, err) : 0; /* a batch names the requests that failed, too */
}

static int pass_mark(struct walk *w, struct rf_err *err)
{
    struct rf_str head;
    int rc = rf_input_head(w->in, &head, err);
    if (rc || (rc = peek(w, err)) < 0)
        return rc;
    w->p += (size_t)(w->end - w->p) == rf_skip_mark((struct rf_str){ w->p, (size_t)(w->end - w->p) }).len ? 0 : 3;
    return 0;
}

int rf_json_vectors(struct rf_input *in, struct rf_vector_survey *survey, rf_vector_take take, void *ctx,
                    struct rf_err *err)
{
    struct walk w = { .in = in, .take = take, .ctx = ctx, .survey = survey };
    bool first = true;
    int rc = pass_mark(&w, err), c = rc ? rc : peek_token(&w, err);
    if (c == '[') {
        w.p++;
        while (!w.done && (rc = another(&w, ']', &first, err)) == 1)
            if ((rc = outermost(&w, err)))
                goto out;
        if (rc >= 0 && !w.done && (c = peek_token(&w, err)) != END)
            rc = refuse_next(&w, c, "the end of the file behind the array", err);
        rc = rc < 0 ? rc : 0;
    } else {
        while (!rc && !w.done && (c = peek_token(&w, err)) != END)
            rc = c < 0 ? c : outermost(&w, err);
    }
    if (survey)
        snprintf(survey->model, sizeof survey->model, "%s", w.model);
out:
    rf_buf_release(&w.token);
    rf_buf_release(&w.key);
    rf_buf_release(&w.text);
    rf_buf_release(&w.custom);
    rf_buf_release(&w.id);
    rf_free(w.x);
    return rc;
}
