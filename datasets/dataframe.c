/* Where a DataFrame's cells stand in its pickle. Columns of one type lie together in blocks, arrays of columns x rows,
 * and a placement says which column each line of a block is. Numbers are raw bytes in C or Fortran order, objects a
 * list that is in C order always. Refuses blocks that do not give each column one cell a row. */
#include "datasets/dataframe.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/half.h"
#include "core/pickle.h"
#include "datasets/field.h"

enum { MOST_COLUMNS = 65536, MOST_NAME = 1024 /* bytes */, MOST_REPEATS = 64, SOME_BYTES = 1 << 20 };

enum name {
    N_FRAME,
    N_MANAGER,
    N_BLOCK,
    N_PARTIAL,
    N_NEW_INDEX,
    N_INDEX,
    N_RANGE,
    N_RECONSTRUCT,
    N_NDARRAY,
    N_FROMBUFFER,
    N_DTYPE,
    N_SCALAR,
    N_SLICE,
    N_BYTES,
    N_ENCODE,
    N_NA,
    N_NOTHING
};
static const struct rf_pickle_name names[] = {
    { "pandas.core.frame", "DataFrame", N_FRAME },
    { "pandas.core.internals.managers", "BlockManager", N_MANAGER },
    { "pandas._libs.internals", "_unpickle_block", N_BLOCK },
    { "pandas.core.internals.blocks", "new_block", N_BLOCK }, /* pandas 1.3: partial(new_block, ndim=2) */
    { "functools", "partial", N_PARTIAL },
    { "pandas.core.indexes.base", "_new_Index", N_NEW_INDEX },
    { "pandas.core.indexes.base", "Index", N_INDEX },
    { "pandas.core.indexes.numeric", "Int64Index", N_INDEX }, /* pandas 1 */
    { "pandas.core.indexes.numeric", "UInt64Index", N_INDEX },
    { "pandas.core.indexes.numeric", "Float64Index", N_INDEX },
    { "pandas.core.indexes.range", "RangeIndex", N_RANGE },
    { "numpy.core.multiarray", "_reconstruct", N_RECONSTRUCT },
    { "numpy._core.multiarray", "_reconstruct", N_RECONSTRUCT }, /* numpy 2 */
    { "numpy", "ndarray", N_NDARRAY },
    { "numpy.core.numeric", "_frombuffer", N_FROMBUFFER },
    { "numpy._core.numeric", "_frombuffer", N_FROMBUFFER },
    { "numpy", "dtype", N_DTYPE },
    { "numpy.core.multiarray", "scalar", N_SCALAR },
    { "numpy._core.multiarray", "scalar", N_SCALAR },
    { "builtins", "slice", N_SLICE },
    { "__builtin__", "slice", N_SLICE }, /* protocol 2 */
    { "builtins", "bytes", N_BYTES },
    { "__builtin__", "bytes", N_BYTES },
    { "_codecs", "encode", N_ENCODE },
    { "pandas._libs.missing", "NA", N_NA },
};
static const struct rf_pickle_names allowed = {
    names, sizeof names / sizeof *names,
    "one of the names of a DataFrame of objects and numbers (nothing of a pickle is ever run); in a sandbox: "
    "pandas.read_pickle('x.pkl').to_csv('x.csv', index=False)"
};

struct array {
    char type;    /* 'O', 'f', 'i', 'u', 'b' as numpy's; 'r': start + i * step */
    size_t width; /* bytes of a number */
    bool big_endian;
    bool fortran;
    size_t rank;               /* 1, 2 */
    size_t shape[2];           /* [1] is 1 where rank is 1 */
    const char *bytes;         /* numbers */
    const rf_pickle_ref *item; /* objects [shape[0] * shape[1]] */
    int64_t start, step;
};
struct column {
    struct array a;
    size_t first, stride; /* elements of a: row r stands at first + r * stride */
    bool set;
};
struct piece { /* bytes that stand otherwise in the file */
    struct piece *next;
    char data[];
};
struct rf_frame {
    struct rf_pickle *pickle;
    size_t bytes; /* of the file */
    uint64_t handed_out;
    struct piece *pieces;  /* bytes of arrays: protocol 2 writes them as texts */
    struct rf_str *name;   /* [columns] */
    struct column *column; /* [columns] */
    size_t columns, rows;
    const rf_pickle_ref *record; /* [rows] a dictionary for each row; NULL: column has the cells */
    struct piece *repaired;      /* texts of this row */
    size_t row, repaired_bytes;
};

static void free_pieces(struct piece **list)
{
    while (*list) {
        struct piece *const next = (*list)->next;
        rf_free(*list);
        *list = next;
    }
}

