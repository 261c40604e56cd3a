/* Unit tests of datasets/dataframe: the layouts of pandas 1.0 to 2.x and numpy 1 and 2, opcode by opcode, tables that
 * contradict themselves, and small files that stand for large tables. tests/golden/golden_pandas.c asks pandas itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "datasets/dataframe.h"

#define LITERAL(text)                                                                                                  \
    {                                                                                                                  \
        text, sizeof(text) - 1                                                                                         \
    }

/* Parts of pickles. N: "numpy" names of version 1 or 2 differ in their module. */
#define TEXT(n, text) "X" n "\0\0\0" text
#define DTYPE(code, order)                                                                                             \
    "cnumpy\ndtype\n(" TEXT("\x02", code) "\x89\x88tR(K\x03" TEXT("\x01",                                              \
                                                                  order) "NNNJ\xFF\xFF\xFF\xFFJ\xFF\xFF\xFF\xFFK\0tb"
#define ARRAY(numpy, shape, type, fortran, data)                                                                       \
    "c" numpy ".multiarray\n_reconstruct\n(cnumpy\nndarray\nK\0\x85"                                                   \
    "C\x01"                                                                                                            \
    "btR(K\x01" shape type fortran data "tb"
#define BUFFER(numpy, bytes, type, shape, order)                                                                       \
    "c" numpy ".numeric\n_frombuffer\n(" bytes type shape TEXT("\x01", order) "tR"
#define SLICE(from, to) "cbuiltins\nslice\nK" from "K" to "K\x01\x87R"
#define INDEX(numpy, n, list, name)                                                                                    \
    "cpandas.core.indexes.base\n_new_Index\ncpandas.core.indexes.base\nIndex\n}(" TEXT("\x04", "data")                 \
        ARRAY(numpy, "K" n "\x85", DTYPE("O8", "|"), "\x89", list) TEXT("\x04", "name") name "u\x86R"
#define RANGE(stop)                                                                                                    \
    "cpandas.core.indexes.base\n_new_Index\ncpandas.core.indexes.range\nRangeIndex\n}(" TEXT("\x04", "name") "N" TEXT( \
        "\x05", "start") "K\0" TEXT("\x04", "stop") stop TEXT("\x04", "step") "K\x01u\x86R"
#define MANAGER(blocks, axes) "cpandas.core.internals.managers\nBlockManager\n(" blocks "t" axes "\x86R"
#define FRAME(manager)                                                                                                 \
    "cpandas.core.frame\nDataFrame\n)\x81}(" TEXT("\x04", "_mgr") manager TEXT("\x04", "_typ")                         \
        TEXT("\x09", "dataframe") "ub."
#define BLOCK(values, placement) "cpandas._libs.internals\n_unpickle_block\n(" values placement "K\x02tR"
#define ONE_AND_HALF             "\0\0\0\0\0\0\xF0?\0\0\0\0\0\0\xE0?"
#define MS(numpy)                INDEX(numpy, "\x02", "](" TEXT("\x01", "m") TEXT("\x01", "s") "e", "N")
#define OBJECTS(numpy)           ARRAY(numpy, "K\x01K\x02\x86", DTYPE("O8", "|"), "\x89", "](" TEXT("\x02", "hi") "Ne")
#define FLOATS(numpy)            BUFFER(numpy, "\x96\x10\0\0\0\0\0\0\0" ONE_AND_HALF, DTYPE("f8", "<"), "K\x01K\x02\x86", "C")
#define WHOLE(numpy)                                                                                                   \
    "\x80\x05" FRAME(MANAGER(BLOCK(FLOATS(numpy), SLICE("\0", "\x01")) BLOCK(OBJECTS(numpy), SLICE("\x01", "\x02")),   \
                             "](" MS(numpy) RANGE("K\x02") "e"))

static struct rf_frame *framed(struct rf_str bytes)
{
    struct rf_frame *f = NULL;
    struct rf_err err = { 0 };
    if (rf_frame_new(&f, bytes, &err))
        fail_msg("%s", err.msg);
    return f;
}

static void refused(struct rf_str bytes, const char *why)
{
    struct rf_frame *f = NULL;
    struct rf_err err = { 0 };
    assert_int_equal(rf_frame_new(&f, bytes, &err), RF_BAD_INPUT);
    assert_null(f);
    if (!strstr(err.msg, why) || !strstr(err.msg, "found ") || !strstr(err.msg, "expected "))
        fail_msg("found \"%s\", expected \"%s\" in it", err.msg, why);
}

