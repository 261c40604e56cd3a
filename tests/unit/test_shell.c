/* Unit tests of core/shell.h: what a shell makes of a quoted word is the word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/shell.h"

static void assert_quoted(const char *word, const char *want)
{
    struct rf_buf b = { 0 };
    assert_int_equal(rf_shell_add(&b, word, NULL), 0);
    assert_string_equal(b.data, want);
    rf_buf_release(&b);
}

static void words_are_quoted_where_they_must_be(void **state)
{
    (void)state;
    assert_quoted("gpt-4_0613/a.b:c,d@e%+", "gpt-4_0613/a.b:c,d@e%+");
    assert_quoted("", "''");
    assert_quoted("a=b", "'a=b'");
    assert_quoted("$(rm -rf x) `y`", "'$(rm -rf x) `y`'");
    assert_quoted("it's", "'it'\\''s'");
    assert_quoted("\x1b[2J\n'\\", "$'\\033[2J\\012\\'\\\\'");
}

/* Every byte, alone and between letters, through bash itself. */
static void bash_gives_every_byte_back(void **state)
{
    (void)state;
    struct rf_buf command = { 0 };
    for (int c = 1; c < 256; c++) {
        char word[] = { 'x', (char)c, '1', '\0' }, back[16] = { 0 };
        command.len = 0;
        assert_int_equal(rf_buf_printf(&command, NULL, "exec bash -c \"$(cat <<'END'\nprintf %%s "), 0);
        assert_int_equal(rf_shell_add(&command, word, NULL), 0);
        assert_int_equal(rf_buf_printf(&command, NULL, "\nEND\n)\""), 0);
        FILE *const f = popen(command.data, "r");
        assert_non_null(f);
        const size_t n = fread(back, 1, sizeof back - 1, f);
        assert_int_equal(pclose(f), 0);
        assert_int_equal(n, 3);
        assert_string_equal(back, word);
    }
    rf_buf_release(&command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_quoted_where_they_must_be),
        cmocka_unit_test(bash_gives_every_byte_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
