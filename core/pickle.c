/* The pickle machine: a table of opcodes over a stack, a stack of marks and a memo, all of them arrays of node numbers.
 * No opcode reads behind the input, makes more than one node or recurses, so time and memory are in proportion to the
 * input whatever it holds. Refuses all that its table has no action for. */
#include "core/pickle.h"

#include <stdio.h>
#include <string.h>

#include "core/json.h"

struct refs {
    uint32_t *v;
    size_t n, cap;
};
struct node {
    uint32_t kind;
    uint32_t w[3]; /* BOOL, INT, REAL: 64 bits in two words; TEXT, BYTES: offset, length, surrogates; LIST, TUPLE, DICT:
                    * place among the items, number of them, room for them; NAME: id; OBJECT: three nodes */
};
struct rf_pickle {
    struct rf_str in;
    const struct rf_pickle_names *names;
    struct node *node;
    size_t n, cap;
    struct refs item; /* items of lists, tuples and dictionaries */
    rf_pickle_ref root;
};

/* Immutable values that stand once for all. */
enum { NONE, FALSE_, TRUE_, EMPTY_TUPLE, FIXED };

struct op;
struct machine {
    struct rf_pickle *p;
    struct refs stack;
    struct refs mark; /* heights of the stack */
    struct refs memo; /* node + 1, 0: empty */
    size_t memoized;  /* places of it that are not */
    const struct op *op;
    size_t at, next;     /* of this opcode, of the following one */
    uint64_t number;     /* its argument */
    struct rf_str bytes; /* or its argument */
    bool stopped;
    struct rf_err *err;
};

enum argument { NOTHING, U1, U2, I4, U4, U8, BYTES1, BYTES4, BYTES8, LINES };
struct op {
    const char *name; /* as in pickletools; NULL: there is no such opcode */
    enum argument argument;
    int (*run)(struct machine *m); /* NULL: refused */
    const char *expected;          /* where it is refused for a reason of its own */
};
static const struct op ops[256];

/* ---- refusals ---- */

static int refuse(const struct machine *m, const char *found, const char *expected)
{
    return rf_fail(m->err, RF_BAD_INPUT, "byte %zu: opcode %s: found %s, expected %s", m->at, m->op->name, found,
                   expected);
}

static int refuse_number(const struct machine *m, const char *found, uint64_t number, const char *expected)
{
    char text[96];
    snprintf(text, sizeof text, "%s %llu", found, (unsigned long long)number);
    return refuse(m, text, expected);
}

const char *rf_pickle_kind_name(enum rf_pickle_kind kind)
{
    static const char *const name[] = { "None",   "a bool",  "an integer",   "a number", "a text",   "bytes",
                                        "a list", "a tuple", "a dictionary", "a name",   "an object" };
    return name[kind];
}

/* ---- nodes ---- */

static int grow(struct refs *r, size_t more, struct rf_err *err)
{
    size_t cap = r->cap ? r->cap : 64;
    if (r->n + more <= r->cap)
        return 0;
    while (cap < r->n + more)
        cap *= 2;
    uint32_t *v = rf_regrow(r->v, r->n, cap, sizeof *v, err);
    if (!v)
        return RF_FAIL;
    r->v = v;
    r->cap = cap;
    return 0;
}

static int push(struct machine *m, struct refs *to, uint32_t v)
{
    const int rc = grow(to, 1, m->err);
    if (!rc)
        to->v[to->n++] = v;
    return rc;
}

/* A new node on the stack. */
static int put(struct machine *m, enum rf_pickle_kind kind, uint32_t a, uint32_t b, uint32_t c)
{
    enum { FEW = 1024 };
    struct rf_pickle *const p = m->p;
    if (p->n >= p->in.len / 2 + FEW)
        return refuse_number(m, "one value more than", p->n, "at most one for two bytes of the file");
    if (p->n == p->cap) {
        const size_t cap = 2 * p->cap;
        struct node *v = rf_regrow(p->node, p->n, cap, sizeof *v, m->err);
        if (!v)
            return RF_FAIL;
        p->node = v;
        p->cap = cap;
    }
    p->node[p->n] = (struct node){ kind, { a, b, c } };
    return push(m, &m->stack, (uint32_t)p->n++);
}

