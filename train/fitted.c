/* Fit, build, check: in this order, whoever asks. */
#include "train/fitted.h"

int rf_fitted_make(struct rf_fitted *t, const struct rf_fit_job *job, struct rf_err *err)
{
    rf_fit_init(&t->fit, job->votes, job->scored, job->threads, job->seed, job->progress);
    t->fit.tuned = job->tuned;
    t->fit.tuned_on = job->tuned_on;
    int rc = job->kind->fit(&t->fit, job->opts, &t->model, err);
    if (!rc)
        rc = rf_model_build(&t->model, job->kind, &t->fit, &t->bytes, err);
    if (rc == RF_INTERRUPTED) /* a kind that has more to say of it has said so */
        rc = rf_fail(err, rc, "stopped by Ctrl-C before a router was whole: nothing is written");
    t->seconds = rf_seconds() - t->fit.started;
    return rc;
}

void rf_fitted_release(struct rf_fitted *t)
{
    rf_buf_release(&t->bytes);
    rf_model_release(&t->model);
    rf_fit_release(&t->fit);
    *t = (struct rf_fitted){ 0 };
}

size_t rf_job_rows(const struct rf_fit_job *job)
{
    return job->votes ? job->votes->rows : job->scored->in.rows;
}

const int64_t *rf_job_prompts(const struct rf_fit_job *job)
{
    return job->votes ? job->votes->prompt : job->scored->in.prompt;
}
