/* numpy's header (numpy/lib/format.py): magic, version, length, and a Python dictionary as text, read here by a parser
 * that knows three keys and four kinds of value. Refuses: other keys, a key twice, objects, structures, other types and
 * ranks, sizes that overflow. */
#include "core/npy_header.h"

#include <stdio.h>
#include <string.h>

enum { MAGIC = 6, ALIGNMENT = 64, GROWTH = 21 /* digits that numpy leaves room for in the first dimension */ };
static const char magic[MAGIC + 1] = "\x93NUMPY";

struct cursor {
    const char *begin, *p, *end;
    struct rf_npy_header *h;
    struct rf_err *err;
};

static int refuse(const struct cursor *c, const char *expected)
{
    return rf_fail_at(c->err, (size_t)(c->p - c->begin), c->p < c->end ? (unsigned char)*c->p : -1, expected);
}

static void skip_blanks(struct cursor *c)
{
    while (c->p < c->end && (*c->p == ' ' || *c->p == '\t' || *c->p == '\n' || *c->p == '\r'))
        c->p++;
}

/* Takes word, and blanks before and behind it; false, and nothing but blanks taken, where it does not stand here. */
static bool accept(struct cursor *c, const char *word)
{
    const size_t n = strlen(word);
    skip_blanks(c);
    if ((size_t)(c->end - c->p) < n || memcmp(c->p, word, n))
        return false;
    c->p += n;
    skip_blanks(c);
    return true;
}

/* A string in single or double quotes, without escapes. */
static int quoted(struct cursor *c, struct rf_str *out, const char *expected)
{
    skip_blanks(c);
    if (c->p == c->end || (*c->p != '\'' && *c->p != '"'))
        return refuse(c, expected);
    const char *close = memchr(c->p + 1, *c->p, (size_t)(c->end - c->p) - 1);
    if (!close || memchr(c->p, '\\', (size_t)(close - c->p)))
        return refuse(c, expected);
    *out = (struct rf_str){ c->p + 1, (size_t)(close - c->p) - 1 };
    c->p = close + 1;
    skip_blanks(c);
    return 0;
}

static bool equals(struct rf_str s, const char *word)
{
    return s.len == strlen(word) && !memcmp(s.s, word, s.len);
}

static int parse_type(struct cursor *c)
{
    static const char expected[] =
        "a float type: '<f2', '<f4', '<f8', or with '>' (objects and structures are not read)";
    struct cursor start = *c;
    struct rf_str type;
    const int rc = quoted(c, &type, expected);
    if (rc)
        return rc;
    c->h->width = type.len == 3 && type.s[1] == 'f' && strchr("248", type.s[2]) ? (size_t)(type.s[2] - '0') : 0;
    c->h->big_endian = type.len && type.s[0] == '>';
    if (!c->h->width || (type.s[0] != '<' && type.s[0] != '>')) {
        start.p = type.s; /* the address of the type, not of what follows */
        return refuse(&start, expected);
    }
    return 0;
}

static int parse_order(struct cursor *c)
{
    c->h->fortran = accept(c, "True");
    return c->h->fortran || accept(c, "False") ? 0 : refuse(c, "True or False");
}

static int parse_size(struct cursor *c, size_t *out)
{
    static const char expected[] = "a size that fits the memory";
    const char *first = c->p;
    size_t v = 0;
    for (; c->p < c->end && *c->p >= '0' && *c->p <= '9'; c->p++)
        if (!rf_mul(v, 10, &v) || !rf_add(v, (size_t)(*c->p - '0'), &v))
            return refuse(c, expected);
    if (c->p == first)
        return refuse(c, expected);
    *out = v;
    return 0;
}

static int parse_shape(struct cursor *c)
{
    static const char expected[] = "a shape of one or two sizes: (rows,) or (rows, dim)";
    struct rf_npy_header *h = c->h;
    if (!accept(c, "("))
        return refuse(c, expected);
    bool comma = true;
    h->shape[1] = 1;
    for (h->rank = 0; !accept(c, ")"); h->rank++) {
        if (!comma || h->rank == 2)
            return refuse(c, expected);
        const int rc = parse_size(c, &h->shape[h->rank]);
        if (rc)
            return rc;
        comma = accept(c, ",");
    }
    if (h->rank == 0 || (h->rank == 1 && !comma)) { /* (3) is a number in Python */
        c->p--;
        return refuse(c, expected);
    }
    return 0;
}

