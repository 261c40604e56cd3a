/* The rows of a chunk of CSV that are plain to see, found 64 bytes at a time and left where they stand. What is not
 * plain (a quote inside an unquoted field, text behind a closing quote, a long field, a row that the chunk cuts off)
 * ends the walk in front of its row: core/csv.c has libcsv judge it. Only core/csv.c includes this. */
#ifndef RF_CORE_CSV_FRONT_H
#define RF_CORE_CSV_FRONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rf_csv_front {
    char delimiter;   /* neither a quote nor a line end */
    size_t max_field; /* bytes of a field, its doubled quotes counted as two */
    const char *row;  /* where the first row that was not found yet starts */
    bool doubled;     /* the row found last has doubled quotes */
    uint64_t lines;   /* line ends within its fields */
    /* the walk itself */
    const char *field, *block, *end; /* start of the next field; what the masks are of; end of the chunk */
    uint64_t marks;                  /* delimiters and line ends outside quotes, without those passed */
    uint64_t inner, twice;           /* line ends inside quotes and second halves of doubled quotes, likewise */
    uint64_t inside;                 /* all ones: the next block starts inside quotes */
    uint64_t closed, marked;         /* 1: behind a closing quote, behind a mark */
    bool last;                       /* no block behind this one */
};

/* A walk over [from, end), which starts at a row; the bytes may change behind the rows found. */
void rf_csv_front_start(struct rf_csv_front *f, const char *from, const char *end);
/* The end of the next field, its outer quotes included, whose start was f->field before: there stands the delimiter or
 * the line end (an LF, or a CR, whose LF is then an empty row of its own). NULL: no more whole rows. */
const char *rf_csv_front_next(struct rf_csv_front *f);

#ifdef __cplusplus
}
#endif
#endif
