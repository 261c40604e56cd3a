/* Prompts of two sets, or of one, that are the same question or nearly: on four levels, of which each pair is given the
 * first that holds. exact: the same row of table prompt. normalised: the same text but for case, white space and
 * Unicode form (core/normal.h). near: Jaccard similarity of the content (core/template.h, minhash.h). cosine:
 * of the vectors of an embedder. Of many prompts with the same text each is paired with the first of them, not with
 * all: pairs join them, but do not count them twice over. */
#ifndef RF_DATASETS_MATCH_H
#define RF_DATASETS_MATCH_H

#include <stddef.h>
#include <stdint.h>

#include "core/db.h"
#include "core/err.h"
#include "core/corpus.h"
#include "core/prompt_set.h"

#ifdef __cplusplus
extern "C" {
#endif

enum rf_likeness { RF_EXACT, RF_NORMALISED, RF_NEAR, RF_COSINE, RF_LIKENESSES };
extern const char *const rf_likeness_name[RF_LIKENESSES]; /* as in overlap.kind */
#define RF_LIKENESS_CHOICES "exact|normalised|near"       /* that need no vectors */

struct rf_match_options {
    enum rf_likeness level; /* the last one looked for, RF_EXACT .. RF_NEAR */
    double jaccard;         /* of near: .5 .. 1 */
    const char *embedder;   /* of cosine; NULL: not looked for */
    double cosine;          /* (0, 1] */
    int threads;
};

struct rf_match {
    int64_t a, b; /* prompts: of the first and the second set; of one set a < b, or a = b where it stands in it twice */
    enum rf_likeness kind;
    double similarity; /* 1, Jaccard similarity, or cosine */
};
/* What was found on a level, or on all. */
struct rf_match_count {
    size_t pairs;
    size_t a, b;   /* prompts of the first and the second set that have a pair; of one set a counts and b is 0 */
    size_t groups; /* groups that the pairs join: of two sets such that stand on both sides */
};
struct rf_matches {
    struct rf_match *v; /* [n] by kind, falling similarity, a, b */
    size_t n;
    struct rf_match_count count[RF_LIKENESSES + 1]; /* by kind, then of all */
    size_t vectorless[2];                           /* prompts of either set without a vector of the embedder */
};

/* corpus: of the same database; b NULL: a against itself. */
int rf_matches_find(struct rf_matches *m, struct rf_db *db, const struct rf_corpus *corpus,
                    const struct rf_prompt_set *a, const struct rf_prompt_set *b, const struct rf_match_options *o,
                    struct rf_err *err);
void rf_matches_release(struct rf_matches *m); /* a zeroed struct is fine */

#ifdef __cplusplus
}
#endif
#endif
