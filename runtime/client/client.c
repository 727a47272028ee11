#include "client/fetch.h"
#include "client/h2.h"
#include "client/proxy.h"

#include "tls/connector.h"
#include "wire/h1_scan.h"

#include <flare/memory.h>
#include <flare/version.h>

/* ---- Callbacks ---- */

void flarei_client_enter(flare_client *client)
{
    client->depth++;
}

static void bury(flare_client *client)
{
    while (!flarei_link_alone(&client->dead)) {
        struct flarei_connection *const connection =
            FLARE_OWNER(client->dead.next, struct flarei_connection, link);

        flarei_link_take(&connection->link);
#if FLAREI_HTTP2
        flarei_h2_client_free(connection);
#endif
        flarei_buffer_free(&connection->in);
        flarei_buffer_free(&connection->out);
        flarei_free(connection);
    }
    while (!flarei_link_alone(&client->dead_fetches)) {
        flare_fetch *const fetch = FLARE_OWNER(client->dead_fetches.next, flare_fetch, link);

        flarei_link_take(&fetch->link);
        flarei_fetch_bury(fetch);
    }
}

static void finish(flare_client *client)
{
    while (!flarei_link_alone(&client->fetches)) {
        flare_fetch *const fetch = FLARE_OWNER(client->fetches.next, flare_fetch, link);

        flarei_link_take(&fetch->link);
        fetch->client = NULL;
    }
    flarei_pool_free(client);
    flare_tls_connector_free(client->tls);
    if (client->own_loop && !client->lent_loop && client->loop != NULL) {
        (void)flare_loop_run_once(client->loop, 0); /* an answer to a lookup that was too late */
        flare_loop_destroy(client->loop);
    }
    flarei_proxy_free(client->proxy);
    flarei_proxy_free(client->secure_proxy);
    flarei_free(client->no_proxy);
    flarei_free(client->agent);
    flarei_free(client);
}

void flarei_client_leave(flare_client *client)
{
    if (client->depth > 1) {
        client->depth--;
        return;
    }
    bury(client);
    client->depth = 0;
    if (client->freed)
        finish(client);
}

/* ---- Its life ---- */

static flare_err make_agent(flare_client *client, const char *name)
{
    static const char field[] = "User-Agent: ";
    const flare_str text = flare_str_of(name != NULL ? name : "flare/" FLARE_VERSION);
    char *at;

    if (text.len == 0)
        return FLARE_OK;
    if (skip_bytes(text.ptr, text.ptr + text.len, H1_VALUE) != text.ptr + text.len)
        return FLARE_ERR_ARGUMENT;
    at = client->agent = flarei_malloc(sizeof field - 1 + text.len + 3);
    if (at == NULL)
        return FLARE_ERR_MEMORY;
    memcpy(at, field, sizeof field - 1);
    memcpy(at + sizeof field - 1, text.ptr, text.len);
    memcpy(at + sizeof field - 1 + text.len, "\r\n", 3);
    return FLARE_OK;
}

static uint32_t or_default(uint32_t value, uint32_t fallback)
{
    return value != 0 ? value : fallback;
}

flare_err flare_client_create(flare_client **out, flare_loop *loop, const flare_client_options *options)
{
    static const flare_client_options defaults = {.tls = NULL};
    flare_client *const client = flarei_calloc(1, sizeof *client);
    flare_err err = FLARE_OK;

    *out = NULL;
    if (client == NULL)
        return FLARE_ERR_MEMORY;
    if (options == NULL)
        options = &defaults;
    client->loop = loop;
    client->own_loop = loop == NULL;
    client->connections_max = or_default(options->connections_max, FLARE_CLIENT_CONNECTIONS_MAX);
    client->origin_connections_max =
        or_default(options->origin_connections_max, FLARE_CLIENT_ORIGIN_CONNECTIONS_MAX);
    client->coding = options->coding;
    client->cookies = options->cookies;
    client->http2 = options->http2;
    client->idle_ms = or_default(options->idle_ms, FLARE_CLIENT_IDLE_MS);
    client->sweep.callback = flarei_pool_sweep;
    flarei_link_init(&client->busy);
    flarei_link_init(&client->idle);
    flarei_link_init(&client->dead);
    flarei_link_init(&client->fetches);
    flarei_link_init(&client->dead_fetches);
    flarei_link_init(&client->guests);
    flarei_link_init(&client->starved);
    if (options->tls != NULL) {
        flarei_tls_connector_keep(options->tls);
        client->tls = options->tls;
    }
    err = make_agent(client, options->user_agent);
    if (err == FLARE_OK)
        err = flarei_proxies_make(client, options);
    if (err != FLARE_OK) {
        finish(client);
        return err;
    }
    *out = client;
    return FLARE_OK;
}

void flare_client_free(flare_client *client)
{
    if (client == NULL || client->freed)
        return;
    flarei_client_enter(client);
    client->freed = true;
    while (!flarei_link_alone(&client->guests)) {
        struct flarei_client_guest *const guest =
            FLARE_OWNER(client->guests.next, struct flarei_client_guest, link);

        flarei_link_take(&guest->link);
        guest->end(guest);
    }
    for (struct flarei_link *at = client->fetches.next; at != &client->fetches; at = at->next) {
        flare_fetch *const fetch = FLARE_OWNER(at, flare_fetch, link);

        flarei_link_take(&fetch->waiting);
        flare_timer_cancel(client->loop, &fetch->timer);
        if (fetch->connection != NULL)
            fetch->connection->fetch = NULL;
        fetch->connection = NULL;
        fetch->origin = NULL;
        fetch->over = true;
    }
    flare_timer_cancel(client->loop, &client->sweep);
    flarei_pool_close_all(client);
    flarei_client_leave(client);
}

flare_err flarei_client_need_tls(flare_client *client)
{
    return client->tls != NULL ? FLARE_OK : flare_tls_connector_create(&client->tls, NULL, NULL, 0);
}

size_t flare_client_connections(const flare_client *client)
{
    return client->connections;
}

size_t flare_client_idle(const flare_client *client)
{
    return client->idle_count;
}

void flare_client_close_idle(flare_client *client)
{
    flarei_client_enter(client);
    while (!flarei_link_alone(&client->idle))
        flarei_pool_close(FLARE_OWNER(client->idle.next, struct flarei_connection, link));
    flarei_client_leave(client);
}
