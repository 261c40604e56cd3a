/* Doubles in tests: cmocka 1.1.5 has no assertion for them. Include after cmocka.h. */
#ifndef RF_TESTS_NEAR_H
#define RF_TESTS_NEAR_H

#include <math.h>
#include <stdio.h>

static inline void assert_near_at(double got, double want, double tolerance, const char *what, const char *file,
                                  int line)
{
    if (!(fabs(got - want) <= tolerance)) { /* also where one is NaN */
        print_error("%s: %.17g, expected %.17g within %g\n", what, got, want, tolerance);
        _fail(file, line);
    }
}
#define assert_near(got, want, tolerance)                                                                              \
    assert_near_at((double)(got), (double)(want), (tolerance), #got, __FILE__, __LINE__)

#endif
