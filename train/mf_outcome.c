/* Chances are taken in logs, each sum of powers of e from its greatest term. */
#include "train/mf_outcome.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/stats.h"

/* ln(e^x[0] + ... + e^x[n-1]), and w[i] = the share of each term. */
static double log_sum(const double *x, size_t n, double *w)
{
    double top = x[0], sum = 0;
    for (size_t i = 1; i < n; i++)
        top = fmax(top, x[i]);
    for (size_t i = 0; i < n; i++)
        sum += w[i] = exp(x[i] - top);
    for (size_t i = 0; i < n; i++)
        w[i] /= sum;
    return top + log(sum);
}

static double davidson(enum rf_mf_outcome o, double a, double b, double eta, double d[3])
{
    const double x[3] = { (a - b) / 2, eta, (b - a) / 2 };
    double w[3];
    const double all = log_sum(x, 3, w);
    const bool won = o == RF_MF_WIN;
    d[0] = (w[0] - w[2] - (won ? 1 : 0)) / 2;
    d[1] = -d[0];
    d[2] = w[1] - (won ? 0 : 1);
    return all - (won ? x[0] : x[1]);
}

#define GROUND 1.000001 /* P2L's least theta, above which a tie has a chance */

/* The chance that a wins, and what its log changes by a, b and eta. */
static double log_win(double a, double b, double theta, double by_eta, double d[3])
{
    const double x[3] = { a, b + log(theta), 0 };
    double w[3];
    const double all = log_sum(x, 3, w);
    d[0] = 1 - w[0];
    d[1] = -w[1];
    d[2] = -w[1] * by_eta;
    return a - all;
}

static double grounded(enum rf_mf_outcome o, double a, double b, double eta, double d[3])
{
    const double e = exp(fmin(eta, 50)), theta = e + GROUND, by_eta = e / theta; /* d ln theta / d eta */
    double of_a[3], of_b[3], w[3];
    const double win = log_win(a, b, theta, by_eta, of_a), loss = log_win(b, a, theta, by_eta, of_b);
    const double x[3] = { 0, a, b }, bad = -log_sum(x, 3, w);
    if (o == RF_MF_WIN) {
        for (int i = 0; i < 3; i++)
            d[i] = -of_a[i];
        return -win;
    }
    if (o == RF_MF_BOTH_BAD) {
        d[0] = w[1];
        d[1] = w[2];
        d[2] = 0;
        return -bad;
    }
    const double pa = exp(win), pb = exp(loss), pn = exp(bad), tie = fmax(1 - pa - pb - pn, 1e-12);
    d[0] = (pa * of_a[0] + pb * of_b[1] - pn * w[1]) / tie;
    d[1] = (pa * of_a[1] + pb * of_b[0] - pn * w[2]) / tie;
    d[2] = (pa * of_a[2] + pb * of_b[2]) / tie;
    return -log(tie);
}

static double correctness(enum rf_mf_outcome o, double a, double b, double d[3])
{
    const double right_a = o == RF_MF_BOTH_BAD ? 0 : 1, right_b = o == RF_MF_TIE ? 1 : 0;
    d[0] = (rf_sigmoid(a) - right_a) / 2;
    d[1] = (rf_sigmoid(b) - right_b) / 2;
    d[2] = 0;
    return (rf_softplus(right_a > 0 ? -a : a) + rf_softplus(right_b > 0 ? -b : b)) / 2;
}

double rf_mf_outcome_loss(enum rf_mf_rule rule, enum rf_mf_outcome o, double a, double b, double eta, double d[3])
{
    switch (rule) {
    case RF_MF_DAVIDSON:
        return davidson(o, a, b, eta, d);
    case RF_MF_GROUNDED:
        return grounded(o, a, b, eta, d);
    case RF_MF_CORRECTNESS:
        return correctness(o, a, b, d);
    case RF_MF_DECISIVE:
        break;
    }
    d[0] = -rf_sigmoid(b - a);
    d[1] = -d[0];
    d[2] = 0;
    return rf_softplus(b - a);
}
