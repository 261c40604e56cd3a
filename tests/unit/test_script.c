/* Unit tests of core/script.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/script.h"

static void a_text_has_the_script_of_most_letters(void **state)
{
    (void)state;
    static const struct {
        const char *text, *script;
        size_t chars;
    } list[] = {
        { "", "none", 0 },
        { "123 + 4 = ?", "none", 11 },
        { "What is this?", "Latin", 13 },
        { "Čo je to? Ünïcödé", "Latin", 17 },
        { "Что это такое?", "Cyrillic", 14 },
        { "这是什么？", "Han", 5 },
        { "これは何ですか", "Japanese", 7 },
        { "カタカナ", "Kana", 4 },
        { "이것은 무엇입니까", "Hangul", 9 },
        { "ما هذا؟", "Arabic", 7 },
        { "यह क्या है", "Devanagari", 10 },
        { "Τι είναι αυτό;", "Greek", 14 },
        { "翻译 this sentence", "Latin", 16 },
        { "翻译翻译翻译 sentence", "mixed", 15 },
        { "\xF0\x9F\x98\x80 \xFF\xC3", "none", 4 },
        { "𠀀𠀁", "Han", 2 },
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        size_t chars = 99;
        const size_t s = rf_script((struct rf_str){ list[i].text, strlen(list[i].text) }, &chars);
        assert_true(s < rf_scripts());
        assert_string_equal(rf_script_name(s), list[i].script);
        assert_int_equal(chars, list[i].chars);
    }
    for (size_t s = 0; s < rf_scripts(); s++)
        assert_non_null(rf_script_name(s));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_text_has_the_script_of_most_letters) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
