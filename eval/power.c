/* Sums of normal quantiles. */
#include "eval/power.h"

#include <math.h>

#include "eval/interval.h"

static double two_sided(double level)
{
    return rf_normal_quantile((1 + level) / 2);
}

double rf_power_of(double difference, double se, double level)
{
    const double z = two_sided(level), t = fabs(difference) / se;
    return rf_normal_cdf(t - z) + rf_normal_cdf(-t - z);
}

double rf_power_detectable(double se, double level)
{
    return (two_sided(level) + rf_normal_quantile(RF_POWER)) * se;
}

double rf_power_needed(double difference, double se, double n, double level, int one_sided)
{
    const double z = (one_sided ? rf_normal_quantile(level) : two_sided(level)) + rf_normal_quantile(RF_POWER);
    const double t = fabs(difference) / se;
    return t > 0 ? ceil(n * z * z / (t * t)) : INFINITY;
}

double rf_power_needed_equivalent(double difference, double delta, double se, double n, double level)
{
    const double room = delta - fabs(difference);
    /* both tests have to succeed: where the difference is 0 each may fail half as often */
    const double z = rf_normal_quantile(level) + rf_normal_quantile((1 + RF_POWER) / 2);
    return room > 0 ? ceil(n * (z * se / room) * (z * se / room)) : INFINITY;
}
