/* A conversation as chat programs write it: a JSON list of messages with a role and a content. */
#ifndef RF_DATASETS_MESSAGES_H
#define RF_DATASETS_MESSAGES_H

#include <stddef.h>

#include "core/err.h"
#include "core/json_nodes.h"
#include "core/mem.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_messages {
    struct rf_str *user;   /* [nuser] what the user typed, turn by turn, into what is owned below */
    struct rf_str *answer; /* [nanswer] what the model said */
    size_t nuser, nanswer, cap;
    struct rf_json_nodes nodes; /* owned: the list */
    struct rf_buf buf;          /* owned: the texts that come in parts */
    size_t repaired;            /* lone surrogates replaced by U+FFFD */
};
/* Decodes s, a list of {"role", "content"} (also "from" and "value"); a content is a string, null (no text), or a list
 * of parts, of which those of type text count. System messages and other keys are passed over. m is reused between
 * calls (zero-initialise once), what it holds valid until the next one. RF_BAD_INPUT "... found ..., expected ...":
 * no such list, a role that is neither. */
int rf_messages_read(struct rf_messages *m, struct rf_str s, struct rf_err *err);
void rf_messages_release(struct rf_messages *m);

#ifdef __cplusplus
}
#endif
#endif
