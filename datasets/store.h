/* The content-addressed part of the truth tables: models by name, prompts and responses by the SHA-256 of what was
 * said. */
#ifndef RF_DATASETS_STORE_H
#define RF_DATASETS_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/db.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/sha256.h"
#include "datasets/digests.h"
#include "datasets/reader.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_store {
    struct rf_db *db;          /* borrowed, a transaction is open */
    struct rf_sha256 *sha;     /* one running digest for all texts */
    struct rf_stmt *merge_add; /* NULL until the first merge */
    bool filled;               /* the prompt stored last was known by its name and now has its text */
    size_t merges;             /* prompts to be merged by rf_store_settle */
    struct rf_stmt *model_add, *model_get, *prompt_add, *prompt_get, *prompt_fill, *key_add, *key_get, *response_add;
    struct rf_store_model *model; /* [cap] open addressing by name, cap a power of two, at most half full */
    size_t nmodel, cap;
    /* A first load: the index over the hashes is left out, and these hold them all; number = prompt.id. */
    struct rf_digests prompts, responses;
    bool knows_prompts, knows_responses;
    int64_t next_prompt;   /* id not yet given out: inserting with an id saves the look-up before it */
    struct rf_buf scratch; /* "<length>:" and JSON lists */
};
/* What a row keeps of a response. */
struct rf_said {
    bool any;      /* false: the source has none, and NULL is stored for the rest */
    int64_t bytes; /* UTF-8 bytes over all turns */
    uint8_t hash[RF_SHA256_SIZE];
};
int rf_store_init(struct rf_store *st, struct rf_db *db, struct rf_err *err);
/* Forgets what it knows of the database: after a rollback to a savepoint. */
int rf_store_reload(struct rf_store *st, struct rf_err *err);
void rf_store_release(struct rf_store *st);

/* Id of the model, made where it is new. */
int rf_store_model(struct rf_store *st, struct rf_str name, int64_t *id, struct rf_err *err);
/* prompt.hash of p, which must be a prompt (n > 0 or an id). */
int rf_store_prompt_hash(struct rf_store *st, const struct rf_prompt *p, uint8_t out[RF_SHA256_SIZE],
                         struct rf_err *err);
/* Id of the prompt, made where it is new; *id = 0 for no prompt at all. *fresh: it was made. */
/* A prompt with text and id also takes over the votes and results of the prompt that was known by that id alone: where
 * both are there already, at rf_store_settle. */
int rf_store_prompt(struct rf_store *st, const struct rf_prompt *p, int64_t *id, bool *fresh, struct rf_err *err);
/* Does what merges are noted; at the end of every file. */
int rf_store_settle(struct rf_store *st, struct rf_err *err);
/* Id of the prompt if the database has it: 1, 0 or an rf_code. */
int rf_store_find(struct rf_store *st, const struct rf_prompt *p, int64_t *id, struct rf_err *err);
/* Says by which name the prompt is known: *had = the prompt that has the name already, or prompt itself. */
int rf_store_name(struct rf_store *st, struct rf_str name, int64_t prompt, int64_t *had, struct rf_err *err);
/* Length and hash of a response (turn NULL: none), as far as keep asks for them; words are kept only if UTF-8. */
int rf_store_response(struct rf_store *st, const struct rf_str *turn, size_t n, enum rf_keep keep, struct rf_said *said,
                      struct rf_err *err);
/* The words behind said, if they are UTF-8: what rf_store_response does for RF_KEEP_TEXT. */
int rf_store_words(struct rf_store *st, const struct rf_str *turn, size_t n, const struct rf_said *said,
                   struct rf_err *err);
/* Binds length and hash as values i and i + 1. */
void rf_said_bind(const struct rf_said *said, struct rf_stmt *stmt, int i);
/* SHA-256 by the rule of prompt.hash: of one turn its text, of several "<length>:<text>" each. */
int rf_store_hash(struct rf_store *st, const struct rf_str *turn, size_t n, uint8_t out[RF_SHA256_SIZE],
                  struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
