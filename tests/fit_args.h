/* The options of a kind of router as a command line gives them, for tests of train/. */
#ifndef RF_TESTS_FIT_ARGS_H
#define RF_TESTS_FIT_ARGS_H

#include <stdint.h>

#include "core/mem.h"
#include "train/kind.h"

enum { MAX_ARGS = 8 };

/* A kind's options as a command line gives them: defaults, then args (NULL-terminated). */
struct parsed {
    char *argv[MAX_ARGS + 1], *rest[MAX_ARGS + 1];
    void *opts;
    struct rf_opt_set sets[RF_CMD_TABLES];
    size_t nsets;
};

static inline int parse(struct parsed *p, const struct rf_kind *kind, const char *const *args, struct rf_err *err)
{
    int argc = 0, nargs = 0;
    *p = (struct parsed){ .opts = rf_calloc(1, kind->cmd.opts_size, NULL) };
    p->argv[argc++] = (char *)(uintptr_t) "fit";
    for (; *args; args++)
        p->argv[argc++] = (char *)(uintptr_t)*args;
    for (; p->nsets < RF_CMD_TABLES && kind->cmd.opts[p->nsets]; p->nsets++)
        p->sets[p->nsets] = (struct rf_opt_set){ kind->cmd.opts[p->nsets], p->opts };
    return rf_opt_parse(p->sets, p->nsets, argc, p->argv, p->rest, &nargs, err);
}

static inline void unparse(struct parsed *p)
{
    rf_opt_release(p->sets, p->nsets);
    rf_free(p->opts);
}

#endif
