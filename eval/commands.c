/* The list of the commands of eval/: declare the row of a cmd_x.c here and add its name to the list. */
#include "eval/commands.h"

extern const struct rf_cmd rf_cmd_score;
extern const struct rf_cmd rf_cmd_eval;
extern const struct rf_cmd rf_cmd_compare;
extern const struct rf_cmd rf_cmd_reliability;
extern const struct rf_cmd rf_cmd_recalibrate;
extern const struct rf_cmd rf_cmd_frontier;
extern const struct rf_cmd rf_cmd_cascade;
extern const struct rf_cmd rf_cmd_plot;
extern const struct rf_cmd rf_cmd_calibrate;
extern const struct rf_cmd rf_cmd_drift;
extern const struct rf_cmd rf_cmd_offpolicy;
extern const struct rf_cmd rf_cmd_report;
extern const struct rf_cmd rf_cmd_runs;

/* a line each */
/* clang-format off */
const struct rf_cmd *const rf_eval_commands[] = {
    &rf_cmd_score,
    &rf_cmd_eval,
    &rf_cmd_compare,
    &rf_cmd_reliability,
    &rf_cmd_recalibrate,
    &rf_cmd_frontier,
    &rf_cmd_cascade,
    &rf_cmd_plot,
    &rf_cmd_calibrate,
    &rf_cmd_drift,
    &rf_cmd_offpolicy,
    &rf_cmd_report,
    &rf_cmd_runs,
    NULL,
};
/* clang-format on */
