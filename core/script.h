/* In which script a text is written: the one that holds most of its letters. Not a language: English, French and
 * Vietnamese are all Latin. */
#ifndef RF_CORE_SCRIPT_H
#define RF_CORE_SCRIPT_H

#include <stddef.h>

#include "core/mem.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Number of answers that rf_script may give. */
size_t rf_scripts(void);
/* Index of the script that at least four of five letters belong to; else that of "mixed", or of "none" for a text
 * without letters. Han with some Kana is "Japanese". *chars = code points of the text, NULL: not wanted. Bytes that are
 * not UTF-8 count as characters and are no letters. */
size_t rf_script(struct rf_str text, size_t *chars);
/* "Latin", "Han", ...; static. */
const char *rf_script_name(size_t script);

#ifdef __cplusplus
}
#endif
#endif
