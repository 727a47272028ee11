/* For who can wait: a handler on a fiber of the client's loop, or a tool, whose client has a loop that nobody
 * else runs. */
#include "client/fetch.h"

#include "fiber/fiber.h"
#include "fiber/threads.h"

enum {
    KEPT_BYTES = 65536, /* of content that its reader has not come for; then the peer waits */
    LOOK_MS = 20        /* a thread of the pool looks so often whether it still should wait */
};

/* ---- On whose loop ---- */

flare_err flarei_client_bind(flare_client *client)
{
    const struct flarei_fiber *const fiber = flarei_fiber_current();

    if (client->loop != NULL)
        return FLARE_OK;
    if (fiber == NULL)
        return flare_loop_create(&client->loop, FLARE_LOOP_DEFAULT);
    client->loop = fiber->home->loop;
    client->own_loop = false;
    return FLARE_OK;
}

flare_err flarei_client_may_wait(flare_client *client)
{
    const struct flarei_fiber *const fiber = flarei_fiber_current();
    const flare_err err = flarei_client_bind(client);

    if (err != FLARE_OK)
        return err;
    if (fiber != NULL)
        return fiber->home->loop == client->loop ? FLARE_OK : FLARE_ERR_STATE;
    return client->own_loop && client->depth == 0 ? FLARE_OK : FLARE_ERR_STATE;
}

flare_err flarei_client_turn(flare_client *client, struct flarei_fiber *fiber, bool soft)
{
    const struct flarei_cancel *const cancel = flarei_threads_cancel();
    flare_err err;

    if (fiber != NULL) {
        err = flarei_fiber_cancelled(fiber, soft);
        if (err == FLARE_OK)
            flarei_fiber_park();
        return err;
    }
    if (cancel == NULL)
        return flare_loop_run(client->loop);
    if (flarei_cancel_ends(cancel, soft))
        return FLARE_ERR_CANCELLED;
    return flare_loop_run_once(client->loop, LOOK_MS);
}

void flarei_client_wake(flare_client *client, struct flarei_fiber *fiber)
{
    if (fiber != NULL)
        flarei_fiber_wake(fiber);
    else if (client->own_loop)
        flare_loop_stop(client->loop);
}

/* A fetch that nobody waits for any more keeps no connection. */
static void stop(flare_fetch *fetch)
{
    flare_client *const client = fetch->client;

    fetch->over = true;
    fetch->waiter.done = true;
    if (client == NULL)
        return;
    flarei_client_enter(client);
    flarei_fetch_leave_queue(fetch);
    flare_timer_cancel(client->loop, &fetch->timer);
    flarei_pool_drop(fetch);
    flarei_client_leave(client);
}

static flare_err wait_until(flare_fetch *fetch, bool (*there)(const flare_fetch *fetch))
{
    struct flarei_fiber *const fiber = flarei_fiber_current();
    flare_err err = FLARE_OK;

    fetch->waiter.fiber = fiber;
    while (err == FLARE_OK && !there(fetch))
        err = flarei_client_turn(fetch->client, fiber, false);
    fetch->waiter.fiber = NULL;
    if (err != FLARE_OK) {
        fetch->waiter.err = err;
        stop(fetch);
    }
    return err;
}

void flarei_fetch_tell_waiter(flare_fetch *fetch)
{
    flarei_client_wake(fetch->client, fetch->waiter.fiber);
}

/* ---- What it is told ---- */

static void done(flare_fetch *fetch, void *context, flare_err err, const flare_fetch_reply *reply)
{
    (void)context, (void)reply;
    fetch->waiter.err = err;
    fetch->waiter.done = true;
    flarei_fetch_tell_waiter(fetch);
}

static void head(flare_fetch *fetch, void *context, const flare_fetch_reply *reply)
{
    (void)context, (void)reply;
    fetch->waiter.headed = true;
    flarei_fetch_tell_waiter(fetch);
}

static void content(flare_fetch *fetch, void *context, flare_str part)
{
    flare_buffer *const kept = &fetch->waiter.kept;

    (void)context;
    if (!flarei_buffer_append_str(kept, part))
        fetch->waiter.lost = true;
    if (fetch->waiter.lost || flarei_buffer_len(kept) >= KEPT_BYTES)
        flare_fetch_pause(fetch);
    flarei_fetch_tell_waiter(fetch);
}

static bool is_done(const flare_fetch *fetch)
{
    return fetch->waiter.done;
}

static bool has_head(const flare_fetch *fetch)
{
    return fetch->waiter.headed || fetch->waiter.done;
}

