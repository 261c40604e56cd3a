/* Unit tests of datasets/vector_file.h and core/npy.h's rows: the same rows however the bytes arrive, owners, surveys,
 * tensors, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/npy.h"
#include "core/npy_header.h"
#include "core/safetensors.h"
#include "datasets/vector_file.h"

/* What the rows said, as text: "owner row text: x y;" */
struct seen {
    char text[4096];
    size_t rows;
};

static int note(void *ctx, const struct rf_vector_row *r, struct rf_err *err)
{
    struct seen *const s = ctx;
    size_t n = strlen(s->text);
    (void)err;
    s->rows++;
    n += (size_t)snprintf(s->text + n, sizeof s->text - n, "%d %llu %.*s:", (int)r->owner, (unsigned long long)r->row,
                          (int)r->text.len, r->text.s ? r->text.s : "");
    for (size_t i = 0; r->x && i < r->dim && n < sizeof s->text - 40; i++)
        n += (size_t)snprintf(s->text + n, sizeof s->text - n, " %g", (double)r->x[i]);
    snprintf(s->text + n, sizeof s->text - n, ";");
    return 0;
}

static int count(void *ctx, const struct rf_vector_row *r, struct rf_err *err)
{
    struct seen *const s = ctx;
    (void)err;
    if (r->row != s->rows || r->dim != 3 || r->x[0] != (float)r->row || r->x[2] != -0.5f)
        fail_msg("row %zu came as %llu: %g %g", s->rows, (unsigned long long)r->row, (double)r->x[0], (double)r->x[2]);
    s->rows++;
    return 0;
}

/* Reads the text by the layout that it seems to have. */
static int read_text(const char *text, size_t n, const char *tensor, rf_vector_take take, struct seen *s,
                     struct rf_err *err)
{
    const struct rf_vector_layout *layout = NULL;
    struct rf_input *in = NULL;
    *s = (struct seen){ 0 };
    assert_int_equal(rf_vector_layout_of((struct rf_str){ text, n }, &layout, NULL), 0);
    assert_non_null(layout);
    assert_int_equal(rf_input_memory(&in, "v", text, n, NULL), 0);
    const int rc = layout->read(in, tensor, take, s, err);
    rf_input_close(in);
    return rc;
}

static void every_layout_of_json_says_whose_a_vector_is(void **state)
{
    (void)state;
    static const struct {
        const char *text, *rows;
    } list[] = {
        { "{\"object\":\"embedding\",\"index\":7,\"embedding\":[1,2.5]}\n", "0 7 : 1 2.5;" },
        { "\xEF\xBB\xBF{\"embedding\":[1],\"text\":\"a\\u00e9\\n\"}\r\n{\"embedding\":[2],\"input\":\"b\"}",
          "3 0 a\xC3\xA9\n: 1;3 0 b: 2;" },
        { "{\"prompt\":\"a\",\"id\":3,\"index\":4,\"embedding\":[1]}", "3 0 a: 1;" },
        { "{\"row\":5,\"id\":3,\"embedding\":[1]} {\"id\":3,\"row\":5,\"embedding\":[1]}", "1 5 : 1;1 5 : 1;" },
        { "{\"id\":\"q/1\",\"embedding\":[1]}", "2 0 q/1: 1;" },
        { "{\"id\":\"b\",\"custom_id\":\"c\",\"response\":{\"body\":{\"data\":[{\"embedding\":[1],\"index\":0}]}}}",
          "2 0 c: 1;" },
        { "{\"response\":{\"body\":{\"data\":[{\"embedding\":\"AACAPw==\"}]}},\"custom_id\":\"c\"}", "2 0 c: 1;" },
        { "{\"custom_id\":\"c\",\"response\":null}", "2 0 c:;" },
        { "{\"data\":[{\"index\":1,\"embedding\":[1]},{\"embedding\":[2],\"index\":0}],\"model\":\"m\"}\n{\"data\":[{"
          "\"index\":0,\"embedding\":[3]}]}",
          "0 1 : 1;0 0 : 2;0 2 : 3;" },
        { "[{\"row\":1,\"embedding\":[1]},\n{\"row\":2,\"embedding\":[-0.5e1]}]\n", "1 1 : 1;1 2 : -5;" },
        { "{\n  \"data\": [\n    {\n      \"index\": 0,\n      \"embedding\": [\n        1.5\n      ]\n    }\n  ]\n}\n",
          "0 0 : 1.5;" },
        { "{\"embedding\":null,\"row\":1,\"other\":[{\"embedding\":[9]},true,false,null,-1.5],\"text\":null,\"custom_"
          "id\":\"x\"}",
          "2 0 x:;" },
    };
    struct seen s;
    struct rf_err err = { 0 };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        if (read_text(list[i].text, strlen(list[i].text), NULL, note, &s, &err))
            fail_msg("%s: %s", list[i].text, err.msg);
        assert_string_equal(s.text, list[i].rows);
    }
}