static struct rf_pickle_value see(const struct rf_frame *f, rf_pickle_ref ref)
{
    return rf_pickle_see(f->pickle, ref);
}

static int refuse(struct rf_err *err, const char *what, const char *found, const char *expected)
{
    return rf_fail(err, RF_BAD_INPUT, "%s: found %s, expected %s", what, found, expected);
}

static int refuse_kind(struct rf_err *err, const char *what, const struct rf_pickle_value *v, const char *expected)
{
    return refuse(err, what, rf_pickle_kind_name(v->kind), expected);
}

/* ---- what was to be called ---- */

struct call {
    enum name name;              /* N_NOTHING: the node is no call */
    struct rf_pickle_value args; /* a tuple */
    rf_pickle_ref state;
};

static struct call call_of(const struct rf_frame *f, rf_pickle_ref ref)
{
    const struct rf_pickle_value v = see(f, ref);
    struct call c = { N_NOTHING, { .kind = RF_PICKLE_TUPLE }, 0 };
    if (v.kind != RF_PICKLE_OBJECT)
        return c;
    struct rf_pickle_value callee = see(f, v.item[0]);
    c.args = see(f, v.item[1]);
    c.state = v.item[2];
    if (callee.kind == RF_PICKLE_OBJECT) { /* functools.partial(f, ...) stands for f */
        const struct rf_pickle_value maker = see(f, callee.item[0]), given = see(f, callee.item[1]);
        if (maker.kind == RF_PICKLE_NAME && maker.i == N_PARTIAL && given.n)
            callee = see(f, given.item[0]);
    }
    if (callee.kind == RF_PICKLE_NAME)
        c.name = (enum name)callee.i;
    return c;
}

/* Value of a text key; *out untouched where there is none. */
static bool lookup(const struct rf_frame *f, const struct rf_pickle_value *dict, const char *key, rf_pickle_ref *out)
{
    for (size_t i = dict->kind == RF_PICKLE_DICT ? dict->n : 0; i-- > 0;) {
        const struct rf_pickle_value k = see(f, dict->item[2 * i]);
        if (k.kind == RF_PICKLE_TEXT && rf_str_is(k.s, key)) {
            *out = dict->item[2 * i + 1];
            return true;
        }
    }
    return false;
}

static bool is_sequence(const struct rf_pickle_value *v)
{
    return v->kind == RF_PICKLE_LIST || v->kind == RF_PICKLE_TUPLE;
}

/* ---- numpy arrays ---- */

/* A text of n characters that are bytes: between n and 2n bytes of UTF-8. */
static int decode_latin1(struct rf_str text, size_t n, char *to, struct rf_err *err)
{
    size_t k = 0, i = 0;
    while (i < text.len && k < n) {
        unsigned c = (unsigned char)text.s[i++];
        if (c >= 0xC4)
            return refuse(err, "bytes of an array", "a character above U+00FF", "characters that are bytes");
        if (c >= 0x80)
            c = (c << 6 & 0xC0) | ((unsigned char)text.s[i++] & 0x3F);
        to[k++] = (char)(unsigned char)c;
    }
    return i == text.len && k == n
               ? 0
               : refuse(err, "bytes of an array", "another number of them", "as many as its shape says");
}

static int new_piece(struct piece **list, size_t n, char **out, struct rf_err *err)
{
    struct piece *p = rf_calloc(sizeof *p + n, 1, err); /* n is below 2^36 */
    if (!p)
        return RF_FAIL;
    p->next = *list;
    *list = p;
    *out = p->data;
    return 0;
}

/* Exactly n bytes, in one of the three forms that the protocols have for them. room: n bytes to decode into, NULL: f
 * keeps them. */
static int bytes_of(struct rf_frame *f, rf_pickle_ref ref, size_t n, char *room, const char **out, struct rf_err *err)
{
    const struct rf_pickle_value v = see(f, ref);
    const struct call c = call_of(f, ref);
    char found[64];
    struct rf_str s = { "", 0 };
    if (v.kind == RF_PICKLE_BYTES)
        s = v.s;
    else if (c.name == N_ENCODE && c.args.n == 2 && see(f, c.args.item[0]).kind == RF_PICKLE_TEXT)
        s = see(f, c.args.item[0]).s;
    else if (c.name != N_BYTES || c.args.n)
        return refuse_kind(err, "bytes of an array", &v, "bytes");
    if (c.name == N_ENCODE && s.len >= n && s.len <= 2 * n) {
        const int rc = room ? 0 : new_piece(&f->pieces, n, &room, err);
        *out = room;
        return rc ? rc : decode_latin1(s, n, room, err);
    }
    *out = s.s;
    snprintf(found, sizeof found, "%zu bytes for %zu", s.len, n);
    return s.len == n ? 0 : refuse(err, "bytes of an array", found, "as many as its shape says");
}

