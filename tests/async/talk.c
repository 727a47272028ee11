#include "talk.h"

#include <pthread.h>
#include <string.h>

atomic_bool talk_gate;
atomic_int talk_open, talk_began, talk_ended, talk_running, talk_overlaps, talk_cancelled, talk_sent,
    talk_code, talk_waited;

void talk_reset(void)
{
    atomic_store(&talk_gate, false);
    atomic_store(&talk_began, 0);
    atomic_store(&talk_ended, 0);
    atomic_store(&talk_overlaps, 0);
    atomic_store(&talk_cancelled, 0);
    atomic_store(&talk_sent, 0);
    atomic_store(&talk_code, 0);
    atomic_store(&talk_waited, -1);
}

static void enter(void)
{
    if (atomic_fetch_add(&talk_running, 1) != 0)
        atomic_fetch_add(&talk_overlaps, 1);
}

static void leave(void)
{
    atomic_fetch_sub(&talk_running, 1);
}

/* Seconds at most, lest a test that fails hangs. */
static void wait_until_told(const flare_ws *ws)
{
    for (int i = 0; i < 4000 && !flare_ws_cancelled(ws); i++)
        if (flare_sleep(1) != FLARE_OK)
            break;
    if (flare_ws_cancelled(ws))
        atomic_fetch_add(&talk_cancelled, 1);
}

static void flood(flare_ws *ws)
{
    static const char block[TALK_BLOCK_BYTES] = {'.'};
    flare_err err = FLARE_OK;

    for (int i = 0; i < 10000 && err == FLARE_OK; i++)
        err = flare_ws_send_bytes(ws, (flare_str){block, sizeof block});
    atomic_store(&talk_sent, err);
}

static void handle(flare_ws *ws, flare_str text)
{
    char first;

    enter();
    atomic_fetch_add(&talk_began, 1);
    first = text.len != 0 ? text.ptr[0] : ' ';
    if (first == 'e' && flare_sleep(5) == FLARE_OK) {
        (void)flare_ws_send_text(ws, text);
    } else if (first == 'u') {
        wait_until_told(ws);
        atomic_store(&talk_sent, flare_ws_send_text(ws, text));
    } else if (first == 'g') {
        while (!atomic_load(&talk_gate) && flare_sleep(1) == FLARE_OK)
            continue;
    } else if (first == 'f') {
        flood(ws);
    } else if (first == 'b') {
        (void)flare_ws_close(ws, 3000, FLARE_STR("as you say"));
    }
    atomic_fetch_add(&talk_ended, 1);
    leave();
}

/* It may wait too, however its socket ended. */
static void closed(unsigned code)
{
    enter();
    atomic_store(&talk_code, (int)code);
    atomic_store(&talk_waited, flare_sleep(5));
    leave();
    atomic_fetch_sub(&talk_open, 1);
}

/* More than an output buffer starts with. */
static void add_long_field(flare_request *rq)
{
    static char value[20000];

    memset(value, 'x', sizeof value);
    (void)flare_reply_header(rq, FLARE_STR("X-Long"), (flare_str){value, sizeof value});
}

#define FUNCTIONS(name, is_long)                                                                             \
    flare_reply talk_##name##_open(flare_request *rq, flare_ws *ws)                                          \
    {                                                                                                        \
        atomic_fetch_add(&talk_open, 1);                                                                     \
        if (is_long)                                                                                         \
            add_long_field(rq);                                                                              \
        return talk_##name##_accept(rq, ws);                                                                 \
    }                                                                                                        \
    void talk_##name##_message(flare_ws *ws, flare_str text)                                                 \
    {                                                                                                        \
        handle(ws, text);                                                                                    \
    }                                                                                                        \
    void talk_##name##_close(flare_ws *ws, unsigned code)                                                    \
    {                                                                                                        \
        (void)ws;                                                                                            \
        closed(code);                                                                                        \
    }
FUNCTIONS(talk_async, false)
FUNCTIONS(talk_blocking, false)
FUNCTIONS(timed_async, false)
FUNCTIONS(timed_blocking, false)
FUNCTIONS(long_async, true)
FUNCTIONS(long_blocking, true)

#define TYPED_FUNCTIONS(name)                                                                                \
    flare_reply talk_##name##_open(flare_request *rq, flare_ws *ws)                                          \
    {                                                                                                        \
        atomic_fetch_add(&talk_open, 1);                                                                     \
        return talk_##name##_accept(rq, ws);                                                                 \
    }                                                                                                        \
    void talk_##name##_message(flare_ws *ws, const talk_word *message)                                       \
    {                                                                                                        \
        if (flare_sleep(1) != FLARE_OK || talk_##name##_send(ws, message) != FLARE_OK)                       \
            (void)flare_ws_close(ws, FLARE_WS_INTERNAL, FLARE_STR(""));                                      \
    }                                                                                                        \
    void talk_##name##_close(flare_ws *ws, unsigned code)                                                    \
    {                                                                                                        \
        (void)ws;                                                                                            \
        closed(code);                                                                                        \
    }
TYPED_FUNCTIONS(typed_async)
TYPED_FUNCTIONS(typed_blocking)

/* ---- A room whose members are on several workers ---- */

enum { MEMBERS_MAX = 16 };
static pthread_mutex_t room_lock = PTHREAD_MUTEX_INITIALIZER;
static flare_ws *members[MEMBERS_MAX];

static void replace_member(const flare_ws *what, flare_ws *by)
{
    (void)pthread_mutex_lock(&room_lock);
    for (size_t i = 0; i < MEMBERS_MAX; i++)
        if (members[i] == what) {
            members[i] = by;
            break;
        }
    (void)pthread_mutex_unlock(&room_lock);
}

flare_reply talk_room_open(flare_request *rq, flare_ws *ws)
{
    replace_member(NULL, ws);
    atomic_fetch_add(&talk_open, 1);
    return talk_room_accept(rq, ws);
}

void talk_room_message(flare_ws *ws, flare_str text)
{
    const talk_word word = {text};

    (void)ws;
    (void)pthread_mutex_lock(&room_lock);
    for (size_t i = 0; i < MEMBERS_MAX; i++)
        if (members[i] != NULL)
            (void)talk_room_send(members[i], &word);
    (void)pthread_mutex_unlock(&room_lock);
}

void talk_room_close(flare_ws *ws, unsigned code)
{
    replace_member(ws, NULL);
    atomic_store(&talk_code, (int)code);
    atomic_fetch_sub(&talk_open, 1);
}

talk_plain_reply talk_plain(flare_request *rq)
{
    return talk_plain_ok(rq, FLARE_STR("ok"));
}
