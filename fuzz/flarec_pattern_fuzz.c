/* A pattern, and behind its first line end or NUL a subject: what the compiler takes becomes an automaton
 * within its limits, which takes the subject exactly where a plain reading of the pattern does.
 *
 * Target: flarec/plan/regex.c flarec/plan/automaton.c
 */
#include <string.h>

#include "fuzz.h"
#include "plan/pattern.h"

enum { PATTERN_MAX_BYTES = 256, SUBJECT_MAX = 63, STEPS_MAX = 20000 };

/* The plain reading: from a set of places in the subject to the set of places where what it read may end. */
struct reading {
    uint32_t pattern[PATTERN_MAX_BYTES + 1]; /* ends with 0 */
    uint32_t subject[SUBJECT_MAX];
    size_t pattern_length, subject_length;
    unsigned steps;
};

/* The code points of UTF-8 (RFC 3629). @return how many, or -1: it is not that, or there are more */
static long decode(const uint8_t *text, size_t size, uint32_t *to, long capacity)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    long count = 0;

    for (size_t i = 0; i < size; count++) {
        const uint8_t lead = text[i++];
        const unsigned length = lead < 0x80 ? 1 : lead < 0xc0 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        uint32_t value = length == 1 ? lead : lead & (0x7fu >> length);

        if (length == 0 || lead >= 0xf8 || size - i < length - 1 || count == capacity)
            return -1;
        for (unsigned k = 1; k < length; k++, i++) {
            if ((text[i] & 0xc0) != 0x80)
                return -1;
            value = value << 6 | (text[i] & 0x3fu);
        }
        if (value < least[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
            return -1;
        to[count] = value;
    }
    return count;
}

static bool one_of(const char *letters, uint32_t c)
{
    return c != 0 && c < 0x80 && strchr(letters, (int)c) != NULL;
}

static bool named(uint32_t letter, uint32_t c)
{
    const char *const word = "0123456789_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    switch (letter) {
    case 'd':
        return c >= '0' && c <= '9';
    case 'w':
        return one_of(word, c);
    case 's':
        return one_of(" \t\n\v\f\r", c);
    default:
        return !named(letter + ('a' - 'A'), c);
    }
}

/* What stands at `at`, maybe escaped. @return what is behind it. Where it is a class such as \d, `value`
 * stays UINT32_MAX and `hit` says whether c is in it. */
static size_t character(const struct reading *reading, size_t at, uint32_t c, uint32_t *value, bool *hit)
{
    const uint32_t *const p = reading->pattern;
    const char *const letters = "tnrfv", *const values = "\t\n\r\f\v";
    char digits[8] = "";
    size_t count;

    *hit = false;
    *value = p[at];
    if (p[at++] != '\\')
        return at;
    *value = p[at++];
    if (one_of(letters, *value)) {
        *value = (uint32_t)values[strchr(letters, (int)*value) - letters];
    } else if (one_of("dDwWsS", *value)) {
        *hit = named(*value, c);
        *value = UINT32_MAX;
    } else if (*value == 'x' || *value == 'u') {
        const bool braces = p[at] == '{';

        at += braces;
        for (count = 0; braces ? p[at] != '}' : count < (*value == 'x' ? 2 : 4); count++)
            digits[count] = (char)p[at++];
        *value = (uint32_t)strtoul(digits, NULL, 16);
        at += braces;
    }
    return at;
}

/* Is c in the class at `at`? */
static bool class_has(const struct reading *reading, size_t at, uint32_t c)
{
    const uint32_t *const p = reading->pattern;
    const bool negated = p[++at] == '^';
    bool has = false, hit;
    uint32_t first, last;

    at += negated;
    while (p[at] != ']') {
        at = character(reading, at, c, &first, &hit);
        has |= hit || first == c;
        if (first == UINT32_MAX || p[at] != '-' || p[at + 1] == ']')
            continue;
        at = character(reading, at + 1, c, &last, &hit);
        has |= hit || (last == UINT32_MAX ? c == '-' : c >= first && c <= last);
    }
    return has != negated;
}

static size_t behind_class(const struct reading *reading, size_t at)
{
    while (reading->pattern[at] != ']')
        at += reading->pattern[at] == '\\' ? 2 : 1;
    return at + 1;
}

static size_t behind_atom(const struct reading *reading, size_t at)
{
    const uint32_t *const p = reading->pattern;
    unsigned depth = 0;
    uint32_t value;
    bool hit;

    do {
        depth += p[at] == '(';
        depth -= p[at] == ')';
        at = p[at] == '[' ? behind_class(reading, at) : character(reading, at, 0, &value, &hit);
    } while (depth != 0);
    return at;
}

static uint64_t read_either(struct reading *reading, size_t *at, uint64_t from);

