/* Which two models of an mf file are compared: the options of every command that takes such a file. */
#ifndef RF_CORE_PICK_H
#define RF_CORE_PICK_H

#include "core/err.h"
#include "core/opt.h"
#include "core/routefit_score.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_pick_options {
    const char *strong, *weak; /* the pair by name; NULL: as the file says */
    struct rf_list ids;        /* two row numbers "S,W" of an mf file in RouteLLM's layout; empty: none */
};
/* Rows for an option table over struct T, whose field f is a struct rf_pick_options. */
#define RF_PICK_OPTIONS(T, f)                                                                                          \
    RF_OPT(T, f.strong, "router-strong", 0, RF_OPT_TEXT, "NAME", NULL, NULL, 0, 0,                                     \
           "Strong model of an mf router, in place of the one that its file names."),                                  \
        RF_OPT(T, f.weak, "router-weak", 0, RF_OPT_TEXT, "NAME", NULL, NULL, 0, 0, "Weak model, likewise."),           \
        RF_OPT(T, f.ids, "ids", 0, RF_OPT_LIST, "S,W", NULL, NULL, 0, 0,                                               \
               "Rows of the strong and the weak model in an mf file of RouteLLM's own layout.")

/* Fills *pick, which borrows the options' names. RF_USAGE: --ids is not two row numbers. */
int rf_pick(const struct rf_pick_options *o, struct routefit_pick *pick, struct rf_err *err);
/* RF_USAGE where the router has no win rate, for it chooses among models and no two were named. path: for the message.
 */
int rf_pick_check(const struct routefit_router *r, const char *path, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
