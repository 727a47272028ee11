/* pattern.h - from the text of a pattern to an automaton that matches it whole.
 *
 *   literals   .   [a-z] [^a-z]   \d \D \w \W \s \S   \t \n \r \f \v   \xHH \uHHHH \u{H…}
 *   ( )  (?: )   |   * + ? {n} {n,} {n,m}
 *
 * It is over Unicode scalar values: `.` is any but line terminators (as ECMA-262 has it, so that a pattern
 * says the same in OpenAPI), \d \w \s are ASCII's. The automaton reads the bytes of UTF-8.
 */
#ifndef FLAREC_PLAN_PATTERN_H
#define FLAREC_PLAN_PATTERN_H

#include "plan/plan.h"

/* ---- regex.c: text to tree ----------------------------------------------------------------- */

enum regex_kind { REGEX_EMPTY, REGEX_SET, REGEX_SEQUENCE, REGEX_EITHER, REGEX_REPEAT };

struct regex_range {
    uint32_t first, last;
};

struct regex {
    enum regex_kind kind;
    const struct regex_range *ranges; /* SET: sorted, disjoint, without surrogates */
    size_t ranges_count;
    const struct regex *left; /* SEQUENCE, EITHER, REPEAT */
    const struct regex *right;
    unsigned min, max; /* REPEAT; max REGEX_UNBOUNDED */
};

#define REGEX_UNBOUNDED  UINT32_MAX
#define REGEX_REPEAT_MAX 1000u
#define REGEX_DEPTH_MAX  100u

/* Why a pattern is refused: a code, and where in the text. */
struct regex_error {
    enum code code;
    size_t start, length;
    const char *message; /* NULL: none */
    const char *label;
    const char *help; /* or NULL */
};

/* NULL after an error. */
const struct regex *regex_parse(struct arena *arena, const char *text, size_t length,
                                struct regex_error *error);

/* ---- automaton.c: tree to automaton ----------------------------------------------------------- */

/* NULL where it would have more than DFA_STATES_MAX states. */
const struct dfa *dfa_make(struct arena *arena, const struct regex *regex);

/* Whether the automaton takes these bytes: what emitted code does, for tests and for checking defaults. */
bool dfa_matches(const struct dfa *dfa, const char *text, size_t length);

#endif
