#include "client/fetch.h"

#include <flare/memory.h>
#include <flare/text.h>

enum { ARENA_BYTES = 2048, ARENA_MAX_BYTES = 1 << 20, STALE_RETRIES_MAX = 3 };

/* ---- Time ---- */

void flarei_fetch_set_timer(flare_fetch *fetch)
{
    const uint64_t ends_ms = fetch->silent_ms < fetch->deadline_ms ? fetch->silent_ms : fetch->deadline_ms;
    const uint64_t goes_on_ms = fetch->held_ms < fetch->again_ms ? fetch->held_ms : fetch->again_ms;
    const uint64_t due_ms = ends_ms < goes_on_ms ? ends_ms : goes_on_ms;
    flare_loop *const loop = fetch->client->loop;
    const uint64_t now_ms = flare_loop_now_ms(loop);

    if (due_ms == UINT64_MAX)
        flare_timer_cancel(loop, &fetch->timer);
    else
        flare_timer_set(loop, &fetch->timer, due_ms > now_ms ? due_ms - now_ms : 0);
}

static void timer_due(flare_loop *loop, flare_timer *timer)
{
    flare_fetch *const fetch = FLARE_OWNER(timer, flare_fetch, timer);
    flare_client *const client = fetch->client;
    const uint64_t now_ms = flare_loop_now_ms(loop);
    const char *const why = fetch->deadline_ms <= now_ms ? "its time was over"
                            : fetch->silent_ms <= now_ms ? "the peer was silent for too long"
                                                         : NULL;

    flarei_client_enter(client);
    if (fetch->err != FLARE_OK) {
        flarei_fetch_tell(fetch, fetch->err);
    } else if (fetch->again_ms <= now_ms && fetch->deadline_ms > now_ms) {
        flare_err err;

        fetch->again_ms = UINT64_MAX;
        err = flarei_fetch_queue(fetch, false);
        if (err != FLARE_OK)
            flarei_fetch_tell(fetch, err);
        else
            flarei_fetch_set_timer(fetch);
    } else if (fetch->held_ms <= now_ms && fetch->held_ms < fetch->silent_ms && fetch->deadline_ms > now_ms) {
        flarei_fetch_let_go(fetch); /* not all that take content say so before */
        flarei_fetch_heard(fetch);
        flarei_fetch_set_timer(fetch);
    } else if (why != NULL) {
        flarei_pool_drop(fetch);
        if (fetch->deadline_ms <= now_ms) {
            fetch->why = why;
            flarei_fetch_tell(fetch, FLARE_ERR_TIMEOUT);
        } else {
            flarei_fetch_failed(fetch, FLARE_ERR_TIMEOUT, why);
        }
    } else {
        flarei_fetch_set_timer(fetch);
    }
    flarei_client_leave(client);
}

void flarei_fetch_let_go(flare_fetch *fetch)
{
    if (!flarei_fetch_holds(fetch))
        return;
    fetch->held_ms = UINT64_MAX;
    if (fetch->connection != NULL)
        flare_timer_set(fetch->client->loop, &fetch->connection->more, 0);
}

/* A deadline that moves on is a field that is written; the timer comes too early once. */
void flarei_fetch_heard(flare_fetch *fetch)
{
    fetch->silent_ms =
        fetch->patient ? UINT64_MAX : flare_loop_now_ms(fetch->client->loop) + fetch->silence_ms;
}

void flarei_fetch_asked(flare_fetch *fetch, struct flarei_connection *connection)
{
    fetch->origin = NULL;
    fetch->connection = connection;
    fetch->reply.reused = connection->served != 0;
    flarei_fetch_heard(fetch);
    if (fetch->expect_ms != 0 && flarei_fetch_content_bytes(fetch) != 0)
        fetch->held_ms = flare_loop_now_ms(fetch->client->loop) + fetch->expect_ms;
    if (!flare_timer_active(&fetch->timer) || fetch->timer.due_ms > fetch->silent_ms ||
        fetch->timer.due_ms > fetch->held_ms)
        flarei_fetch_set_timer(fetch);
}

void flare_fetch_pause(flare_fetch *fetch)
{
    fetch->paused = true;
    fetch->silent_ms = UINT64_MAX;
}

bool flarei_fetch_unpause(flare_fetch *fetch)
{
    if (!fetch->paused)
        return false;
    fetch->paused = false;
    if (fetch->connection == NULL || fetch->over)
        return false;
    flarei_fetch_heard(fetch);
    flarei_fetch_set_timer(fetch);
    return true;
}

void flare_fetch_resume(flare_fetch *fetch)
{
    if (flarei_fetch_unpause(fetch))
        flare_timer_set(fetch->client->loop, &fetch->connection->more, 0);
}

/* ---- Its life ---- */

void flarei_fetch_leave_queue(flare_fetch *fetch)
{
    struct flarei_origin *const origin = fetch->origin;

    if (origin == NULL)
        return;
    if (!flarei_link_alone(&fetch->waiting)) {
        flarei_link_take(&fetch->waiting);
        fetch->client->waiting--;
    }
    fetch->origin = NULL;
    flarei_pool_forget(origin);
}

