/* Votes of the database as arrays, joined with the vectors of their prompts: read once, one copy of each vector. What
 * cannot be used is left out and counted by reason. Refuses: vectors with NaN or Inf (the prompt is named), an
 * ambiguous embedder, no votes at all. */
#ifndef RF_TRAIN_VOTES_H
#define RF_TRAIN_VOTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/db.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/names.h"
#include "core/opt.h"
#include "core/sha256.h"

#ifdef __cplusplus
extern "C" {
#endif

enum rf_winner { RF_WINS_A, RF_WINS_B, RF_TIE, RF_BOTH_BAD };

/* One vote that can be used. */
struct rf_battle {
    uint32_t row;  /* of its prompt's vector, < rf_votes.rows */
    uint32_t a, b; /* models, < rf_votes.models, a != b */
    enum rf_winner winner;
    float weight; /* > 0: the vote's strength, 1 where the source gives none, times its judge's weight */
    bool valid;   /* its prompt is on the validation side */
};

/* What two verdicts of a judge on a pair are that was shown in both orders: two votes, or one, a tie where they differ
 * (as FastChat's gpt-4_pair counts them). */
enum rf_orders { RF_ORDERS_KEEP, RF_ORDERS_MERGE };
#define RF_ORDERS_CHOICES "keep|merge"
/* The row for a member of that type (int) of a command's options. */
#define RF_ORDERS_OPTION(type, member)                                                                                 \
    RF_OPT(type, member, "orders", 0, RF_OPT_CHOICE, "HOW", "keep", RF_ORDERS_CHOICES, 0, 0,                           \
           "What two verdicts of a judge on a pair are that was shown to it in both orders: two votes, or one, a tie " \
           "where they differ.")

/* Why a vote is left out. The last three are for kinds; rf_left_out_name() has the words. */
enum rf_left_out {
    RF_OUT_SOURCE,     /* --source names others */
    RF_OUT_JUDGE,      /* --votes names others */
    RF_OUT_UNPARSED,   /* the judge's reply could not be read */
    RF_OUT_NO_PROMPT,  /* the source has no prompt */
    RF_OUT_SPLIT,      /* not in a part of --split that is learnt from */
    RF_OUT_SHORT,      /* prompt below --min-chars */
    RF_OUT_NO_VECTOR,  /* the embedder has none for the prompt */
    RF_OUT_ZERO,       /* the vector is all zero: it says nothing */
    RF_OUT_SAME_MODEL, /* a model against itself */
    RF_OUT_WEIGHT,     /* strength not above zero */
    RF_OUT_ORDER,      /* --orders merge: it stands in the vote of the other order */
    RF_OUT_TIE,        /* ties by the kind's convention */
    RF_OUT_UNRATED,    /* a model without a finite rating where tiers are asked for */
    RF_OUT_SETS,       /* not one of the strong set against one of the weak set */
    RF_OUTS
};

/* First turns of prompts, one behind the other. */
struct rf_turns {
    struct rf_buf all;
    size_t *at; /* [rows + 1] text i is [at[i], at[i + 1]) of all; NULL: there are none */
};

struct rf_votes {
    struct rf_battle *battle; /* [n] in database order */
    size_t n;
    float *x; /* [rows][dim] row-major: vectors of the distinct prompts, ascending prompt id; finite, none all zero;
                 NULL for kinds that read texts */
    struct rf_turns text; /* for those: the first turns of the same prompts */
    struct rf_turns task; /* for those: the names of the tasks of the same prompts, each ended by a NUL, empty where
                             there is none */
    int64_t *prompt;      /* [rows] prompt ids, ascending */
    bool *valid;          /* [rows] true: validation side */
    uint32_t *fold;       /* [rows] by the filter's split; NULL unless folds were asked for */
    size_t rows, dim;
    char **model; /* [models] names of the models in battle[], by strcmp order */
    size_t models;
    struct rf_aliases alias; /* other names by which a user may ask for them */
    char *embedder;          /* name of the vectors; NULL for texts */
    char *embedder_sha256;   /* hex of the text model's file; NULL: vectors from elsewhere */
    size_t read;             /* votes looked at; read = n + sum of left_out */
    size_t left_out[RF_OUTS];
    char sha256[RF_SHA256_HEX]; /* over the votes kept, their models' names and their vectors: the data fingerprint of
                                   the run */
};

struct rf_votes_filter {
    const char *embedder;  /* NULL: the only one of the database */
    bool text;             /* true: texts in place of vectors */
    struct rf_list source; /* names; empty: all */
    struct rf_list votes;  /* judges and their weights, as train/judges.h takes them; empty: all */
    enum rf_orders orders;
    bool promptless;   /* true: votes without a prompt count too (they have no vector) */
    int64_t min_chars; /* code points of the first turn without white space at both ends (RouteLLM: 16); prompts without
                          text pass */
    double valid;      /* share of the prompts on the validation side, [0, 1) */
    uint64_t seed;     /* of the split: a prompt's side depends on (seed, text of its first turn) alone */
    const char *split; /* as in struct rf_inputs_filter */
    size_t folds;
};

/* Fills *v (whatever it held); on failure *v is empty. Only RF_OUT_SOURCE .. RF_OUT_ORDER are counted here. */
int rf_votes_load(struct rf_votes *v, struct rf_db *db, const struct rf_votes_filter *f, struct rf_err *err);
void rf_votes_release(struct rf_votes *v);
/* The task of a row's prompt, borrowed; NULL: none, or these are not texts. */
const char *rf_votes_task(const struct rf_votes *v, size_t row);

void rf_turns_release(struct rf_turns *t);
/* Text i of t. */
struct rf_str rf_turn_of(const struct rf_turns *t, size_t i);

/* "prompt shorter than --min-chars": words for people, static. */
const char *rf_left_out_name(enum rf_left_out why);
/* RF_BAD_INPUT "no votes left ...": which filter removed how many. left_out[RF_OUTS] */
int rf_votes_none_left(size_t read, const size_t *left_out, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
