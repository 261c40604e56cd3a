/* How many prompts a duel needs. Normal approximation around a standard error that shrinks with the root of the number
 * of prompts. */
#ifndef RF_EVAL_POWER_H
#define RF_EVAL_POWER_H

#ifdef __cplusplus
extern "C" {
#endif

#define RF_POWER .8 /* wanted probability of a verdict */

/* Probability that a two-sided test at 1 - level finds `difference` with a standard error se. */
double rf_power_of(double difference, double se, double level);
/* The smallest difference that is found with probability RF_POWER. */
double rf_power_detectable(double se, double level);
/* Prompts, rounded up, that find `difference` with probability RF_POWER, where n of them have the standard error se;
 * one_sided: for a test that asks in one direction. INFINITY where the difference is 0. */
double rf_power_needed(double difference, double se, double n, double level, int one_sided);
/* The same to show that |difference| is below delta by two one-sided tests; INFINITY where it is not. */
double rf_power_needed_equivalent(double difference, double delta, double se, double n, double level);

#ifdef __cplusplus
}
#endif
#endif
