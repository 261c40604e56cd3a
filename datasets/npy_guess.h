/* Which source and embedder an .npy file speaks of, from its name alone. */
#ifndef RF_DATASETS_NPY_GUESS_H
#define RF_DATASETS_NPY_GUESS_H

#include "core/db.h"
#include "core/err.h"
#include "core/mem.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Names are cut into words at everything that is no letter or digit. The source with prompts that shares most words
 * with the file's name is meant, and the words behind the last shared one name the embedder: arena55k_votes_lsa64.npy
 * is arena55k/votes, lsa64. embedder NULL: it is known, and no word need be left. RF_BAD_INPUT: no source shares a
 * word, or two share equally many, or no word is left. Both buffers hold C strings. */
int rf_npy_guess(struct rf_db *db, const char *path, struct rf_buf *source, struct rf_buf *embedder,
                 struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
