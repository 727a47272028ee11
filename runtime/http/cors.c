/* cors.c - cors(): which pages of other origins may read replies (the Fetch standard, "CORS protocol"). */
#include "http/origin.h"
#include "http/reply.h"

#include <flare/reply.h>

static bool is_allowed(const struct flarei_cors *cors, flare_str origin)
{
    return cors->origin_count == 0 || flarei_origin_among(cors->origins, cors->origin_count, origin);
}

/* A reply without the field is one that a browser keeps from the page: nothing that was to be kept from it
 * gets out where there is no room. */
static void add(flare_request *rq, flare_str name, flare_str value)
{
    (void)flarei_reply_field_kept(rq, name, value);
}

void flarei_use_cors(flare_request *rq, const struct flarei_cors *cors)
{
    flare_str origin;

    rq->marks |= FLAREI_MARK_CORS;
    if (cors->origin_count != 0)
        add(rq, FLARE_STR("Vary"), FLARE_STR("Origin"));
    if (!flarei_request_field(rq, FLARE_STR("Origin"), &origin) || !is_allowed(cors, origin))
        return;
    rq->marks |= FLAREI_MARK_ALLOWED;
    add(rq, FLARE_STR("Access-Control-Allow-Origin"), cors->origin_count == 0 ? FLARE_STR("*") : origin);
    if (cors->credentials)
        add(rq, FLARE_STR("Access-Control-Allow-Credentials"), FLARE_STR("true"));
    if (cors->expose.len != 0)
        add(rq, FLARE_STR("Access-Control-Expose-Headers"), cors->expose);
}

bool flarei_cors_asks(const flare_request *rq)
{
    flare_str value;

    return rq->method == FLARE_METHOD_OPTIONS && flarei_request_field(rq, FLARE_STR("Origin"), &value) &&
           flarei_request_field(rq, FLARE_STR("Access-Control-Request-Method"), &value);
}

flare_reply flarei_cors_preflight(flare_request *rq, flare_reply (*find)(flare_request *rq))
{
    flare_str asked = FLARE_STR("");
    flare_reply reply;
    bool declined;

    (void)flarei_request_field(rq, FLARE_STR("Access-Control-Request-Method"), &asked);
    const enum flare_method method = flare_method_of(asked);
    if (method == FLARE_METHOD_UNKNOWN || method == FLARE_METHOD_CONNECT)
        return find(rq);
    rq->method = method;
    rq->marks |= FLAREI_MARK_PREFLIGHT;
    reply = find(rq);
    declined = (rq->marks & FLAREI_MARK_DECLINED) != 0;
    rq->marks &= (uint16_t) ~(FLAREI_MARK_PREFLIGHT | FLAREI_MARK_DECLINED);
    rq->method = FLARE_METHOD_OPTIONS;
    if (!declined)
        return reply;
    rq->route = NULL;
    return find(rq);
}

flare_reply flarei_reply_preflight(flare_request *rq, const struct flarei_cors *cors, flare_str headers)
{
    if (cors == NULL) {
        rq->marks |= FLAREI_MARK_DECLINED;
        return (flare_reply){0};
    }
    if ((rq->marks & FLAREI_MARK_CORS) == 0)
        flarei_use_cors(rq, cors);
    add(rq, FLARE_STR("Vary"), FLARE_STR("Access-Control-Request-Method, Access-Control-Request-Headers"));
    if ((rq->marks & FLAREI_MARK_ALLOWED) != 0) {
        add(rq, FLARE_STR("Access-Control-Allow-Methods"),
            cors->methods.len != 0 ? cors->methods : flare_method_name(rq->method));
        if (headers.len != 0)
            add(rq, FLARE_STR("Access-Control-Allow-Headers"), headers);
        if (cors->max_age.len != 0)
            add(rq, FLARE_STR("Access-Control-Max-Age"), cors->max_age);
    }
    return flare_empty(rq, 204);
}
