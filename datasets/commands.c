/* The list of the commands of datasets/: declare the row of a cmd_x.c here and add its name to the list. */
#include "datasets/commands.h"

extern const struct rf_cmd rf_cmd_ingest;
extern const struct rf_cmd rf_cmd_ls;
extern const struct rf_cmd rf_cmd_alias;
extern const struct rf_cmd rf_cmd_embed;
extern const struct rf_cmd rf_cmd_overlap;
extern const struct rf_cmd rf_cmd_split;
extern const struct rf_cmd rf_cmd_demo;

/* a line each */
/* clang-format off */
const struct rf_cmd *const rf_datasets_commands[] = {
    &rf_cmd_ingest,
    &rf_cmd_ls,
    &rf_cmd_alias,
    &rf_cmd_embed,
    &rf_cmd_overlap,
    &rf_cmd_split,
    &rf_cmd_demo,
    NULL,
};
/* clang-format on */