/* What one reply left is not the next one's. */
static void forget_reply(flare_fetch *fetch)
{
    flarei_coding_end(&fetch->coding);
    flarei_buffer_clear(&fetch->coded);
    flarei_buffer_clear(&fetch->collected);
    fetch->content_bytes = 0;
    fetch->next = FLAREI_FETCH_REPLY;
    fetch->told = false;
    fetch->reply.status = 0;
    fetch->reply.field_count = 0;
}

flare_err flarei_fetch_queue(flare_fetch *fetch, bool first)
{
    flare_client *const client = fetch->client;
    struct flarei_origin *origin;
    flare_err err;

    if (!flarei_upload_rewind(&fetch->upload)) {
        fetch->why = "what was sent can't be sent again";
        return FLARE_ERR_UNSUPPORTED;
    }
    origin = flarei_pool_origin(client, &fetch->url);
    err = origin != NULL ? FLARE_OK : FLARE_ERR_MEMORY;
    forget_reply(fetch);
    if (err == FLARE_OK && fetch->url.secure)
        err = flarei_client_need_tls(client);
    if (err != FLARE_OK) {
        if (origin != NULL)
            flarei_pool_forget(origin);
        return err;
    }
    fetch->origin = origin;
    fetch->silent_ms = fetch->held_ms = UINT64_MAX;
    flarei_link_before(first ? origin->waiting.next : &origin->waiting, &fetch->waiting);
    client->waiting++;
    flarei_pool_serve(origin);
    return FLARE_OK;
}

bool flarei_fetch_is_repeatable(enum flare_method method)
{
    return method == FLARE_METHOD_GET || method == FLARE_METHOD_HEAD || method == FLARE_METHOD_PUT ||
           method == FLARE_METHOD_DELETE || method == FLARE_METHOD_OPTIONS || method == FLARE_METHOD_TRACE ||
           method == FLARE_METHOD_QUERY;
}

bool flarei_fetch_has_content(const flare_fetch *fetch)
{
    return fetch->content.len != 0 || fetch->upload.is || fetch->method == FLARE_METHOD_POST ||
           fetch->method == FLARE_METHOD_PUT || fetch->method == FLARE_METHOD_PATCH;
}

bool flarei_fetch_again(flare_fetch *fetch, bool unsent)
{
    if (fetch->forward != NULL && fetch->forward->taken)
        return false;
    if ((!unsent && !flarei_fetch_is_repeatable(fetch->method)) || fetch->stale == STALE_RETRIES_MAX ||
        !flarei_upload_may_repeat(&fetch->upload))
        return false;
    fetch->stale++;
    return flarei_fetch_queue(fetch, true) == FLARE_OK;
}

void flarei_fetch_tell(flare_fetch *fetch, flare_err err)
{
    flarei_fetch_leave_queue(fetch);
    flare_timer_cancel(fetch->client->loop, &fetch->timer);
    flarei_coding_end(&fetch->coding);
    fetch->over = true;
    fetch->reply.content = flarei_buffer_str(&fetch->collected);
    fetch->handler.done(fetch, fetch->context, err, &fetch->reply);
}

void flarei_fetch_fail_later(flare_fetch *fetch, flare_err err)
{
    flarei_link_take(&fetch->waiting);
    fetch->client->waiting--;
    fetch->err = err;
    flare_timer_set(fetch->client->loop, &fetch->timer, 0);
}

static flare_fetch *make(flare_client *client, const flare_fetch_handler *handler, void *context)
{
    flare_fetch *const fetch = flarei_calloc(1, sizeof *fetch);

    if (fetch == NULL)
        return NULL;
    fetch->client = client;
    fetch->handler = *handler;
    fetch->context = context;
    fetch->timer.callback = timer_due;
    fetch->deadline_ms = fetch->silent_ms = fetch->held_ms = fetch->again_ms = UINT64_MAX;
    flarei_link_init(&fetch->link);
    flarei_link_init(&fetch->waiting);
    flarei_arena_init(&fetch->arena, ARENA_BYTES, ARENA_MAX_BYTES);
    return fetch;
}

/* Puts what was described into its queue. @param err of describing it */
static flare_err begin(flare_fetch *fetch, uint32_t timeout_ms, flare_err err)
{
    flare_client *const client = fetch->client;

    if (fetch->content.ptr == NULL) /* bytes are counted from there, even none */
        fetch->content = FLARE_STR("");
    flarei_buffer_init(&fetch->collected, fetch->content_max_bytes < SIZE_MAX / 2
                                              ? (size_t)fetch->content_max_bytes
                                              : SIZE_MAX / 2);
    flarei_buffer_init(&fetch->coded, SIZE_MAX / 2);
    flarei_buffer_init(&fetch->given, SIZE_MAX / 2);
    flarei_buffer_init(&fetch->waiter.kept, SIZE_MAX / 2);
    flarei_buffer_init(&fetch->waiter.given, SIZE_MAX / 2);
    flarei_client_enter(client);
    if (err == FLARE_OK && timeout_ms != 0) {
        flare_loop_update_now(client->loop);
        fetch->deadline_ms = flare_loop_now_ms(client->loop) + timeout_ms;
        flarei_fetch_set_timer(fetch);
    }
    if (err == FLARE_OK)
        err = flarei_fetch_queue(fetch, false);
    flarei_client_leave(client);
    return err;
}

