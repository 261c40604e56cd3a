/* Words as a user may paste them into a shell. Refuses nothing: any bytes but NUL come back from the shell as they
 * were. */
#ifndef RF_CORE_SHELL_H
#define RF_CORE_SHELL_H

#include "core/err.h"
#include "core/mem.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Adds a word: as it is where it holds only letters, digits and _./:,@%+-; else in single quotes; with control
 * characters as $'...' of bash, so that printing it cannot steer a terminal. */
int rf_shell_add(struct rf_buf *b, const char *word, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
