# routefit: `make demo` and `make check` install what is missing, build, and run. `make help` lists the targets.

PREFIX  ?= /usr/local
DESTDIR ?=
ifeq ($(origin CC),default)
CC      := gcc
endif
# The processor to build for: this one. ARCH=x86-64-v3 makes a program for every machine with AVX2.
ARCH    ?= native
BUILD   ?= build$(if $(SANITIZE),-san)
# V=1 shows the commands; JOBS compile at a time.
JOBS    ?= $(shell nproc)
say      = $(if $(V),,@echo "  $(1)";)
SUBMAKE  = $(MAKE) --no-print-directory -j$(JOBS) BUILD=$(BUILD) SANITIZE=$(SANITIZE) ARCH=$(ARCH)

, := ,
WARN    := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Werror -Wno-psabi
OPTIM   := $(if $(SANITIZE),-O1 -march=$(ARCH) -fsanitize=address$(,)undefined -fno-sanitize-recover=all -fno-omit-frame-pointer,-O3 -march=$(ARCH))
CPPFLAGS += -I. -I$(BUILD) -D_GNU_SOURCE
CFLAGS   ?= -g
# -fopenmp-simd lets marked loops reorder their own sums; nothing else may (no -ffast-math: the NaN checks need IEEE rules).
# -fno-math-errno lets square roots be taken several at a time: nobody here reads errno after a function of libm.
RFLAGS   := -std=gnu11 $(OPTIM) -fopenmp-simd -fno-math-errno -pthread $(WARN)
LDLIBS   := -lopenblas -llapacke -lcsv -lsqlite3 -ljansson -lz -lzstd -lcrypto -lutf8proc -lm -pthread
LDFLAGS  += $(if $(SANITIZE),-fsanitize=address$(,)undefined)

