/* What a fit reports back: training log, notes for people, Ctrl-C. Refuses losses that are not finite. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "train/kind.h"

void rf_fit_init(struct rf_fit *f, const struct rf_votes *votes, const struct rf_scored *scored, int threads,
                 uint64_t seed, struct rf_progress *progress)
{
    *f = (struct rf_fit){ .votes = votes,
                          .scored = scored,
                          .threads = threads,
                          .seed = seed,
                          .progress = progress,
                          .started = rf_seconds() };
    memcpy(f->left_out, votes ? votes->left_out : scored->left_out, sizeof f->left_out);
}

void rf_fit_release(struct rf_fit *f)
{
    rf_free(f->epoch);
    rf_buf_release(&f->notes);
    *f = (struct rf_fit){ 0 };
}

int rf_fit_epoch(struct rf_fit *f, double train_loss, double valid_loss, double valid_accuracy, struct rf_err *err)
{
    const size_t number = f->epochs + 1;
    char note[64];
    if (!isfinite(train_loss) || isinf(valid_loss))
        return rf_fail(err, RF_FAIL, "epoch %zu: the loss is %g in training and %g in validation, expected finite ones",
                       number, train_loss, valid_loss);
    if (f->epochs == f->epochs_cap) {
        const size_t more = f->epochs_cap ? 2 * f->epochs_cap : 64;
        struct rf_epoch *grown = rf_regrow(f->epoch, f->epochs, more, sizeof *grown, err);
        if (!grown)
            return RF_FAIL;
        f->epoch = grown;
        f->epochs_cap = more;
    }
    f->epoch[f->epochs++] = (struct rf_epoch){ train_loss, valid_loss, valid_accuracy, rf_seconds() - f->started };
    if (!f->progress)
        return 0;
    snprintf(note, sizeof note, "loss %.4f, validation %.4f", train_loss, valid_loss);
    if (rf_progress_step(f->progress, number, note, NULL) == 0)
        return 0;
    f->interrupted = true;
    return RF_INTERRUPTED;
}

int rf_fit_note(struct rf_fit *f, struct rf_err *err, const char *fmt, ...)
{
    char line[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    return rf_buf_printf(&f->notes, err, "%s\n", line);
}

int rf_fit_note_free(struct rf_fit *f, struct rf_err *err)
{
    int rc = 0;
    for (size_t m = 0; m < f->scored->r.models && !rc; m++)
        if (isnan(f->scored->mean_cost[m]))
            rc = rf_fit_note(f, err, "no cost is known of \"%s\": it counts as free", f->scored->r.model[m]);
    return rc;
}