static bool has_content(const flare_fetch *fetch)
{
    return fetch->waiter.done || fetch->waiter.lost || flarei_buffer_len(&fetch->waiter.kept) != 0;
}

/* ---- Waiting ---- */

static flare_err start(flare_fetch **fetch, flare_client *client, const flare_fetch_options *options,
                       const flare_fetch_handler *handler, const flare_fetch_reply **reply)
{
    flare_err err;

    *fetch = NULL;
    *reply = NULL;
    err = flarei_client_may_wait(client);
    if (err != FLARE_OK)
        return err;
    if (client->own_loop)
        flare_loop_update_now(client->loop);
    err = flare_fetch_start(fetch, client, options, handler, NULL);
    if (err == FLARE_OK)
        *reply = &(*fetch)->reply;
    return err;
}

flare_err flare_fetch_wait(flare_fetch **fetch, flare_client *client, const flare_fetch_options *options,
                           const flare_fetch_reply **reply)
{
    static const flare_fetch_handler handler = {.done = done};
    flare_err err = start(fetch, client, options, &handler, reply);

    if (err == FLARE_OK)
        err = wait_until(*fetch, is_done);
    return err == FLARE_OK ? (*fetch)->waiter.err : err;
}

flare_err flare_fetch_begin(flare_fetch **fetch, flare_client *client, const flare_fetch_options *options)
{
    static const flare_fetch_handler handler = {.done = done, .head = head, .content = content};
    const flare_fetch_reply *reply;

    return start(fetch, client, options, &handler, &reply);
}

static bool is_taken(const flare_fetch *fetch)
{
    return fetch->waiter.done || fetch->upload.part.len == 0;
}

flare_err flare_fetch_write(flare_fetch *fetch, flare_str part)
{
    struct flarei_upload *const upload = &fetch->upload;
    flare_err err;

    if (!upload->written || upload->all_written)
        return FLARE_ERR_STATE;
    if (!fetch->waiter.done) {
        err = fetch->client != NULL ? flarei_client_may_wait(fetch->client) : FLARE_ERR_STATE;
        if (err != FLARE_OK)
            return err;
        upload->part = part;
        flare_fetch_push(fetch);
        err = wait_until(fetch, is_taken);
        part = upload->part;
        upload->part = (flare_str){NULL, 0};
        if (err != FLARE_OK || part.len == 0)
            return err;
    }
    return fetch->waiter.err != FLARE_OK ? fetch->waiter.err : FLARE_ERR_CLOSED;
}

flare_err flare_fetch_finish(flare_fetch *fetch, const flare_fetch_reply **reply)
{
    flare_err err = FLARE_OK;

    *reply = &fetch->reply;
    fetch->upload.all_written = true;
    flare_fetch_push(fetch);
    if (!has_head(fetch)) {
        err = fetch->client != NULL ? flarei_client_may_wait(fetch->client) : FLARE_ERR_STATE;
        if (err == FLARE_OK)
            err = wait_until(fetch, has_head);
    }
    return err == FLARE_OK && !fetch->waiter.headed ? fetch->waiter.err : err;
}

flare_err flare_fetch_open(flare_fetch **fetch, flare_client *client, const flare_fetch_options *options,
                           const flare_fetch_reply **reply)
{
    flare_err err = flare_fetch_begin(fetch, client, options);

    *reply = NULL;
    if (err == FLARE_OK)
        err = flare_fetch_finish(*fetch, reply);
    return err;
}

flare_err flare_fetch_read(flare_fetch *fetch, flare_str *part)
{
    struct flarei_fetch_waiter *const waiter = &fetch->waiter;
    flare_buffer given;
    flare_err err = FLARE_OK;

    *part = FLARE_STR("");
    flarei_buffer_clear(&waiter->given);
    if (!has_content(fetch)) {
        flare_fetch_resume(fetch);
        err = fetch->client != NULL ? flarei_client_may_wait(fetch->client) : FLARE_ERR_STATE;
        if (err == FLARE_OK)
            err = wait_until(fetch, has_content);
    }
    if (err != FLARE_OK)
        return err;
    if (waiter->lost) {
        stop(fetch);
        return FLARE_ERR_MEMORY;
    }
    given = waiter->kept;
    waiter->kept = waiter->given;
    waiter->given = given;
    *part = flarei_buffer_str(&given);
    if (part->len == 0)
        return waiter->err;
    flare_fetch_resume(fetch);
    return FLARE_OK;
}
