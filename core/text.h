/* Text from files on its way to people: width in columns, and a form that cannot steer a terminal. */
#ifndef RF_CORE_TEXT_H
#define RF_CORE_TEXT_H

#include <stddef.h>
#include <stdio.h>

#include "core/mem.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Writes s with '?' for each control character (C0, DEL, C1), direction override and byte that is not UTF-8, at most
 * `max` characters of it. Bytes of the set `keep` ("\n", or "") pass. f NULL: only counts. Returns the number of
 * characters. */
size_t rf_text_put(FILE *f, struct rf_str s, size_t max, const char *keep);

/* Writes the words of s (blanks and line ends between them) in lines that do not pass column 79; further lines start at
 * column `indent`, and the first one is taken to stand there already. */
void rf_text_wrap(FILE *f, struct rf_str s, size_t indent);

#ifdef __cplusplus
}
#endif
#endif
