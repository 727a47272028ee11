#include "client/fetch.h"
#include "client/h2.h"
#include "client/proxy.h"

#include <flare/memory.h>
#include <flare/text.h>

/* ---- Origins ---- */

static uint32_t hash_of(flare_str host, uint16_t port, bool secure)
{
    uint32_t hash = 2166136261u ^ port ^ (secure ? 0x10000u : 0);

    for (size_t i = 0; i < host.len; i++)
        hash = (hash ^ (uint8_t)flarei_ascii_lower(host.ptr[i])) * 16777619u;
    return hash;
}

struct flarei_origin *flarei_pool_origin(flare_client *client, const struct flarei_url *url)
{
    const flare_str host = flarei_url_host(url->host);
    const uint32_t hash = hash_of(host, url->port, url->secure);
    struct flarei_origin **const bucket = &client->origins[hash % FLAREI_CLIENT_BUCKETS];
    struct flarei_origin *origin;
    char *name;

    for (origin = *bucket; origin != NULL; origin = origin->next)
        if (origin->hash == hash && origin->port == url->port && origin->secure == url->secure &&
            origin->local == url->local &&
            (url->local ? flare_str_equal(origin->host, host) : flare_str_equal_nocase(origin->host, host)))
            return origin;
    origin = flarei_calloc(1, sizeof *origin + host.len);
    if (origin == NULL)
        return NULL;
    name = (char *)(origin + 1);
    for (size_t i = 0; i < host.len; i++)
        name[i] = url->local ? host.ptr[i] : flarei_ascii_lower(host.ptr[i]);
    origin->host = (flare_str){name, host.len};
    origin->client = client;
    origin->port = url->port;
    origin->secure = url->secure;
    origin->local = url->local;
    origin->hash = hash;
    origin->proxy = url->local ? NULL : flarei_proxy_for(client, host, url->port, url->secure);
    flarei_link_init(&origin->idle);
    flarei_link_init(&origin->shared);
    flarei_link_init(&origin->waiting);
    flarei_link_init(&origin->place);
    origin->next = *bucket;
    *bucket = origin;
    return origin;
}

void flarei_pool_forget(struct flarei_origin *origin)
{
    struct flarei_origin **at = &origin->client->origins[origin->hash % FLAREI_CLIENT_BUCKETS];

    if (origin->connections != 0 || origin->held || !flarei_link_alone(&origin->waiting))
        return;
    while (*at != origin)
        at = &(*at)->next;
    *at = origin->next;
    flarei_link_take(&origin->place);
    flarei_free(origin);
}

/* ---- Closing ---- */

static void leave_idle(struct flarei_connection *connection)
{
    if (connection->h2 == NULL)
        flarei_link_take(&connection->place);
    connection->client->idle_count--;
}

/* Closes without giving its place to anyone. */
static void end_connection(struct flarei_connection *connection)
{
    flare_client *const client = connection->client;

    if (connection->state == FLAREI_CONNECTION_IDLE)
        leave_idle(connection);
    if (connection->state == FLAREI_CONNECTION_DIALING)
        connection->origin->dialing--;
    if (connection->h2 != NULL)
        flarei_link_take(&connection->place);
    connection->state = FLAREI_CONNECTION_DEAD;
    flare_timer_cancel(client->loop, &connection->more);
    flare_stream_close(connection->stream);
    connection->stream = NULL;
    connection->origin->connections--;
    client->connections--;
    flarei_link_take(&connection->link);
    flarei_link_before(&client->dead, &connection->link);
}

/* Origins that waited for one of the client's connections. */
static void serve_starved(flare_client *client)
{
    while (client->connections < client->connections_max && !flarei_link_alone(&client->starved)) {
        struct flarei_origin *const origin = FLARE_OWNER(client->starved.next, struct flarei_origin, place);

        flarei_link_take(&origin->place);
        flarei_pool_serve(origin);
    }
}

void flarei_pool_close(struct flarei_connection *connection)
{
    flare_client *const client = connection->client;
    struct flarei_origin *const origin = connection->origin;

    end_connection(connection);
    flarei_client_enter(client);
    flarei_pool_serve(origin);
    serve_starved(client);
    flarei_pool_forget(origin);
    flarei_client_leave(client);
}

void flarei_pool_close_idle(struct flarei_origin *origin)
{
    while (!flarei_link_alone(&origin->idle))
        end_connection(FLARE_OWNER(origin->idle.next, struct flarei_connection, place));
}

