/* memory_store.c - store: memory. The cookie holds a name of 192 random bits; the session is kept here, by
 * the name's digest, until it ends or the process does. */
#include "session/session.h"
#include "session/table.h"

#include <openssl/sha.h>

static flare_err open_table(struct flarei_session *session)
{
    session->table =
        flarei_table_new(session->max, (struct flarei_lifetime){session->max_age_s, session->idle_s});
    return session->table != NULL ? FLARE_OK : FLARE_ERR_MEMORY;
}

static void close_table(struct flarei_session *session)
{
    flarei_table_free(session->table);
    session->table = NULL;
}

static flare_err find(flare_request *rq, const struct flarei_session *session, flare_str cookie,
                      flare_str *json)
{
    unsigned char digest[SHA256_DIGEST_LENGTH];

    if (cookie.len != FLAREI_SESSION_NAME_BYTES)
        return FLARE_ERR_NOT_FOUND;
    flarei_session_digest(cookie, digest);
    return flarei_table_find(session->table, digest, flarei_session_now_s(), rq->arena, json);
}

static flare_err begin(flare_request *rq, const struct flarei_session *session, flare_str json, int64_t now_s)
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    char text[FLAREI_SESSION_NAME_BYTES];
    const flare_str name = {text, sizeof text};
    flare_err err;

    if (!flarei_session_name(text))
        return FLARE_ERR_IO;
    flarei_session_digest(name, digest);
    err = flarei_table_add(session->table, digest, now_s, json);
    if (err != FLARE_OK)
        return err;
    err = flarei_session_set(rq, session, name, session->max_age_s);
    if (err != FLARE_OK)
        flarei_table_remove(session->table, digest);
    return err;
}

static flare_err end(flare_request *rq, const struct flarei_session *session, flare_str cookie)
{
    unsigned char digest[SHA256_DIGEST_LENGTH];

    (void)rq;
    flarei_session_digest(cookie, digest);
    flarei_table_remove(session->table, digest);
    return FLARE_OK;
}

static flare_err save(flare_request *rq, const struct flarei_session *session, flare_str cookie,
                      flare_str json, bool renew)
{
    const int64_t now_s = flarei_session_now_s();
    unsigned char digest[SHA256_DIGEST_LENGTH];
    flare_err err = FLARE_ERR_NOT_FOUND;

    if (cookie.len == FLAREI_SESSION_NAME_BYTES && !renew) {
        flarei_session_digest(cookie, digest);
        err = flarei_table_replace(session->table, digest, now_s, json);
    }
    if (err != FLARE_ERR_NOT_FOUND)
        return err;
    err = begin(rq, session, json, now_s);
    return err == FLARE_OK && cookie.len != 0 ? end(rq, session, cookie) : err;
}

const struct flarei_session_store flarei_session_memory = {
    .local = true, .open = open_table, .close = close_table, .find = find, .save = save, .end = end};
