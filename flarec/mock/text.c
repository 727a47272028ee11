/* text.c - text that patterns, lengths and formats allow. */
#include <string.h>

#include "check/check.h"
#include "mock/mock.h"
#include "plan/pattern.h"

/* So many steps are tried, and so many patterns at once. */
enum { STEPS_MAX = 200000, PATTERNS_MAX = 8, BUCKETS = 1 << 16 };

/* ---- the shortest text of patterns --------------------------------------------------------------- */

/* After some bytes: the state of each automaton. */
struct reached {
    uint16_t states[PATTERNS_MAX];
    unsigned length; /* in code points, no longer counted once there are enough */
    unsigned points;
    uint32_t from, next; /* the step before, from 1; and of its bucket */
    unsigned char byte;
};

/* Memory that searches take turns in. */
struct mock_search {
    struct reached *steps;
    uint32_t *buckets;
};

struct search {
    const struct dfa *dfas[PATTERNS_MAX];
    size_t dfas_count;
    const struct constraints *constraints;
    struct reached *steps;
    uint32_t count;
    uint32_t *buckets;
    unsigned char order[256]; /* the bytes, those that people write first */
};

static void order_bytes(struct search *search, unsigned number)
{
    static const char *const runs[] = {"abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
                                       "0123456789", "-_.~/:@+ "};
    bool taken[256] = {false};
    size_t count = 0;

    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        const size_t length = strlen(runs[i]);

        for (size_t k = 0; k < length; k++) {
            const unsigned char byte = (unsigned char)runs[i][(k + number) % length];

            search->order[count++] = byte;
            taken[byte] = true;
        }
    }
    for (unsigned byte = '!'; byte < 256 + '!'; byte++) {
        if (!taken[byte % 256])
            search->order[count++] = (unsigned char)(byte % 256);
    }
}

static bool is_enough(const struct search *search, unsigned length)
{
    return !search->constraints->has_length_min || length >= search->constraints->length_min;
}

static bool is_found(const struct search *search, const struct reached *step)
{
    for (size_t i = 0; i < search->dfas_count; i++) {
        if (!search->dfas[i]->accepting[step->states[i]])
            return false;
    }
    return is_enough(search, step->points);
}

static bool step_on(const struct search *search, const struct reached *from, unsigned char byte,
                    struct reached *step)
{
    *step = *from;
    step->byte = byte;
    step->points += (byte & 0xc0) != 0x80;
    if (search->constraints->has_length_max && step->points > search->constraints->length_max)
        return false;
    step->length = is_enough(search, step->points) ? 0 : step->points;
    for (size_t i = 0; i < search->dfas_count; i++) {
        const struct dfa *const dfa = search->dfas[i];

        step->states[i] = dfa->next[(size_t)from->states[i] * dfa->classes_count + dfa->class_of[byte]];
        if (step->states[i] == 0)
            return false;
    }
    return true;
}

/* Adds a step unless one is there that is as good. */
static void add_step(struct search *search, const struct reached *step, uint32_t from)
{
    uint32_t hash = step->length, *bucket;

    for (size_t i = 0; i < search->dfas_count; i++)
        hash = (hash ^ step->states[i]) * 16777619u;
    bucket = &search->buckets[(hash ^ hash >> 16) % BUCKETS];
    for (uint32_t at = *bucket; at != 0; at = search->steps[at - 1].next) {
        const struct reached *const other = &search->steps[at - 1];

        if (other->length == step->length && memcmp(other->states, step->states, sizeof step->states) == 0)
            return;
    }
    search->steps[search->count] = *step;
    search->steps[search->count].from = from;
    search->steps[search->count].next = *bucket;
    *bucket = ++search->count;
}

static const char *text_to(struct mock *mock, const struct search *search, const struct reached *last)
{
    size_t length = 0;
    char *text;

    for (const struct reached *step = last; step->from != 0; step = &search->steps[step->from - 1])
        length++;
    text = arena_alloc(mock->arena, length + 1);
    for (const struct reached *step = last; step->from != 0; step = &search->steps[step->from - 1])
        text[--length] = (char)step->byte;
    return text;
}

/* The shortest text, in bytes, that all patterns take and that is long enough. */
static const char *text_of_patterns(struct mock *mock, const struct constraints *constraints, unsigned number)
{
    struct search search = {.dfas_count = constraints->patterns_count, .constraints = constraints};
    struct reached first = {0};

    if (constraints->patterns_count > PATTERNS_MAX)
        return NULL;
    for (size_t i = 0; i < search.dfas_count; i++) {
        search.dfas[i] = mock->emitter->plan->dfas[constraints->patterns[i]->index];
        first.states[i] = 1;
    }
    order_bytes(&search, number);
    if (mock->search == NULL) {
        mock->search = ARENA_NEW(mock->arena, struct mock_search);
        mock->search->steps = ARENA_ARRAY(mock->arena, STEPS_MAX + 256, struct reached);
        mock->search->buckets = ARENA_ARRAY(mock->arena, BUCKETS, uint32_t);
    }
    search.steps = mock->search->steps;
    search.buckets = mock->search->buckets;
    memset(search.buckets, 0, BUCKETS * sizeof *search.buckets);
    add_step(&search, &first, 0);
    for (uint32_t at = 0; at < search.count && search.count < STEPS_MAX; at++) {
        if (is_found(&search, &search.steps[at]))
            return text_to(mock, &search, &search.steps[at]);
        for (size_t i = 0; i < sizeof search.order; i++) {
            struct reached step;

            if (search.order[i] != 0 && step_on(&search, &search.steps[at], search.order[i], &step))
                add_step(&search, &step, at + 1);
        }
    }
    return NULL;
}

