/* session.c - a request's session: its cookie, what its store says, and the cookie that the reply sets. */
#include "session/session.h"

#include "http/reply.h"

#include <flare/log.h>
#include <flare/time.h>

int64_t flarei_session_now_s(void)
{
    return flarei_clock_wall() / FLARE_TIME_SECOND;
}

/* The Set-Cookie that the reply has for this session so far, or NULL. */
static flare_field *set_before(flare_request *rq, const struct flarei_session *session)
{
    const flare_str name = session->cookie.name;

    for (uint32_t i = rq->reply_field_count; i-- > 0;) {
        flare_field *const field = &rq->reply_fields[i];

        if (flare_str_equal(field->name, FLARE_STR("Set-Cookie")) && field->value.len > name.len &&
            memcmp(field->value.ptr, name.ptr, name.len) == 0 && field->value.ptr[name.len] == '=')
            return field;
    }
    return NULL;
}

/* What the client has: what the reply sets, else what the request brought. */
static flare_str cookie_of(flare_request *rq, const struct flarei_session *session)
{
    const flare_field *const field = set_before(rq, session);
    flare_str value = {NULL, 0};

    if (field != NULL) {
        const char *const start = field->value.ptr + session->cookie.name.len + 1;

        value.ptr = start;
        value.len =
            (size_t)((const char *)memchr(start, ';', (size_t)(flarei_str_end(field->value) - start)) -
                     start);
        return value;
    }
    return flarei_find(rq, &session->cookie, &value) ? value : (flare_str){NULL, 0};
}

flare_err flarei_session_set(flare_request *rq, const struct flarei_session *session, flare_str value,
                             int64_t age_s)
{
    flare_field *const before = set_before(rq, session);
    char *const text = (char *)flarei_arena_alloc(rq->arena, FLAREI_COOKIE_MAX_BYTES);
    flare_buffer out;
    flare_str line;

    if (text == NULL)
        return FLARE_ERR_MEMORY;
    flarei_buffer_over(&out, text, FLAREI_COOKIE_MAX_BYTES);
    (void)flarei_buffer_append_str(&out, session->cookie.name);
    (void)flarei_buffer_append_byte(&out, '=');
    (void)flarei_buffer_append_str(&out, value);
    (void)flarei_buffer_append_str(&out, FLARE_STR("; Max-Age="));
    flarei_put_u64(&out, age_s > 0 ? (uint64_t)age_s : 0);
    (void)flarei_buffer_append_str(&out, session->attributes);
    if (out.failed)
        return FLARE_ERR_LIMIT;
    line = flarei_buffer_str(&out);
    if (before == NULL)
        return flarei_reply_field_constant(rq, FLARE_STR("Set-Cookie"), line);
    before->value = line;
    return FLARE_OK;
}

flare_err flarei_session_find(flare_request *rq, const struct flarei_session *session, flare_str *json)
{
    const flare_str cookie = cookie_of(rq, session);

    return cookie.len == 0 ? FLARE_ERR_NOT_FOUND : session->store->find(rq, session, cookie, json);
}

bool flarei_session_begin(flare_request *rq, flare_buffer *json)
{
    char *const text = (char *)flarei_arena_alloc(rq->arena, FLAREI_SESSION_MAX_BYTES);

    if (text != NULL)
        flarei_buffer_over(json, text, FLAREI_SESSION_MAX_BYTES);
    return text != NULL;
}

flare_err flarei_session_save(flare_request *rq, const struct flarei_session *session,
                              const flare_buffer *json, bool renew)
{
    const flare_str text = flarei_buffer_str(json);

    if (rq->state != FLAREI_REQUEST_OPEN)
        return FLARE_ERR_STATE;
    if (json->failed)
        return FLARE_ERR_LIMIT;
    return session->store->save(rq, session, cookie_of(rq, session), text, renew);
}

flare_err flarei_session_end(flare_request *rq, const struct flarei_session *session)
{
    const flare_str cookie = cookie_of(rq, session);
    flare_err err = FLARE_OK;

    if (rq->state != FLAREI_REQUEST_OPEN)
        return FLARE_ERR_STATE;
    if (cookie.len == 0)
        return FLARE_OK;
    if (session->store->end != NULL)
        err = session->store->end(rq, session, cookie);
    return err == FLARE_OK ? flarei_session_set(rq, session, (flare_str){NULL, 0}, 0) : err;
}

flare_reply flarei_reply_session_failed(flare_request *rq, const struct flarei_session *session,
                                        flare_err err)
{
    /* That a store is away, it says by itself, once. */
    if (err != FLARE_ERR_REFUSED && err != FLARE_ERR_TIMEOUT && err != FLARE_ERR_CLOSED &&
        err != FLARE_ERR_CANCELLED)
        flare_log(FLARE_LOG_ERROR, "the session of '%.*s' can't be read: %s",
                  FLARE_STR_ARG(session->cookie.name), flare_err_text(err));
    return flarei_reply_problem_of(rq, 503, FLARE_STR(""), FLARE_STR("the session can't be read now"));
}
