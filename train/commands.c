/* The list of the commands of train/: declare the row of a cmd_x.c here and add its name to the list. */
#include "train/commands.h"

extern const struct rf_cmd rf_cmd_rank;
extern const struct rf_cmd rf_cmd_fit;
extern const struct rf_cmd rf_cmd_export;

/* a line each */
/* clang-format off */
const struct rf_cmd *const rf_train_commands[] = {
    &rf_cmd_rank,
    &rf_cmd_fit,
    &rf_cmd_export,
    NULL,
};
/* clang-format on */
