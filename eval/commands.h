/* The commands of eval/: weights and tables in, curves, numbers and pictures out. Each command is one file cmd_x.c that
 * defines one row, and one line in commands.c. */
#ifndef RF_EVAL_COMMANDS_H
#define RF_EVAL_COMMANDS_H

#include "core/cli.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct rf_cmd *const rf_eval_commands[]; /* NULL-terminated, in the order of the help */

#ifdef __cplusplus
}
#endif
#endif
