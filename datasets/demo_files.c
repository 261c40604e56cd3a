/* Takes the demo's files into the program by the assembler's .incbin, byte for byte; the paths are relative to the root
 * of the tree. */
#include "datasets/demo_files.h"

/* sym and sym_end mark the bytes of one file. */
#define BUNDLE(sym, file)                                                                                              \
    extern const unsigned char sym[], sym##_end[];                                                                     \
    __asm__(".pushsection .rodata\n.balign 16\n.global " #sym "\n" #sym ":\n.incbin \"datasets/demo/" file             \
            "\"\n.global " #sym "_end\n" #sym "_end:\n.byte 0\n.popsection\n")

BUNDLE(rf_demo_votes, "votes.csv");
BUNDLE(rf_demo_votes_vectors, "votes_text72.npy");
BUNDLE(rf_demo_gsm8k, "gsm8k.csv");
BUNDLE(rf_demo_gsm8k_vectors, "gsm8k_text72.npy");
BUNDLE(rf_demo_mt_bench, "mt-bench.csv");
BUNDLE(rf_demo_mt_bench_vectors, "mt-bench_text72.npy");

const struct rf_demo_file rf_demo_files[RF_DEMO_FILES] = {
    { "votes.csv", rf_demo_votes, rf_demo_votes_end },
    { "votes_text72.npy", rf_demo_votes_vectors, rf_demo_votes_vectors_end },
    { "gsm8k.csv", rf_demo_gsm8k, rf_demo_gsm8k_end },
    { "gsm8k_text72.npy", rf_demo_gsm8k_vectors, rf_demo_gsm8k_vectors_end },
    { "mt-bench.csv", rf_demo_mt_bench, rf_demo_mt_bench_end },
    { "mt-bench_text72.npy", rf_demo_mt_bench_vectors, rf_demo_mt_bench_vectors_end },
};
