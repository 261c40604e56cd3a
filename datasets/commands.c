/* The list of the commands of datasets/: declare the row of a cmd_x.c here and add its name to the list. */
#include "datasets/commands.h"

const struct rf_cmd *const rf_datasets_commands[] = {
    NULL,
};
