/* What the readers of result tables share: numbers out of cells, the benchmark's name, and the key of a question that
 * has no id of its own. */
#ifndef RF_DATASETS_FIGURES_H
#define RF_DATASETS_FIGURES_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/mem.h"
#include "core/sha256.h"
#include "datasets/reader.h"

#ifdef __cplusplus
extern "C" {
#endif

enum rf_figure_kind {
    RF_FIGURE_SCORE,  /* double: any finite number, True or False */
    RF_FIGURE_AMOUNT, /* double >= 0: dollars, seconds */
    RF_FIGURE_COUNT,  /* int64_t >= 0, also written 12.0 */
    RF_FIGURE_TURN    /* int, 1..1000 */
};
struct rf_figure {
    struct rf_str cell;
    const char *field; /* its column or key, for messages; static */
    enum rf_figure_kind kind;
    void *to; /* untouched where the cell is missing */
};

/* Reads n cells: 1, 0 where one is no such number and the row was dropped, or an rf_code. */
int rf_figures_read(const struct rf_figure *f, size_t n, struct rf_sink *sink, uint64_t line, struct rf_err *err);

/* ingest --bench, or else `own`. */
struct rf_str rf_bench_or(const struct rf_sink *sink, const char *own);

/* The item of a text that is its own key: its SHA-256. item->key points into hex. */
int rf_key_of_text(struct rf_item *item, struct rf_str text, char hex[RF_SHA256_HEX], struct rf_err *err);

/* The item's question and, if it was stored, the answer to it. */
int rf_sink_answer(struct rf_sink *sink, const struct rf_item *item, const struct rf_result *r, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