static int dtype_of(const struct rf_frame *f, rf_pickle_ref ref, struct array *a, struct rf_err *err)
{
    static const char *const known[] = { "f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1" };
    static const char expected[] = "objects, floats, integers or bools";
    const struct call c = call_of(f, ref);
    const struct rf_pickle_value code = c.args.n ? see(f, c.args.item[0]) : (struct rf_pickle_value){ 0 };
    const struct rf_pickle_value state = see(f, c.state);
    char shown[RF_SHOWN];
    if (c.name != N_DTYPE || code.kind != RF_PICKLE_TEXT)
        return refuse_kind(err, "type of an array", &code, "numpy.dtype");
    if (state.kind == RF_PICKLE_TUPLE && state.n > 1) {
        const struct rf_pickle_value order = see(f, state.item[1]);
        a->big_endian = order.kind == RF_PICKLE_TEXT && rf_str_is(order.s, ">");
    }
    if (rf_str_is(code.s, "O8") || rf_str_is(code.s, "O") || rf_str_is(code.s, "O4")) {
        a->type = 'O';
        return 0;
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (rf_str_is(code.s, known[i])) {
            a->type = known[i][0];
            a->width = (size_t)(known[i][1] - '0');
            return 0;
        }
    return refuse(err, "type of an array", rf_field_show(code.s, shown), expected);
}

static int shape_of(const struct rf_frame *f, rf_pickle_ref ref, struct array *a, struct rf_err *err)
{
    const struct rf_pickle_value v = see(f, ref);
    size_t cells;
    a->shape[1] = 1;
    a->rank = v.n;
    if (v.kind != RF_PICKLE_TUPLE || v.n < 1 || v.n > 2)
        return refuse_kind(err, "shape of an array", &v, "one or two sizes");
    for (size_t k = 0; k < v.n; k++) {
        const struct rf_pickle_value size = see(f, v.item[k]);
        if (size.kind != RF_PICKLE_INT || size.i < 0)
            return refuse_kind(err, "shape of an array", &size, "sizes of 0 and more");
        a->shape[k] = (size_t)size.i;
    }
    return rf_mul(a->shape[0], a->shape[1], &cells) && cells <= f->bytes
               ? 0
               : refuse(err, "shape of an array", "more cells than the file has bytes", "at most so many");
}

/* dtype, shape and data of an array that Python would rebuild from them. */
static int array_parts(struct rf_frame *f, const rf_pickle_ref part[3], struct array *a, struct rf_err *err)
{
    int rc;
    if ((rc = dtype_of(f, part[0], a, err)) || (rc = shape_of(f, part[1], a, err)))
        return rc;
    const size_t cells = a->shape[0] * a->shape[1];
    if (a->type != 'O')
        return bytes_of(f, part[2], cells * a->width, NULL, &a->bytes, err); /* cells <= f->bytes < 2^32 */
    const struct rf_pickle_value list = see(f, part[2]);
    if (list.kind != RF_PICKLE_LIST || list.n != cells)
        return refuse_kind(err, "objects of an array", &list, "a list of as many as its shape says");
    a->item = list.item;
    return 0;
}

static int array_of(struct rf_frame *f, rf_pickle_ref ref, struct array *a, struct rf_err *err)
{
    const struct call c = call_of(f, ref);
    const struct rf_pickle_value v = see(f, ref), state = see(f, c.state);
    *a = (struct array){ 0 };
    if (c.name == N_RECONSTRUCT && state.kind == RF_PICKLE_TUPLE && state.n == 5) { /* version, shape, dtype, ... */
        const struct rf_pickle_value fortran = see(f, state.item[3]);
        a->fortran = fortran.kind == RF_PICKLE_BOOL && fortran.i;
        return array_parts(f, (const rf_pickle_ref[]){ state.item[2], state.item[1], state.item[4] }, a, err);
    }
    if (c.name == N_FROMBUFFER && c.args.n == 4) { /* buffer, dtype, shape, order */
        const struct rf_pickle_value order = see(f, c.args.item[3]);
        a->fortran = order.kind == RF_PICKLE_TEXT && rf_str_is(order.s, "F");
        return array_parts(f, (const rf_pickle_ref[]){ c.args.item[1], c.args.item[2], c.args.item[0] }, a, err);
    }
    return refuse_kind(err, "values", &v, "a numpy array");
}

static void number_cell(const struct array *a, size_t at, struct rf_cell *cell)
{
    const unsigned char *const p = (const unsigned char *)a->bytes + at * a->width;
    uint64_t bits = 0;
    float f4;
    for (size_t k = 0; k < a->width; k++)
        bits |= (uint64_t)p[a->big_endian ? a->width - 1 - k : k] << (8 * k);
    if (a->type == 'f') {
        const uint32_t low = (uint32_t)bits;
        memcpy(&f4, &low, sizeof f4);
        memcpy(&cell->x, &bits, sizeof cell->x);
        cell->x = a->width == 8 ? cell->x : (double)(a->width == 4 ? f4 : rf_half_to_float((uint16_t)bits));
        cell->kind = isnan(cell->x) ? RF_CELL_MISSING : RF_CELL_REAL;
        return;
    }
    if (a->type == 'i' && bits >> (8 * a->width - 1) && a->width < 8)
        bits |= UINT64_MAX << (8 * a->width);
    cell->i = (int64_t)bits;
    cell->x = a->type == 'u' ? (double)bits : (double)cell->i;
    cell->kind = a->type == 'b' ? RF_CELL_BOOL : a->type == 'u' && cell->i < 0 ? RF_CELL_REAL : RF_CELL_INT;
}

/* ---- names and indexes ---- */

static int text_name(const struct rf_frame *f, rf_pickle_ref ref, struct rf_str *out, struct rf_err *err)
{
    const struct rf_pickle_value v = see(f, ref);
    char found[64];
    if (v.kind != RF_PICKLE_TEXT || v.surrogates)
        return refuse_kind(err, "name of a column", &v, "a text");
    *out = v.s;
    snprintf(found, sizeof found, "%zu bytes", v.s.len);
    return v.s.len <= MOST_NAME ? 0 : refuse(err, "name of a column", found, "at most 1024");
}

static int new_columns(struct rf_frame *f, size_t n, struct rf_err *err)
{
    if (n > MOST_COLUMNS)
        return rf_fail(err, RF_BAD_INPUT, "found %zu columns, expected at most %d", n, (int)MOST_COLUMNS);
    int rc = RF_NEW(f->name, n, err);
    if (!rc)
        rc = RF_NEW(f->column, n, err);
    f->columns = n;
    return rc;
}

/* The attributes {data, name} or {start, stop, step, name} of an index. */
static int index_of(const struct rf_frame *f, rf_pickle_ref ref, enum name *kind, struct rf_pickle_value *attributes,
                    struct rf_err *err)
{
    const struct call c = call_of(f, ref);
    const struct rf_pickle_value v = see(f, ref);
    if (c.name != N_NEW_INDEX || c.args.n != 2 || see(f, c.args.item[0]).kind != RF_PICKLE_NAME ||
        see(f, c.args.item[1]).kind != RF_PICKLE_DICT)
        return refuse_kind(err, "axis of a DataFrame", &v, "a pandas.Index");
    *kind = (enum name)see(f, c.args.item[0]).i;
    *attributes = see(f, c.args.item[1]);
    return *kind == N_INDEX || *kind == N_RANGE ? 0 : refuse_kind(err, "axis of a DataFrame", &v, "a pandas.Index");
}

static bool int_attribute(const struct rf_frame *f, const struct rf_pickle_value *dict, const char *key, int64_t *out)
{
    rf_pickle_ref ref;
    if (!lookup(f, dict, key, &ref))
        return false;
    const struct rf_pickle_value v = see(f, ref);
    *out = v.i;
    return v.kind == RF_PICKLE_INT;
}

/* An index as a column of its own. */
static int index_array(struct rf_frame *f, rf_pickle_ref ref, struct array *a, rf_pickle_ref *name, struct rf_err *err)
{
    enum { SAFE = 1 << 30 };
    struct rf_pickle_value attributes = { 0 };
    enum name kind = N_NOTHING;
    rf_pickle_ref data = 0;
    int64_t stop = 0;
    int rc = index_of(f, ref, &kind, &attributes, err);
    if (rc)
        return rc;
    *name = 0;
    lookup(f, &attributes, "name", name);
    if (kind == N_INDEX) {
        rc = lookup(f, &attributes, "data", &data) ? array_of(f, data, a, err)
                                                   : refuse(err, "axis of a DataFrame", "no data", "data");
        return rc || a->rank == 1 ? rc : refuse(err, "axis of a DataFrame", "two dimensions", "one");
    }
    *a = (struct array){ .type = 'r', .rank = 1, .shape = { 0, 1 } };
    if (!int_attribute(f, &attributes, "start", &a->start) || !int_attribute(f, &attributes, "stop", &stop) ||
        !int_attribute(f, &attributes, "step", &a->step) || !a->step || a->start > SAFE || a->start < -SAFE ||
        stop > SAFE || stop < -SAFE || a->step > SAFE || a->step < -SAFE)
        return refuse(err, "axis of a DataFrame", "a RangeIndex of other numbers", "start, stop and step below 2^30");
    const int64_t span = a->step > 0 ? stop - a->start : a->start - stop, step = a->step > 0 ? a->step : -a->step;
    a->shape[0] = span > 0 ? (size_t)((span + step - 1) / step) : 0;
    return 0;
}

/* Names and number of rows. *places = columns but for the index, which stand behind it. */
static int read_axes(struct rf_frame *f, rf_pickle_ref ref, struct column **place, size_t *places, struct rf_err *err)
{
    const struct rf_pickle_value axes = see(f, ref);
    struct array columns, rows;
    rf_pickle_ref ignored, name;
    int rc;
    if (!is_sequence(&axes) || axes.n != 2)
        return refuse_kind(err, "axes of a DataFrame", &axes, "two indexes");
    if ((rc = index_array(f, axes.item[0], &columns, &ignored, err)) ||
        (rc = index_array(f, axes.item[1], &rows, &name, err)))
        return rc;
    if (columns.type != 'O' && columns.shape[0])
        return refuse(err, "names of the columns", "numbers", "texts");
    const bool named = see(f, name).kind == RF_PICKLE_TEXT;
    *places = columns.shape[0];
    if ((rc = new_columns(f, *places + named, err)))
        return rc;
    f->rows = rows.shape[0];
    *place = f->column + named;
    if (named) {
        f->column[0] = (struct column){ rows, 0, 1, true };
        rc = text_name(f, name, &f->name[0], err);
    }
    for (size_t i = 0; !rc && i < *places; i++)
        rc = text_name(f, columns.item[i], &f->name[named + i], err);
    return rc;
}

/* ---- blocks ---- */

/* Column of line k of a block; SIZE_MAX: none of the n. */
static size_t column_of(const struct array *placement, size_t k, size_t n)
{
    struct rf_cell cell = { 0 };
    if (placement->type == 'r')
        cell.i = placement->start + (int64_t)k * placement->step; /* k is below 2^32, the others 2^17 */
    else
        number_cell(placement, k, &cell);
    return cell.i >= 0 && (uint64_t)cell.i < n ? (size_t)cell.i : SIZE_MAX;
}

/* A slice, or an array of integers. */
static int placement_of(struct rf_frame *f, rf_pickle_ref ref, size_t n, struct array *a, struct rf_err *err)
{
    const struct call c = call_of(f, ref);
    if (c.name != N_SLICE || c.args.n != 3) {
        const int rc = array_of(f, ref, a, err);
        if (rc)
            return rc;
        return a->rank == 1 && a->shape[0] == n && (a->type == 'i' || a->type == 'u')
                   ? 0
                   : refuse(err, "placement of a block", "another array", "an integer for each of its columns");
    }
    const struct rf_pickle_value start = see(f, c.args.item[0]), step = see(f, c.args.item[2]);
    *a = (struct array){ .type = 'r', .start = start.i, .step = step.kind == RF_PICKLE_NONE ? 1 : step.i };
    return start.kind == RF_PICKLE_INT && start.i >= 0 && start.i <= MOST_COLUMNS &&
                   a->step >= -(int64_t)MOST_COLUMNS && a->step <= MOST_COLUMNS
               ? 0
               : refuse(err, "placement of a block", "another slice", "one of columns");
}

static int read_block(struct rf_frame *f, rf_pickle_ref values, rf_pickle_ref where, struct column *place, size_t n,
                      struct rf_err *err)
{
    struct array a, placement;
    char found[96];
    int rc = array_of(f, values, &a, err);
    if (rc)
        return rc;
    snprintf(found, sizeof found, "an array of %zu dimensions for %zu rows", a.rank, a.shape[1]);
    if (a.rank != 2 || a.shape[1] != f->rows)
        return refuse(err, "block of columns", found, "two, with a cell for each row of the table");
    if ((rc = placement_of(f, where, a.shape[0], &placement, err)))
        return rc;
    const bool apart = a.fortran && a.type != 'O'; /* a list of objects is in C order whatever the array was */
    for (size_t k = 0; k < a.shape[0]; k++) {
        const size_t at = column_of(&placement, k, n);
        if (at == SIZE_MAX || place[at].set)
            return refuse(err, "placement of a block", at == SIZE_MAX ? "a column that is not there" : "a column twice",
                          "each column once");
        place[at] = (struct column){ a, apart ? k : k * a.shape[1], apart ? a.shape[0] : 1, true };
    }
    return 0;
}

/* A block as a call (pandas from 1.3 on) or as a dictionary (before). */
static int block_of(struct rf_frame *f, rf_pickle_ref ref, struct column *place, size_t n, struct rf_err *err)
{
    const struct rf_pickle_value v = see(f, ref);
    const struct call c = call_of(f, ref);
    rf_pickle_ref values, where;
    if (c.name == N_BLOCK && c.args.n >= 2)
        return read_block(f, c.args.item[0], c.args.item[1], place, n, err);
    if (lookup(f, &v, "values", &values) && lookup(f, &v, "mgr_locs", &where))
        return read_block(f, values, where, place, n, err);
    return refuse_kind(err, "block of columns", &v, "an array with its placement");
}

/* Blocks and axes out of the manager's arguments (pandas from 1.3 on) or state (before). */
static bool manager_parts(const struct rf_frame *f, rf_pickle_ref ref, rf_pickle_ref *blocks, rf_pickle_ref *axes)
{
    const struct call c = call_of(f, ref);
    const struct rf_pickle_value state = see(f, c.state);
    rf_pickle_ref inner;
    if (c.name != N_MANAGER)
        return false;
    if (c.args.n == 2) {
        *blocks = c.args.item[0];
        *axes = c.args.item[1];
        return true;
    }
    if (state.kind != RF_PICKLE_TUPLE || state.n < 4)
        return false;
    const struct rf_pickle_value newest = see(f, state.item[3]);
    if (!lookup(f, &newest, "0.14.1", &inner)) /* the version that brought the layout */
        return false;
    const struct rf_pickle_value parts = see(f, inner);
    return lookup(f, &parts, "blocks", blocks) && lookup(f, &parts, "axes", axes);
}

static int read_frame(struct rf_frame *f, rf_pickle_ref state, struct rf_err *err)
{
    const struct rf_pickle_value attributes = see(f, state);
    rf_pickle_ref manager, blocks, axes;
    struct column *place = NULL;
    size_t n = 0, cells;
    if ((!lookup(f, &attributes, "_mgr", &manager) && !lookup(f, &attributes, "_data", &manager)) ||
        !manager_parts(f, manager, &blocks, &axes))
        return refuse_kind(err, "DataFrame", &attributes,
                           "the state of one of pandas 1.0 to 2.x, a BlockManager in it");
    int rc = read_axes(f, axes, &place, &n, err);
    if (rc)
        return rc;
    if (!rf_mul(f->rows, n + !n, &cells) || cells > f->bytes)
        return refuse(err, "DataFrame", "more cells than the file has bytes", "at most so many");
    const struct rf_pickle_value list = see(f, blocks);
    if (!is_sequence(&list))
        return refuse_kind(err, "blocks of a DataFrame", &list, "a tuple");
    for (size_t i = 0; !rc && i < list.n; i++)
        rc = block_of(f, list.item[i], place, n, err);
    for (size_t i = 0; !rc && i < n; i++)
        if (!place[i].set)
            rc = refuse(err, "DataFrame", "a column without cells", "a block for each column");
    return rc;
}

/* ---- plain lists and dictionaries ---- */

static int read_lists(struct rf_frame *f, const struct rf_pickle_value *dict, struct rf_err *err)
{
    char shown[RF_SHOWN], what[RF_SHOWN + 16];
    size_t cells;
    int rc = new_columns(f, dict->n, err);
    for (size_t i = 0; !rc && i < dict->n; i++) {
        const struct rf_pickle_value list = see(f, dict->item[2 * i + 1]);
        if ((rc = text_name(f, dict->item[2 * i], &f->name[i], err)))
            break;
        snprintf(what, sizeof what, "column %s", rf_field_show(f->name[i], shown));
        if (i == 0)
            f->rows = list.n;
        if (!is_sequence(&list) || list.n != f->rows)
            return refuse_kind(err, what, &list, "a list, as long as the first column's");
        f->column[i] = (struct column){ { .type = 'O', .item = list.item }, 0, 1, true };
    }
    return rc || (rf_mul(f->rows, f->columns, &cells) && cells <= f->bytes)
               ? rc
               : refuse(err, "dictionary of lists", "more cells than the file has bytes", "at most so many");
}

static bool same_keys(const struct rf_frame *f, const struct rf_pickle_value *a, const struct rf_pickle_value *b)
{
    if (b->kind != RF_PICKLE_DICT || a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (a->item[2 * i] != b->item[2 * i]) { /* most often the same node */
            const struct rf_pickle_value k = see(f, b->item[2 * i]);
            if (k.kind != RF_PICKLE_TEXT || !rf_str_same(f->name[i], k.s))
                return false;
        }
    return true;
}

static int read_records(struct rf_frame *f, const struct rf_pickle_value *list, struct rf_err *err)
{
    const struct rf_pickle_value first = list->n ? see(f, list->item[0]) : (struct rf_pickle_value){ 0 };
    size_t cells;
    if (first.kind != RF_PICKLE_DICT)
        return refuse_kind(err, "list", &first, "a dictionary for each row");
    if (!rf_mul(first.n, list->n, &cells) || cells > f->bytes)
        return refuse(err, "list of dictionaries", "more cells than the file has bytes", "at most so many");
    int rc = new_columns(f, first.n, err);
    for (size_t i = 0; !rc && i < first.n; i++)
        rc = text_name(f, first.item[2 * i], &f->name[i], err);
    f->record = list->item;
    f->rows = list->n;
    for (size_t r = 1; !rc && r < list->n; r++) {
        const struct rf_pickle_value row = see(f, list->item[r]);
        if (!same_keys(f, &first, &row))
            rc = rf_fail(err, RF_BAD_INPUT, "row %zu: found other keys, expected those of row 1 in their order", r + 1);
    }
    return rc;
}

/* ---- the table ---- */

bool rf_frame_sniff(struct rf_str head, const char *key)
{
    enum { PROTO = 2, FRAME = 9, NEAR = 128 };
    static const char pandas[] = "pandas.core.frame";
    if (!rf_pickle_sniff(head))
        return false;
    if (memmem(head.s, head.len < NEAR ? head.len : NEAR, pandas, strlen(pandas)))
        return true;
    const size_t at = (unsigned char)head.s[PROTO] == 0x95 ? PROTO + FRAME : PROTO;
    return at < head.len && (head.s[at] == ']' || head.s[at] == '}') && memmem(head.s, head.len, key, strlen(key));
}

int rf_frame_new(struct rf_frame **out, struct rf_str bytes, struct rf_err *err)
{
    struct rf_frame *f = NULL;
    int rc = RF_NEW(f, 1, err);
    if (rc || (rc = rf_pickle_parse(&f->pickle, bytes, &allowed, err)))
        goto out;
    f->bytes = bytes.len;
    const rf_pickle_ref root = rf_pickle_root(f->pickle);
    const struct rf_pickle_value v = see(f, root);
    const struct call c = call_of(f, root);
    if (c.name == N_FRAME)
        rc = read_frame(f, c.state, err);
    else if (v.kind == RF_PICKLE_DICT)
        rc = read_lists(f, &v, err);
    else if (v.kind == RF_PICKLE_LIST)
        rc = read_records(f, &v, err);
    else
        rc = refuse_kind(err, "pickle", &v, "a DataFrame, a dictionary of lists or a list of dictionaries");
    if (!rc) {
        *out = f;
        f = NULL;
    }
out:
    rf_frame_free(f);
    return rc;
}

size_t rf_frame_rows(const struct rf_frame *f)
{
    return f->rows;
}

const struct rf_str *rf_frame_names(const struct rf_frame *f, size_t *n)
{
    *n = f->columns;
    return f->name;
}

/* ---- cells ---- */

/* Text as valid UTF-8. */
static int text_cell(struct rf_frame *f, const struct rf_pickle_value *v, struct rf_cell *cell, struct rf_err *err)
{
    char *copy = NULL;
    f->handed_out += v->s.len;
    f->repaired_bytes += v->surrogates ? v->s.len : 0;
    if (f->handed_out / MOST_REPEATS > f->bytes + SOME_BYTES || f->repaired_bytes > f->bytes)
        return rf_fail(err, RF_BAD_INPUT,
                       "row %zu: found texts that stand in so many cells that they are many times the file, expected "
                       "less",
                       f->row + 1);
    cell->text = v->s;
    if (!v->surrogates)
        return 0;
    const int rc = new_piece(&f->repaired, v->s.len, &copy, err);
    if (rc)
        return rc;
    memcpy(copy, v->s.s, v->s.len);
    for (size_t i = 0; i + 2 < v->s.len; i++) {
        const unsigned char *const p = (unsigned char *)copy + i;
        if (p[0] == 0xED && p[1] >= 0xA0)
            memcpy(copy + i, "\xEF\xBF\xBD", 3);
    }
    cell->text.s = copy;
    cell->repaired = v->surrogates;
    return 0;
}

/* numpy.float64(0.5) and its like within a column of objects. */
static int scalar_cell(struct rf_frame *f, const struct call *c, struct rf_cell *cell, struct rf_err *err)
{
    struct array a = { .rank = 1, .shape = { 1, 1 } };
    char room[8];
    if (c->name != N_SCALAR || c->args.n != 2)
        return 0;
    int rc = dtype_of(f, c->args.item[0], &a, err);
    if (rc || a.type == 'O' || (rc = bytes_of(f, c->args.item[1], a.width, room, &a.bytes, err)))
        return rc;
    number_cell(&a, 0, cell);
    return 0;
}

static int object_cell(struct rf_frame *f, rf_pickle_ref ref, struct rf_cell *cell, struct rf_err *err)
{
    static const enum rf_cell_kind as[] = {
        [RF_PICKLE_NONE] = RF_CELL_MISSING, [RF_PICKLE_BOOL] = RF_CELL_BOOL,    [RF_PICKLE_INT] = RF_CELL_INT,
        [RF_PICKLE_REAL] = RF_CELL_REAL,    [RF_PICKLE_TEXT] = RF_CELL_TEXT,    [RF_PICKLE_BYTES] = RF_CELL_OTHER,
        [RF_PICKLE_LIST] = RF_CELL_LIST,    [RF_PICKLE_TUPLE] = RF_CELL_LIST,   [RF_PICKLE_DICT] = RF_CELL_OTHER,
        [RF_PICKLE_NAME] = RF_CELL_OTHER,   [RF_PICKLE_OBJECT] = RF_CELL_OTHER,
    };
    const struct rf_pickle_value v = see(f, ref);
    cell->kind = as[v.kind];
    cell->i = v.i;
    cell->x = v.kind == RF_PICKLE_REAL ? v.x : (double)v.i;
    if (v.kind == RF_PICKLE_TEXT)
        return text_cell(f, &v, cell, err);
    if (v.kind == RF_PICKLE_OBJECT) {
        const struct call c = call_of(f, ref);
        return scalar_cell(f, &c, cell, err);
    }
    if ((v.kind == RF_PICKLE_REAL && isnan(v.x)) || (v.kind == RF_PICKLE_NAME && v.i == N_NA))
        cell->kind = RF_CELL_MISSING;
    if (cell->kind == RF_CELL_LIST && !v.n)
        cell->text = (struct rf_str){ "", 0 };
    if (cell->kind == RF_CELL_LIST && v.n) {
        const struct rf_pickle_value last = see(f, v.item[v.n - 1]);
        if (last.kind == RF_PICKLE_TEXT)
            return text_cell(f, &last, cell, err);
        cell->kind = RF_CELL_OTHER;
    }
    return 0;
}

int rf_frame_cell(struct rf_frame *f, size_t row, size_t column, struct rf_cell *cell, struct rf_err *err)
{
    *cell = (struct rf_cell){ 0 };
    if (row != f->row) {
        free_pieces(&f->repaired);
        f->repaired_bytes = 0;
        f->row = row;
    }
    if (f->record)
        return object_cell(f, see(f, f->record[row]).item[2 * column + 1], cell, err);
    const struct column *const c = &f->column[column];
    const size_t at = c->first + row * c->stride;
    if (c->a.type == 'O')
        return object_cell(f, c->a.item[at], cell, err);
    if (c->a.type != 'r') {
        number_cell(&c->a, at, cell);
        return 0;
    }
    cell->kind = RF_CELL_INT;
    cell->i = c->a.start + (int64_t)at * c->a.step;
    cell->x = (double)cell->i;
    return 0;
}

struct rf_str rf_cell_text(const struct rf_cell *cell, char room[RF_CELL_ROOM])
{
    static const double whole = 1e15;
    int n = 0;
    if (cell->kind == RF_CELL_TEXT || cell->kind == RF_CELL_LIST)
        return cell->text;
    if (cell->kind == RF_CELL_BOOL)
        n = snprintf(room, RF_CELL_ROOM, "%s", cell->i ? "True" : "False");
    else if (cell->kind == RF_CELL_INT)
        n = snprintf(room, RF_CELL_ROOM, "%lld", (long long)cell->i);
    else if (cell->kind == RF_CELL_REAL && fabs(cell->x) < whole && cell->x == floor(cell->x))
        n = snprintf(room, RF_CELL_ROOM, "%.1f", cell->x);
    else if (cell->kind == RF_CELL_REAL)
        n = snprintf(room, RF_CELL_ROOM, "%.17g", cell->x);
    else
        return (struct rf_str){ NULL, 0 };
    return (struct rf_str){ room, (size_t)n };
}

void rf_frame_free(struct rf_frame *f)
{
    if (!f)
        return;
    free_pieces(&f->pieces);
    free_pieces(&f->repaired);
    rf_pickle_free(f->pickle);
    rf_free(f->name);
    rf_free(f->column);
    rf_free(f);
}
