/* csrf.c - csrf(): refuses what pages of other sites make a browser send with its cookies. By what browsers
 * say themselves: Sec-Fetch-Site, and Origin where they are too old for that. No token is needed, so none can
 * be lost or leak. A client that sends neither is no browser, and has no cookies of a user to abuse. */
#include "http/origin.h"
#include "http/reply.h"

static bool is_safe(const flare_request *rq)
{
    flare_str value;

    if (rq->method != FLARE_METHOD_GET && rq->method != FLARE_METHOD_HEAD &&
        rq->method != FLARE_METHOD_OPTIONS)
        return false;
    /* The handshake of a WebSocket is a GET whose answer a page may read. */
    return !flarei_request_field(rq, FLARE_STR("Upgrade"), &value);
}

/* "https://example.com:8443" of Host "example.com:8443". */
static bool is_own(const flare_request *rq, flare_str origin)
{
    const char *const scheme_end = (const char *)memmem(origin.ptr, origin.len, "://", 3);
    flare_str host;

    if (scheme_end == NULL || !flarei_request_field(rq, FLARE_STR("Host"), &host))
        return false;
    return flare_str_equal_nocase(
        (flare_str){scheme_end + 3, (size_t)(flarei_str_end(origin) - scheme_end - 3)}, host);
}

bool flarei_use_csrf(flare_request *rq, const struct flarei_csrf *csrf)
{
    flare_str site, origin;

    if (is_safe(rq))
        return true;
    const bool has_origin = flarei_request_field(rq, FLARE_STR("Origin"), &origin);
    if (has_origin && flarei_origin_among(csrf->trusted, csrf->trusted_count, origin))
        return true;
    if (flarei_request_field(rq, FLARE_STR("Sec-Fetch-Site"), &site))
        return flare_str_equal(site, FLARE_STR("same-origin")) || flare_str_equal(site, FLARE_STR("none"));
    return !has_origin || is_own(rq, origin);
}

flare_reply flarei_reply_cross_site(flare_request *rq)
{
    return flarei_reply_problem_of(rq, 403, FLARE_STR(""), FLARE_STR("sent by a page of another site"));
}
