#include "client/fetch.h"

#include "wire/h1_scan.h"

#include <flare/memory.h>
#include <flare/text.h>

enum { ARENA_BYTES = 2048, ARENA_MAX_BYTES = 1 << 20, STALE_RETRIES_MAX = 3, DROPPED_MAX_BYTES = 1 << 16 };

/* ---- What was asked for ---- */

static bool all_of(flare_str text, unsigned class_bit)
{
    const char *const end = flarei_str_end(text);

    return skip_bytes(text.ptr, end, class_bit) == end;
}

/* Fields that the client writes itself, or that must not be there. */
static bool is_ours(flare_str name)
{
    static const flare_str ours[] = {FLARE_STR_INIT("host"),
                                     FLARE_STR_INIT("content-length"),
                                     FLARE_STR_INIT("transfer-encoding"),
                                     FLARE_STR_INIT("connection"),
                                     FLARE_STR_INIT("proxy-connection"),
                                     FLARE_STR_INIT("keep-alive"),
                                     FLARE_STR_INIT("upgrade"),
                                     FLARE_STR_INIT("te"),
                                     FLARE_STR_INIT("trailer"),
                                     FLARE_STR_INIT("expect"),
                                     FLARE_STR_INIT("http2-settings"),
                                     FLARE_STR_INIT("content-type")};

    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        if (flare_str_equal_nocase(name, ours[i]))
            return true;
    return false;
}

static flare_err copy_fields(flare_fetch *fetch, const flare_fetch_options *options)
{
    if (options->field_count == 0)
        return FLARE_OK;
    if (options->field_count > FLARE_FETCH_FIELDS_MAX)
        return FLARE_ERR_ARGUMENT;
    fetch->fields = flarei_arena_alloc_array(&fetch->arena, options->field_count, sizeof *fetch->fields);
    if (fetch->fields == NULL)
        return FLARE_ERR_MEMORY;
    for (size_t i = 0; i < options->field_count; i++) {
        const flare_field *const field = &options->fields[i];
        flare_field *const copy = &fetch->fields[i];

        if (field->name.len == 0 || !all_of(field->name, H1_TOKEN) || !all_of(field->value, H1_VALUE) ||
            is_ours(field->name))
            return FLARE_ERR_ARGUMENT;
        if (!flarei_arena_copy(&fetch->arena, field->name, &copy->name) ||
            !flarei_arena_copy(&fetch->arena, field->value, &copy->value))
            return FLARE_ERR_MEMORY;
        fetch->asks_accept |= flare_str_equal_nocase(copy->name, FLARE_STR("accept"));
        fetch->names_agent |= flare_str_equal_nocase(copy->name, FLARE_STR("user-agent"));
    }
    fetch->field_count = options->field_count;
    return FLARE_OK;
}

static flare_err copy_url(flare_fetch *fetch, flare_str url)
{
    const char *const fragment = url.len != 0 ? memchr(url.ptr, '#', url.len) : NULL;

    if (fragment != NULL)
        url.len = (size_t)(fragment - url.ptr);
    if (!flarei_arena_copy(&fetch->arena, url, &fetch->url_text))
        return FLARE_ERR_MEMORY;
    return flarei_url_read(fetch->url_text, "http", "https", &fetch->url) ? FLARE_OK : FLARE_ERR_ARGUMENT;
}

static flare_err copy_options(flare_fetch *fetch, const flare_fetch_options *options)
{
    const flare_str method = options->method.len != 0 ? options->method : FLARE_STR("GET");
    flare_err err = copy_url(fetch, options->url);

    if (err == FLARE_OK)
        err = copy_fields(fetch, options);
    if (err != FLARE_OK)
        return err;
    if (!all_of(method, H1_TOKEN) || method.len > FLAREI_H1_METHOD_MAX_BYTES ||
        !all_of(options->content_type, H1_VALUE))
        return FLARE_ERR_ARGUMENT;
    fetch->method = flare_method_of(method);
    if (fetch->method == FLARE_METHOD_CONNECT)
        return FLARE_ERR_ARGUMENT;
    fetch->content = options->content;
    fetch->connect_ms = options->connect_ms != 0 ? options->connect_ms : FLARE_FETCH_CONNECT_MS;
    fetch->silence_ms = options->silence_ms != 0 ? options->silence_ms : FLARE_FETCH_SILENCE_MS;
    fetch->content_max_bytes =
        options->content_max_bytes != 0 ? options->content_max_bytes : FLARE_FETCH_CONTENT_MAX_BYTES;
    fetch->redirects_max =
        options->redirects_max != 0 ? options->redirects_max : (uint32_t)FLARE_FETCH_REDIRECTS_MAX;
    fetch->keep_redirects = options->keep_redirects;
    if (fetch->method != FLARE_METHOD_UNKNOWN)
        fetch->method_token = flare_method_name(fetch->method);
    else if (!flarei_arena_copy(&fetch->arena, method, &fetch->method_token))
        return FLARE_ERR_MEMORY;
    return flarei_arena_copy(&fetch->arena, options->content_type, &fetch->content_type) ? FLARE_OK
                                                                                         : FLARE_ERR_MEMORY;
}

