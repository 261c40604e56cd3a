/* Quoting for POSIX shells, and bash's $'...' where a word holds control characters. */
#include "core/shell.h"

#include <string.h>

static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:,@%+-";

static bool has_controls(const char *word)
{
    for (; *word; word++)
        if ((unsigned char)*word < 0x20 || *word == 0x7f)
            return true;
    return false;
}

int rf_shell_add(struct rf_buf *b, const char *word, struct rf_err *err)
{
    if (*word && !word[strspn(word, plain)])
        return rf_buf_add(b, word, strlen(word), err);
    const bool steered = has_controls(word);
    int rc = rf_buf_printf(b, err, steered ? "$'" : "'");
    for (; !rc && *word; word++) {
        const unsigned char c = (unsigned char)*word;
        if (!steered)
            rc = c == '\'' ? rf_buf_printf(b, err, "'\\''") : rf_buf_add(b, word, 1, err);
        else if (c < 0x20 || c == 0x7f)
            rc = rf_buf_printf(b, err, "\\%03o", c);
        else
            rc = rf_buf_printf(b, err, c == '\'' || c == '\\' ? "\\%c" : "%c", c);
    }
    return rc ? rc : rf_buf_add(b, "'", 1, err);
}
