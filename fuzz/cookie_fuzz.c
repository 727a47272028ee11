/* Cookies: what is found under a name is what a plain reading finds, which cuts the fields at every semicolon
 * first. The input's lines are Cookie fields.
 *
 * Target: runtime/http/cookie.c
 */
#include "fuzz.h"

#include "http/cookie.h"
#include "http/request.h"

enum { FIELDS_MAX = 8 };

static flare_reply dispatch(flare_request *rq)
{
    return flare_empty(rq, 204);
}

static flare_str trim(flare_str text)
{
    while (text.len != 0 && (text.ptr[0] == ' ' || text.ptr[0] == '\t'))
        text = (flare_str){text.ptr + 1, text.len - 1};
    while (text.len != 0 && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t'))
        text.len--;
    return text;
}

/* @return did `pair` give the value? */
static bool read_pair(flare_str pair, flare_str name, flare_str *value)
{
    size_t equals = 0;

    while (equals < pair.len && pair.ptr[equals] != '=')
        equals++;
    if (equals == pair.len || !flare_str_equal(trim((flare_str){pair.ptr, equals}), name))
        return false;
    *value = trim((flare_str){pair.ptr + equals + 1, pair.len - equals - 1});
    if (value->len > 1 && value->ptr[0] == '"' && value->ptr[value->len - 1] == '"')
        *value = (flare_str){value->ptr + 1, value->len - 2};
    return true;
}

static bool find_plainly(const flare_field *fields, uint32_t count, flare_str name, flare_str *value)
{
    for (uint32_t i = 0; i < count; i++) {
        const flare_str all = fields[i].value;
        size_t start = 0;

        for (size_t at = 0; at <= all.len; at++) {
            if (at != all.len && all.ptr[at] != ';')
                continue;
            if (read_pair((flare_str){all.ptr + start, at - start}, name, value))
                return true;
            start = at + 1;
        }
    }
    return false;
}

/* What may be a value comes back as it is, between others. */
static void check_value(flare_str value)
{
    char *const text = (char *)malloc(value.len + 8);
    flare_str found = {NULL, 0};
    bool plain = true;

    for (size_t i = 0; i < value.len; i++)
        plain &= value.ptr[i] > ' ' && value.ptr[i] < 0x7f && strchr("\",;\\", value.ptr[i]) == NULL;
    FUZZ_CHECK(flarei_cookie_value_valid(value) == plain);
    if (text == NULL)
        abort();
    memcpy(text, "a=;b=", 5);
    if (value.len != 0)
        memcpy(text + 5, value.ptr, value.len);
    text[5 + value.len] = ';';
    if (plain)
        FUZZ_CHECK(flarei_cookie_find((flare_str){text, value.len + 6}, FLARE_STR("b"), &found) &&
                   flare_str_equal(found, value));
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct flarei_input inputs[] = {
        FLAREI_INPUT(COOKIE, false, "sid"),
        FLAREI_INPUT(COOKIE, false, "a"),
        FLAREI_INPUT(COOKIE, true, "__Host-x"),
    };
    static const flare_limits limits = {.body_max_bytes = 1 << 20, .memory_max_bytes = 1 << 20};
    static const flare_service service = {
        .name = FLARE_STR_INIT("fuzzed"), .limits = &limits, .dispatch = dispatch};
    static flare_request rq;
    flare_field fields[FIELDS_MAX];
    uint32_t count = 0;
    char *const copy = (char *)malloc(size + 1);
    flare_arena arena;
    flare_buffer out;

    if (copy == NULL)
        abort();
    if (size != 0)
        memcpy(copy + 1, data, size);
    for (size_t start = 0, at = 0; at <= size && count < FIELDS_MAX; at++) {
        if (at != size && copy[1 + at] != '\n')
            continue;
        fields[count].name = count % 2 == 0 ? FLARE_STR("Cookie") : FLARE_STR("cookie");
        fields[count++].value = (flare_str){copy + 1 + start, at - start};
        start = at + 1;
    }
    flarei_arena_init(&arena, 4096, 1 << 20);
    flarei_buffer_init(&out, 1 << 20);
    rq.arena = &arena;
    flarei_request_begin(&rq, &service, NULL, &out);
    rq.fields = fields;
    rq.field_count = count;
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        flare_str want = {NULL, 0}, got = {NULL, 0};
        const bool there = find_plainly(fields, count, inputs[i].name, &want);

        FUZZ_CHECK(flarei_find(&rq, &inputs[i], &got) == there);
        FUZZ_CHECK(!there || (got.ptr == want.ptr && got.len == want.len));
        /* As if a quote on the left had one on the right. */
        FUZZ_PLANT(there && i == 2 && got.len > 1 && got.ptr[0] == '"' && got.ptr[got.len - 1] != '"');
        check_value(got);
    }
    FUZZ_CHECK(rq.refusal_count <= 1);
    flarei_request_end(&rq);
    flarei_buffer_free(&out);
    flarei_arena_free(&arena);
    free(copy);
    return 0;
}