static int put_64(struct machine *m, enum rf_pickle_kind kind, uint64_t bits)
{
    return put(m, kind, (uint32_t)bits, (uint32_t)(bits >> 32), 0);
}

/* Puts n nodes behind the items of a list or dictionary, which moves to the end of all items where it has no room. */
static int extend(struct machine *m, rf_pickle_ref ref, const uint32_t *more, size_t n)
{
    struct refs *const all = &m->p->item;
    uint32_t *const w = m->p->node[ref].w;
    const size_t need = (size_t)w[1] + n;
    const bool last = (size_t)w[0] + w[2] == all->n;
    if (need > w[2]) {
        const size_t room = last || !w[1] ? need : 2 * need, start = last ? w[0] : all->n;
        if (start + room > UINT32_MAX)
            return refuse(m, "too many items", "fewer than 2^32");
        const int rc = grow(all, start + room - all->n, m->err);
        if (rc)
            return rc;
        if (!last && w[1])
            memcpy(all->v + start, all->v + w[0], w[1] * sizeof *more);
        all->n = start + room;
        w[0] = (uint32_t)start;
        w[2] = (uint32_t)room;
    }
    if (n)
        memcpy(all->v + w[0] + w[1], more, n * sizeof *more);
    w[1] = (uint32_t)need;
    return 0;
}

/* ---- the stack ---- */

/* Height that the opcodes since the last mark may not go below. */
static size_t floor_of(const struct machine *m)
{
    return m->mark.n ? m->mark.v[m->mark.n - 1] : 0;
}

static int need(const struct machine *m, size_t n)
{
    const size_t have = m->stack.n - floor_of(m);
    return have >= n ? 0 : refuse_number(m, "on the stack", have, n == 1 ? "a value" : "more values");
}

static rf_pickle_ref pop(struct machine *m)
{
    return m->stack.v[--m->stack.n];
}

static rf_pickle_ref top(const struct machine *m)
{
    return m->stack.v[m->stack.n - 1];
}

static enum rf_pickle_kind kind_of(const struct machine *m, rf_pickle_ref ref)
{
    return (enum rf_pickle_kind)m->p->node[ref].kind;
}

static int need_kind(const struct machine *m, rf_pickle_ref ref, enum rf_pickle_kind kind)
{
    return kind_of(m, ref) == kind ? 0 : refuse(m, rf_pickle_kind_name(kind_of(m, ref)), rf_pickle_kind_name(kind));
}

/* Takes the last mark away; *from = the height at which it was set. */
static int pop_mark(struct machine *m, size_t *from)
{
    if (!m->mark.n)
        return refuse(m, "no mark", "one that MARK has set");
    *from = m->mark.v[--m->mark.n];
    return 0;
}

/* ---- opcodes ---- */

static int op_proto(struct machine *m)
{
    return m->at == 0 ? 0 : refuse(m, "it again", "it at byte 0 alone");
}

static int op_frame(struct machine *m)
{
    return m->number <= m->p->in.len - m->next
               ? 0
               : refuse_number(m, "a frame of length", m->number, "one within the file");
}

static int op_stop(struct machine *m)
{
    if (m->mark.n)
        return refuse(m, "a mark", "none that is left");
    const int rc = need(m, 1);
    if (rc)
        return rc;
    if (m->stack.n > 1)
        return refuse_number(m, "on the stack", m->stack.n, "one value");
    if (m->next < m->p->in.len)
        return refuse_number(m, "more bytes:", m->p->in.len - m->next, "the end of the file");
    m->p->root = top(m);
    m->stopped = true;
    return 0;
}

static int op_none(struct machine *m)
{
    return push(m, &m->stack, NONE);
}

static int op_false(struct machine *m)
{
    return push(m, &m->stack, FALSE_);
}