flare_err flare_fetch_start(flare_fetch **out, flare_client *client, const flare_fetch_options *options,
                            const flare_fetch_handler *handler, void *context)
{
    flare_fetch *fetch;
    flare_err err;

    *out = NULL;
    if (client->waiting >= FLARE_CLIENT_WAITING_MAX)
        return FLARE_ERR_LIMIT;
    err = flarei_client_bind(client);
    if (err != FLARE_OK)
        return err;
    fetch = make(client, handler, context);
    if (fetch == NULL)
        return FLARE_ERR_MEMORY;
    flarei_link_before(&client->fetches, &fetch->link);
    err = begin(fetch, options->timeout_ms, flarei_fetch_copy(fetch, options));
    if (err != FLARE_OK) {
        flare_fetch_free(fetch);
        return err;
    }
    *out = fetch;
    return FLARE_OK;
}

flare_err flarei_fetch_forward(flare_fetch **out, flare_client *client, const struct flarei_url *url,
                               enum flare_method method, struct flarei_forward *forward,
                               const flare_fetch_handler *handler, void *context)
{
    flare_fetch *fetch;
    flare_err err;

    *out = NULL;
    if (client->waiting >= FLARE_CLIENT_WAITING_MAX)
        return FLARE_ERR_LIMIT;
    fetch = make(client, handler, context);
    if (fetch == NULL)
        return FLARE_ERR_MEMORY;
    flarei_link_before(&client->fetches, &fetch->link);
    fetch->forward = forward;
    client->passes_on = true;
    fetch->url = *url;
    fetch->method = method;
    fetch->method_token = flare_method_name(method);
    fetch->connect_ms = forward->connect_ms;
    fetch->silence_ms = forward->silence_ms;
    fetch->keep_redirects = fetch->keep_coded = true;
    err = begin(fetch, 0, FLARE_OK);
    if (err != FLARE_OK) {
        flare_fetch_free(fetch);
        return err;
    }
    *out = fetch;
    return FLARE_OK;
}

void flarei_fetch_bury(flare_fetch *fetch)
{
    flarei_coding_end(&fetch->coding);
    flarei_buffer_free(&fetch->coded);
    flarei_buffer_free(&fetch->collected);
    flarei_buffer_free(&fetch->given);
    flarei_buffer_free(&fetch->waiter.kept);
    flarei_buffer_free(&fetch->waiter.given);
    flarei_arena_free(&fetch->arena);
    flarei_free(fetch);
}

void flare_fetch_free(flare_fetch *fetch)
{
    flare_client *client;

    if (fetch == NULL || fetch->freed)
        return;
    client = fetch->client;
    fetch->freed = fetch->over = true;
    if (client == NULL) {
        flarei_fetch_bury(fetch);
        return;
    }
    flarei_client_enter(client);
    flarei_fetch_leave_queue(fetch);
    flare_timer_cancel(client->loop, &fetch->timer);
    flarei_pool_drop(fetch);
    flarei_link_take(&fetch->link);
    flarei_link_before(&client->dead_fetches, &fetch->link);
    flarei_client_leave(client);
}

/* ---- Asking ---- */

const char *flare_fetch_why(const flare_fetch *fetch)
{
    return fetch != NULL ? fetch->why : NULL;
}

flare_str flare_fetch_field(const flare_fetch_reply *reply, flare_str name)
{
    for (size_t i = 0; i < reply->field_count; i++)
        if (flare_str_equal_nocase(reply->fields[i].name, name)) {
            const flare_str value = reply->fields[i].value;

            return value.len != 0 ? value : FLARE_STR("");
        }
    return (flare_str){NULL, 0};
}

bool flare_fetch_is_json(const flare_fetch_reply *reply)
{
    static const flare_str json = FLARE_STR_INIT("application/json"), suffix = FLARE_STR_INIT("+json");
    flare_str type = flare_fetch_field(reply, FLARE_STR("content-type"));
    const char *const end = type.len != 0 ? memchr(type.ptr, ';', type.len) : NULL;

    if (end != NULL)
        type.len = (size_t)(end - type.ptr);
    while (type.len != 0 && (type.ptr[type.len - 1] == ' ' || type.ptr[type.len - 1] == '\t'))
        type.len--;
    if (flare_str_equal_nocase(type, json))
        return true;
    return type.len > suffix.len &&
           flare_str_equal_nocase((flare_str){type.ptr + type.len - suffix.len, suffix.len}, suffix);
}

flare_err flare_fetch_json(const flare_fetch_reply *reply, flare_json_value *root)
{
    *root = (flare_json_value){.kind = FLARE_JSON_NONE};
    return flare_fetch_is_json(reply) ? flare_json_read(reply->content, root) : FLARE_ERR_UNSUPPORTED;
}
