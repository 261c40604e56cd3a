/* The members of one big JSON object, one after the other, with the line on which each starts: for files that are one
 * object spread over lines (price lists, summaries). */
#ifndef RF_DATASETS_MEMBERS_H
#define RF_DATASETS_MEMBERS_H

#include <stdint.h>

#include "core/err.h"
#include "core/input.h"
#include "core/json.h"
#include "core/mem.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RF_WHOLE_MOST = 64 << 20 }; /* bytes of a file that is read as one value */

struct rf_member {
    struct rf_str key;   /* decoded; borrowed until the callback returns */
    struct rf_str value; /* JSON text of any value, not yet checked: rf_member_parse does */
    uint64_t line;       /* on which value starts, from 1 */
};

/* Calls take for every member of the object that text holds, blanks around it aside; line: the one on which text
 * starts. A code other than 0 from take ends the walk and is returned. RF_BAD_INPUT: "NAME:LINE: found ..., expected
 * ...". */
int rf_members_each(const char *name, struct rf_str text, uint64_t line,
                    int (*take)(void *ctx, const struct rf_member *m, struct rf_err *err), void *ctx,
                    struct rf_err *err);

/* The value; *out is the caller's (json_decref). RF_BAD_INPUT: "NAME:LINE: column C: found ..., expected ...". */
int rf_member_parse(const char *name, const struct rf_member *m, json_t **out, struct rf_err *err);

/* What is left of an input, into buf (replacing it), a byte order mark removed from *text. RF_BAD_INPUT above
 * RF_WHOLE_MOST. */
int rf_whole_read(struct rf_input *in, struct rf_buf *buf, struct rf_str *text, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
