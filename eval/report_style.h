/* How the report looks, and its one script: a click on a column's head sorts by it. The page says everything without
 * it. */
#ifndef RF_EVAL_REPORT_STYLE_H
#define RF_EVAL_REPORT_STYLE_H

#ifdef __cplusplus
extern "C" {
#endif

extern const char rf_report_style[], rf_report_script[];

#ifdef __cplusplus
}
#endif
#endif
