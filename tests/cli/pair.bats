# The pair as its users take it: two files copied into an empty folder, and nothing else.

setup() {
    root=$BATS_TEST_DIRNAME/../..
    cp "$root/core/routefit_score.c" "$root/core/routefit_score.h" "$BATS_TEST_TMPDIR"
    cd "$BATS_TEST_TMPDIR"
    cat > main.c <<'END'
#include "routefit_score.h"
#include <stdio.h>
int main(void)
{
    const uint32_t *bucket;
    const float *value, *shape;
    char err[ROUTEFIT_ERR];
    struct routefit_router *r = NULL;
    struct routefit_features *f = routefit_features_new(ROUTEFIT_BUCKETS);
    if (!f || !routefit_load_file(&r, "absent", NULL, err))
        return 1;
    printf("%d %s\n", (int)routefit_features_of(f, "a", 1, &bucket, &value, &shape), err);
    routefit_features_free(f);
    routefit_free(r);
    return 0;
}
END
}

@test "the pair compiles alone as C99 without a warning" {
    cc -std=c99 -pedantic -Wall -Wextra -Werror -O2 main.c routefit_score.c -lm -o main
    run ./main
    [ "$status" -eq 0 ]
    [ "$output" = "2 absent: No such file or directory" ]
}

@test "a C++ program uses the pair" {
    command -v g++ > /dev/null || skip "g++ is not installed"
    cc -std=c99 -pedantic -Wall -Wextra -Werror -O2 -c routefit_score.c
    g++ -std=c++11 -pedantic -Wall -Wextra -Werror -x c++ main.c -x none routefit_score.o -lm -o main
    run ./main
    [ "$status" -eq 0 ]
    [ "$output" = "2 absent: No such file or directory" ]
}