static void cell_is(struct rf_frame *f, size_t row, size_t column, enum rf_cell_kind kind, const char *text)
{
    struct rf_cell cell;
    char room[RF_CELL_ROOM];
    assert_int_equal(rf_frame_cell(f, row, column, &cell, NULL), 0);
    assert_int_equal(cell.kind, kind);
    const struct rf_str got = rf_cell_text(&cell, room);
    assert_int_equal(got.s != NULL, text != NULL);
    assert_int_equal(got.len, text ? strlen(text) : 0);
    if (text)
        assert_memory_equal(got.s, text, got.len);
}

static void layouts_of_all_versions_hold_the_same_table(void **state)
{
    (void)state;
    static const struct rf_str pickles[] = {
        LITERAL(WHOLE("numpy.core")),
        LITERAL(WHOLE("numpy._core")),
        /* pandas 1.3: partial(new_block, ndim=2), numbers by _reconstruct, placement by an array */
        LITERAL("\x80\x04" FRAME(MANAGER(
            "cfunctools\npartial\nq\x01"
            "cpandas.core.internals.blocks\nnew_block\nq\x02\x85R(h\x02)}" TEXT("\x04", "ndim") "K\x02sNtb" ARRAY(
                "numpy.core", "K\x01K\x02\x86", DTYPE("f8", "<"), "\x88", "C\x10" ONE_AND_HALF)
                ARRAY("numpy.core", "K\x01\x85", DTYPE("i8", "<"), "\x89",
                      "C\x08\0\0\0\0\0\0\0\0") "\x86R" BLOCK(OBJECTS("numpy.core"), SLICE("\x01", "\x02")),
            "](" MS("numpy.core") RANGE("K\x02") "e"))),
        /* pandas 1.0: a manager without arguments, and its state; bytes as protocol 2 writes them */
        /* clang-format off */
        LITERAL("\x80\x02" "cpandas.core.frame\nDataFrame\n)\x81}"
                TEXT("\x05", "_data") "cpandas.core.internals.managers\nBlockManager\n)\x81(]]]}"
                TEXT("\x06", "0.14.1") "}("
                TEXT("\x04", "axes") "](" MS("numpy.core") RANGE("K\x02") "e"
                TEXT("\x06", "blocks") "](}("
                TEXT("\x06", "values")
                ARRAY("numpy.core", "K\x01K\x02\x86", DTYPE("f8", ">"), "\x89",
                      "c_codecs\nencode\nX\x12\0\0\0?\xC3\xB0\0\0\0\0\0\0?\xC3\xA0\0\0\0\0\0\0"
                      TEXT("\x06", "latin1") "\x86R")
                TEXT("\x08", "mgr_locs") SLICE("\0", "\x01") "u}("
                TEXT("\x06", "values") OBJECTS("numpy.core")
                TEXT("\x08", "mgr_locs") SLICE("\x01", "\x02") "ueustbsb."),
        /* clang-format on */
        LITERAL("\x80\x02}(" TEXT("\x01", "m") "](G?\xF0\0\0\0\0\0\0G?\xE0\0\0\0\0\0\0e" TEXT("\x01", "s") "](" TEXT(
            "\x02", "hi") "Neu."),
        LITERAL("\x80\x02](}(" TEXT("\x01", "m") "G?\xF0\0\0\0\0\0\0" TEXT("\x01", "s")
                    TEXT("\x02", "hi") "u}(" TEXT("\x01", "m") "G?\xE0\0\0\0\0\0\0" TEXT("\x01", "s") "Nue."),
    };
    for (size_t i = 0; i < sizeof pickles / sizeof *pickles; i++) {
        struct rf_frame *f = framed(pickles[i]);
        size_t n;
        const struct rf_str *const name = rf_frame_names(f, &n);
        assert_int_equal(n, 2);
        assert_memory_equal(name[0].s, "m", 1);
        assert_memory_equal(name[1].s, "s", 1);
        assert_int_equal(rf_frame_rows(f), 2);
        cell_is(f, 0, 0, RF_CELL_REAL, "1.0");
        cell_is(f, 1, 0, RF_CELL_REAL, "0.5");
        cell_is(f, 0, 1, RF_CELL_TEXT, "hi");
        cell_is(f, 1, 1, RF_CELL_MISSING, NULL);
        rf_frame_free(f);
        for (size_t cut = 0; cut < pickles[i].len; cut++) {
            struct rf_err err = { 0 };
            assert_int_equal(rf_frame_new(&f, (struct rf_str){ pickles[i].s, cut }, &err), RF_BAD_INPUT);
        }
    }
}

