/* trace.c - trace(): W3C Trace Context. The trace goes on under a span of this request's own. */
#include "http/trace.h"
#include "http/reply.h"

#include <flare/request.h>

enum { TRACE_AT = 3, SPAN_AT = 36, FLAGS_AT = 53 };

static bool is_hex(const char *text, size_t length, bool *zero)
{
    *zero = true;
    for (size_t i = 0; i < length; i++) {
        if (!(text[i] >= '0' && text[i] <= '9') && !(text[i] >= 'a' && text[i] <= 'f'))
            return false;
        *zero = *zero && text[i] == '0';
    }
    return true;
}

bool flarei_traceparent_valid(flare_str text)
{
    bool zero, no_trace, no_span;

    if (text.len < FLAREI_TRACEPARENT_BYTES || text.ptr[2] != '-' || text.ptr[SPAN_AT - 1] != '-' ||
        text.ptr[FLAGS_AT - 1] != '-')
        return false;
    if (!is_hex(text.ptr, 2, &zero) || memcmp(text.ptr, "ff", 2) == 0)
        return false;
    /* A later version may say more behind what is known; this one may not. */
    if (text.len > FLAREI_TRACEPARENT_BYTES && (zero || text.ptr[FLAREI_TRACEPARENT_BYTES] != '-'))
        return false;
    return is_hex(text.ptr + TRACE_AT, 32, &no_trace) && !no_trace &&
           is_hex(text.ptr + SPAN_AT, 16, &no_span) && !no_span && is_hex(text.ptr + FLAGS_AT, 2, &zero);
}

/* Two lines are one too many (section 3.2 says nothing else makes sense of them). */
static bool received(const flare_request *rq, flare_str *value)
{
    bool found = false;

    for (uint32_t i = 0; i < rq->field_count; i++) {
        if (!flare_str_equal_nocase(rq->fields[i].name, FLARE_STR("traceparent")))
            continue;
        if (found)
            return false;
        *value = rq->fields[i].value;
        found = true;
    }
    return found && flarei_traceparent_valid(*value);
}

void flarei_use_trace(flare_request *rq)
{
    char *const text = (char *)flarei_arena_alloc(rq->arena, FLAREI_TRACEPARENT_BYTES);
    uint64_t words[2];
    flare_str from;

    if (text == NULL)
        return;
    memcpy(text, "00-", 3);
    text[SPAN_AT - 1] = text[FLAGS_AT - 1] = '-';
    if (received(rq, &from)) {
        memcpy(text + TRACE_AT, from.ptr + TRACE_AT, 32);
        /* Only the flags that this version knows (section 3.2.2.5.2): sampled. */
        text[FLAGS_AT] = '0';
        text[FLAGS_AT + 1] = strchr("13579bdf", from.ptr[FLAGS_AT + 1]) != NULL ? '1' : '0';
    } else {
        flarei_unique(words);
        words[1] |= words[1] == 0;
        flarei_hex_encode(words, sizeof words, text + TRACE_AT);
        memcpy(text + FLAGS_AT, "01", 2);
    }
    flarei_unique(words);
    words[1] |= words[1] == 0;
    flarei_hex_encode(&words[1], sizeof words[1], text + SPAN_AT);
    rq->trace = text;
    rq->marks |= FLAREI_MARK_TRACE;
}

flare_str flare_request_traceparent(const flare_request *rq)
{
    return flarei_request_trace(rq);
}
