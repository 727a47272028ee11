/* decode_names.c - a perfect hash of a type's names: of length and a few letters where those tell them apart,
 * else of all letters with a displacement for each bucket, which is found for any set. */
#include "emit/decode.h"

#include <stdint.h>
#include <string.h>

/* The most rows that a simple hash may need. */
#define SIMPLE_ROWS_MAX 256

struct names {
    const char *const *names;
    size_t count;
    size_t rows;        /* a power of two */
    unsigned *members;  /* by row: a name's number from 1, or 0 */
    unsigned factor[2]; /* of the first letter and the last */
    uint32_t seed;
    size_t buckets; /* a power of two; 0 for the simple hash */
    unsigned *shifts;
};

static size_t power_of_two(size_t least)
{
    size_t power = 1;

    while (power < least)
        power *= 2;
    return power;
}

/* ---- length and letters ---------------------------------------------------------------------------- */

static bool try_simple(struct names *names)
{
    memset(names->members, 0, names->rows * sizeof *names->members);
    for (size_t i = 0; i < names->count; i++) {
        const char *const name = names->names[i];
        const size_t length = strlen(name);
        const size_t row = (length + (unsigned char)name[0] * (size_t)names->factor[0] +
                            (unsigned char)name[length - 1] * (size_t)names->factor[1]) &
                           (names->rows - 1);

        if (names->members[row] != 0)
            return false;
        names->members[row] = (unsigned)i + 1;
    }
    return true;
}

static bool find_simple(struct names *names)
{
    const size_t least = power_of_two(names->count);

    for (size_t i = 0; i < names->count; i++) {
        if (names->names[i][0] == '\0')
            return false;
    }
    for (names->rows = least; names->rows <= 4 * least && names->rows <= SIMPLE_ROWS_MAX; names->rows *= 2) {
        for (unsigned number = 0; number < 32 * 32; number++) {
            names->factor[0] = number % 32;
            names->factor[1] = number / 32;
            if (try_simple(names))
                return true;
        }
    }
    return false;
}

/* ---- all letters --------------------------------------------------------------------------------------- */

/* flarei_name_hash() of the runtime. */
static uint32_t hash_of(const char *name, uint32_t seed)
{
    uint32_t hash = seed;

    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * UINT32_C(0x01000193);
    hash ^= hash >> 15;
    hash *= UINT32_C(0x2c1b3c6d);
    return hash ^ hash >> 13;
}

static size_t row_of(const struct names *names, uint32_t hash, unsigned shift)
{
    return ((hash >> 8) + shift * (hash >> 16 | 1)) & (names->rows - 1);
}

/* Puts the names of one bucket into free rows. */
static bool place_bucket(struct names *names, const uint32_t *hashes, size_t bucket, unsigned shift)
{
    bool fits = true;

    for (size_t i = 0; i < names->count && fits; i++) {
        size_t row;

        if ((hashes[i] & (names->buckets - 1)) != bucket)
            continue;
        row = row_of(names, hashes[i], shift);
        fits = names->members[row] == 0;
        if (fits)
            names->members[row] = (unsigned)i + 1;
    }
    for (size_t row = 0; row < names->rows && !fits; row++) {
        const unsigned member = names->members[row];

        /* What was put before the clash goes out again. */
        if (member != 0 && (hashes[member - 1] & (names->buckets - 1)) == bucket)
            names->members[row] = 0;
    }
    return fits;
}

static bool try_seed(struct names *names, uint32_t *hashes, size_t *sizes)
{
    size_t largest = 0;

    memset(names->members, 0, names->rows * sizeof *names->members);
    memset(sizes, 0, names->buckets * sizeof *sizes);
    for (size_t i = 0; i < names->count; i++) {
        hashes[i] = hash_of(names->names[i], names->seed);
        sizes[hashes[i] & (names->buckets - 1)]++;
    }
    for (size_t bucket = 0; bucket < names->buckets; bucket++)
        largest = sizes[bucket] > largest ? sizes[bucket] : largest;
    for (; largest > 0; largest--) {
        for (size_t bucket = 0; bucket < names->buckets; bucket++) {
            unsigned shift = 0;

            if (sizes[bucket] != largest)
                continue;
            while (shift < 256 && !place_bucket(names, hashes, bucket, shift))
                shift++;
            if (shift == 256)
                return false;
            names->shifts[bucket] = shift;
        }
    }
    return true;
}

/* Tries seeds, and more rows after each few of them: distinct names are apart before long. */
static void find_full(struct emitter *emitter, struct names *names)
{
    uint32_t *const hashes = ARENA_ARRAY(emitter->arena, names->count, uint32_t);
    size_t *sizes;

    names->buckets = power_of_two((names->count + 1) / 2);
    names->rows = power_of_two(2 * names->count);
    names->seed = UINT32_C(0x811c9dc5);
    names->shifts = ARENA_ARRAY(emitter->arena, names->buckets, unsigned);
    names->members = ARENA_ARRAY(emitter->arena, names->rows, unsigned);
    sizes = ARENA_ARRAY(emitter->arena, names->buckets, size_t);
    for (unsigned tries = 1; !try_seed(names, hashes, sizes); tries++) {
        names->seed += UINT32_C(0x9e3779b9);
        if (tries % 16 == 0) {
            names->rows *= 2;
            names->members = ARENA_ARRAY(emitter->arena, names->rows, unsigned);
        }
    }
}

/* ---- the function ------------------------------------------------------------------------------ */

static const char *rows_of(struct emitter *emitter, const unsigned *values, size_t count)
{
    struct text rows = {.arena = emitter->arena};

    for (size_t i = 0; i < count; i++)
        text_format(&rows, "%u,%s", values[i], i + 1 == count || i % 24 == 23 ? "\n" : " ");
    return text_of(&rows);
}

/* What a letter adds to the row. */
static const char *letter(struct emitter *emitter, unsigned factor, const char *place)
{
    if (factor == 0)
        return "";
    return arena_format(emitter->arena,
                        factor == 1 ? "row += (unsigned char)name.ptr[%s];\n"
                                    : "row += (unsigned char)name.ptr[%s] * %uu;\n",
                        place, factor);
}

void decode_names(struct emitter *emitter, const char *name, const char *const *list, size_t count)
{
    struct arena *const arena = emitter->arena;
    struct names names = {.names = list, .count = count};
    const char *const word = count < 256 ? "uint8_t" : "uint16_t";

    names.members = ARENA_ARRAY(arena, 4 * power_of_two(count), unsigned);
    if (count < SIMPLE_ROWS_MAX && find_simple(&names)) {
        FILL(body(emitter), "decode/names", {"name", name}, {"word", word},
             {"count", arena_format(arena, "%zu", names.rows)},
             {"rows", rows_of(emitter, names.members, names.rows)},
             {"first", letter(emitter, names.factor[0], "0")},
             {"last", letter(emitter, names.factor[1], "name.len - 1")},
             {"mask", arena_format(arena, "%zu", names.rows - 1)});
        return;
    }
    find_full(emitter, &names);
    FILL(body(emitter), "decode/names_hashed", {"name", name}, {"word", word},
         {"count", arena_format(arena, "%zu", names.rows)},
         {"rows", rows_of(emitter, names.members, names.rows)},
         {"buckets", arena_format(arena, "%zu", names.buckets)},
         {"shifts", rows_of(emitter, names.shifts, names.buckets)},
         {"seed", arena_format(arena, "UINT32_C(0x%x)", names.seed)},
         {"bucket_mask", arena_format(arena, "%zu", names.buckets - 1)},
         {"mask", arena_format(arena, "%zu", names.rows - 1)});
}
