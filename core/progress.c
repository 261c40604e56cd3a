/* The progress line and the Ctrl-C flag. Writes to stderr alone, and only where that is a terminal that can redraw a
 * line. Refuses to draw more than six times a second, and characters that would steer the terminal. */
#include "core/progress.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "core/text.h"

#define REDRAW_SECONDS (1.0 / 6)
enum { COLUMNS = 79 };

static volatile sig_atomic_t interrupted; /* set by the handler, never cleared: the process is on its way out */
static bool drawing;

static void on_sigint(int sig)
{
    (void)sig;
    interrupted = 1;
}

void rf_progress_setup(bool quiet)
{
    struct sigaction now = { .sa_handler = on_sigint, .sa_flags = (int)(SA_RESTART | SA_RESETHAND) }, before;
    const char *term = getenv("TERM");
    drawing = !quiet && isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
    /* Once only: a second Ctrl-C ends the process by the default action. nohup and shell jobs that ignore it stay that
     * way. */
    sigemptyset(&now.sa_mask);
    if (!sigaction(SIGINT, NULL, &before) && before.sa_handler == SIG_DFL)
        sigaction(SIGINT, &now, NULL);
}

double rf_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

uint64_t rf_peak_rss(void)
{
    struct rusage u;
    return getrusage(RUSAGE_SELF, &u) ? 0 : (uint64_t)u.ru_maxrss * 1024; /* Linux counts in KiB */
}

bool rf_interrupted(void)
{
    return interrupted;
}

void rf_progress_start(struct rf_progress *p, const char *label, const char *unit, uint64_t total)
{
    const double now = rf_seconds();
    *p = (struct rf_progress){ .label = label, .unit = unit, .total = total, .started = now, .drawn = now };
}

static void draw(const struct rf_progress *p, uint64_t done, double now, const char *note)
{
    char line[512], share[16] = "", of[32] = "", left[48] = "";
    const double spent = now - p->started;
    if (p->total && done <= p->total) {
        const double part = (double)done / (double)p->total;
        snprintf(share, sizeof share, " %3.0f%%", 100 * part);
        snprintf(of, sizeof of, "/%llu", (unsigned long long)p->total);
        if (part > 0.02)
            snprintf(left, sizeof left, ", %.0f s left", spent / part - spent);
    }
    snprintf(line, sizeof line, "%.60s%s  %llu%s %.20s  %.0f s%s  %.200s", p->label, share, (unsigned long long)done,
             of, p->unit, spent, left, note ? note : "");
    fputs("\r\033[K", stderr);
    rf_text_put(stderr, (struct rf_str){ line, strlen(line) }, COLUMNS, ""); /* the label may hold a file's name */
    fflush(stderr);
}

int rf_progress_step(struct rf_progress *p, uint64_t done, const char *note, struct rf_err *err)
{
    if (interrupted) {
        rf_progress_end(p);
        return rf_fail(err, RF_INTERRUPTED, "%s: interrupted after %llu %s", p->label, (unsigned long long)done,
                       p->unit);
    }
    if (!drawing)
        return 0;
    const double now = rf_seconds();
    if (now - p->drawn >= REDRAW_SECONDS) {
        draw(p, done, now, note);
        p->drawn = now;
        p->shown = true;
    }
    return 0;
}

void rf_progress_end(struct rf_progress *p)
{
    if (p->shown) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
    }
    p->shown = false;
}