static void faults_name_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } list[] = {
        { "{\"row\":1,\"embedding\":[1,\n]}", "v:2: found \"]}\", expected a value behind ','" },
        { "{\"row\":1,\"embedding\":[1 2]}", "expected ',' or ']'" },
        { "{\"row\":1,\"embedding\":[[1]]}", "expected a finite number" },
        { "{\"row\":1,\"embedding\":[1e40]}", "found 1e+40 in place 0" },
        { "{\"row\":1,\"embedding\":{\"values\":[1]}}", "expected an array of numbers" },
        { "{\"row\":1.5,\"embedding\":[1]}", "found 1.5, expected the number of a data row" },
        { "{\"row\":1,\"embedding\":[1]}\n\n{\"row\":2", "v:3: found the end of the file" },
        { "{\"row\":1,\"embedding\":[1]}\n{\"row\":2,\"x\":\"a\nb\"}", "v:2: found a control character" },
        { "{\"row\":1,\"embedding\":[1],\"x\":tru}", "expected true" },
        { "{\"text\":\"\xFF\",\"embedding\":[1]}", "UTF-8" },
        { "[{\"row\":1,\"embedding\":[1]}] x", "expected the end of the file behind the array" },
        { "{\"custom_id\":\"a\",\"response\":{\"body\":{\"data\":[{\"embedding\":[1]},{\"embedding\":[2]}]}}}",
          "found a second embedding" },
        { "{\"data\":[{\"embedding\":[1]}]}", "without \"index\"" },
        { "{\"data\":[{\"index\":1}],\"embedding\":[1]}", "without \"embedding\"" },
        { "{\"row\":1,\"embedding\":\"AACAP\"}", "multiple of 4 bytes" },
        { "{\"row\":1,\"embedding\":\"AACA====\"}", "not base64's" },
    };
    struct seen s;
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        struct rf_err err = { 0 };
        assert_int_equal(read_text(list[i].text, strlen(list[i].text), NULL, note, &s, &err), RF_BAD_INPUT);
        if (strncmp(err.msg, "v:", 2) != 0 || !strstr(err.msg, list[i].message))
            fail_msg("%s: %s", list[i].text, err.msg);
    }
    struct rf_buf deep = { 0 };
    struct rf_err err = { 0 };
    rf_buf_printf(&deep, NULL, "{\"embedding\":[1],\"x\":");
    for (int i = 0; i < 100; i++)
        rf_buf_add(&deep, "[", 1, NULL);
    assert_int_equal(read_text(deep.data, deep.len, NULL, note, &s, &err), RF_BAD_INPUT);
    assert_non_null(strstr(err.msg, "nested more than 64"));
    rf_buf_release(&deep);
}

/* Long enough that numbers, texts and escapes lie across the ends of chunks, whatever these are. */
static void chunks_cut_nothing(void **state)
{
    (void)state;
    struct rf_buf text = { 0 };
    struct seen s;
    struct rf_err err = { 0 };
    for (int i = 0; i < 20000; i++)
        rf_buf_printf(
            &text, NULL,
            "{\"note\": \"%.*s\\u00e9\", \"row\": %d, \"embedding\": [%d.0, 12345678901234567890e-10 , -5e-1]}\n",
            i % 37, "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz", i, i);
    if (read_text(text.data, text.len, NULL, count, &s, &err))
        fail_msg("%s", err.msg);
    assert_int_equal(s.rows, 20000);
    rf_buf_release(&text);
}

static void npy_comes_row_by_row(void **state)
{
    (void)state;
    enum { ROWS = 9000 };
    for (int fortran = 0; fortran < 2; fortran++) {
        const struct rf_npy_header h = { .width = 4, .fortran = fortran, .rank = 2, .shape = { ROWS, 3 } };
        struct rf_buf file = { 0 };
        struct rf_err err = { 0 };
        struct seen s;
        assert_int_equal(rf_npy_header_build(&h, &file, NULL), 0);
        for (size_t i = 0; i < 3 * ROWS; i++) {
            const size_t row = fortran ? i % ROWS : i / 3, column = fortran ? i / ROWS : i % 3;
            const float x = column == 0 ? (float)row : -0.5f;
            assert_int_equal(rf_buf_add(&file, &x, sizeof x, NULL), 0);
        }
        if (read_text(file.data, file.len, NULL, count, &s, &err))
            fail_msg("%s", err.msg);
        assert_int_equal(s.rows, ROWS);
        const float nan = (float)strtod("nan", NULL);
        memcpy(file.data + file.len - 4, &nan, sizeof nan);
        assert_int_equal(read_text(file.data, file.len, NULL, count, &s, &err), RF_BAD_INPUT);
        assert_non_null(strstr(err.msg, "v: row 8999, column 2 (from 0): found"));
        assert_int_equal(read_text(file.data, file.len - 1, NULL, count, &s, &err), RF_BAD_INPUT);
        assert_int_equal(read_text(file.data, file.len, "t", count, &s, &(struct rf_err){ 0 }), RF_USAGE);
        rf_buf_release(&file);
    }
}