void flarei_pool_sweep(flare_loop *loop, flare_timer *timer)
{
    flare_client *const client = FLARE_OWNER(timer, flare_client, sweep);
    const uint64_t now_ms = flare_loop_now_ms(loop);

    flarei_client_enter(client);
    while (!flarei_link_alone(&client->idle)) {
        struct flarei_connection *const oldest =
            FLARE_OWNER(client->idle.next, struct flarei_connection, link);
        const uint64_t due_ms = oldest->idle_since_ms + client->idle_ms;

        if (due_ms > now_ms) {
            flare_timer_set(loop, timer, due_ms - now_ms);
            break;
        }
        flarei_pool_close(oldest);
    }
    flarei_client_leave(client);
}

void flarei_pool_close_all(flare_client *client)
{
    while (!flarei_link_alone(&client->busy))
        end_connection(FLARE_OWNER(client->busy.next, struct flarei_connection, link));
    while (!flarei_link_alone(&client->idle))
        end_connection(FLARE_OWNER(client->idle.next, struct flarei_connection, link));
}

void flarei_pool_free(flare_client *client)
{
    for (size_t i = 0; i < FLAREI_CLIENT_BUCKETS; i++)
        while (client->origins[i] != NULL)
            flarei_pool_forget(client->origins[i]);
}

/* ---- Dialing ---- */

const char *flarei_client_protocols(const flare_client *client)
{
#if FLAREI_HTTP2
    return client->http2 != FLARE_CLIENT_HTTP2_NEVER ? "h2,http/1.1" : "http/1.1";
#else
    (void)client;
    return "http/1.1";
#endif
}

/* It is open: HTTP/2 where that was agreed on, else HTTP/1.1. */
static flare_err begin_protocol(struct flarei_connection *connection)
{
#if FLAREI_HTTP2
    struct flarei_origin *const origin = connection->origin;
    const bool agreed = flare_str_equal(flare_stream_protocol(connection->stream), FLARE_STR("h2"));
    const bool known =
        !origin->secure && origin->proxy == NULL && connection->client->http2 == FLARE_CLIENT_HTTP2_KNOWN;

    origin->asked = true;
    origin->speaks_h2 = agreed || known;
    if (origin->speaks_h2) {
        const flare_err err = flarei_h2_client_begin(connection);

        if (err == FLARE_OK) {
            flarei_link_before(&origin->shared, &connection->place);
            flarei_pool_rest(connection);
        }
        return err;
    }
#endif
    flare_stream_watch(connection->stream, FLARE_READ | FLARE_WRITE, flarei_h1_ready, connection);
    flarei_pool_release(connection);
    return FLARE_OK;
}

static const char *why_unconnected(const struct flarei_connection *connection, flare_err err)
{
    return connection->why != NULL      ? connection->why
           : err == FLARE_ERR_TIMEOUT   ? "connecting took too long"
           : err != FLARE_ERR_NOT_FOUND ? NULL
           : connection->origin->local  ? "there is no such socket"
                                        : "there is no such host";
}

static void opened(flare_stream *stream, void *context, flare_err err)
{
    struct flarei_connection *const connection = context;
    struct flarei_origin *const origin = connection->origin;
    flare_client *const client = connection->client;

    (void)stream;
    flarei_client_enter(client);
    if (err == FLARE_OK) {
        origin->dialing--;
        connection->more.callback = flarei_h1_more;
        connection->state = FLAREI_CONNECTION_HEAD; /* not idle, so it isn't counted as such */
        err = begin_protocol(connection);
    }
    if (err != FLARE_OK) {
        flare_fetch *const first = flarei_link_alone(&origin->waiting)
                                       ? NULL
                                       : FLARE_OWNER(origin->waiting.next, flare_fetch, waiting);

        origin->held = true;
        end_connection(connection);
        if (first != NULL)
            flarei_fetch_failed(first, err, why_unconnected(connection, err));
        origin->held = false;
        if (!client->freed) {
            flarei_pool_serve(origin);
            serve_starved(client);
            flarei_pool_forget(origin);
        }
    }
    flarei_client_leave(client);
}

/* The proxy is reached: now for the tunnel. */
static void proxy_opened(flare_stream *stream, void *context, flare_err err)
{
    struct flarei_connection *const connection = context;

    if (err == FLARE_OK)
        err = flarei_tunnel(connection, connection->tunnel_ms, opened);
    if (err != FLARE_OK)
        opened(stream, connection, err);
}