static void cells_of_objects_are_told_apart(void **state)
{
    (void)state;
    static const struct rf_str one =
        LITERAL("\x80\x04}\x8C\x01k](\x88K\x07G\x7F\xF8\0\0\0\0\0\0](\x8C\x01"
                "a\x8C\x01"
                "be](\x8C\x01"
                "aK\x01"
                "e])C\x01z}cpandas._libs.missing\nNA\ncnumpy._core.multiarray\nscalar\n" DTYPE(
                    "f4", "<") "C\x04\0\0\x80?\x86R\x8C\x04x\xED\xA0\x80"
                               "cbuiltins\nslice\nes.");
    static const struct {
        enum rf_cell_kind kind;
        const char *text;
    } want[] = { { RF_CELL_BOOL, "True" },  { RF_CELL_INT, "7" },    { RF_CELL_MISSING, NULL },
                 { RF_CELL_LIST, "b" },     { RF_CELL_OTHER, NULL }, { RF_CELL_LIST, "" },
                 { RF_CELL_LIST, "" },      { RF_CELL_OTHER, NULL }, { RF_CELL_OTHER, NULL },
                 { RF_CELL_MISSING, NULL }, { RF_CELL_REAL, "1.0" }, { RF_CELL_TEXT, "x\xEF\xBF\xBD" },
                 { RF_CELL_OTHER, NULL } };
    struct rf_frame *f = framed(one);
    assert_int_equal(rf_frame_rows(f), sizeof want / sizeof *want);
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        cell_is(f, i, 0, want[i].kind, want[i].text);
    rf_frame_free(f);
}

#define TABLE(block, rows) "\x80\x05" FRAME(MANAGER(block, "](" MS("numpy.core") RANGE(rows) "e"))
#define BOTH(values)       TABLE(BLOCK(values, SLICE("\0", "\x02")), "K\x01")
#define F8(shape, bytes)   BUFFER("numpy.core", bytes, DTYPE("f8", "<"), shape, "C")
#define TWO                "C\x10" ONE_AND_HALF