/* ---- Time ---- */

static void set_timer(flare_fetch *fetch)
{
    const uint64_t due_ms = fetch->deadline_ms < fetch->silent_ms ? fetch->deadline_ms : fetch->silent_ms;
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
        flarei_fetch_failed(fetch, fetch->err, fetch->why);
    } else if (why != NULL) {
        struct flarei_connection *const connection = fetch->connection;

        fetch->connection = NULL;
        if (connection != NULL) {
            connection->fetch = NULL;
            flarei_pool_close(connection);
        }
        flarei_fetch_failed(fetch, FLARE_ERR_TIMEOUT, why);
    } else {
        set_timer(fetch);
    }
    flarei_client_leave(client);
}

/* A deadline that moves on is a field that is written; the timer comes too early once. */
void flarei_fetch_heard(flare_fetch *fetch)
{
    fetch->silent_ms = flare_loop_now_ms(fetch->client->loop) + fetch->silence_ms;
}

void flarei_fetch_asked(flare_fetch *fetch, struct flarei_connection *connection)
{
    fetch->origin = NULL;
    fetch->connection = connection;
    fetch->reply.reused = connection->served != 0;
    flarei_fetch_heard(fetch);
    if (!flare_timer_active(&fetch->timer) || fetch->timer.due_ms > fetch->silent_ms)
        set_timer(fetch);
}

void flare_fetch_pause(flare_fetch *fetch)
{
    fetch->paused = true;
    fetch->silent_ms = UINT64_MAX;
}

void flare_fetch_resume(flare_fetch *fetch)
{
    if (!fetch->paused)
        return;
    fetch->paused = false;
    if (fetch->connection == NULL || fetch->over)
        return;
    flarei_fetch_heard(fetch);
    set_timer(fetch);
    flare_timer_set(fetch->client->loop, &fetch->connection->more, 0);
}

/* ---- Its life ---- */

static void leave_queue(flare_fetch *fetch)
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

flare_err flarei_fetch_queue(flare_fetch *fetch, bool first)
{
    flare_client *const client = fetch->client;
    struct flarei_origin *const origin = flarei_pool_origin(client, &fetch->url);
    flare_err err = origin != NULL ? FLARE_OK : FLARE_ERR_MEMORY;

    if (err == FLARE_OK && fetch->url.secure && client->tls == NULL)
        err = flare_tls_connector_create(&client->tls, NULL, NULL, 0);
    if (err != FLARE_OK) {
        if (origin != NULL)
            flarei_pool_forget(origin);
        return err;
    }
    fetch->origin = origin;
    fetch->silent_ms = UINT64_MAX;
    flarei_link_before(first ? origin->waiting.next : &origin->waiting, &fetch->waiting);
    client->waiting++;
    flarei_pool_serve(origin);
    return FLARE_OK;
}

static bool is_repeatable(enum flare_method method)
{
    return method == FLARE_METHOD_GET || method == FLARE_METHOD_HEAD || method == FLARE_METHOD_PUT ||
           method == FLARE_METHOD_DELETE || method == FLARE_METHOD_OPTIONS || method == FLARE_METHOD_TRACE ||
           method == FLARE_METHOD_QUERY;
}

bool flarei_fetch_again(flare_fetch *fetch, bool unsent)
{
    if ((!unsent && !is_repeatable(fetch->method)) || fetch->retries == STALE_RETRIES_MAX)
        return false;
    fetch->retries++;
    return flarei_fetch_queue(fetch, true) == FLARE_OK;
}

/* The last of its callbacks. */
static void tell(flare_fetch *fetch, flare_err err)
{
    flare_client *const client = fetch->client;

    leave_queue(fetch);
    flare_timer_cancel(client->loop, &fetch->timer);
    fetch->over = true;
    fetch->reply.content = flarei_buffer_str(&fetch->collected);
    fetch->handler.done(fetch, fetch->context, err, &fetch->reply);
}

