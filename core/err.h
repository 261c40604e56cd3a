/* Errors: one code and one printable sentence. Fallible functions return 0 or a negative rf_code and take
 * `struct rf_err *err` last; rf_fail() is the only way to make an error, core/cli.c the only place that prints one.
 * Refuses: a second message over the first (the first failure wins). */
#ifndef RF_CORE_ERR_H
#define RF_CORE_ERR_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A code is the negative of the process's exit code. */
enum rf_code {
    RF_OK = 0,
    RF_FAIL = -1,       /* failed at run time: out of memory, no convergence */
    RF_USAGE = -2,      /* wrong option, argument or name */
    RF_BAD_INPUT = -3,  /* the data of the user: file, line, found, expected */
    RF_INCOMPLETE = -4, /* stopped half-way, can be resumed */
    RF_GATE = -5,       /* a wanted quality was missed */
    RF_CORRUPT = -6,    /* database or weight file is damaged or foreign */
    RF_IO = -7,         /* cannot open, read, write; no space */
    RF_INTERRUPTED = -130
};

struct rf_err {
    int code;       /* 0 while nothing failed, then the rf_code of the first failure */
    char msg[2048]; /* one sentence or more, no trailing newline; "" while code is 0 */
};

/* Fills err (unless it already holds a failure) and returns code. err may be NULL. */
int rf_fail(struct rf_err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Puts "what: " before the message of a failure: the caller's file or stage. Returns err->code. */
int rf_fail_in(struct rf_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* RF_BAD_INPUT "byte AT: found ..., expected ..." for parsers: byte is what stands at offset at, -1 where the text ends
 * there. */
int rf_fail_at(struct rf_err *err, size_t at, int byte, const char *expected);

/* Same as rf_fail with ": strerror(errno)" appended, for system calls. errno is read on entry. */
int rf_fail_errno(struct rf_err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#ifdef __cplusplus
}
#endif
#endif