static const struct {
    const char *name;
    int (*parse)(struct cursor *c);
} keys[] = { { "descr", parse_type }, { "fortran_order", parse_order }, { "shape", parse_shape } };
enum { KEYS = sizeof keys / sizeof *keys };

static int parse_dictionary(struct cursor *c)
{
    static const char expected[] = "each of the keys 'descr', 'fortran_order', 'shape' once";
    bool seen[KEYS] = { false }, comma = true;
    int count = 0, rc;
    if (!accept(c, "{"))
        return refuse(c, "'{'");
    for (; !accept(c, "}"); count++) {
        const struct cursor start = *c;
        struct rf_str key;
        size_t k = 0;
        if (!comma)
            return refuse(c, "',' or '}'");
        if ((rc = quoted(c, &key, expected)))
            return rc;
        while (k < KEYS && !equals(key, keys[k].name))
            k++;
        if (k == KEYS || seen[k])
            return refuse(&start, expected);
        seen[k] = true;
        if (!accept(c, ":"))
            return refuse(c, "':'");
        if ((rc = keys[k].parse(c)))
            return rc;
        comma = accept(c, ",");
    }
    if (count < KEYS) {
        c->p--;
        return refuse(c, expected);
    }
    return c->p == c->end ? 0 : refuse(c, "the end of the header");
}

int rf_npy_header_parse(struct rf_str head, struct rf_npy_header *out, struct rf_err *err)
{
    const unsigned char *b = (const unsigned char *)head.s;
    if (head.len < MAGIC || memcmp(b, magic, MAGIC))
        return rf_fail(err, RF_BAD_INPUT,
                       "byte 0: found other bytes, expected an .npy file, which starts with \\x93NUMPY");
    if (head.len < 12)
        return rf_fail(err, RF_BAD_INPUT, "byte %zu: found the end of the file, expected an .npy header", head.len);
    if (b[6] < 1 || b[6] > 3 || b[7] != 0)
        return rf_fail(err, RF_BAD_INPUT, "byte 6: found format version %u.%u, expected 1.0, 2.0 or 3.0", b[6], b[7]);
    const size_t prefix = b[6] == 1 ? 10 : 12, low = b[8] | (size_t)b[9] << 8;
    const size_t length = b[6] == 1 ? low : low | (size_t)b[10] << 16 | (size_t)b[11] << 24;
    if (length > RF_NPY_MAX_HEADER)
        return rf_fail(err, RF_BAD_INPUT, "byte 8: found a header of %zu bytes, expected at most %d", length,
                       RF_NPY_MAX_HEADER);
    if (length > head.len - prefix)
        return rf_fail(err, RF_BAD_INPUT, "byte %zu: found the end of the file, expected a header of %zu bytes",
                       head.len, length);
    *out = (struct rf_npy_header){ .start = prefix + length };
    struct cursor c = { head.s, head.s + prefix, head.s + out->start, out, err };
    return parse_dictionary(&c);
}

int rf_npy_header_build(const struct rf_npy_header *h, struct rf_buf *buf, struct rf_err *err)
{
    char digits[24];
    const int used = snprintf(digits, sizeof digits, "%zu", h->shape[h->fortran ? h->rank - 1 : 0]);
    struct rf_buf text = { 0 };
    buf->len = 0;
    int rc = rf_buf_printf(&text, err, "{'descr': '<f%zu', 'fortran_order': %s, 'shape': (%zu,", h->width,
                           h->fortran ? "True" : "False", h->shape[0]);
    if (rc || (h->rank == 2 && (rc = rf_buf_printf(&text, err, " %zu", h->shape[1]))))
        goto out;
    if ((rc = rf_buf_printf(&text, err, "), }%*s", GROWTH - used, "")))
        goto out;
    const size_t without = MAGIC + 4 + text.len + 1, length = text.len + ALIGNMENT - without % ALIGNMENT + 1;
    if ((rc = rf_buf_printf(buf, err, "%s%c%c%c%c%-*s\n", magic, 1, 0, (int)(length & 255), (int)(length >> 8),
                            (int)length - 1, text.data)))
        goto out;
out:
    rf_buf_release(&text);
    return rc;
}