/* ---- texts without patterns ------------------------------------------------------------------------- */

/* `words`, cut or filled up with letters in front of what stands behind `tail`. */
static const char *fitted(struct mock *mock, const struct constraints *constraints, const char *words,
                          const char *tail)
{
    const size_t head = strlen(words), end = strlen(tail);
    size_t length = head;

    if (constraints->has_length_max && length + end > constraints->length_max)
        length = constraints->length_max > end ? (size_t)constraints->length_max - end : 0;
    if (constraints->has_length_min && length + end < constraints->length_min)
        length = (size_t)constraints->length_min - end;
    char *const text = arena_alloc(mock->arena, length + end + 1);
    for (size_t i = 0; i < length; i++)
        text[i] = i < head ? words[i] : 'x';
    memcpy(text + length, tail, end);
    return text;
}

/* A short word for each number, which stays distinct where it is cut. */
static const char *word(struct mock *mock, unsigned number)
{
    return number == 0 ? "example"
           : number <= 25
               ? arena_format(mock->arena, "%cxample", (int)("fghijklmnopqrstuvwxyzabcd"[number - 1]))
               : arena_format(mock->arena, "%uexample", number);
}

static const char *url(struct mock *mock, const struct constraints *constraints, const char *words)
{
    const char *const scheme = constraints->schemes_count != 0 ? constraints->schemes[0] : "https";
    const char *const whole = arena_format(mock->arena, "%s://example.com/%s", scheme, words);
    const size_t length = strlen(whole);

    if (constraints->has_length_max && length > constraints->length_max)
        return arena_format(mock->arena, "%s://a.co", scheme);
    return constraints->has_length_min && length < constraints->length_min
               ? fitted(mock, constraints, whole, "")
               : whole;
}

static const char *plain_text(struct mock *mock, const struct type *type, unsigned number)
{
    const struct constraints *const constraints = &type->constraints;
    const char *const words = word(mock, number);

    if (type->kind == TYPE_UUID)
        return arena_format(mock->arena, "00000000-0000-4000-8000-%012x", number + 1);
    if (type->kind == TYPE_DATE)
        return arena_format(mock->arena, "20%02u-01-15", 30 + number % 70);
    if (type->kind == TYPE_DATETIME)
        return arena_format(mock->arena, "20%02u-01-15T12:00:00Z", 30 + number % 70);
    if (type->kind == TYPE_IPV4)
        return arena_format(mock->arena, "192.0.2.%u", number % 255 + 1);
    if (type->kind == TYPE_IPV6)
        return arena_format(mock->arena, "2001:db8::%x", number % 65535 + 1);
    if (type->kind == TYPE_EMAIL)
        return fitted(mock, constraints, words,
                      constraints->has_length_max && constraints->length_max <= strlen("@example.com")
                          ? "@a.co"
                          : "@example.com");
    if (type->kind == TYPE_URL)
        return url(mock, constraints, words);
    if (type->kind == TYPE_ETAG)
        return arena_format(mock->arena, "\"%s\"", words);
    return fitted(mock, constraints, words, "");
}

static bool is_of(struct mock *mock, const struct type *type, const char *text)
{
    const struct constraints *const constraints = &type->constraints;
    const uint64_t length = text_length(text, strlen(text));

    if (type->kind != TYPE_STRING && type->kind != TYPE_BYTES && type->kind != TYPE_ETAG &&
        !text_fits(type, text))
        return false;
    if ((constraints->has_length_min && length < constraints->length_min) ||
        (constraints->has_length_max && length > constraints->length_max))
        return false;
    for (size_t i = 0; i < constraints->patterns_count; i++) {
        if (!dfa_matches(mock->emitter->plan->dfas[constraints->patterns[i]->index], text, strlen(text)))
            return false;
    }
    return true;
}

const char *mock_text(struct mock *mock, const struct type *type, unsigned number)
{
    const char *text = plain_text(mock, type, number);

    if (is_of(mock, type, text))
        return text;
    if (type->constraints.patterns_count == 0)
        return NULL;
    text = text_of_patterns(mock, &type->constraints, number);
    return text != NULL && is_of(mock, type, text) ? text : NULL;
}