/* Takes a socket that is given, in place of connecting. */
static flare_err take_given(struct flarei_connection *connection, bool secure, uint32_t timeout_ms)
{
    flare_client *const client = connection->client;
    flare_err err = FLARE_ERR_UNSUPPORTED;

    if (!secure) {
        const int fd = client->connect(client->connect_context);

        err = fd >= 0 ? flare_stream_accept(&connection->stream, client->loop, fd, NULL, timeout_ms, opened,
                                            connection)
                      : (flare_err)fd;
        if (fd >= 0 && err != FLARE_OK)
            flare_socket_close(fd);
    }
    return err;
}

static flare_err dial(struct flarei_origin *origin, const flare_fetch *fetch)
{
    flare_client *const client = origin->client;
    const struct flarei_proxy *const proxy = origin->proxy;
    const bool secure = origin->secure && proxy == NULL; /* else in the tunnel */
    flare_address address;
    flare_dial_options options = {.to = {.host = proxy != NULL ? flare_str_of(proxy->host) : origin->host,
                                         .port = proxy != NULL ? proxy->port : origin->port,
                                         .timeout_ms = fetch->connect_ms},
                                  .tls = secure ? client->tls : NULL,
                                  .protocols = secure ? flarei_client_protocols(client) : NULL};
    struct flarei_connection *const connection = flarei_calloc(1, sizeof *connection);
    flare_err err;

    if (connection == NULL)
        return FLARE_ERR_MEMORY;
    if (origin->local) {
        err = flare_address_parse(origin->host, &address, NULL);
        if (err != FLARE_OK) {
            flarei_free(connection);
            return err;
        }
        options.to.address = &address;
    }
    connection->client = client;
    connection->tunnel_ms = fetch->connect_ms;
    err = client->connect != NULL
              ? take_given(connection, origin->secure, fetch->connect_ms)
              : flare_stream_dial(&connection->stream, client->loop, &options,
                                  origin->secure && proxy != NULL ? proxy_opened : opened, connection);
    if (err != FLARE_OK) {
        flarei_free(connection);
        return err;
    }
    connection->origin = origin;
    connection->state = FLAREI_CONNECTION_DIALING;
    connection->more.callback = flarei_h1_more;
    flarei_buffer_init(&connection->in, FLARE_FETCH_HEAD_MAX_BYTES + 2 * (size_t)FLAREI_CLIENT_INPUT_BYTES);
    flarei_buffer_init(&connection->out, SIZE_MAX / 2);
    flarei_link_init(&connection->place);
    flarei_link_before(&client->busy, &connection->link);
    client->connections++;
    origin->connections++;
    origin->dialing++;
    return FLARE_OK;
}

/* May there be one more? One that nobody uses makes room. */
static bool has_room(const struct flarei_origin *origin)
{
    flare_client *const client = origin->client;

    if (origin->connections >= client->origin_connections_max)
        return false;
    if (client->connections >= client->connections_max && !flarei_link_alone(&client->idle)) {
        struct flarei_connection *const oldest =
            FLARE_OWNER(client->idle.next, struct flarei_connection, link);
        struct flarei_origin *const other = oldest->origin;

        end_connection(oldest);
        flarei_pool_forget(other);
    }
    return client->connections < client->connections_max;
}

/* ---- Serving ---- */

#if FLAREI_HTTP2
/* One of HTTP/2 that takes a further request; NULL: none. */
static struct flarei_connection *shared_with_room(struct flarei_origin *origin)
{
    for (struct flarei_link *at = origin->shared.next; at != &origin->shared; at = at->next) {
        struct flarei_connection *const connection = FLARE_OWNER(at, struct flarei_connection, place);

        if (flarei_h2_client_has_room(connection))
            return connection;
    }
    return NULL;
}

/* Is it known of all how many they take? */
static bool all_settled(const struct flarei_origin *origin)
{
    for (const struct flarei_link *at = origin->shared.next; at != &origin->shared; at = at->next)
        if (!flarei_h2_client_is_settled(FLARE_OWNER((uintptr_t)at, struct flarei_connection, place)))
            return false;
    return true;
}

static void share(struct flarei_origin *origin)
{
    struct flarei_connection *connection;

    while (!flarei_link_alone(&origin->waiting) && (connection = shared_with_room(origin)) != NULL) {
        flare_fetch *const fetch = FLARE_OWNER(origin->waiting.next, flare_fetch, waiting);

        if (connection->state == FLAREI_CONNECTION_IDLE)
            leave_idle(connection);
        connection->state = FLAREI_CONNECTION_SHARED;
        flarei_link_take(&fetch->waiting);
        connection->client->waiting--;
        flarei_link_take(&connection->link);
        flarei_link_before(&connection->client->busy, &connection->link);
        flarei_fetch_asked(fetch, connection);
        flarei_h2_client_ask(connection, fetch);
    }
}
#endif