static void tables_that_contradict_themselves_are_refused(void **state)
{
    (void)state;
    static const struct {
        struct rf_str bytes;
        const char *why;
    } bad[] = {
        { LITERAL(BOTH(F8("K\x02K\x02\x86", TWO))), "16 bytes for 32" },
        { LITERAL(BOTH(F8("K\x01K\x02\x86", TWO))), "for 2 rows, expected two" },
        { LITERAL(BOTH(F8("K\x02\x85", TWO))), "an array of 1 dimensions" },
        { LITERAL(BOTH(F8("J\xFF\xFF\xFF\xFFK\x02\x86", TWO))), "shape of an array" },
        { LITERAL(BOTH(F8("J\xFF\xFF\xFF\x7FJ\xFF\xFF\xFF\x7F\x86", TWO))), "more cells than the file has bytes" },
        { LITERAL(BOTH(BUFFER("numpy.core", TWO, DTYPE("c8", "<"), "K\x02K\x01\x86", "C"))),
          "\"c8\", expected objects" },
        { LITERAL(BOTH(BUFFER("numpy.core", "K\x01", DTYPE("f8", "<"), "K\x02K\x01\x86", "C"))),
          "an integer, expected bytes" },
        { LITERAL(BOTH("]")), "values: found a list" },
        { LITERAL(TABLE(BLOCK(F8("K\x02K\x01\x86", TWO), SLICE("\x01", "\x03")), "K\x01")),
          "a column that is not there" },
        { LITERAL(TABLE(BLOCK(F8("K\x02K\x01\x86", TWO), "cbuiltins\nslice\nK\x01K\0J\xFF\xFF\xFF\xFF\x87R")
                            BLOCK(F8("K\x02K\x01\x86", TWO), SLICE("\0", "\x02")),
                        "K\x01")),
          "a column twice" },
        { LITERAL(
              TABLE(BLOCK(F8("K\x02K\x01\x86", TWO), "cbuiltins\nslice\nJ\xFF\xFF\xFF\xFFK\x01K\x01\x87R"), "K\x01")),
          "another slice" },
        { LITERAL(TABLE("", "K\x01")), "a column without cells" },
        { LITERAL(TABLE("", "J\0\0\0\x10")), "more cells than the file has bytes" },
        { LITERAL(TABLE("", "G?\xF0\0\0\0\0\0\0")), "a RangeIndex of other numbers" },
        { LITERAL(TABLE("N", "K\x01")), "block of columns: found None" },
        { LITERAL("\x80\x05" FRAME("N")), "DataFrame: found a dictionary" },
        { LITERAL("\x80\x05N."), "pickle: found None, expected a DataFrame" },
        { LITERAL("\x80\x05]."), "a dictionary for each row" },
        { LITERAL("\x80\x05](}\x8C\x01"
                  "aNs}\x8C\x01"
                  "bNse."),
          "row 2: found other keys" },
        { LITERAL("\x80\x05}(\x8C\x01"
                  "a](NNe\x8C\x01"
                  "b]Nau."),
          "column \"b\"" },
        { LITERAL("\x80\x05}K\x01]s."), "name of a column: found an integer" },
        { LITERAL("\x80\x04\x8C\x1Apandas.core.arrays.string_\x8C\x0BStringArray\x93."),
          "pandas.core.arrays.string_ StringArray, expected one of the names of a DataFrame" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refused(bad[i].bytes, bad[i].why);
}

/* One long text in very many cells, and one long list in very many columns. */
static void small_files_are_no_large_tables(void **state)
{
    (void)state;
    enum { LONG = 100000, MANY = 60000 };
    struct rf_buf b = { 0 };
    struct rf_err err = { 0 };
    struct rf_cell cell;
    static char text[LONG];
    memset(text, 'x', sizeof text);
    rf_buf_add(&b, "\x80\x04}\x8C\x01k](X\xA0\x86\x01\0", 13, NULL);
    rf_buf_add(&b, text, sizeof text, NULL);
    rf_buf_add(&b, "q\0", 2, NULL);
    for (size_t i = 0; i < MANY; i++)
        rf_buf_add(&b, "h\0", 2, NULL);
    rf_buf_add(&b, "es.", 3, NULL);
    struct rf_frame *f = framed((struct rf_str){ b.data, b.len });
    size_t row = 0;
    while (row < MANY && !rf_frame_cell(f, row, 0, &cell, &err))
        row++;
    assert_int_equal(err.code, RF_BAD_INPUT);
    assert_in_range(row, 100, 2000);
    rf_frame_free(f);

    b.len = 0;
    rf_buf_add(&b, "\x80\x04}(\x8C\x01k](", 9, NULL);
    for (size_t i = 0; i < MANY; i++)
        rf_buf_add(&b, "N", 1, NULL);
    rf_buf_add(&b, "eq\0", 3, NULL);
    for (char c = 'a'; c <= 'e'; c++) {
        const char more[] = { (char)0x8C, 1, c, 'h', 0 };
        rf_buf_add(&b, more, sizeof more, NULL);
    }
    rf_buf_add(&b, "u.", 2, NULL);
    refused((struct rf_str){ b.data, b.len }, "more cells than the file has bytes");
    rf_buf_release(&b);
}

static void tables_are_known_by_their_first_bytes(void **state)
{
    (void)state;
    static const struct {
        struct rf_str head;
        bool known;
    } cases[] = { { LITERAL(WHOLE("numpy.core")), true },
                  { LITERAL("\x80\x04\x95\x09\0\0\0\0\0\0\0]}\x8C\x04gold"), true },
                  { LITERAL("\x80\x04}\x8C\x04"
                            "gilt"),
                    false },
                  { LITERAL("\x80\x02"
                            "ctorch\nload\ngold"),
                    false },
                  { LITERAL("gold,pandas.core.frame"), false },
                  { LITERAL("\x80"), false } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(rf_frame_sniff(cases[i].head, "gold"), cases[i].known);
}

static void no_memory_is_an_error(void **state)
{
    (void)state;
    static const struct rf_str whole = LITERAL(WHOLE("numpy.core"));
    for (long nth = 1;; nth++) {
        struct rf_frame *f = NULL;
        struct rf_err err = { 0 };
        rf_mem_fail_at(nth, true);
        const int rc = rf_frame_new(&f, whole, &err);
        rf_mem_fail_at(0, false);
        rf_frame_free(f);
        if (rc == 0)
            break;
        assert_int_equal(rc, RF_FAIL);
        assert_true(nth < 50);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layouts_of_all_versions_hold_the_same_table),
        cmocka_unit_test(cells_of_objects_are_told_apart),
        cmocka_unit_test(tables_that_contradict_themselves_are_refused),
        cmocka_unit_test(small_files_are_no_large_tables),
        cmocka_unit_test(tables_are_known_by_their_first_bytes),
        cmocka_unit_test(no_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
