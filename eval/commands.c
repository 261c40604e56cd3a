/* The list of the commands of eval/: declare the row of a cmd_x.c here and add its name to the list. */
#include "eval/commands.h"

extern const struct rf_cmd rf_cmd_score, rf_cmd_eval, rf_cmd_compare, rf_cmd_frontier, rf_cmd_plot, rf_cmd_runs;

const struct rf_cmd *const rf_eval_commands[] = {
    &rf_cmd_score, &rf_cmd_eval, &rf_cmd_compare, &rf_cmd_frontier, &rf_cmd_plot, &rf_cmd_runs, NULL,
};
