/* Progress of long work, and Ctrl-C. One redrawn line on stderr, at most six a second, only on a terminal and without
 * -q; SIGINT sets a flag that the same call reports, so that long work stops where its data are whole. */
#ifndef RF_CORE_PROGRESS_H
#define RF_CORE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_progress {
    const char *label;     /* "ingest votes.csv"; borrowed */
    uint64_t total;        /* 0 = unknown: counts instead of a percentage */
    const char *unit;      /* "rows", "epochs" */
    double started, drawn; /* seconds */
    bool shown;
};

void rf_progress_setup(bool quiet); /* installs the SIGINT handler; decides once whether lines are drawn */
void rf_progress_start(struct rf_progress *p, const char *label, const char *unit, uint64_t total);
/* Draws if it is time; note (or NULL) is shown behind. 0, or RF_INTERRUPTED once SIGINT came (err filled). */
int rf_progress_step(struct rf_progress *p, uint64_t done, const char *note, struct rf_err *err);
void rf_progress_end(struct rf_progress *p); /* clears the line */
bool rf_interrupted(void);

double rf_seconds(void);    /* monotonic clock */
uint64_t rf_peak_rss(void); /* bytes, of this process so far */

#ifdef __cplusplus
}
#endif
#endif
