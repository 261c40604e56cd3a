/* A format = one reader: a row of name, sniff and read. Readers turn bytes into calls on a sink and know no SQL; the
 * sink (datasets/sink.c) knows SQL and no format. */
#ifndef RF_DATASETS_READER_H
#define RF_DATASETS_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/input.h"
#include "core/mem.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_sink;
struct rf_mapping; /* datasets/mapping.h */

/* What a sniffer sees (made by datasets/sniff.c). */
struct rf_sniff {
    const char *path;   /* as given; "-" for standard input */
    struct rf_str head; /* the first bytes, a byte order mark removed */
    bool json; /* head starts with a JSON object or an array of them, and names are the first one's keys; else they are
                * a CSV header's */
    const struct rf_str *name; /* [n] columns of the header, or keys of the first object that lie within head */
    size_t n; /* 0 where head starts with neither, or with an object spread over lines: readers of whole files look
                 into head */
};

struct rf_reader {
    const char *name;    /* --as NAME, source.format */
    const char *summary; /* one line for help: what it is and where users get it */
    /* How sure: 0 = not this format, 100 = certain. Two readers equally sure are an error that asks for --as. */
    int (*sniff)(const struct rf_sniff *s);
    int (*read)(struct rf_input *in, struct rf_sink *sink, struct rf_err *err);
};

/* NULL-terminated, in the order of help. */
extern const struct rf_reader *const rf_readers[];

/* What is kept of responses. */
enum rf_keep {
    RF_KEEP_HASH, /* length and SHA-256 */
    RF_KEEP_TEXT, /* the text too */
    RF_KEEP_NONE  /* nothing: readers need not decode them */
};

/* ---- what readers emit; each returns 0 or an rf_code, and copies what it is given ---- */

/* The turns that a user typed; n >= 1. With no text: n = 0 and id is the name by which it is known, bytes = length if
 * known (-1: not). Files that name their prompts by an id of their own write "<family>/<id>" ("vicuna/12"). With text
 * and id: the prompt known by that name gets this text, whichever file comes first. */
struct rf_prompt {
    const struct rf_str *turn;
    size_t n;
    struct rf_str id;
    int64_t bytes;
};
struct rf_vote {
    uint64_t line;
    uint64_t row;            /* data row from 0 */
    struct rf_str origin;    /* the space of key: "lmsys-arena-55k"; .s NULL: this file alone */
    struct rf_str key;       /* .s NULL: none */
    struct rf_prompt prompt; /* n = 0 and id.s NULL: none at all */
    struct rf_str task;      /* the source's own category of the pair; .s NULL: none */
    struct rf_str model_a, model_b;
    const char *winner;      /* "a", "b", "tie", "bothbad"; NULL: the judge's reply could not be read */
    struct rf_str judge;     /* a model's name; .s NULL: ingest --judge, else "human" */
    double weight;           /* NaN: none */
    double score_a, score_b; /* what the judge gave the answers, on the source's scale; NaN: none */
    char shown_first;        /* 'a' or 'b': the answer that the judge saw first; 0: unknown */
    const struct rf_str *response_a, *response_b; /* turns, NULL: none */
    size_t nresponse_a, nresponse_b;
};
/* A question of a benchmark. join: key is the benchmark's own id, so a known (bench, key) is the same item, in whatever
 * file. */
struct rf_item {
    uint64_t line, row;
    struct rf_str bench, task, key; /* task.s may be NULL */
    bool join;
    struct rf_prompt prompt; /* none at all: keeps what is known */
};
struct rf_result {
    struct rf_str model;
    int turn;                            /* from 1 */
    double score;                        /* NaN: missing, which is counted and nothing stored */
    double cost;                         /* NaN: unknown */
    int64_t input_tokens, output_tokens; /* -1: unknown */
    double latency;                      /* seconds; NaN: unknown */
    struct rf_str response;              /* .s NULL: none */
};
/* The figures of an rf_result that has none: struct rf_result r = { RF_NO_FIGURES, .model = ... }. */
#define RF_NO_FIGURES .turn = 1, .score = NAN, .cost = NAN, .latency = NAN, .input_tokens = -1, .output_tokens = -1

