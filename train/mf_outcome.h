/* What a vote says of two models' scores s_a and s_b, beyond RouteLLM's "ties do not count". With p = e^s:
 *   davidson     win : tie : loss = e^(d/2) : e^eta : e^(-d/2), d = s_a - s_b (Davidson 1970, JASA 65); "both bad" is a
 *                tie
 *   grounded     P2L's grounded Rao-Kupper (lmarena/p2l, p2l/model.py, head "grk"), with theta = e^eta + 1.000001:
 *                P(a) = p_a / (p_a + theta p_b + 1), P(b) alike, P(both bad) = 1 / (1 + p_a + p_b), a tie is the rest
 *   correctness  EmbedLLM's loss (arXiv 2410.02223): each answer by itself is right with chance sigma(s). A winner is
 *                right and its loser wrong, of a tie both are right, of "both bad" none; half of the two log losses
 * The first looks at the difference alone; the others also fix where 0 is. Refuses: nothing; all losses are finite for
 * finite scores. */
#ifndef RF_TRAIN_MF_OUTCOME_H
#define RF_TRAIN_MF_OUTCOME_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum rf_mf_rule { RF_MF_DECISIVE, RF_MF_DAVIDSON, RF_MF_GROUNDED, RF_MF_CORRECTNESS };
#define RF_MF_RULES "drop|davidson|grounded|correctness"

enum rf_mf_outcome { RF_MF_WIN, RF_MF_TIE, RF_MF_BOTH_BAD }; /* of a pair's `win` over its `lose` */

/* Minus the log of the outcome's chance, and its derivatives by s_a, s_b and eta in d[3]. */
double rf_mf_outcome_loss(enum rf_mf_rule rule, enum rf_mf_outcome o, double a, double b, double eta, double d[3]);

#ifdef __cplusplus
}
#endif
#endif
