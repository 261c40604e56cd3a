/* Unit tests of core/pickle: every opcode that is read, every one that is refused, and what a hostile file would do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/pickle.h"

#define LITERAL(text)                                                                                                  \
    {                                                                                                                  \
        text, sizeof(text) - 1                                                                                         \
    }
#define BYTES(text) ((struct rf_str)LITERAL(text))

enum { F, G };
static const struct rf_pickle_name names_v[] = { { "m", "f", F }, { "old.m", "f", F }, { "m", "g", G } };
static const struct rf_pickle_names names = { names_v, 3, "m.f or m.g" };

static struct rf_pickle *parsed(struct rf_str bytes)
{
    struct rf_pickle *p = NULL;
    struct rf_err err = { 0 };
    if (rf_pickle_parse(&p, bytes, &names, &err))
        fail_msg("%s", err.msg);
    return p;
}

static void refused(struct rf_str bytes, const char *why)
{
    struct rf_pickle *p = NULL;
    struct rf_err err = { 0 };
    assert_int_equal(rf_pickle_parse(&p, bytes, &names, &err), RF_BAD_INPUT);
    assert_null(p);
    if (!strstr(err.msg, why) || !strstr(err.msg, "found ") || !strstr(err.msg, "expected "))
        fail_msg("found \"%s\", expected \"%s\" in it", err.msg, why);
}

static struct rf_pickle_value item(const struct rf_pickle *p, const struct rf_pickle_value *of, size_t i)
{
    assert_true(i < of->n * (of->kind == RF_PICKLE_DICT ? 2 : 1));
    return rf_pickle_see(p, of->item[i]);
}

static void values_of_all_opcodes_are_read(void **state)
{
    (void)state;
    static const int64_t ints[] = { 7, 0x1234, -2, 0, -1, 255, INT64_MIN, 5 };
    struct rf_pickle *p = parsed(BYTES("\x80\x04\x95\x05\0\0\0\0\0\0\0](N\x88\x89"
                                       "K\x07M\x34\x12J\xFE\xFF\xFF\xFF\x8A\0\x8A\x01\xFF\x8A\x02\xFF\0"
                                       "\x8A\x08\0\0\0\0\0\0\0\x80\x8B\x01\0\0\0\x05"
                                       "G\xC0\x04\0\0\0\0\0\0"
                                       "\x8C\x02\xC3\xA9X\x01\0\0\0a\x8D\x01\0\0\0\0\0\0\0b"
                                       "C\x01\xFF"
                                       "B\x01\0\0\0c\x8E\x01\0\0\0\0\0\0\0d\x96\x01\0\0\0\0\0\0\0e"
                                       ")K\x01\x85K\x01K\x02\x86K\x01K\x02K\x03\x87(K\x04te."));
    struct rf_pickle_value v = rf_pickle_see(p, rf_pickle_root(p));
    assert_int_equal(v.kind, RF_PICKLE_LIST);
    assert_int_equal(v.n, 24);
    assert_int_equal(item(p, &v, 0).kind, RF_PICKLE_NONE);
    assert_int_equal(item(p, &v, 1).i, 1);
    assert_int_equal(item(p, &v, 2).kind, RF_PICKLE_BOOL);
    for (size_t i = 0; i < sizeof ints / sizeof *ints; i++) {
        assert_int_equal(item(p, &v, 3 + i).kind, RF_PICKLE_INT);
        assert_true(item(p, &v, 3 + i).i == ints[i]);
    }
    assert_true(item(p, &v, 11).x == -2.5);
    static const char *const texts[] = { "\xC3\xA9", "a", "b", "\xFF", "c", "d", "e" };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(item(p, &v, 12 + i).kind, i < 3 ? RF_PICKLE_TEXT : RF_PICKLE_BYTES);
        assert_int_equal(item(p, &v, 12 + i).s.len, strlen(texts[i]));
        assert_memory_equal(item(p, &v, 12 + i).s.s, texts[i], strlen(texts[i]));
    }
    for (size_t i = 0; i < 5; i++) {
        const struct rf_pickle_value tuple = item(p, &v, 19 + i);
        assert_int_equal(tuple.kind, RF_PICKLE_TUPLE);
        assert_int_equal(tuple.n, i < 4 ? i : 1);
        if (tuple.n)
            assert_int_equal(item(p, &tuple, tuple.n - 1).i, i);
    }
    rf_pickle_free(p);
}

static void containers_keep_their_order_wherever_they_grow(void **state)
{
    (void)state;
    char text[4096];
    size_t n = 0;
    /* two lists and a dictionary in the memo that grow in turn */
    memcpy(text, "\x80\x02(]q\0]q\x01}q\x02", 12);
    n = 12;
    for (int i = 0; i < 100; i++) {
        const char add[] = { 'h', 0,       'K', (char)i, 'a', 'h', 1,       '(', 'K', (char)i,
                             'K', (char)i, 'e', 'h',     2,   'K', (char)i, 'h', 0,   's' };
        memcpy(text + n, add, sizeof add);
        n += sizeof add;
    }
    memcpy(text + n, "t.", 2);
    struct rf_pickle *p = parsed((struct rf_str){ text, n + 2 });
    struct rf_pickle_value all = rf_pickle_see(p, rf_pickle_root(p));
    const struct rf_pickle_value one = item(p, &all, 0), two = item(p, &all, 1), dict = item(p, &all, 2);
    assert_int_equal(one.n, 100);
    assert_int_equal(two.n, 200);
    assert_int_equal(dict.n, 100);
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(item(p, &one, i).i, i);
        assert_int_equal(item(p, &two, 2 * i + 1).i, i);
        assert_int_equal(item(p, &dict, 2 * i).i, i);
        assert_int_equal(dict.item[2 * i + 1], all.item[0]);
    }
    rf_pickle_free(p);
}

