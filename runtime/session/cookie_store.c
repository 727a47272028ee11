/* cookie_store.c - store: cookie. The session itself is in the cookie, signed: the time it began, then its
 * JSON. Nothing is kept here, so any process with the keys serves it; and what the client has stays valid
 * until it expires. */
#include "session/session.h"

enum { BEGIN_BYTES = 8 };

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t expiry_of(const struct flarei_session *session, int64_t begin_s, int64_t now_s)
{
    const int64_t end = begin_s + session->max_age_s;

    return session->idle_s != 0 ? least(end, now_s + session->idle_s) : end;
}

static int64_t begin_of(const char *bytes)
{
    uint64_t begin_s = 0;

    for (size_t i = 0; i < BEGIN_BYTES; i++)
        begin_s = begin_s << 8 | (unsigned char)bytes[i];
    return (int64_t)(begin_s & INT64_MAX);
}

/* The signed text, of the request's memory. */
static flare_err open_cookie(flare_request *rq, const struct flarei_session *session, flare_str cookie,
                             int64_t now_s, flare_str *content)
{
    char *const room =
        cookie.len <= FLAREI_COOKIE_MAX_BYTES ? (char *)flarei_arena_alloc(rq->arena, cookie.len) : NULL;
    flare_err err;
    size_t len;

    if (room == NULL)
        return cookie.len <= FLAREI_COOKIE_MAX_BYTES ? FLARE_ERR_MEMORY : FLARE_ERR_NOT_FOUND;
    err = flarei_session_verify(session->purpose, cookie, now_s, room, &len);
    if (err == FLARE_ERR_STATE)
        return err;
    if (err != FLARE_OK || len < BEGIN_BYTES || begin_of(room) > now_s ||
        begin_of(room) + session->max_age_s <= now_s)
        return FLARE_ERR_NOT_FOUND;
    *content = (flare_str){room, len};
    return FLARE_OK;
}

static flare_err issue(flare_request *rq, const struct flarei_session *session, flare_str content,
                       int64_t now_s)
{
    const int64_t expires_s = expiry_of(session, begin_of(content.ptr), now_s);
    const size_t bytes = flare_sign_max(content.len);
    char text[FLAREI_COOKIE_MAX_BYTES + 64];
    size_t len;
    flare_err err;

    if (bytes > sizeof text)
        return FLARE_ERR_LIMIT;
    err = flarei_session_sign(session->purpose, content, expires_s, text, sizeof text, &len);
    return err == FLARE_OK ? flarei_session_set(rq, session, (flare_str){text, len}, expires_s - now_s) : err;
}

/* The digits behind the first dot, of a cookie that was verified. */
static int64_t expiry_in(flare_str cookie)
{
    const char *at = (const char *)memchr(cookie.ptr, '.', cookie.len);
    int64_t expires_s = 0;

    while (*++at != '.')
        expires_s = expires_s * 10 + (*at - '0');
    return expires_s;
}

static flare_err find(flare_request *rq, const struct flarei_session *session, flare_str cookie,
                      flare_str *json)
{
    const int64_t now_s = flarei_session_now_s();
    flare_str content = {NULL, 0};
    flare_err err = open_cookie(rq, session, cookie, now_s, &content);

    if (err != FLARE_OK)
        return err;
    *json = (flare_str){content.ptr + BEGIN_BYTES, content.len - BEGIN_BYTES};
    /* One that is in use lives on; not every reply needs to say so. */
    if (session->idle_s != 0 &&
        expiry_of(session, begin_of(content.ptr), now_s) - expiry_in(cookie) > session->idle_s / 10)
        err = issue(rq, session, content, now_s);
    return err;
}

static flare_err save(flare_request *rq, const struct flarei_session *session, flare_str cookie,
                      flare_str json, bool renew)
{
    const int64_t now_s = flarei_session_now_s();
    char content[FLAREI_COOKIE_MAX_BYTES];
    flare_str before = {NULL, 0};
    uint64_t begin_s = (uint64_t)now_s;
    flare_err err = FLARE_ERR_NOT_FOUND;

    if (json.len > sizeof content - BEGIN_BYTES)
        return FLARE_ERR_LIMIT;
    if (cookie.len != 0 && !renew)
        err = open_cookie(rq, session, cookie, now_s, &before);
    if (err == FLARE_OK)
        begin_s = (uint64_t)begin_of(before.ptr);
    else if (err != FLARE_ERR_NOT_FOUND)
        return err;
    for (size_t i = BEGIN_BYTES; i-- > 0; begin_s >>= 8)
        content[i] = (char)(begin_s & 0xff);
    memcpy(content + BEGIN_BYTES, json.ptr, json.len);
    return issue(rq, session, (flare_str){content, BEGIN_BYTES + json.len}, now_s);
}

const struct flarei_session_store flarei_session_cookies = {.signs = true, .find = find, .save = save};
