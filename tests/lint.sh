#!/bin/sh
# The rules of the house, one line each: include direction, doors, headers that stand alone, unique names. Prints "ok NAME" or
# "not ok NAME" and what broke it.
set -u
bad=0
rule() { # name, offending lines
    if [ -n "$2" ]; then
        bad=1
        printf 'not ok %s\n%s\n' "$1" "$2" | sed '2,$s/^/    /'
    else
        printf 'ok %s\n' "$1"
    fi
}
only() { # files that include $1 apart from $2
    grep -lE "^#include <($1)>" core/*.[ch] datasets/*.[ch] train/*.[ch] eval/*.[ch] routefit.c 2>/dev/null | grep -vxF "$2"
}
rule 'core includes no upper room' "$(grep -nE '^#include "(datasets|train|eval)/' core/*.[ch])"
rule 'datasets includes only core and itself' "$(grep -nE '^#include "(train|eval)/' datasets/*.[ch])"
rule 'train includes only core and itself' "$(grep -nE '^#include "(datasets|eval)/' train/*.[ch])"
rule 'eval includes only core and itself' "$(grep -nE '^#include "(datasets|train)/' eval/*.[ch])"
rule 'includes are written from the root' "$(grep -nE '^#include "[^/"]*"' core/*.[ch] datasets/*.[ch] train/*.[ch] eval/*.[ch] | grep -v 'core/routefit_score.c:.*"routefit_score.h"')"
rule 'only core/db.c includes sqlite3.h' "$(only 'sqlite3.h' core/db.c)"
rule 'only core/blas.c includes cblas.h and lapacke.h' "$(only 'cblas.h|lapacke.h' core/blas.c)"
rule 'only core/csv.c includes csv.h' "$(only 'csv.h' core/csv.c)"
rule 'only core/sha256.c includes openssl' "$(only 'openssl/.*' core/sha256.c)"
rule 'only core/unpack.c includes zlib.h and zstd.h' "$(only 'zlib.h|zstd.h' core/unpack.c)"
rule 'only eval/plot.c starts a program' "$(grep -nE '\b(fork|vfork|execv[pe]*|execl[pe]*|posix_spawnp?|popen|system)\(' core/*.[ch] datasets/*.[ch] train/*.[ch] eval/*.[ch] routefit.c | grep -v '^eval/plot.c:')"
rule 'setlocale, strtok, sprintf, strcpy, strcat, gets, rand, atoi, alloca are not used' "$(grep -nE '\b(setlocale|strtok|sprintf|strcpy|strcat|gets|rand|srand|drand48|atoi|atof|alloca)\(' core/*.[ch] datasets/*.[ch] train/*.[ch] eval/*.[ch] routefit.c)"
rule 'allocations go through core/mem.c' "$(grep -nE '\b(malloc|calloc|realloc)\(' core/*.c datasets/*.c train/*.c eval/*.c routefit.c | grep -vE '^core/(mem|routefit_score).c:')"
rule 'checked size arithmetic stands in core/mem.c' "$(grep -nE '__builtin_(mul|add)_overflow' core/*.[ch] datasets/*.[ch] train/*.[ch] eval/*.[ch] routefit.c | grep -v '^core/mem.c:')"
rule 'messages to people are printed by core/cli.c and core/progress.c' "$(grep -nE '\bfprintf\(stderr|\bperror\(' core/*.c datasets/*.c train/*.c eval/*.c | grep -vE '^core/(cli|progress).c:')"
rule 'file names are unique in the tree (each room has its commands.c)' "$(ls core/*.[ch] datasets/*.[ch] train/*.[ch] eval/*.[ch] 2>/dev/null | sed 's|.*/||' | sort | uniq -d | grep -v '^commands\.[ch]$')"
rule 'every file opens with what it holds' "$(for f in core/*.[ch] datasets/*.[ch] train/*.[ch] eval/*.[ch] routefit.c; do [ -f "$f" ] && ! head -c 2 "$f" | grep -q '/\*' && echo "$f"; done)"
rule 'main stays under 60 lines' "$([ -f routefit.c ] && [ "$(wc -l < routefit.c)" -ge 60 ] && echo "routefit.c: $(wc -l < routefit.c) lines")"
rule 'no path of a machine, no unfinished work' "$(grep -nE '/(root|work|home)/|TODO|FIXME' -r core datasets train eval routefit.c tests/unit tests/cli 2>/dev/null | head -5)"
# By the version that the tree was laid out with: others differ in some lines.
layout='every file is laid out as clang-format 14 does'
if command -v clang-format-14 >/dev/null; then
    rule "$layout" "$(ls core/*.[ch] datasets/*.[ch] train/*.[ch] eval/*.[ch] routefit.c tests/*.h tests/*/*.[ch] 2>/dev/null | xargs -n 40 -P "$(nproc)" \
        sh -c 'clang-format-14 --dry-run "$@" 2>&1 | sed -n "s/^\([^ :]*:[0-9]*\):[0-9]*: [a-z]*:.*/\1/p"' sh | sort -u | head -20)"
else
    echo "ok $layout # skip clang-format-14 is not installed"
fi
alone=
for h in core/*.h datasets/*.h train/*.h eval/*.h; do
    [ -f "$h" ] || continue
    for how in "${CC:-gcc} -std=gnu11 -x c" "g++ -std=c++17 -x c++"; do
        command -v "${how%% *}" >/dev/null || continue
        printf '#include "%s"\n' "$h" | $how -I. -I"${BUILD:-build}" -D_GNU_SOURCE -Wall -Wextra -Werror -Wno-psabi -fsyntax-only - 2>/dev/null || alone="$alone$h does not compile alone with: $how
"
    done
done
rule 'every header compiles alone, as C11 and C++' "$alone"
exit $bad