static void calls_are_noted_and_never_done(void **state)
{
    (void)state;
    struct rf_pickle *p = parsed(BYTES("\x80\x02(cm\ng\nq\x01K\x05\x85Rq\x02}bcold.m\nf\n)\x81h\x02)Rt."));
    struct rf_pickle_value v = rf_pickle_see(p, rf_pickle_root(p));
    assert_int_equal(v.n, 3);
    const struct rf_pickle_value g = item(p, &v, 0), f = item(p, &v, 1), gg = item(p, &v, 2);
    assert_int_equal(g.kind, RF_PICKLE_OBJECT);
    assert_int_equal(item(p, &g, 0).i, G);
    assert_int_equal(item(p, &g, 1).n, 1);
    assert_int_equal(item(p, &g, 2).kind, RF_PICKLE_DICT);
    assert_int_equal(item(p, &f, 0).i, F);
    assert_int_equal(item(p, &f, 2).kind, RF_PICKLE_NONE);
    assert_int_equal(gg.item[0], v.item[0]);
    rf_pickle_free(p);
    p = parsed(BYTES("\x80\x04\x8C\x01m\x94\x8C\x01g\x94\x93\x94."));
    assert_int_equal(rf_pickle_see(p, rf_pickle_root(p)).kind, RF_PICKLE_NAME);
    rf_pickle_free(p);
}

static void lone_surrogates_are_counted(void **state)
{
    (void)state;
    struct rf_pickle *p = parsed(BYTES("\x80\x04\x8C\x0A"
                                       "a\xED\xA0\x80\xED\xBF\xBF\xE2\x82\xAC."));
    assert_int_equal(rf_pickle_see(p, rf_pickle_root(p)).surrogates, 2);
    rf_pickle_free(p);
    refused(BYTES("\x80\x04\x8C\x02\xC0\x80."), "byte 2: opcode SHORT_BINUNICODE: found bytes that are no UTF-8");
    refused(BYTES("\x80\x04\x8C\x02\xED\xA0."), "no UTF-8");
}