static int op_true(struct machine *m)
{
    return push(m, &m->stack, TRUE_);
}

static int op_int(struct machine *m)
{
    return put_64(m, RF_PICKLE_INT, m->number);
}

static int op_int4(struct machine *m)
{
    return put_64(m, RF_PICKLE_INT, (uint64_t)(int64_t)(int32_t)m->number);
}

/* Little-endian, two's complement, as many bytes as it needs. */
static int op_long(struct machine *m)
{
    const size_t n = m->bytes.len;
    if (n > 8)
        return refuse_number(m, "an integer with bytes:", n, "at most 8");
    uint64_t bits = n && m->bytes.s[n - 1] & 0x80 ? UINT64_MAX : 0;
    for (size_t i = n; i-- > 0;)
        bits = bits << 8 | (unsigned char)m->bytes.s[i];
    return put_64(m, RF_PICKLE_INT, bits);
}

static int op_float(struct machine *m)
{
    uint64_t bits = 0; /* the only number that stands with its high byte first */
    for (size_t i = 0; i < 8; i++)
        bits |= (m->number >> (8 * i) & 0xFF) << (56 - 8 * i);
    return put_64(m, RF_PICKLE_REAL, bits);
}

/* Python writes lone surrogates as if they were characters. False where s is no UTF-8 apart from them. */
static bool count_surrogates(struct rf_str s, uint32_t *n)
{
    const unsigned char *const p = (const unsigned char *)s.s;
    *n = 0;
    if (rf_utf8_valid(s.s, s.len))
        return true;
    for (size_t i = 0; i < s.len;) {
        size_t step = rf_utf8_step(s.s + i, s.len - i);
        if (!step && s.len - i >= 3 && p[i] == 0xED && p[i + 1] >= 0xA0 && p[i + 1] <= 0xBF &&
            (p[i + 2] & 0xC0) == 0x80) {
            step = 3;
            ++*n;
        }
        if (!step)
            return false;
        i += step;
    }
    return true;
}

static int op_text(struct machine *m)
{
    uint32_t surrogates;
    if (!count_surrogates(m->bytes, &surrogates))
        return refuse(m, "bytes that are no UTF-8", "a text");
    return put(m, RF_PICKLE_TEXT, (uint32_t)(m->bytes.s - m->p->in.s), (uint32_t)m->bytes.len, surrogates);
}

static int op_bytes(struct machine *m)
{
    return put(m, RF_PICKLE_BYTES, (uint32_t)(m->bytes.s - m->p->in.s), (uint32_t)m->bytes.len, 0);
}

static int op_mark(struct machine *m)
{
    return push(m, &m->mark, (uint32_t)m->stack.n);
}

static int op_empty_list(struct machine *m)
{
    return put(m, RF_PICKLE_LIST, 0, 0, 0);
}

static int op_empty_dict(struct machine *m)
{
    return put(m, RF_PICKLE_DICT, 0, 0, 0);
}

static int op_empty_tuple(struct machine *m)
{
    return push(m, &m->stack, EMPTY_TUPLE);
}

/* What stands on the stack from there on becomes one tuple. */
static int tuple_from(struct machine *m, size_t from)
{
    const size_t n = m->stack.n - from;
    if (!n)
        return op_empty_tuple(m);
    int rc = put(m, RF_PICKLE_TUPLE, 0, 0, 0);
    if (rc)
        return rc;
    const rf_pickle_ref tuple = pop(m);
    if ((rc = extend(m, tuple, m->stack.v + from, n)))
        return rc;
    m->stack.n = from;
    return push(m, &m->stack, tuple);
}

static int op_tuple(struct machine *m)
{
    size_t from = 0;
    const int rc = pop_mark(m, &from);
    return rc ? rc : tuple_from(m, from);
}

/* TUPLE1, TUPLE2, TUPLE3 */
static int op_tuple_n(struct machine *m)
{
    const size_t n = (size_t)(m->op->name[5] - '0');
    const int rc = need(m, n);
    return rc ? rc : tuple_from(m, m->stack.n - n);
}

