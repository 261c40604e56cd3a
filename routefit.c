/* main: joins the command tables of the three rooms. Everything else is in core/cli.c. */
#include "core/cli.h"
#include "datasets/commands.h"
#include "eval/commands.h"
#include "train/commands.h"

int main(int argc, char **argv)
{
    static const rf_cmd_table tables[] = { rf_datasets_commands, rf_train_commands, rf_eval_commands };
    return rf_cli_main(tables, sizeof tables / sizeof *tables, argc, argv);
}
