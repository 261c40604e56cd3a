/* The list of the commands of eval/: declare the row of a cmd_x.c here and add its name to the list. */
#include "eval/commands.h"

const struct rf_cmd *const rf_eval_commands[] = {
    NULL,
};
