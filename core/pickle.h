/* Python pickles of protocols 2 to 5, read as data. A machine with the pickle's own opcodes builds plain nodes; where
 * Python would import and call, it only notes which name was to be applied to which arguments. Nothing is ever run.
 * Refuses: names that the caller does not list, and with their name and byte all opcodes that plain data do without
 * (INST, OBJ, PERSID, EXT1, text forms of protocols 0 and 1, buffers out of band, sets), integers above 64 bits, input
 * of 4 GiB and more. Sources: Python's pickletools and PEP 307, 3154, 574. */
#ifndef RF_CORE_PICKLE_H
#define RF_CORE_PICKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/mem.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A name that may stand in the pickle. Several may share an id: modules are renamed between versions. */
struct rf_pickle_name {
    const char *module, *name;
    int id; /* the caller's, >= 0 */
};
struct rf_pickle_names {
    const struct rf_pickle_name *v; /* [n] */
    size_t n;
    const char *expected; /* what a message says of them behind "expected" */
};

enum rf_pickle_kind {
    RF_PICKLE_NONE,
    RF_PICKLE_BOOL,
    RF_PICKLE_INT,
    RF_PICKLE_REAL,
    RF_PICKLE_TEXT,
    RF_PICKLE_BYTES, /* bytes and bytearray */
    RF_PICKLE_LIST,
    RF_PICKLE_TUPLE,
    RF_PICKLE_DICT,
    RF_PICKLE_NAME,  /* one of the names, by itself */
    RF_PICKLE_OBJECT /* a name (or an object) applied to arguments */
};

/* Nodes are named by numbers below 2^32. They form a graph: one node may stand in many places, and a list may hold
 * itself, so who walks it bounds his steps. */
typedef uint32_t rf_pickle_ref;

struct rf_pickle_value {
    enum rf_pickle_kind kind;
    int64_t i;                 /* BOOL: 0, 1; INT; NAME: its id */
    double x;                  /* REAL */
    struct rf_str s;           /* TEXT, BYTES: borrowed from the input */
    size_t surrogates;         /* TEXT: lone ones in it, as three bytes each; the rest is well-formed UTF-8 */
    size_t n;                  /* LIST, TUPLE: items; DICT: pairs; OBJECT: 3 */
    const rf_pickle_ref *item; /* [n]; DICT: [2n] key, value, ...; OBJECT: what was to be called (a NAME or an OBJECT),
                                * its arguments (a TUPLE), the state that was to be set (none: a NONE) */
};

struct rf_pickle;
/* True where head starts like a pickle of protocol 2 to 5. */
bool rf_pickle_sniff(struct rf_str head);
/* bytes and names are borrowed for as long as *out lives. RF_BAD_INPUT: "byte N: opcode NAME: found ..., expected ...".
 * Beside the input it takes 16 bytes for each value, at most half as many values as the input has bytes. */
int rf_pickle_parse(struct rf_pickle **out, struct rf_str bytes, const struct rf_pickle_names *names,
                    struct rf_err *err);
rf_pickle_ref rf_pickle_root(const struct rf_pickle *p);
/* ref: one that p gave out; item points into p. */
struct rf_pickle_value rf_pickle_see(const struct rf_pickle *p, rf_pickle_ref ref);
/* "a dict", "None", ...: for messages. */
const char *rf_pickle_kind_name(enum rf_pickle_kind kind);
void rf_pickle_free(struct rf_pickle *p);

#ifdef __cplusplus
}
#endif
#endif