static void a_tensor_is_chosen_and_weights_are_not_taken(void **state)
{
    (void)state;
    static const float x[6] = { 1, 2, 3, 4, 5, 6 };
    static const double y[2] = { 1, 1e300 };
    const struct rf_tensor both[] = { { "a", RF_F32, 2, { 3, 2 }, x },
                                      { "b", RF_F32, 2, { 2, 3 }, x },
                                      { "line", RF_F32, 1, { 6 }, x } };
    const struct rf_tensor large[] = { { "t", RF_F64, 2, { 2, 1 }, y } };
    const struct rf_tensor theirs[] = { { "P.weight", RF_F32, 2, { 3, 2 }, x },
                                        { "text_proj.0.weight", RF_F32, 2, { 3, 2 }, x } };
    const struct rf_meta kind = { "routefit.kind", "knn" };
    const struct {
        const struct rf_tensor *t;
        size_t n, meta;
        const char *tensor, *rows, *message;
        int rc;
    } list[] = {
        { both, 1, 0, NULL, "0 0 : 1 2;0 1 : 3 4;0 2 : 5 6;", NULL, 0 },
        { both, 3, 0, "b", "0 0 : 1 2 3;0 1 : 4 5 6;", NULL, 0 },
        { both, 3, 0, NULL, "", "found 2 tensors", RF_BAD_INPUT },
        { both, 3, 0, "line", "", "expected two dimensions", RF_BAD_INPUT },
        { both, 3, 0, "c", "", "found no tensor c, expected one of", RF_USAGE },
        { both + 2, 1, 0, NULL, "", "found 0 tensors", RF_BAD_INPUT },
        { both, 1, 1, NULL, "", "routefit's weights of kind knn", RF_BAD_INPUT },
        { theirs, 2, 0, "P.weight", "", "RouteLLM's weights", RF_BAD_INPUT },
        { large, 1, 0, NULL, "0 0 : 1;", "row 1 (from 0): tensor t: element 0 is 1e+300", RF_BAD_INPUT },
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        struct rf_buf file = { 0 };
        struct rf_err err = { 0 };
        struct seen s;
        assert_int_equal(rf_safetensors_build(list[i].t, list[i].n, &kind, list[i].meta, &file, NULL), 0);
        assert_int_equal(read_text(file.data, file.len, list[i].tensor, note, &s, &err), list[i].rc);
        assert_string_equal(s.text, list[i].rows);
        if (list[i].message && !strstr(err.msg, list[i].message))
            fail_msg("%zu: %s", i, err.msg);
        rf_buf_release(&file);
    }
}

static void a_survey_sees_the_model_and_the_owner(void **state)
{
    (void)state;
    static const struct {
        const char *text, *model;
        bool any;
        enum rf_vector_owner owner;
    } list[] = {
        { "{\"data\":[{\"index\":0,\"embedding\":[1]}],\"model\":\"m-3\"}", "m-3", true, RF_OWNER_PLACE },
        { "{\"embedding\":[1],\"text\":\"a\"}\nbroken", "", true, RF_OWNER_TEXT },
        { "{\"custom_id\":\"1\",\"response\":{}}\n{\"custom_id\":\"2\",\"response\":{\"body\":{\"model\":\"m\","
          "\"data\":[{\"embedding\":[1]}]}}}\n",
          "m", true, RF_OWNER_ID },
        { "id,text\n", "", false, RF_OWNER_PLACE },
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        char path[] = "/tmp/routefit_survey_XXXXXX";
        struct rf_vector_survey said;
        struct rf_err err = { 0 };
        const int fd = mkstemp(path);
        assert_true(fd >= 0 && write(fd, list[i].text, strlen(list[i].text)) > 0);
        close(fd);
        if (rf_vector_survey(path, &said, &err))
            fail_msg("%s", err.msg);
        unlink(path);
        assert_string_equal(said.model, list[i].model);
        assert_int_equal(said.any, list[i].any);
        assert_int_equal(said.owner, list[i].owner);
    }
}

static void tables_are_left_to_their_readers(void **state)
{
    (void)state;
    static const char *const other[] = {
        "{\"prompt\":\"a\"}\n",
        "id,embedding\n1,2\n",
        "{\"m\":{\"feature\":\"f\",\"input_price\":1,\"output_price\":2,\"embedding\":[1]}}",
        "{\"task\":\"t\",\"model\":\"m\",\"score\":1,\"prompt\":\"p\",\"embedding\":[1]}\n",
        "",
        "{",
        "\x10\0\0\0\0\0\0\0[1,2]",
    };
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        const struct rf_vector_layout *layout = NULL;
        assert_int_equal(rf_vector_layout_of((struct rf_str){ other[i], strlen(other[i]) }, &layout, NULL), 0);
        assert_null(layout);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_layout_of_json_says_whose_a_vector_is),
        cmocka_unit_test(faults_name_their_line),
        cmocka_unit_test(chunks_cut_nothing),
        cmocka_unit_test(npy_comes_row_by_row),
        cmocka_unit_test(a_tensor_is_chosen_and_weights_are_not_taken),
        cmocka_unit_test(a_survey_sees_the_model_and_the_owner),
        cmocka_unit_test(tables_are_left_to_their_readers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
