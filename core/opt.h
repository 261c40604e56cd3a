/* Option tables: one row per option gives parsing (over getopt_long), ranges, defaults and help. A command hands its
 * tables and zeroed structs; defaults are set from the same text that help prints.
 * Refuses: unknown and shortened names (nearest match named), values out of range, NaN, an option given twice with
 * different values (lists excepted). */
#ifndef RF_CORE_OPT_H
#define RF_CORE_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/err.h"
#include "core/mem.h"

#ifdef __cplusplus
extern "C" {
#endif

enum rf_opt_type {
    RF_OPT_FLAG,   /* bool; no argument */
    RF_OPT_INT,    /* int64_t in [min, max] */
    RF_OPT_REAL,   /* double in [min, max]; NaN without a default */
    RF_OPT_TEXT,   /* const char *; NULL without a default */
    RF_OPT_CHOICE, /* int: index into choices */
    RF_OPT_LIST    /* struct rf_list: comma-separated, may be repeated; "a,b"... is one word that starts with a,b */
};

struct rf_list {
    const char **v; /* [n], owned by the parse */
    size_t n;
};

struct rf_opt {
    const char *name; /* long name without dashes; NULL ends a table */
    char letter;      /* short option, 0 for none */
    enum rf_opt_type type;
    size_t offset;       /* into the command's option struct */
    const char *arg;     /* placeholder in help: "FILE" */
    const char *def;     /* default as text, parsed like an argument; NULL = none */
    const char *choices; /* RF_OPT_CHOICE: "drop|half|weak-suffices" */
    double min, max;     /* RF_OPT_INT, RF_OPT_REAL; min == max == 0: any finite value */
    const char *help;    /* one sentence */
};

/* Row makers: RF_OPT(struct x, field, "name", 'n', RF_OPT_INT, "N", "64", NULL, 1, 4096, "Rows in a batch.") */
#define RF_OPT(T, field, name, letter, type, arg, def, choices, min, max, help)                                        \
    {                                                                                                                  \
        name, letter, type, offsetof(T, field), arg, def, choices, min, max, help                                      \
    }
#define RF_OPT_END                                                                                                     \
    {                                                                                                                  \
        NULL, 0, RF_OPT_FLAG, 0, NULL, NULL, NULL, 0, 0, NULL                                                          \
    }

/* A table and the struct that it writes to. Of two tables in one parse the earlier shadows the later one's names. */
struct rf_opt_set {
    const struct rf_opt *table;
    void *dest;
};
/* rf_opt_defaults and rf_opt_read(..., false, ...) in one. */
int rf_opt_parse(const struct rf_opt_set *sets, size_t nsets, int argc, char **argv, char **args, int *nargs,
                 struct rf_err *err);
/* Sets the defaults; options without one are set to 0, NaN or NULL. */
int rf_opt_defaults(const struct rf_opt_set *sets, size_t nsets, struct rf_err *err);
/* Parses argv[1..argc) over the values that are there. What is no option goes to args (room for argc), *nargs of them;
 * "--" ends the options and "-" is an argument. first: the first argument ends the options too, what follows it goes to
 * args as it is. */
int rf_opt_read(const struct rf_opt_set *sets, size_t nsets, int argc, char **argv, bool first, char **args, int *nargs,
                struct rf_err *err);
/* Place of text among "a|b|c", -1: none of them. */
int rf_choice(const char *choices, const char *text);
/* *to = a copy of the struct `from` of `size` bytes, with lists of its own (rf_opt_release frees them, also after a
 * failure); texts are borrowed from the command line as before. sets: tables over *to. */
int rf_opt_copy(const struct rf_opt_set *sets, size_t nsets, const void *from, void *to, size_t size,
                struct rf_err *err);
/* Frees the lists that a parse made. */
void rf_opt_release(const struct rf_opt_set *sets, size_t nsets);
/* Help lines of one table, wrapped at 80 columns: "  -k, --dim N   Width. [128]". */
void rf_opt_help(const struct rf_opt *table, FILE *f);
/* What help says of it: its sentence, range and default. */
int rf_opt_describe(const struct rf_opt *o, struct rf_buf *out, struct rf_err *err);
/* All options with the values in force as one JSON object: for run rows. Secret ones are left out. */
int rf_opt_json(const struct rf_opt_set *sets, size_t nsets, struct rf_buf *out, struct rf_err *err);
/* True for the name[n] of an option whose value must not be stored: it holds "key", "token" or "secret". */
bool rf_opt_secret(const char *name, size_t n);
/* True where a set before sets[set] has an option of that name. */
bool rf_opt_shadowed(const struct rf_opt_set *sets, size_t set, const struct rf_opt *o);

#ifdef __cplusplus
}
#endif
#endif