static void what_could_run_is_refused_by_name_and_byte(void **state)
{
    (void)state;
    static const struct {
        struct rf_str bytes;
        const char *why;
    } bad[] = {
        { LITERAL("\x80\x02"
                  "cos\nsystem\nX\x02\0\0\0id\x85R."),
          "byte 2: opcode GLOBAL: found the name os system" },
        { LITERAL("\x80\x02"
                  "cposix\nsystem\n)R."),
          "byte 2: opcode GLOBAL: found the name posix system" },
        { LITERAL("\x80\x02"
                  "c__builtin__\neval\n)R."),
          "found the name __builtin__ eval" },
        { LITERAL("\x80\x04\x8C\x08"
                  "builtins\x8C\x04"
                  "eval\x93."),
          "byte 18: opcode STACK_GLOBAL: found the name builtins eval" },
        { LITERAL("\x80\x04\x8C\x01mK\x01\x93."), "byte 7: opcode STACK_GLOBAL: found an integer" },
        { LITERAL("\x80\x02"
                  "cm\nf \n."),
          "the name m f " },
        { LITERAL("\x80\x02(ios\nsystem\n."), "byte 3: opcode INST" },
        { LITERAL("\x80\x02(cm\nf\no."), "byte 8: opcode OBJ" },
        { LITERAL("\x80\x02Pid\n."), "byte 2: opcode PERSID" },
        { LITERAL("\x80\x02NQ."), "byte 3: opcode BINPERSID" },
        { LITERAL("\x80\x02\x82\x01."), "byte 2: opcode EXT1" },
        { LITERAL("\x80\x02\x83\x01\0."), "byte 2: opcode EXT2" },
        { LITERAL("\x80\x02\x84\x01\0\0\0."), "byte 2: opcode EXT4" },
        { LITERAL("\x80\x04"
                  "cm\nf\n)}\x92."),
          "byte 9: opcode NEWOBJ_EX" },
        { LITERAL("\x80\x02N2."), "byte 3: opcode DUP" },
        { LITERAL("\x80\x04\x8F."), "byte 2: opcode EMPTY_SET" },
        { LITERAL("\x80\x02S'a'\n."), "byte 2: opcode STRING" },
        { LITERAL("\x80\x05\x97."), "byte 2: opcode NEXT_BUFFER: found it, expected its bytes within the file" },
        { LITERAL("\x80\x02\xFF."), "byte 2: found the byte 0xff, expected an opcode" },
        { LITERAL("\x80\x02K\x01)R."), "byte 5: opcode REDUCE: found an integer, expected a name" },
        { LITERAL("\x80\x02"
                  "cm\nf\nK\x01R."),
          "REDUCE: found an integer, expected a tuple" },
        { LITERAL("\x80\x02]K\x01"
                  "b."),
          "BUILD: found a list, expected an object" },
        { LITERAL("\x80\x02"
                  "cm\nf\n)R}b}b."),
          "BUILD: found a second state" },
        { LITERAL("\x80\x02N(a."), "byte 4: opcode APPEND: found on the stack 0, expected more values" },
        { LITERAL("\x80\x02Na."), "APPEND: found on the stack 1" },
        { LITERAL("\x80\x02NNa."), "APPEND: found None, expected a list" },
        { LITERAL("\x80\x02]((e."), "byte 5: opcode APPENDS: found nothing below" },
        { LITERAL("\x80\x02)(Ne."), "found a tuple, expected a list" },
        { LITERAL("\x80\x02}(Nu."), "SETITEMS: found a key without its value" },
        { LITERAL("\x80\x02]NNs."), "SETITEM: found a list, expected a dictionary" },
        { LITERAL("\x80\x02Ne."), "APPENDS: found no mark" },
        { LITERAL("\x80\x02t."), "TUPLE: found no mark" },
        { LITERAL("\x80\x02K\x01\x87."), "TUPLE3: found on the stack 1" },
        { LITERAL("\x80\x02h\x05."), "BINGET: found in the memo nothing at 5" },
        { LITERAL("\x80\x02Nq\x05h\x04."), "BINGET: found in the memo nothing at 4" },
        { LITERAL("\x80\x02Nr\xFF\xFF\xFF\xFF."), "LONG_BINPUT: found the place in the memo 4294967295" },
        { LITERAL("\x80\x02q\0."), "BINPUT: found on the stack 0, expected a value" },
        { LITERAL("\x80\x04N(\x94."), "MEMOIZE: found on the stack 0" },
        { LITERAL("\x80\x02."), "STOP: found on the stack 0" },
        { LITERAL("\x80\x02NN."), "STOP: found on the stack 2, expected one value" },
        { LITERAL("\x80\x02N(."), "STOP: found a mark" },
        { LITERAL("\x80\x02N.."), "STOP: found more bytes: 1" },
        { LITERAL("\x80\x02N\x80\x02."), "byte 3: opcode PROTO: found it again" },
        { LITERAL("\x80\x04\x95\x03\0\0\0\0\0\0\0N."), "byte 2: opcode FRAME: found a frame of length 3" },
        { LITERAL("\x80\x02\x8A\x09\1\2\3\4\5\6\7\x08\x09."), "byte 2: opcode LONG1: found an integer with bytes: 9" },
        { LITERAL("\x80\x02\x8B\xFF\xFF\xFF\xFF."), "LONG4: found a length of 4294967295" },
        { LITERAL("\x80\x04\x8D\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF."),
          "BINUNICODE8: found a length of 18446744073709551615" },
        { LITERAL("\x80\x05\x96\0\0\0\0\1\0\0\0N."), "BYTEARRAY8: found a length of 4294967296" },
        { LITERAL("\x80\x01N."), "byte 0: found the byte 0x80, expected a pickle of protocol 2 to 5" },
        { LITERAL("\x80\x06N."), "expected a pickle of protocol 2 to 5" },
        { LITERAL("(lp0\n."), "byte 0: found '(', expected a pickle" },
        { LITERAL(""), "byte 0: found the end" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refused(bad[i].bytes, bad[i].why);
}

static void a_file_cut_anywhere_is_refused(void **state)
{
    (void)state;
    static const char whole[] =
        "\x80\x04\x95\x02\0\0\0\0\0\0\0}(\x8C\x01k\x94G?\xF0\0\0\0\0\0\0M\x01\x02J\x01\0\0\0cm\nf\n"
        "B\x02\0\0\0xy\x85R\x94\x8B\x01\0\0\0\x01j\x01\0\0\0ubN.";
    for (size_t n = 0; n < sizeof whole - 1; n++) {
        char *exact = malloc(n + 1); /* so that valgrind and ASan see a read behind its end */
        assert_non_null(exact);
        memcpy(exact, whole, n);
        struct rf_pickle *p = NULL;
        struct rf_err err = { 0 };
        assert_int_equal(rf_pickle_parse(&p, (struct rf_str){ exact, n }, &names, &err), RF_BAD_INPUT);
        free(exact);
    }
}

static void nesting_and_sharing_cost_no_more_than_their_bytes(void **state)
{
    (void)state;
    enum { DEEP = 1000000, DOUBLINGS = 60 };
    struct rf_buf b = { 0 };
    struct rf_pickle *p;
    assert_int_equal(rf_buf_add(&b, "\x80\x04", 2, NULL), 0);
    for (size_t i = 0; i < DEEP; i++)
        rf_buf_add(&b, "]\x94", 2, NULL);
    for (size_t i = 0; i + 1 < DEEP; i++)
        rf_buf_add(&b, "a", 1, NULL);
    rf_buf_add(&b, ".", 1, NULL);
    p = parsed((struct rf_str){ b.data, b.len });
    assert_int_equal(rf_pickle_see(p, rf_pickle_root(p)).n, 1);
    rf_pickle_free(p);

    b.len = 2; /* each list holds the one before twice: 2^60 values for who walks it as a tree */
    rf_buf_add(&b, "]\x94", 2, NULL);
    for (int i = 0; i < DOUBLINGS; i++) {
        const char twice[] = { ']', (char)0x94, '(', 'h', (char)i, 'h', (char)i, 'e' };
        rf_buf_add(&b, twice, sizeof twice, NULL);
    }
    for (int i = 0; i < DOUBLINGS; i++)
        rf_buf_add(&b, "\x86", 1, NULL);
    rf_buf_add(&b, ".", 1, NULL);
    p = parsed((struct rf_str){ b.data, b.len });
    rf_pickle_free(p);

    p = parsed(BYTES("\x80\x04]\x94h\0a.")); /* a list within itself */
    const struct rf_pickle_value v = rf_pickle_see(p, rf_pickle_root(p));
    assert_int_equal(v.item[0], rf_pickle_root(p));
    rf_pickle_free(p);

    b.len = 2; /* a value for each byte */
    rf_buf_add(&b, "(", 1, NULL);
    for (size_t i = 0; i < 100000; i++)
        rf_buf_add(&b, "]", 1, NULL);
    rf_buf_add(&b, "t.", 2, NULL);
    refused((struct rf_str){ b.data, b.len }, "opcode EMPTY_LIST: found one value more than");
    rf_buf_release(&b);
}

static void no_memory_is_an_error(void **state)
{
    (void)state;
    static const char text[] = "\x80\x04}(\x8C\x01k\x94](K\x01K\x02K\x03\x65u.";
    for (long nth = 1;; nth++) {
        struct rf_pickle *p = NULL;
        struct rf_err err = { 0 };
        rf_mem_fail_at(nth, true);
        const int rc = rf_pickle_parse(&p, BYTES(text), &names, &err);
        rf_mem_fail_at(0, false);
        rf_pickle_free(p);
        if (rc == 0)
            break;
        assert_int_equal(rc, RF_FAIL);
        assert_true(nth < 20);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_all_opcodes_are_read),
        cmocka_unit_test(containers_keep_their_order_wherever_they_grow),
        cmocka_unit_test(calls_are_noted_and_never_done),
        cmocka_unit_test(lone_surrogates_are_counted),
        cmocka_unit_test(what_could_run_is_refused_by_name_and_byte),
        cmocka_unit_test(a_file_cut_anywhere_is_refused),
        cmocka_unit_test(nesting_and_sharing_cost_no_more_than_their_bytes),
        cmocka_unit_test(no_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
