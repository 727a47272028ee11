/* route_index.c - finds one of many routes by a perfect hash. Of ten thousand unrolled branches hardly one is
 * in a cache, and a processor waits for code where it does not wait for data. */
#include <flare/gen.h>
#include <flare/method.h>

/* flarec/emit/route_index.c hashes alike. */
#define MULTIPLIER   UINT64_C(0x9e3779b97f4a7c15)
#define DISPLACEMENT UINT32_C(0x9e3779b9)

/* The segments of a path that is looked up. */
struct cut {
    const char *path, *end;
    const char *ends[FLAREI_INDEX_SEGMENTS_MAX];
    size_t count;
};

/* What stands between the parameters. */
struct runs {
    flare_str run[FLAREI_INDEX_PARTS_MAX + 1];
    size_t count, length;
};

static inline uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * MULTIPLIER;
    return hash ^ hash >> 32;
}

/* Little-endian, as the hash was made; a compiler makes one load of it. */
static inline uint32_t word_of_4(const char *at)
{
    const unsigned char *const p = (const unsigned char *)at;

    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t word_of_8(const char *at)
{
    return word_of_4(at) | (uint64_t)word_of_4(at + 4) << 32;
}

/* Up to 7 bytes; those read twice are at the same place of the word. */
static inline uint64_t word_of_less(const char *at, size_t length)
{
    const unsigned char *const p = (const unsigned char *)at;

    if (length >= 4)
        return word_of_4(at) | (uint64_t)word_of_4(at + length - 4) << 8 * (length - 4);
    if (length == 0)
        return 0;
    return p[0] | (uint64_t)p[length / 2] << 8 * (length / 2) | (uint64_t)p[length - 1] << 8 * (length - 1);
}

static inline uint64_t mix_run(uint64_t hash, flare_str run)
{
    size_t at = 0;

    if (run.len < 8)
        return mix(hash, word_of_less(run.ptr, run.len));
    for (; run.len - at > 8; at += 8)
        hash = mix(hash, word_of_8(run.ptr + at));
    return mix(hash, word_of_8(run.ptr + run.len - 8));
}

static inline void add_run(struct runs *runs, const char *start, const char *end)
{
    runs->run[runs->count] = (flare_str){start, (size_t)(end - start)};
    runs->length += runs->run[runs->count++].len;
}

/* Parts the path as the shape says. False where a parameter would be empty. */
static inline bool part(const struct cut *cut, uint32_t parameters, struct runs *runs, flare_str *parts)
{
    const char *start = cut->path;

    runs->count = runs->length = 0;
    for (size_t count = 0; parameters != 0; parameters &= parameters - 1) {
        const unsigned number = (unsigned)__builtin_ctz(parameters);
        const char *const begin = number == 0 ? cut->path + 1 : cut->ends[number - 1] + 1;

        add_run(runs, start, begin);
        start = cut->ends[number];
        if (start == begin)
            return false;
        parts[count++] = (flare_str){begin, (size_t)(start - begin)};
    }
    if (start != cut->end)
        add_run(runs, start, cut->end);
    return true;
}

static inline bool is_text(const struct flarei_indexed *route, const struct runs *runs)
{
    const char *text = route->text;

    for (size_t i = 0; i < runs->count; i++) {
        if (memcmp(text, runs->run[i].ptr, runs->run[i].len) != 0)
            return false;
        text += runs->run[i].len;
    }
    return true;
}

/* False where there are more segments than are looked up. */
static inline bool cut_path(const flare_request *rq, struct cut *cut)
{
    struct flarei_segments segments;
    const char *at = rq->path.ptr + 1;

    cut->path = rq->path.ptr;
    cut->end = rq->path.ptr + rq->path.len;
    cut->count = 1;
    (void)flarei_cut_first_segment(rq, &segments, &at);
    cut->ends[0] = at;
    while (at != cut->end && cut->count < FLAREI_INDEX_SEGMENTS_MAX) {
        at++;
        (void)flarei_cut_next_segment(rq, &segments, &at);
        cut->ends[cut->count++] = at;
    }
    return at == cut->end;
}

const struct flarei_indexed *flarei_index_find(const struct flarei_index *index, const flare_request *rq,
                                               flare_str *parts)
{
    const unsigned method = rq->method == FLARE_METHOD_HEAD ? FLARE_METHOD_GET : (unsigned)rq->method;
    struct cut cut;

    if (rq->path.len == 0 || rq->path.ptr[0] != '/' || !cut_path(rq, &cut))
        return NULL;
    for (unsigned shape = index->shapes_of[cut.count]; shape < index->shapes_of[cut.count + 1]; shape++) {
        const struct flarei_indexed *route;
        struct runs runs;
        uint64_t hash;
        uint32_t place;

        if (!part(&cut, index->shapes[shape], &runs, parts))
            continue;
        hash = index->seed ^ (method | shape << 8);
        for (size_t i = 0; i < runs.count; i++)
            hash = mix_run(hash, runs.run[i]);
        place = (uint32_t)hash ^ index->displacements[hash >> (64 - index->bits)] * DISPLACEMENT;
        route = &index->routes[place * (uint64_t)index->routes_count >> 32];
        if (route->shape == shape && route->method == method && route->length == runs.length &&
            is_text(route, &runs))
            return route;
    }
    return NULL;
}
