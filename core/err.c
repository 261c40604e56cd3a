/* Makes errors: the first failure keeps its code and sentence, later ones are not heard. */
#include "core/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int rf_fail(struct rf_err *err, int code, const char *fmt, ...)
{
    if (err && !err->code) {
        va_list ap;
        va_start(ap, fmt);
        vsnprintf(err->msg, sizeof err->msg, fmt, ap);
        va_end(ap);
        err->code = code;
    }
    return err ? err->code : code;
}

int rf_fail_errno(struct rf_err *err, int code, const char *fmt, ...)
{
    const int no = errno;
    if (err && !err->code) {
        char what[1024];
        va_list ap;
        va_start(ap, fmt);
        vsnprintf(what, sizeof what, fmt, ap);
        va_end(ap);
        return rf_fail(err, code, "%s: %s", what, strerror(no));
    }
    return err ? err->code : code;
}

int rf_fail_at(struct rf_err *err, size_t at, int byte, const char *expected)
{
    char found[32] = "the end";
    if (byte > 0x20 && byte < 0x7F)
        snprintf(found, sizeof found, "'%c'", byte);
    else if (byte >= 0)
        snprintf(found, sizeof found, "the byte 0x%02x", (unsigned)byte);
    return rf_fail(err, RF_BAD_INPUT, "byte %zu: found %s, expected %s", at, found, expected);
}

int rf_fail_in(struct rf_err *err, const char *fmt, ...)
{
    char where[1024], old[sizeof err->msg];
    if (!err || !err->code)
        return RF_FAIL;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(where, sizeof where, fmt, ap);
    va_end(ap);
    memcpy(old, err->msg, sizeof old);
    const int n = snprintf(err->msg, sizeof err->msg, "%s: ", where);
    if (n > 0 && (size_t)n < sizeof err->msg) {
        strncpy(err->msg + n, old, sizeof err->msg - (size_t)n - 1);
        err->msg[sizeof err->msg - 1] = '\0';
    }
    return err->code;
}
