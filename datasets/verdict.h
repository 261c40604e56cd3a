/* What the readers of votes and judge labels share: verdicts as words, models and judges in names of files, pairs
 * turned round, keys made of parts. */
#ifndef RF_DATASETS_VERDICT_H
#define RF_DATASETS_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/mem.h"
#include "datasets/reader.h"

#ifdef __cplusplus
extern "C" {
#endif

/* "a", "b", "tie" or "bothbad" for a, model_a, tie, both_bad, tie (bothbad), ..., or for the name of one of the models;
 * NULL for other words, and for one that means a in one way and b in the other. */
const char *rf_verdict(struct rf_str word, struct rf_str model_a, struct rf_str model_b);
/* The verdict of two scores, the higher wins; NULL where one is not finite. */
const char *rf_verdict_of_scores(double a, double b);
/* An empty cell of an optional column is the same as no column. */
struct rf_str rf_optional(struct rf_str s);

/* The same vote with a and b in the other's place. */
void rf_vote_flip(struct rf_vote *v);
/* Flips v, if need be, so that model_a comes before model_b in the order of bytes: a pair that was shown in both orders
 * is one pair. */
void rf_vote_orient(struct rf_vote *v);

/* The first text of a JSON list, the string itself where it is none: ["gpt-4", "pair-v2"] is the judge gpt-4. Borrows.
 */
struct rf_str rf_first_name(struct rf_str s);

/* Name of a file without folders and without .json, .jsonl, .ndjson, .csv, .gz, .zst at its end. */
struct rf_str rf_file_stem(const char *path);
/* True where a name starts as those of a family of language models that judge: "gpt-4-0125-preview", "claude-3-opus".
 */
bool rf_is_judge_name(struct rf_str name);
/* The judge that the stem of the file is named after, .s NULL where it is no judge's name. */
struct rf_str rf_judge_of_file(const char *path);

/* The parts with a slash between them, in b (which is emptied first and owns *key). */
int rf_key_join(struct rf_buf *b, const struct rf_str *part, size_t n, struct rf_str *key, struct rf_err *err);

/* What a user of an instruction-tuned model types: the instruction, and the input below it after an empty line where
 * there is one. *text borrows from instruction or from b. */
int rf_instruction(struct rf_buf *b, struct rf_str instruction, struct rf_str input, struct rf_str *text,
                   struct rf_err *err);

#define RF_STR(literal) ((struct rf_str){ "" literal, sizeof literal - 1 })

#ifdef __cplusplus
}
#endif
#endif
