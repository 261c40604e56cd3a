/* Unit tests of core/progress.h: Ctrl-C sets a flag once and then has its default action; nothing is drawn off a
 * terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/progress.h"

static void clocks_and_memory_are_positive(void **state)
{
    (void)state;
    const double t = rf_seconds();
    assert_true(t > 0);
    assert_true(rf_seconds() >= t);
    assert_true(rf_peak_rss() > 100000);
}

static void nothing_is_drawn_off_a_terminal(void **state)
{
    (void)state;
    int fd[2];
    char byte;
    const int saved = dup(STDERR_FILENO);
    struct rf_progress p;
    assert_int_equal(pipe(fd), 0);
    dup2(fd[1], STDERR_FILENO);
    close(fd[1]);
    rf_progress_setup(false);
    rf_progress_start(&p, "ingest votes.csv", "rows", 100);
    p.drawn -= 1; /* as if a second had passed */
    assert_int_equal(rf_progress_step(&p, 50, "note", NULL), 0);
    rf_progress_end(&p);
    dup2(saved, STDERR_FILENO);
    close(saved);
    assert_int_equal(read(fd[0], &byte, 1), 0);
    close(fd[0]);
}

static void first_interrupt_is_reported_and_the_second_ends_the_process(void **state)
{
    (void)state;
    int status = 0;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (!child) {
        struct rf_progress p;
        struct rf_err err = { 0 };
        signal(SIGINT, SIG_DFL);
        rf_progress_setup(true);
        rf_progress_start(&p, "fit mf", "epochs", 0);
        if (rf_progress_step(&p, 1, NULL, &err) || rf_interrupted())
            _exit(1);
        raise(SIGINT);
        if (rf_progress_step(&p, 2, NULL, &err) != RF_INTERRUPTED || !rf_interrupted() ||
            strcmp(err.msg, "fit mf: interrupted after 2 epochs") != 0)
            _exit(2);
        raise(SIGINT);
        _exit(3);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGINT);
}

static void an_ignored_interrupt_stays_ignored(void **state)
{
    (void)state;
    int status = 0;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (!child) {
        signal(SIGINT, SIG_IGN);
        rf_progress_setup(true);
        raise(SIGINT);
        _exit(rf_interrupted());
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clocks_and_memory_are_positive),
        cmocka_unit_test(nothing_is_drawn_off_a_terminal),
        cmocka_unit_test(first_interrupt_is_reported_and_the_second_ends_the_process),
        cmocka_unit_test(an_ignored_interrupt_stays_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