/* The values from there on go into the container that stands below them. */
static int fill(struct machine *m, size_t from, enum rf_pickle_kind kind)
{
    const size_t n = m->stack.n - from;
    if (from <= floor_of(m))
        return refuse(m, "nothing below the values", rf_pickle_kind_name(kind));
    if (kind == RF_PICKLE_DICT && n % 2)
        return refuse(m, "a key without its value", "pairs");
    const rf_pickle_ref into = m->stack.v[from - 1];
    int rc = need_kind(m, into, kind);
    if (!rc && !(rc = extend(m, into, m->stack.v + from, n)))
        m->stack.n = from;
    return rc;
}

static int op_append(struct machine *m)
{
    const int rc = need(m, 2);
    return rc ? rc : fill(m, m->stack.n - 1, RF_PICKLE_LIST);
}

static int op_setitem(struct machine *m)
{
    const int rc = need(m, 3);
    return rc ? rc : fill(m, m->stack.n - 2, RF_PICKLE_DICT);
}

static int op_appends(struct machine *m)
{
    size_t from = 0;
    const int rc = pop_mark(m, &from);
    return rc ? rc : fill(m, from, RF_PICKLE_LIST);
}

static int op_setitems(struct machine *m)
{
    size_t from = 0;
    const int rc = pop_mark(m, &from);
    return rc ? rc : fill(m, from, RF_PICKLE_DICT);
}

static bool equals(struct rf_str s, const char *text)
{
    return s.len == strlen(text) && !memcmp(s.s, text, s.len);
}

static int put_name(struct machine *m, struct rf_str module, struct rf_str name)
{
    enum { SHOWN = 80 };
    const struct rf_pickle_names *const names = m->p->names;
    char text[2 * SHOWN + 16];
    for (size_t i = 0; i < names->n; i++)
        if (equals(module, names->v[i].module) && equals(name, names->v[i].name))
            return put(m, RF_PICKLE_NAME, (uint32_t)names->v[i].id, 0, 0);
    snprintf(text, sizeof text, "the name %.*s %.*s", (int)(module.len < SHOWN ? module.len : SHOWN), module.s,
             (int)(name.len < SHOWN ? name.len : SHOWN), name.s);
    return refuse(m, text, names->expected);
}

static int op_global(struct machine *m)
{
    const char *const cut = memchr(m->bytes.s, '\n', m->bytes.len);
    const size_t module = (size_t)(cut - m->bytes.s);
    return put_name(m, (struct rf_str){ m->bytes.s, module }, (struct rf_str){ cut + 1, m->bytes.len - module - 1 });
}

static int op_stack_global(struct machine *m)
{
    int rc = need(m, 2);
    if (rc)
        return rc;
    const rf_pickle_ref name = pop(m), module = pop(m);
    if ((rc = need_kind(m, name, RF_PICKLE_TEXT)) || (rc = need_kind(m, module, RF_PICKLE_TEXT)))
        return rc;
    return put_name(m, rf_pickle_see(m->p, module).s, rf_pickle_see(m->p, name).s);
}

/* REDUCE, NEWOBJ: noted, never done. */
static int op_apply(struct machine *m)
{
    int rc = need(m, 2);
    if (rc)
        return rc;
    const rf_pickle_ref args = pop(m), callee = pop(m);
    if ((rc = need_kind(m, args, RF_PICKLE_TUPLE)))
        return rc;
    if (kind_of(m, callee) != RF_PICKLE_OBJECT && (rc = need_kind(m, callee, RF_PICKLE_NAME)))
        return rc;
    return put(m, RF_PICKLE_OBJECT, callee, args, NONE);
}

static int op_build(struct machine *m)
{
    int rc = need(m, 2);
    if (rc)
        return rc;
    const rf_pickle_ref state = pop(m);
    if ((rc = need_kind(m, top(m), RF_PICKLE_OBJECT)))
        return rc;
    uint32_t *const w = m->p->node[top(m)].w;
    if (w[2] != NONE)
        return refuse(m, "a second state of an object", "one");
    w[2] = state;
    return 0;
}