struct rf_price {
    uint64_t line;
    struct rf_str model, provider; /* as the list writes them; provider.s NULL: none */
    double input, output, request; /* US dollars per token in and out, and per request; NaN: not given */
    struct rf_str valid_from;      /* "2024-06-01"; .s NULL: not said */
};
/* What another router thinks of a prompt. */
struct rf_score {
    uint64_t line, row;
    struct rf_str router;
    struct rf_prompt prompt;
    double score; /* finite; the higher, the sooner the strong model */
};

/* The numbers of an rf_vote that has none: struct rf_vote v = { RF_NO_NUMBERS, .line = ... }. */
#define RF_NO_NUMBERS .weight = NAN, .score_a = NAN, .score_b = NAN

int rf_sink_vote(struct rf_sink *s, const struct rf_vote *v, struct rf_err *err);
/* *item receives the id for rf_sink_result, valid until the end of the file; 0 where the sink dropped the row. */
int rf_sink_item(struct rf_sink *s, const struct rf_item *v, int64_t *item, struct rf_err *err);
/* A result of a model without a score is missing, whatever the item; one with neither is none. A cost that comes with
 * tokens is compared with the prices that the database has for a model of this name, if any: one that no list gives is
 * stored and noted. */
int rf_sink_result(struct rf_sink *s, int64_t item, const struct rf_result *r, uint64_t line, struct rf_err *err);
int rf_sink_contaminated(struct rf_sink *s, struct rf_str text, uint64_t line, struct rf_err *err);
int rf_sink_price(struct rf_sink *s, const struct rf_price *p, struct rf_err *err);
int rf_sink_score(struct rf_sink *s, const struct rf_score *v, struct rf_err *err);
/* A prompt alone: row `row` of the file is this prompt. */
int rf_sink_prompt(struct rf_sink *s, const struct rf_prompt *p, uint64_t line, uint64_t row, struct rf_err *err);
/* A row that is not stored, or a cell of a wide one. field: the column or key at fault, NULL: the row as a whole.
 * reason: a constant class in a few words. found is printed as in printf; the message reads "FIELD: found FOUND,
 * expected EXPECTED", or FOUND alone where expected is NULL. Fails (RF_BAD_INPUT) once there are more than ingest
 * --max-errors; without that option the share is judged at the end of the file. */
int rf_sink_drop(struct rf_sink *s, uint64_t line, const char *field, const char *reason, const char *expected,
                 struct rf_err *err, const char *found, ...) __attribute__((format(printf, 7, 8)));
/* The same for what a parser refused: why reads "... found X, expected Y", and is split there. A why that is not
 * RF_BAD_INPUT (out of memory) is passed on in err. */
int rf_sink_drop_why(struct rf_sink *s, uint64_t line, const char *field, const char *reason, const struct rf_err *why,
                     struct rf_err *err);
/* Something that the user should know of a row that is stored all the same: said once with how often and the first
 * time. what: a constant that completes "12 ..." ("costs are not ..."); detail is printed as in printf. */
int rf_sink_note(struct rf_sink *s, uint64_t line, const char *what, struct rf_err *err, const char *detail, ...)
    __attribute__((format(printf, 5, 6)));
/* Every data row is counted once, before it is emitted or dropped; polls Ctrl-C and draws progress. */
int rf_sink_row(struct rf_sink *s, struct rf_err *err);
void rf_sink_repaired(struct rf_sink *s, size_t n); /* lone surrogates replaced */
/* A column or key that the reader does not use; named once in the summary, unless its name is empty. */
int rf_sink_unused(struct rf_sink *s, struct rf_str name, struct rf_err *err);
bool rf_sink_reads_responses(const struct rf_sink *s);       /* false: a reader may leave them out */
struct rf_str rf_sink_name(const struct rf_sink *s);         /* of the source: --name, or from the path */
const char *rf_sink_judge(const struct rf_sink *s);          /* ingest --judge NAME, or NULL */
const char *rf_sink_path(const struct rf_sink *s);           /* of the file being read */
struct rf_mapping *rf_sink_mapping(const struct rf_sink *s); /* ingest --map; NULL: none */
const char *rf_sink_bench(
    const struct rf_sink *s); /* ingest --bench NAME, or NULL: the reader knows it or takes it from the path */

#ifdef __cplusplus
}
#endif
#endif
