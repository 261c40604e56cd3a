#!/bin/sh
# Fuzzes the named targets (tests/fuzz/NAME.c) with clang's libFuzzer under ASan and UBSan, EXECS inputs of at most MAX_LEN bytes each. Inputs that break a
# promise are saved in tests/fuzz/corpus/NAME, where `make check` replays them for ever; what merely covers new code goes to $BUILD.
set -eu
: "${BUILD:=build-fuzz}" "${EXECS:=10000000}" "${MAX_LEN:=4096}" "${COMPARES:=yes}"
sanitize=address,undefined
# COMPARES=no follows branches alone, not what is compared with what: finds magic words later, but runs three times as fast.
[ "$COMPARES" = yes ] && cover=-fsanitize=fuzzer-no-link || cover=-fsanitize-coverage=inline-8bit-counters,pc-table
mkdir -p "$BUILD"
echo 'int LLVMFuzzerTestOneInput(const char *d, unsigned long n); int LLVMFuzzerTestOneInput(const char *d, unsigned long n) { (void)d; return n > 1 ? 0 : 0; }' >"$BUILD/probe.c"
clang -fsanitize=fuzzer,$sanitize -o "$BUILD/probe" "$BUILD/probe.c" 2>/dev/null || {
    echo "make fuzz: this needs clang with its runtime; as root, run: apt-get install clang libclang-rt-dev" >&2
    exit 1
}
make -s BUILD="$BUILD" CC=clang WARN= OPTIM="-O1 $cover -fsanitize=$sanitize -fno-sanitize-recover=all" "$BUILD/librf.a"
libs=$(make -s print-LDLIBS | sed 's/.*= //')
for target in "$@"; do
    corpus=tests/fuzz/corpus/$target
    mkdir -p "$BUILD/corpus/$target" "$corpus"
    clang -g -O1 -std=gnu11 -fsanitize=fuzzer,$sanitize -fno-sanitize-recover=all -D_GNU_SOURCE -I. -Itests \
        -o "$BUILD/$target" "tests/fuzz/$target.c" "$BUILD/librf.a" $libs
    echo "== $target, $EXECS inputs"
    "$BUILD/$target" -runs="$EXECS" -max_len="$MAX_LEN" -timeout=10 -print_final_stats=1 -verbosity=0 -artifact_prefix="$corpus/" \
        "$BUILD/corpus/$target" "$corpus"
done
