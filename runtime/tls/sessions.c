#include "tls/sessions.h"

#include <flare/memory.h>

static void remove_at(struct flarei_tls_sessions *sessions, size_t at)
{
    sessions->count--;
    memmove(&sessions->items[at], &sessions->items[at + 1],
            (sessions->count - at) * sizeof sessions->items[0]);
}

SSL_SESSION *flarei_tls_sessions_take(struct flarei_tls_sessions *sessions, const char *key)
{
    for (size_t i = 0; i < sessions->count; i++) {
        SSL_SESSION *const session = sessions->items[i].session;

        if (strcmp(sessions->items[i].key, key) != 0)
            continue;
        flarei_free(sessions->items[i].key);
        remove_at(sessions, i);
        return session;
    }
    return NULL;
}

bool flarei_tls_sessions_put(struct flarei_tls_sessions *sessions, const char *key, SSL_SESSION *session)
{
    const size_t bytes = strlen(key) + 1;
    char *copy;

    if (sessions->items == NULL)
        sessions->items = flarei_calloc(sessions->max, sizeof sessions->items[0]);
    copy = sessions->items != NULL ? flarei_malloc(bytes) : NULL;
    if (copy == NULL)
        return false;
    memcpy(copy, key, bytes);
    SSL_SESSION_free(flarei_tls_sessions_take(sessions, key));
    if (sessions->count == sessions->max) {
        flarei_free(sessions->items[0].key);
        SSL_SESSION_free(sessions->items[0].session);
        remove_at(sessions, 0);
    }
    sessions->items[sessions->count++] = (struct flarei_tls_session){copy, session};
    return true;
}

void flarei_tls_sessions_free(struct flarei_tls_sessions *sessions)
{
    for (size_t i = 0; i < sessions->count; i++) {
        flarei_free(sessions->items[i].key);
        SSL_SESSION_free(sessions->items[i].session);
    }
    flarei_free(sessions->items);
    *sessions = (struct flarei_tls_sessions){.max = sessions->max};
}