ROOMS   := core datasets train eval
SRC     := $(foreach r,$(ROOMS),$(wildcard $(r)/*.c))
HDR     := $(foreach r,$(ROOMS),$(wildcard $(r)/*.h))
OBJ     := $(SRC:%.c=$(BUILD)/%.o) $(BUILD)/ddl.o
TESTSRC := $(wildcard tests/unit/*.c tests/golden/*.c)
TESTS   := $(TESTSRC:%.c=$(BUILD)/%)
BENCHES := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bench/bench_*.c))

# Debian packages: what the program needs, and what its tests need on top.
PKGS_BUILD := gcc libc6-dev libopenblas-dev liblapacke-dev libcsv-dev libsqlite3-dev libjansson-dev zlib1g-dev libzstd-dev libssl-dev libutf8proc-dev gnuplot-nox
PKGS_TEST  := libcmocka-dev bats python3-numpy sqlite3 zstd valgrind mandoc
PKGS_NOTEBOOKS := jupyter-nbconvert python3-ipykernel

.PHONY: all deps deps-test demo check crash lint unit golden corpus cli fuzz bench coverage valgrind install clean help format notebooks readme check-built valgrind-built
all: routefit

help:
	@sed -n 's/^#: //p' Makefile

#: make            build ./routefit                       make demo      the whole route on built-in data
#: make check      lint and all tests                     make deps      install the Debian packages
#: make bench      measured, floor, ratio                 make fuzz      fuzz every parser (EXECS=10000000)
#: make valgrind   the unit tests under valgrind          make crash     ingest killed KILLS=200 times
#: make coverage   simulated coverage of intervals    SETS=2000      data sets of each kind
#: make notebooks runs notebooks/ on the public data, in build/notebooks
#: make install    PREFIX=/usr/local DESTDIR=
#: SANITIZE=1      with ASan and UBSan, in build-san      ARCH=...       processor to build for (native)
#: V=1             show the commands                      JOBS=N         compile N files at a time

deps:
	@sh tests/deps.sh $(PKGS_BUILD)
deps-test: deps
	@sh tests/deps.sh $(PKGS_TEST)
	-@sh tests/deps.sh chromium $(PKGS_NOTEBOOKS) # without them their tests are skipped aloud
	-@sh tests/deps.sh clang-format-14

routefit: deps
	@$(SUBMAKE) $(BUILD)/routefit
	@cp $(BUILD)/routefit routefit

$(BUILD)/routefit: $(BUILD)/routefit.o $(BUILD)/librf.a
	$(call say,LD $@)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/librf.a: $(OBJ)
	@rm -f $@
	$(call say,AR $@)ar rcs $@ $(OBJ)

# The pair is compiled as its users compile it: C99, nothing but libc and libm.
$(BUILD)/core/routefit_score.o: core/routefit_score.c core/routefit_score.h
	@mkdir -p $(@D)
	$(call say,CC $<)$(CC) -std=c99 -pedantic $(OPTIM) -fopenmp-simd $(WARN) $(CFLAGS) -I. -MMD -MP -c -o $@ $<

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC $<)$(CC) $(RFLAGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# The DDL files become one C table: rf_ddl[] = { text of 0001, text of 0002, ..., NULL }.
DDL := $(sort $(wildcard core/sql/*.sql))
$(BUILD)/ddl.c: $(DDL) core/sql/embed.awk
	@mkdir -p $(@D)
	$(call say,DDL $@)awk -f core/sql/embed.awk $(DDL) > $@
$(BUILD)/ddl.o: $(BUILD)/ddl.c
	$(call say,CC $<)$(CC) $(RFLAGS) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/tests/%: tests/%.c $(BUILD)/librf.a
	@mkdir -p $(@D)
	$(call say,CC $<)$(CC) $(RFLAGS) $(CPPFLAGS) $(CFLAGS) -Itests -MMD -MP $(LDFLAGS) -o $@ $< $(BUILD)/librf.a -lcmocka $(LDLIBS)

# Fuzz targets without libFuzzer: they replay their stored corpus.
CORPUS  := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/fuzz_*.c))
$(CORPUS): $(BUILD)/%: %.c tests/fuzz/replay.c $(wildcard tests/*.h tests/fuzz/*.h) $(BUILD)/librf.a
	@mkdir -p $(@D)
	$(call say,CC $<)$(CC) $(RFLAGS) $(CPPFLAGS) $(CFLAGS) -Itests $(LDFLAGS) -o $@ $< tests/fuzz/replay.c $(BUILD)/librf.a $(LDLIBS)

lint:
	@BUILD=$(BUILD) CC='$(CC)' sh tests/lint.sh

# Every suite writes its own lines; tests/run.sh adds them up and ends with "N passed, N failed, N skipped".
check: deps-test
	@$(SUBMAKE) check-built
check-built: $(BUILD)/routefit $(TESTS) $(CORPUS) $(BENCHES)
	@BUILD=$(BUILD) CC='$(CC)' sh tests/run.sh lint unit golden corpus cli
unit golden corpus cli: $(BUILD)/routefit $(TESTS) $(CORPUS)
	@BUILD=$(BUILD) CC='$(CC)' sh tests/run.sh $@

# For a processor that valgrind can follow, whatever this one is.
valgrind: deps-test
	@$(SUBMAKE) BUILD=build-valgrind ARCH=x86-64-v3 valgrind-built
valgrind-built: $(TESTS)
	@BUILD=$(BUILD) VALGRIND=1 sh tests/run.sh unit

notebooks: routefit
	@sh tests/deps.sh $(PKGS_NOTEBOOKS)
	@BUILD=$(BUILD) sh notebooks/run.sh

demo: routefit
	@./routefit demo

bench: $(BUILD)/routefit $(BENCHES)
	@for b in $(BENCHES); do $$b || exit 1; done

# Whether intervals hold what they say: minutes. SETS data sets of each kind.
SETS ?= 2000
coverage: $(BUILD)/tests/bench/coverage
	@$(BUILD)/tests/bench/coverage $(SETS)

KILLS ?= 200
crash: $(BUILD)/routefit
	@ROUTEFIT=$(CURDIR)/$(BUILD)/routefit KILLS=$(KILLS) bats tests/cli/crash.bats

FUZZ := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
EXECS ?= 10000000
fuzz:
	@BUILD=build-fuzz EXECS=$(EXECS) sh tests/fuzz/run.sh $(FUZZ)

install: routefit
	install -D -m 755 routefit $(DESTDIR)$(PREFIX)/bin/routefit
	install -D -m 644 core/routefit_score.h $(DESTDIR)$(PREFIX)/include/routefit_score.h
	install -D -m 644 core/routefit_score.c $(DESTDIR)$(PREFIX)/share/routefit/routefit_score.c
	install -D -m 644 datasets/parquet2jsonl.mjs $(DESTDIR)$(PREFIX)/share/routefit/parquet2jsonl.mjs

readme: $(BUILD)/routefit
	@ROUTEFIT=$(BUILD)/routefit sh tests/readme.sh

format:
	clang-format-14 -i $(SRC) $(HDR) routefit.c $(wildcard tests/*.h tests/*/*.[ch])

clean:
	rm -rf build build-san build-valgrind build-fuzz routefit

print-%:
	@echo '$* = $($*)'

# What .incbin takes in is no header: named here.
$(BUILD)/datasets/demo_files.o: $(wildcard datasets/demo/*.csv datasets/demo/*.npy)

-include $(OBJ:.o=.d) $(TESTS:%=%.d) $(BENCHES:%=%.d) $(BUILD)/routefit.d