static void hand_over(struct flarei_connection *connection, flare_fetch *fetch)
{
    flarei_link_take(&fetch->waiting);
    connection->client->waiting--;
    flarei_link_take(&connection->link);
    flarei_link_before(&connection->client->busy, &connection->link);
    flarei_fetch_asked(fetch, connection);
    flarei_h1_ask(connection, fetch);
}

/* With HTTP/2 one connection is for many, and a further one is dialled for when it went; of what is passed
 * on, some of which never ends, also when it is full. Whether it is spoken the first one tells. */
static bool may_dial(const struct flarei_origin *origin)
{
#if FLAREI_HTTP2
    const flare_client_http2 http2 = origin->client->http2;

    if (origin->speaks_h2)
        return origin->dialing == 0 &&
               (flarei_link_alone(&origin->shared) || (origin->client->passes_on && all_settled(origin)));
    return origin->asked || origin->dialing == 0 || http2 == FLARE_CLIENT_HTTP2_NEVER ||
           (!origin->secure && (http2 != FLARE_CLIENT_HTTP2_KNOWN || origin->proxy != NULL));
#else
    (void)origin;
    return true;
#endif
}

void flarei_pool_serve(struct flarei_origin *origin)
{
    struct flarei_link *const waiting = &origin->waiting;
    struct flarei_link *at;
    uint32_t dialing = origin->dialing;

    while (!flarei_link_alone(waiting) && !flarei_link_alone(&origin->idle)) {
        struct flarei_connection *const last =
            FLARE_OWNER(origin->idle.prev, struct flarei_connection, place);

        leave_idle(last);
        hand_over(last, FLARE_OWNER(waiting->next, flare_fetch, waiting));
    }
#if FLAREI_HTTP2
    share(origin);
#endif
    for (at = waiting->next; at != waiting && dialing > 0; at = at->next)
        dialing--; /* these are dialled for already */
    while (at != waiting && has_room(origin) && may_dial(origin)) {
        flare_fetch *const fetch = FLARE_OWNER(at, flare_fetch, waiting);
        flare_err err;

        at = at->next;
        err = dial(origin, fetch);
        if (err != FLARE_OK)
            flarei_fetch_fail_later(fetch, err);
    }
    if (at != waiting && may_dial(origin) && origin->connections < origin->client->origin_connections_max &&
        flarei_link_alone(&origin->place))
        flarei_link_before(&origin->client->starved, &origin->place);
}

void flarei_pool_rest(struct flarei_connection *connection)
{
    flare_client *const client = connection->client;

    connection->state = FLAREI_CONNECTION_IDLE;
    client->idle_count++;
    connection->idle_since_ms = flare_loop_now_ms(client->loop);
    flarei_link_take(&connection->link);
    flarei_link_before(&client->idle, &connection->link);
    if (!flare_timer_active(&client->sweep))
        flare_timer_set(client->loop, &client->sweep, client->idle_ms);
    flarei_pool_serve(connection->origin);
}

void flarei_pool_drop(flare_fetch *fetch)
{
    struct flarei_connection *const connection = fetch->connection;

    fetch->connection = NULL;
    if (connection == NULL)
        return;
#if FLAREI_HTTP2
    if (connection->h2 != NULL) {
        flarei_h2_client_drop(connection, fetch);
        return;
    }
#endif
    connection->fetch = NULL;
    flarei_pool_close(connection);
}

void flarei_pool_release(struct flarei_connection *connection)
{
    flare_client *const client = connection->client;
    struct flarei_origin *const origin = connection->origin;

    connection->state = FLAREI_CONNECTION_IDLE;
    connection->fetch = NULL;
    client->idle_count++;
    flarei_link_before(&origin->idle, &connection->place);
    if (!flarei_link_alone(&origin->waiting)) {
        flarei_pool_serve(origin);
        return;
    }
    if (!flarei_link_alone(&client->starved)) {
        flarei_pool_close(connection);
        return;
    }
    connection->idle_since_ms = flare_loop_now_ms(client->loop);
    flarei_link_take(&connection->link);
    flarei_link_before(&client->idle, &connection->link);
    flarei_buffer_shrink(&connection->out, 4096);
    if (!flare_timer_active(&client->sweep))
        flare_timer_set(client->loop, &client->sweep, client->idle_ms);
}
