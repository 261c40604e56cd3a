/* The inside of a sink, for sink.c and sink_rows.c alone. */
#ifndef RF_DATASETS_SINK_IMPL_H
#define RF_DATASETS_SINK_IMPL_H

#include "core/progress.h"
#include "datasets/result_batch.h"
#include "datasets/seen.h"
#include "datasets/sink.h"
#include "datasets/store.h"

#ifdef __cplusplus
extern "C" {
#endif

enum row_state {
    ROW_NOTHING,
    ROW_ASKED,   /* its question was known, and no more was said so far */
    ROW_MISSING, /* and the score is blank */
    ROW_KNOWN,
    ROW_DROPPED,
    ROW_ADDED
}; /* of the row being read; a later state outdoes an earlier one */

#define RF_VOTE_KEYS "preference_key" /* the index */
enum { RF_VOTE_KEYS_MOST = 1 << 18 }; /* kept in memory: 8 MB */
enum { RF_ROWS_TOGETHER = 32 };       /* rows of source_row that one statement inserts */

struct rf_sink {
    struct rf_db *db; /* borrowed */
    struct rf_sink_options o;
    struct rf_store store;
    struct rf_result_batch results;
    struct rf_seen votes; /* a first load: the index over the keys of votes is left out, and this holds them all */
    bool knows_votes;
    bool priced; /* the database may have prices */
    struct rf_stmt *source_add, *source_end, *drop_add, *row_add, *rows_add, *vote_get, *vote_add, *item_get, *item_add,
        *item_prompt, *item_task, *price_get, *result_get, *contaminated_add, *price_add, *score_get, *score_add;

    /* of the file being read */
    const struct rf_input *in; /* borrowed, for progress */
    const char *path;          /* borrowed */
    struct rf_str name;        /* of the source, borrowed */
    int64_t source;            /* its row */
    long reject_mark;          /* where its lines begin in o.rejects */
    struct rf_sink_count count;
    enum row_state row;
    struct rf_sink_place {
        uint64_t row;
        int64_t prompt;
    } place[RF_ROWS_TOGETHER]; /* [nplace] rows of source_row that are not inserted yet */
    size_t nplace;
    struct rf_sink_asked {    /* the item emitted last: rows of one question often stand together */
        struct rf_buf words;  /* all that the reader said of it; empty: there is none */
        struct rf_buf other;  /* room for those of the next one */
        int64_t item, prompt; /* prompt 0: none */
    } asked;
    struct rf_sink_reason *reason; /* [nreason] */
    size_t nreason;
    struct rf_sink_reason *note; /* [nnote] */
    size_t nnote;
    struct rf_buf unused; /* names of unused columns, quoted, with commas */
    struct rf_progress progress;
};

/* Inserts the places. */
int rf_sink_flush(struct rf_sink *s, struct rf_err *err);
/* From now on the database answers for the keys of votes. */
int rf_sink_ask_for_votes(struct rf_sink *s, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
