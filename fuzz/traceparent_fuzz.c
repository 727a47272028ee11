/* traceparent: what is taken is of the form that Trace Context (section 3.2) gives it, as a slow reading by
 * its letters sees it. The input's lines are the fields of a request, which goes on under one of them or
 * under a trace of its own.
 *
 * Target: runtime/http/trace.c
 */
#include "fuzz.h"

#include "http/request.h"
#include "http/trace.h"

enum { FIELDS_MAX = 4 };

/* Hex digits of the part, in lower case, not all zero. */
static bool is_part(const char *text, size_t length)
{
    return strspn(text, "0123456789abcdef") >= length && strspn(text, "0") < length;
}

static bool oracle(const char *text, size_t length)
{
    if (length < 55 || strcspn(text, "-") != 2 || strspn(text, "0123456789abcdef") != 2)
        return false;
    if (strncmp(text, "ff", 2) == 0 || text[35] != '-' || text[52] != '-')
        return false;
    if (length > 55 && (strncmp(text, "00", 2) == 0 || text[55] != '-'))
        return false;
    return is_part(text + 3, 32) && is_part(text + 36, 16) && strspn(text + 53, "0123456789abcdef") >= 2;
}

static flare_reply dispatch(flare_request *rq)
{
    return flare_empty(rq, 204);
}

static void check_request(const char *text, size_t size)
{
    static const flare_limits limits = {.body_max_bytes = 1 << 20, .memory_max_bytes = 1 << 20};
    static const flare_service service = {
        .name = FLARE_STR_INIT("fuzzed"), .limits = &limits, .dispatch = dispatch};
    static flare_request rq;
    flare_field fields[FIELDS_MAX + 1] = {{FLARE_STR_INIT("tracestate"), FLARE_STR_INIT("a=b")}};
    uint32_t count = 1;
    flare_arena arena;
    flare_buffer out;
    flare_str own;

    for (size_t start = 0, at = 0; at <= size && count <= FIELDS_MAX; at++) {
        if (at != size && text[at] != '\n')
            continue;
        fields[count] = (flare_field){count % 2 != 0 ? FLARE_STR("Traceparent") : FLARE_STR("traceparent"),
                                      {text + start, at - start}};
        count++;
        start = at + 1;
    }
    flarei_arena_init(&arena, 4096, 1 << 20);
    flarei_buffer_init(&out, 1 << 20);
    rq.arena = &arena;
    flarei_request_begin(&rq, &service, NULL, &out);
    rq.fields = fields;
    rq.field_count = count;
    FUZZ_CHECK(flare_request_traceparent(&rq).len == 0);
    flarei_use_trace(&rq);
    own = flare_request_traceparent(&rq);
    FUZZ_CHECK(flarei_traceparent_valid(own) && memcmp(own.ptr, "00-", 3) == 0);
    if (count == 2 && flarei_traceparent_valid(fields[1].value))
        FUZZ_CHECK(memcmp(own.ptr + 3, fields[1].value.ptr + 3, 32) == 0);
    flarei_request_end(&rq);
    flarei_buffer_free(&out);
    flarei_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *const text = (char *)malloc(size + 1);

    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (memchr(data, 0, size) == NULL) {
        const bool valid = flarei_traceparent_valid((flare_str){text, size});

        FUZZ_CHECK(valid == oracle(text, size));
        FUZZ_PLANT(valid && text[0] == 'f'); /* as if no version began like ff, which is none */
    }
    check_request(text, size);
    free(text);
    return 0;
}