static int remember(struct machine *m, uint64_t place)
{
    int rc = need(m, 1);
    if (rc)
        return rc;
    if (place >= m->p->in.len)
        return refuse_number(m, "the place in the memo", place, "one below the number of bytes of the file");
    if (place >= m->memo.n) {
        if ((rc = grow(&m->memo, (size_t)place + 1 - m->memo.n, m->err)))
            return rc;
        m->memo.n = (size_t)place + 1;
    }
    m->memoized += !m->memo.v[place];
    m->memo.v[place] = top(m) + 1;
    return 0;
}

static int op_put(struct machine *m)
{
    return remember(m, m->number);
}

static int op_memoize(struct machine *m)
{
    return remember(m, m->memoized);
}

static int op_get(struct machine *m)
{
    if (m->number >= m->memo.n || !m->memo.v[m->number])
        return refuse_number(m, "in the memo nothing at", m->number, "a value");
    return push(m, &m->stack, m->memo.v[m->number] - 1);
}

static const char out_of_band[] = "its bytes within the file: write it without buffer_callback";
static const char text_form[] = "a pickle of protocol 2 to 5 written by Python 3";

static const struct op ops[256] = {
    [0x80] = { "PROTO", U1, op_proto, NULL },
    [0x95] = { "FRAME", U8, op_frame, NULL },
    ['.'] = { "STOP", NOTHING, op_stop, NULL },
    ['N'] = { "NONE", NOTHING, op_none, NULL },
    [0x88] = { "NEWTRUE", NOTHING, op_true, NULL },
    [0x89] = { "NEWFALSE", NOTHING, op_false, NULL },
    ['J'] = { "BININT", I4, op_int4, NULL },
    ['K'] = { "BININT1", U1, op_int, NULL },
    ['M'] = { "BININT2", U2, op_int, NULL },
    [0x8A] = { "LONG1", BYTES1, op_long, NULL },
    [0x8B] = { "LONG4", BYTES4, op_long, NULL },
    ['G'] = { "BINFLOAT", U8, op_float, NULL },
    [0x8C] = { "SHORT_BINUNICODE", BYTES1, op_text, NULL },
    ['X'] = { "BINUNICODE", BYTES4, op_text, NULL },
    [0x8D] = { "BINUNICODE8", BYTES8, op_text, NULL },
    ['C'] = { "SHORT_BINBYTES", BYTES1, op_bytes, NULL },
    ['B'] = { "BINBYTES", BYTES4, op_bytes, NULL },
    [0x8E] = { "BINBYTES8", BYTES8, op_bytes, NULL },
    [0x96] = { "BYTEARRAY8", BYTES8, op_bytes, NULL },
    ['('] = { "MARK", NOTHING, op_mark, NULL },
    [']'] = { "EMPTY_LIST", NOTHING, op_empty_list, NULL },
    ['a'] = { "APPEND", NOTHING, op_append, NULL },
    ['e'] = { "APPENDS", NOTHING, op_appends, NULL },
    [')'] = { "EMPTY_TUPLE", NOTHING, op_empty_tuple, NULL },
    [0x85] = { "TUPLE1", NOTHING, op_tuple_n, NULL },
    [0x86] = { "TUPLE2", NOTHING, op_tuple_n, NULL },
    [0x87] = { "TUPLE3", NOTHING, op_tuple_n, NULL },
    ['t'] = { "TUPLE", NOTHING, op_tuple, NULL },
    ['}'] = { "EMPTY_DICT", NOTHING, op_empty_dict, NULL },
    ['s'] = { "SETITEM", NOTHING, op_setitem, NULL },
    ['u'] = { "SETITEMS", NOTHING, op_setitems, NULL },
    ['c'] = { "GLOBAL", LINES, op_global, NULL },
    [0x93] = { "STACK_GLOBAL", NOTHING, op_stack_global, NULL },
    ['R'] = { "REDUCE", NOTHING, op_apply, NULL },
    [0x81] = { "NEWOBJ", NOTHING, op_apply, NULL },
    ['b'] = { "BUILD", NOTHING, op_build, NULL },
    ['q'] = { "BINPUT", U1, op_put, NULL },
    ['r'] = { "LONG_BINPUT", U4, op_put, NULL },
    [0x94] = { "MEMOIZE", NOTHING, op_memoize, NULL },
    ['h'] = { "BINGET", U1, op_get, NULL },
    ['j'] = { "LONG_BINGET", U4, op_get, NULL },
    [0x97] = { "NEXT_BUFFER", NOTHING, NULL, out_of_band },
    [0x98] = { "READONLY_BUFFER", NOTHING, NULL, out_of_band },
    ['0'] = { .name = "POP" },
    ['1'] = { .name = "POP_MARK" },
    ['2'] = { .name = "DUP" },
    ['P'] = { .name = "PERSID" },
    ['Q'] = { .name = "BINPERSID" },
    [0x82] = { .name = "EXT1" },
    [0x83] = { .name = "EXT2" },
    [0x84] = { .name = "EXT4" },
    ['i'] = { .name = "INST" },
    ['o'] = { .name = "OBJ" },
    [0x92] = { .name = "NEWOBJ_EX" },
    [0x8F] = { .name = "EMPTY_SET" },
    [0x90] = { .name = "ADDITEMS" },
    [0x91] = { .name = "FROZENSET" },
    ['d'] = { .name = "DICT" },
    ['l'] = { .name = "LIST" },
    ['F'] = { "FLOAT", NOTHING, NULL, text_form },
    ['I'] = { "INT", NOTHING, NULL, text_form },
    ['L'] = { "LONG", NOTHING, NULL, text_form },
    ['S'] = { "STRING", NOTHING, NULL, text_form },
    ['T'] = { "BINSTRING", NOTHING, NULL, text_form },
    ['U'] = { "SHORT_BINSTRING", NOTHING, NULL, text_form },
    ['V'] = { "UNICODE", NOTHING, NULL, text_form },
    ['g'] = { "GET", NOTHING, NULL, text_form },
    ['p'] = { "PUT", NOTHING, NULL, text_form },
};