static uint64_t read_atom(struct reading *reading, size_t at, uint64_t from)
{
    const uint32_t *const p = reading->pattern;
    uint64_t to = 0;
    uint32_t value;
    bool hit;

    reading->steps++;
    if (from == 0 || reading->steps > STEPS_MAX)
        return 0;
    if (p[at] == '(') {
        at += p[at + 1] == '?' ? 3 : 1;
        return read_either(reading, &at, from);
    }
    for (size_t i = 0; i < reading->subject_length; i++) {
        const uint32_t c = reading->subject[i];

        if ((from >> i & 1) == 0)
            continue;
        character(reading, at, c, &value, &hit);
        if (p[at] == '['   ? class_has(reading, at, c)
            : p[at] == '.' ? c != '\n' && c != '\r' && c != 0x2028 && c != 0x2029
                           : hit || value == c)
            to |= UINT64_C(2) << i;
    }
    return to;
}

static unsigned number(const struct reading *reading, size_t *at)
{
    unsigned value = 0;

    for (; one_of("0123456789", reading->pattern[*at]); ++*at)
        value = value * 10 + reading->pattern[*at] - '0';
    return value;
}

static uint64_t read_repeat(struct reading *reading, size_t *at, uint64_t from)
{
    const uint32_t *const p = reading->pattern;
    const size_t atom = *at;
    unsigned min = 1, max = 1;
    uint64_t more;

    *at = behind_atom(reading, atom);
    if (one_of("*+?", p[*at])) {
        min = p[*at] == '+';
        max = p[*at] == '?' ? 1 : UINT32_MAX;
        ++*at;
    } else if (p[*at] == '{') {
        ++*at;
        min = max = number(reading, at);
        if (p[*at] == ',') {
            ++*at;
            max = p[*at] == '}' ? UINT32_MAX : number(reading, at);
        }
        ++*at;
    }
    for (unsigned i = 0; i < min && from != 0; i++)
        from = read_atom(reading, atom, from);
    for (unsigned i = min; i < max; i++, from = more) {
        more = from | read_atom(reading, atom, from);
        if (more == from)
            break;
    }
    return from;
}

static uint64_t read_either(struct reading *reading, size_t *at, uint64_t from)
{
    uint64_t all = 0, way = from;

    for (; *at < reading->pattern_length && reading->pattern[*at] != ')';) {
        if (reading->pattern[*at] == '|') {
            all |= way;
            way = from;
            ++*at;
        } else {
            way = read_repeat(reading, at, way);
        }
    }
    return all | way;
}

static void check_shape(const struct dfa *dfa)
{
    FUZZ_CHECK(dfa->states_count >= 2 && dfa->states_count <= DFA_STATES_MAX);
    FUZZ_CHECK(dfa->classes_count >= 1 && dfa->classes_count <= 256);
    FUZZ_CHECK(!dfa->accepting[0]);
    for (unsigned i = 0; i < 256; i++)
        FUZZ_CHECK(dfa->class_of[i] < dfa->classes_count);
    for (unsigned i = 0; i < dfa->states_count * dfa->classes_count; i++)
        FUZZ_CHECK(dfa->next[i] < dfa->states_count && (i >= dfa->classes_count || dfa->next[i] == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reading reading = {0};
    struct arena arena = {0};
    struct regex_error error;
    size_t length = 0, at = 0;
    long count;

    while (length < size && data[length] != '\0' && data[length] != '\n')
        length++;
    const long pattern_length =
        length > PATTERN_MAX_BYTES ? -1 : decode(data, length, reading.pattern, PATTERN_MAX_BYTES);
    if (pattern_length < 0)
        return 0;
    reading.pattern_length = (size_t)pattern_length;
    const char *const subject = (const char *)data + length + (length < size);
    const size_t subject_size = size - length - (length < size);
    const struct regex *const regex = regex_parse(&arena, (const char *)data, length, &error);

    FUZZ_CHECK((regex == NULL) == (error.message != NULL));
    FUZZ_CHECK(regex != NULL || (error.start <= length && error.length <= length - error.start));
    const struct dfa *const dfa = regex == NULL ? NULL : dfa_make(&arena, regex);
    if (dfa != NULL) {
        const bool matches = dfa_matches(dfa, subject, subject_size);

        check_shape(dfa);
        FUZZ_PLANT(matches && dfa->states_count > 4 && subject_size == 0 &&
                   memchr(data, '|', length) != NULL);
        count = decode((const uint8_t *)subject, subject_size, reading.subject, SUBJECT_MAX);
        if (count >= 0) {
            reading.subject_length = (size_t)count;
            const uint64_t ends = read_either(&reading, &at, 1);

            FUZZ_CHECK(reading.steps > STEPS_MAX || matches == (ends >> count & 1));
        } else if (subject_size <= SUBJECT_MAX) {
            FUZZ_CHECK(!matches); /* not UTF-8 */
        }
    }
    arena_free(&arena);
    return 0;
}
