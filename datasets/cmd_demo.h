/* The demo command's row for datasets/commands.c. */
#ifndef RF_DATASETS_CMD_DEMO_H
#define RF_DATASETS_CMD_DEMO_H

#include "core/cli.h"

extern const struct rf_cmd rf_cmd_demo;

#endif