/* ---- the machine ---- */

static int cut_short(const struct machine *m)
{
    return refuse(m, "the end of the file within its argument", "all of it");
}

/* Two lines: bytes = both, without the last line end. */
static int take_lines(struct machine *m)
{
    const struct rf_str in = m->p->in;
    const char *const first = memchr(in.s + m->next, '\n', in.len - m->next);
    const char *const second = first ? memchr(first + 1, '\n', (size_t)(in.s + in.len - first - 1)) : NULL;
    if (!second)
        return cut_short(m);
    m->bytes = (struct rf_str){ in.s + m->next, (size_t)(second - in.s) - m->next };
    m->next += m->bytes.len + 1;
    return 0;
}

static int take_argument(struct machine *m)
{
    static const unsigned char width[] = { 0, 1, 2, 4, 4, 8, 1, 4, 8, 0 };
    const struct rf_str in = m->p->in;
    const size_t n = width[m->op->argument];
    if (m->op->argument == LINES)
        return take_lines(m);
    if (n > in.len - m->next)
        return cut_short(m);
    m->number = 0;
    for (size_t i = 0; i < n; i++)
        m->number |= (uint64_t)(unsigned char)in.s[m->next + i] << (8 * i);
    m->next += n;
    if (m->op->argument < BYTES1)
        return 0;
    if (m->number > in.len - m->next)
        return refuse_number(m, "a length of", m->number, "one within the file");
    m->bytes = (struct rf_str){ in.s + m->next, (size_t)m->number };
    m->next += m->bytes.len;
    return 0;
}