void flarei_fetch_failed(flare_fetch *fetch, flare_err err, const char *why)
{
    fetch->why = why;
    tell(fetch, err);
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
    fetch->deadline_ms = fetch->silent_ms = UINT64_MAX;
    flarei_link_init(&fetch->link);
    flarei_link_init(&fetch->waiting);
    flarei_arena_init(&fetch->arena, ARENA_BYTES, ARENA_MAX_BYTES);
    return fetch;
}

flare_err flare_fetch_start(flare_fetch **out, flare_client *client, const flare_fetch_options *options,
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
    err = copy_options(fetch, options);
    flarei_buffer_init(&fetch->collected, fetch->content_max_bytes < SIZE_MAX / 2
                                              ? (size_t)fetch->content_max_bytes
                                              : SIZE_MAX / 2);
    flarei_client_enter(client);
    if (err == FLARE_OK && options->timeout_ms != 0) {
        flare_loop_update_now(client->loop);
        fetch->deadline_ms = flare_loop_now_ms(client->loop) + options->timeout_ms;
        set_timer(fetch);
    }
    if (err == FLARE_OK)
        err = flarei_fetch_queue(fetch, false);
    flarei_client_leave(client);
    if (err != FLARE_OK) {
        flare_fetch_free(fetch);
        return err;
    }
    *out = fetch;
    return FLARE_OK;
}

void flare_fetch_free(flare_fetch *fetch)
{
    flare_client *client;

    if (fetch == NULL || fetch->freed)
        return;
    client = fetch->client;
    fetch->freed = fetch->over = true;
    if (client == NULL) {
        flarei_buffer_free(&fetch->collected);
        flarei_arena_free(&fetch->arena);
        flarei_free(fetch);
        return;
    }
    flarei_client_enter(client);
    leave_queue(fetch);
    flare_timer_cancel(client->loop, &fetch->timer);
    if (fetch->connection != NULL) {
        fetch->connection->fetch = NULL;
        flarei_pool_close(fetch->connection);
        fetch->connection = NULL;
    }
    flarei_link_take(&fetch->link);
    flarei_link_before(&client->dead_fetches, &fetch->link);
    flarei_client_leave(client);
}

/* ---- The reply ---- */

static flare_str moved(flare_str text, const char *from, const char *to)
{
    return text.len != 0 ? (flare_str){to + (text.ptr - from), text.len} : text;
}

/* The head's bytes and fields become the fetch's own. */
static flare_err keep_head(flare_fetch *fetch, const struct flarei_h1_response *response, flare_str head)
{
    const size_t count = response->field_count;
    char *const bytes = flarei_arena_alloc(&fetch->arena, head.len);
    flare_field *const fields = flarei_arena_alloc_array(&fetch->arena, count + 1, sizeof *fields);

    if (bytes == NULL || fields == NULL)
        return FLARE_ERR_MEMORY;
    memcpy(bytes, head.ptr, head.len);
    for (size_t i = 0; i < count; i++) {
        fields[i].name = moved(response->fields[i].name, head.ptr, bytes);
        fields[i].value = moved(response->fields[i].value, head.ptr, bytes);
    }
    fetch->reply.status = response->status;
    fetch->reply.version = response->version_minor != 0 ? 11 : 10;
    fetch->reply.url = fetch->url_text;
    fetch->reply.fields = fields;
    fetch->reply.field_count = count;
    return FLARE_OK;
}

flare_err flarei_fetch_head(flare_fetch *fetch, const struct flarei_h1_response *response, flare_str head)
{
    const flare_err err = keep_head(fetch, response, head);

    if (err == FLARE_OK && fetch->handler.head != NULL && !fetch->redirecting)
        fetch->handler.head(fetch, fetch->context, &fetch->reply);
    return err;
}

flare_err flarei_fetch_take(flare_fetch *fetch, flare_str part)
{
    fetch->content_bytes += part.len;
    if (fetch->redirecting)
        return fetch->content_bytes <= DROPPED_MAX_BYTES ? FLARE_OK : FLARE_ERR_LIMIT;
    if (fetch->handler.content != NULL) {
        fetch->handler.content(fetch, fetch->context, part);
        return FLARE_OK;
    }
    if (flarei_buffer_append_str(&fetch->collected, part))
        return FLARE_OK;
    if (fetch->content_bytes <= fetch->content_max_bytes)
        return FLARE_ERR_MEMORY;
    return FLARE_ERR_LIMIT;
}

void flarei_fetch_ended(flare_fetch *fetch)
{
    tell(fetch, FLARE_OK);
}

/* ---- Asking ---- */

const char *flare_fetch_why(const flare_fetch *fetch)
{
    return fetch->why;
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
