#include "http/reply.h"

flare_str flarei_rule_name(enum flarei_rule rule)
{
    switch (rule) {
#define RULE_CASE(code, text)                                                                                \
    case FLAREI_RULE_##code:                                                                                 \
        return FLARE_STR(text);
        FLAREI_RULES(RULE_CASE)
    case FLAREI_FINE:
        break;
    }
    return FLARE_STR("");
}

flare_str flarei_place_name(enum flarei_place place)
{
    switch (place) {
    case FLAREI_IN_PATH:
        return FLARE_STR("path");
    case FLAREI_IN_QUERY:
        return FLARE_STR("query");
    case FLAREI_IN_HEADER:
        return FLARE_STR("header");
    case FLAREI_IN_COOKIE:
        return FLARE_STR("cookie");
    case FLAREI_IN_BODY:
        return FLARE_STR("body");
    }
    return FLARE_STR("");
}

static void note(flare_request *rq, const struct flarei_input *input, enum flarei_rule rule, int32_t index)
{
    if (rq->refusal_count < FLAREI_REFUSALS_MAX)
        rq->refusals[rq->refusal_count++] = (struct flarei_refusal){input, rule, index};
}

void flarei_refuse(flare_request *rq, const struct flarei_input *input, enum flarei_rule rule)
{
    note(rq, input, rule, -1);
}

void flarei_refuse_at(flare_request *rq, const struct flarei_input *input, enum flarei_rule rule,
                      size_t index)
{
    note(rq, input, rule, (int32_t)(index & INT32_MAX));
}

/* Opens the problem. @return NULL: close it all the same */
static flare_buffer *begin_problem(flare_request *rq, bool body)
{
    static const struct flarei_head in_head = FLAREI_HEAD(400, "Bad Request", "application/problem+json", "");
    static const struct flarei_head in_body =
        FLAREI_HEAD(422, "Unprocessable Content", "application/problem+json", "");
    flare_buffer *const out = flarei_reply_open(rq, body ? &in_body : &in_head, 100);

    if (out == NULL)
        return NULL;
    FLAREI_PUT(out, "{\"type\":\"urn:flare:invalid-request\",\"title\":\"Invalid request\",\"status\":");
    flarei_put_u64(out, body ? 422 : 400);
    FLAREI_PUT(out, ",\"errors\":[");
    return out;
}

static void put_error(flare_buffer *out, uint32_t number, enum flarei_place place)
{
    if (number != 0)
        FLAREI_PUT(out, ",");
    FLAREI_PUT(out, "{\"in\":");
    flarei_put_string(out, flarei_place_name(place));
}

static void put_rule(flare_buffer *out, enum flarei_rule rule)
{
    FLAREI_PUT(out, ",\"rule\":");
    flarei_put_string(out, flarei_rule_name(rule));
    FLAREI_PUT(out, "}");
}

/* The service's own page. */
static bool page_of(flare_request *rq, bool body, flare_reply *reply)
{
    const flare_problem_info problem = {
        .status = body ? 422 : 400,
        .type = FLARE_STR_INIT("urn:flare:invalid-request"),
        .title = FLARE_STR_INIT("Invalid request"),
        .detail = FLARE_STR_INIT(""),
    };

    return FLARE_UNLIKELY(rq->service->page != NULL) && flarei_reply_page(rq, &problem, reply);
}

flare_reply flarei_reply_refusals(flare_request *rq)
{
    const bool body = rq->refusal_count != 0 && rq->refusals[0].input->place == FLAREI_IN_BODY;
    flare_buffer *out;
    flare_reply page;

    if (FLARE_UNLIKELY(flarei_arena_starved(rq->arena)))
        return flarei_reply_problem_of(rq, 503, FLARE_STR(""), FLARE_STR("no memory for the request"));
    if (page_of(rq, body, &page))
        return page;
    out = begin_problem(rq, body);
    if (out == NULL)
        return flarei_reply_close(rq);
    for (uint32_t i = 0; i < rq->refusal_count; i++) {
        const struct flarei_refusal *refusal = &rq->refusals[i];

        put_error(out, i, refusal->input->place);
        if (refusal->input->name.len != 0) {
            FLAREI_PUT(out, ",\"name\":");
            flarei_put_string(out, refusal->input->name);
        }
        if (refusal->index >= 0) {
            FLAREI_PUT(out, ",\"pointer\":\"/");
            flarei_put_u64(out, (uint64_t)refusal->index);
            FLAREI_PUT(out, "\"");
        }
        put_rule(out, refusal->rule);
    }
    FLAREI_PUT(out, "]}");
    return flarei_reply_close(rq);
}

flare_reply flarei_reply_json_refusals(flare_request *rq, const struct flarei_json *json)
{
    flare_buffer *out;
    flare_reply page;

    if (page_of(rq, true, &page))
        return page;
    out = begin_problem(rq, true);
    if (out == NULL)
        return flarei_reply_close(rq);
    for (uint32_t i = 0; i < json->count; i++) {
        put_error(out, i, FLAREI_IN_BODY);
        FLAREI_PUT(out, ",\"pointer\":");
        flarei_put_string(out, flarei_json_pointer(json, i));
        put_rule(out, json->failures[i].rule);
    }
    FLAREI_PUT(out, "]}");
    return flarei_reply_close(rq);
}