static int step(struct machine *m)
{
    static const char plain[] = "one that plain data need: nothing of a pickle is ever run";
    const struct rf_str in = m->p->in;
    m->at = m->next;
    if (m->at == in.len)
        return rf_fail_at(m->err, m->at, -1, "the opcode STOP");
    const unsigned char code = (unsigned char)in.s[m->next++];
    m->op = &ops[code];
    if (!m->op->name)
        return rf_fail_at(m->err, m->at, code, "an opcode of pickles");
    if (!m->op->run)
        return refuse(m, "it", m->op->expected ? m->op->expected : plain);
    const int rc = take_argument(m);
    return rc ? rc : m->op->run(m);
}

bool rf_pickle_sniff(struct rf_str head)
{
    return head.len > 2 && (unsigned char)head.s[0] == 0x80 && head.s[1] >= 2 && head.s[1] <= 5;
}

int rf_pickle_parse(struct rf_pickle **out, struct rf_str bytes, const struct rf_pickle_names *names,
                    struct rf_err *err)
{
    static const struct node fixed[FIXED] = { [NONE] = { RF_PICKLE_NONE, { 0 } },
                                              [FALSE_] = { RF_PICKLE_BOOL, { 0 } },
                                              [TRUE_] = { RF_PICKLE_BOOL, { 1 } },
                                              [EMPTY_TUPLE] = { RF_PICKLE_TUPLE, { 0 } } };
    struct machine m = { .err = err };
    if (!rf_pickle_sniff(bytes) || bytes.len > UINT32_MAX)
        return bytes.len > UINT32_MAX
                   ? rf_fail(err, RF_BAD_INPUT, "found %zu bytes, expected a pickle below 4 GiB", bytes.len)
                   : rf_fail_at(err, 0, bytes.len ? (unsigned char)bytes.s[0] : -1, "a pickle of protocol 2 to 5");
    int rc = RF_NEW(m.p, 1, err);
    if (rc || (rc = RF_NEW(m.p->node, FIXED, err)))
        goto out;
    m.p->in = bytes;
    m.p->names = names;
    m.p->n = m.p->cap = FIXED;
    memcpy(m.p->node, fixed, sizeof fixed);
    while (!rc && !m.stopped)
        rc = step(&m);
    if (!rc) {
        *out = m.p;
        m.p = NULL;
    }
out:
    rf_pickle_free(m.p);
    rf_free(m.stack.v);
    rf_free(m.mark.v);
    rf_free(m.memo.v);
    return rc;
}

/* ---- looking at nodes ---- */

rf_pickle_ref rf_pickle_root(const struct rf_pickle *p)
{
    return p->root;
}

struct rf_pickle_value rf_pickle_see(const struct rf_pickle *p, rf_pickle_ref ref)
{
    const struct node *const node = &p->node[ref];
    const uint32_t *const w = node->w;
    const uint64_t bits = (uint64_t)w[1] << 32 | w[0];
    struct rf_pickle_value v = { .kind = (enum rf_pickle_kind)node->kind };
    switch (v.kind) {
    case RF_PICKLE_NONE:
        break;
    case RF_PICKLE_BOOL:
    case RF_PICKLE_INT:
    case RF_PICKLE_NAME:
        v.i = (int64_t)bits;
        break;
    case RF_PICKLE_REAL:
        memcpy(&v.x, &bits, sizeof v.x);
        break;
    case RF_PICKLE_TEXT:
    case RF_PICKLE_BYTES:
        v.s = (struct rf_str){ p->in.s + w[0], w[1] };
        v.surrogates = w[2];
        break;
    case RF_PICKLE_LIST:
    case RF_PICKLE_TUPLE:
    case RF_PICKLE_DICT:
        v.n = node->kind == RF_PICKLE_DICT ? w[1] / 2 : w[1];
        v.item = w[1] ? p->item.v + w[0] : NULL;
        break;
    case RF_PICKLE_OBJECT:
        v.n = 3;
        v.item = w;
        break;
    }
    return v;
}

void rf_pickle_free(struct rf_pickle *p)
{
    if (!p)
        return;
    rf_free(p->node);
    rf_free(p->item.v);
    rf_free(p);
}
