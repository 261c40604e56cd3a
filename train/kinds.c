/* The list of kinds, from the one X-macro that the scoring pair shares: a kind without its train/ half does not link.
 */
#include <stddef.h>

#include "train/kind.h"

#define ROW(name) &rf_kind_##name,
const struct rf_kind *const rf_kinds[] = { ROUTEFIT_KINDS(ROW) NULL };
#undef ROW
