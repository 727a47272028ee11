#include "client/proxy.h"

#include <flare/formats.h>
#include <flare/memory.h>
#include <flare/network.h>
#include <flare/number.h>
#include <flare/text.h>

#include <stdlib.h>

/* ---- One ---- */

static flare_err make_authorization(struct flarei_proxy *proxy, flare_str user)
{
    static const flare_str before = FLARE_STR_INIT("Proxy-Authorization: Basic ");
    char plain[256];
    size_t bytes, coded;
    char *at;

    if (user.len > sizeof plain || flare_percent_decode(user, FLARE_PERCENT_PATH, plain, &bytes) != FLARE_OK)
        return FLARE_ERR_ARGUMENT;
    at = proxy->authorization = flarei_malloc(before.len + flare_base64_encoded_max(bytes) + 3);
    if (at == NULL)
        return FLARE_ERR_MEMORY;
    memcpy(at, before.ptr, before.len);
    coded = flare_base64_encode(FLARE_BASE64, plain, bytes, at + before.len);
    memcpy(at + before.len + coded, "\r\n", 3);
    return FLARE_OK;
}

void flarei_proxy_free(struct flarei_proxy *proxy)
{
    if (proxy == NULL)
        return;
    flarei_free(proxy->authorization);
    flarei_free(proxy);
}

/* The user in front of the last @ of the authority; `text` goes on behind it. */
static flare_str cut_user(flare_str *text)
{
    size_t end = 0, at = 0;

    while (end < text->len && text->ptr[end] != '/')
        end++;
    for (size_t i = 0; i < end; i++)
        if (text->ptr[i] == '@')
            at = i + 1;
    const flare_str user = {text->ptr, at != 0 ? at - 1 : 0};
    *text = (flare_str){text->ptr + at, text->len - at};
    return user;
}

flare_err flarei_proxy_make(struct flarei_proxy **out, flare_str text)
{
    static const flare_str scheme = FLARE_STR_INIT("http://");
    char url_text[600] = "http://";
    struct flarei_url url;
    struct flarei_proxy *proxy;
    flare_str user, host;
    flare_err err = FLARE_OK;

    *out = NULL;
    if (text.len > scheme.len && flare_str_equal_nocase((flare_str){text.ptr, scheme.len}, scheme))
        text = (flare_str){text.ptr + scheme.len, text.len - scheme.len};
    user = cut_user(&text);
    if (text.len == 0 || text.len + scheme.len > sizeof url_text)
        return FLARE_ERR_ARGUMENT;
    memcpy(url_text + scheme.len, text.ptr, text.len);
    if (!flarei_url_read((flare_str){url_text, scheme.len + text.len}, "http", "https", &url) ||
        url.target.len > 1)
        return FLARE_ERR_ARGUMENT;
    host = flarei_url_host(url.host);
    if (host.len >= sizeof proxy->host)
        return FLARE_ERR_ARGUMENT;
    proxy = flarei_calloc(1, sizeof *proxy);
    if (proxy == NULL)
        return FLARE_ERR_MEMORY;
    memcpy(proxy->host, host.ptr, host.len);
    proxy->port = url.port;
    if (user.len != 0)
        err = make_authorization(proxy, user);
    if (err != FLARE_OK) {
        flarei_proxy_free(proxy);
        return err;
    }
    *out = proxy;
    return FLARE_OK;
}

/* ---- Which one ---- */

/* A CGI program has HTTP_PROXY of the request's Proxy field (RFC 3875, section 4.1.18). */
static bool is_cgi(void)
{
    return getenv("REQUEST_METHOD") != NULL;
}

static const char *from_environment(const char *lower, const char *upper)
{
    const char *value = getenv(lower);

    if ((value == NULL || *value == '\0') && upper != NULL)
        value = getenv(upper);
    return value != NULL && *value != '\0' ? value : NULL;
}

static flare_err make_one(struct flarei_proxy **proxy, const char *text)
{
    return text != NULL ? flarei_proxy_make(proxy, flare_str_of(text)) : FLARE_OK;
}

flare_err flarei_proxies_make(flare_client *client, const flare_client_options *options)
{
    const char *plain = options->proxy, *secure = options->proxy, *spared = options->no_proxy;
    flare_err err;

    if (options->proxy_environment && options->proxy == NULL) {
        const char *const all = from_environment("all_proxy", "ALL_PROXY");

        plain = from_environment("http_proxy", is_cgi() ? NULL : "HTTP_PROXY");
        secure = from_environment("https_proxy", "HTTPS_PROXY");
        plain = plain != NULL ? plain : all;
        secure = secure != NULL ? secure : all;
    }
    if (options->proxy_environment && spared == NULL)
        spared = from_environment("no_proxy", "NO_PROXY");
    err = make_one(&client->proxy, plain);
    if (err == FLARE_OK)
        err = make_one(&client->secure_proxy, secure);
    if (err == FLARE_OK && spared != NULL) {
        client->no_proxy = flarei_malloc(strlen(spared) + 1);
        if (client->no_proxy == NULL)
            return FLARE_ERR_MEMORY;
        memcpy(client->no_proxy, spared, strlen(spared) + 1);
    }
    return err;
}

/* @return whether a host is an address as text */
static bool read_address(flare_str host, flare_address *address)
{
    flare_ipv4 ipv4;
    flare_ipv6 ipv6;

    *address = (flare_address){.family = FLARE_ADDRESS_IPV4};
    if (flare_ipv4_parse(host, &ipv4) == FLARE_OK) {
        memcpy(address->ip, ipv4.bytes, sizeof ipv4.bytes);
        return true;
    }
    address->family = FLARE_ADDRESS_IPV6;
    if (flare_ipv6_parse(host, &ipv6) != FLARE_OK)
        return false;
    memcpy(address->ip, ipv6.bytes, sizeof ipv6.bytes);
    return true;
}

/* Cuts the port off that an entry ends with. @return false if it is another one */
static bool cut_port(flare_str *entry, uint16_t port)
{
    const char *const end = flarei_str_end(*entry);
    const char *colon = end;
    size_t colons = 0;
    uint16_t only;

    for (const char *at = entry->ptr; at < end; at++)
        if (*at == ':') {
            colon = at;
            colons++;
        }
    if (colons == 0 || (colons > 1 && colon[-1] != ']'))
        return true;
    if (flare_u16_parse((flare_str){colon + 1, (size_t)(end - colon - 1)}, &only) != FLARE_OK || only != port)
        return false;
    entry->len = (size_t)(colon - entry->ptr);
    return true;
}

static bool entry_spares(flare_str entry, flare_str host, uint16_t port)
{
    flare_address address;
    flare_network network;

    if (flare_str_equal(entry, FLARE_STR("*")))
        return true;
    if (!cut_port(&entry, port))
        return false;
    if (read_address(host, &address)) /* of whichever notation, or a network such as 10.0.0.0/8 */
        return flare_network_parse(flarei_url_host(entry), &network) == FLARE_OK &&
               flare_network_holds(&network, &address);
    if (entry.len > 2 && entry.ptr[0] == '*' && entry.ptr[1] == '.')
        entry = (flare_str){entry.ptr + 2, entry.len - 2};
    else if (entry.len > 1 && entry.ptr[0] == '.')
        entry = (flare_str){entry.ptr + 1, entry.len - 1};
    if (entry.len == 0 || host.len < entry.len)
        return false;
    const size_t more = host.len - entry.len;
    return flare_str_equal_nocase((flare_str){host.ptr + more, entry.len}, entry) &&
           (more == 0 || host.ptr[more - 1] == '.');
}

bool flarei_proxy_spares(flare_str list, flare_str host, uint16_t port)
{
    size_t at = 0;

    while (at < list.len) {
        const size_t start = at;

        while (at < list.len && list.ptr[at] != ',' && list.ptr[at] != ' ')
            at++;
        if (at > start && entry_spares((flare_str){list.ptr + start, at - start}, host, port))
            return true;
        at++;
    }
    return false;
}

const struct flarei_proxy *flarei_proxy_for(const flare_client *client, flare_str host, uint16_t port,
                                            bool secure)
{
    const struct flarei_proxy *const proxy = secure ? client->secure_proxy : client->proxy;

    if (proxy == NULL || flarei_proxy_spares(flare_str_of(client->no_proxy), host, port))
        return NULL;
    return proxy;
}

/* ---- A tunnel (RFC 9110, section 9.3.6) ---- */

static const struct flarei_h1_limits limits = {16384, 16383, FLARE_FETCH_FIELDS_MAX, 8192, 256};

static void tell(struct flarei_connection *connection, flare_err err)
{
    flare_timer_cancel(connection->client->loop, &connection->more);
    flarei_buffer_clear(&connection->in);
    flarei_buffer_clear(&connection->out);
    connection->tunnelled(connection->stream, connection, err);
}

static void secured(flare_stream *stream, void *context, flare_err err)
{
    (void)stream;
    tell(context, err);
}

/* @return FLARE_OK when TLS has begun; FLARE_ERR_AGAIN for more bytes */
static flare_err take_reply(struct flarei_connection *connection)
{
    flare_client *const client = connection->client;
    struct flarei_origin *const origin = connection->origin;
    struct flarei_h1_response response = {.fields = client->fields, .field_capacity = FLARE_FETCH_FIELDS_MAX};
    const flare_str bytes = flarei_buffer_str(&connection->in);
    const ptrdiff_t used =
        flarei_h1_parse_response(&limits, bytes.ptr, bytes.len, FLARE_METHOD_CONNECT, &response);

    if (used == 0)
        return FLARE_ERR_AGAIN;
    if (used < 0)
        return FLARE_ERR_SYNTAX;
    if (response.status < 200) {
        flarei_buffer_consume(&connection->in, (size_t)used);
        return ++connection->interim < 8 ? take_reply(connection) : FLARE_ERR_SYNTAX;
    }
    if (response.status >= 300) {
        connection->why =
            response.status == 407 ? "the proxy does not take these credentials" : "the proxy made no tunnel";
        return FLARE_ERR_REFUSED;
    }
    if ((size_t)used != bytes.len)
        return FLARE_ERR_SYNTAX; /* of TLS the client speaks first */
    return flare_stream_secure(connection->stream, client->tls, origin->host, origin->port,
                               flarei_client_protocols(client), connection->tunnel_ms, secured, connection);
}

static flare_err advance(struct flarei_connection *connection)
{
    ptrdiff_t moved;

    while (flarei_buffer_len(&connection->out) != 0) {
        const flare_str part = flarei_buffer_str(&connection->out);

        moved = flare_stream_write(connection->stream, part.ptr, part.len);
        if (moved < 0)
            return (flare_err)moved;
        flarei_buffer_consume(&connection->out, (size_t)moved);
    }
    for (;;) {
        char *const to = flarei_buffer_reserve(&connection->in, 4096);
        flare_err err;

        if (to == NULL)
            return FLARE_ERR_MEMORY;
        moved = flare_stream_read(connection->stream, to, 4096);
        if (moved < 0)
            return (flare_err)moved;
        flarei_buffer_commit(&connection->in, (size_t)moved);
        err = take_reply(connection);
        if (err != FLARE_ERR_AGAIN)
            return err;
    }
}

static void tunnel_ready(flare_stream *stream, void *context, unsigned ready)
{
    const flare_err err = advance(context);

    (void)stream, (void)ready;
    if (err != FLARE_OK && err != FLARE_ERR_AGAIN)
        tell(context, err);
}

static void tunnel_due(flare_loop *loop, flare_timer *timer)
{
    (void)loop;
    tell(FLARE_OWNER(timer, struct flarei_connection, more), FLARE_ERR_TIMEOUT);
}

static void write_target(flare_buffer *out, const struct flarei_origin *origin)
{
    const bool brackets = memchr(origin->host.ptr, ':', origin->host.len) != NULL;
    char port[FLARE_U64_MAX_BYTES];

    (void)flarei_buffer_append_str(out, brackets ? FLARE_STR("[") : FLARE_STR(""));
    (void)flarei_buffer_append_str(out, origin->host);
    (void)flarei_buffer_append_str(out, brackets ? FLARE_STR("]:") : FLARE_STR(":"));
    (void)flarei_buffer_append(out, port, flare_u64_format(origin->port, port));
}

flare_err flarei_tunnel(struct flarei_connection *connection, uint32_t timeout_ms, flare_stream_opened *done)
{
    const struct flarei_origin *const origin = connection->origin;
    flare_buffer *const out = &connection->out;

    (void)flarei_buffer_append_str(out, FLARE_STR("CONNECT "));
    write_target(out, origin);
    (void)flarei_buffer_append_str(out, FLARE_STR(" HTTP/1.1\r\nHost: "));
    write_target(out, origin);
    (void)flarei_buffer_append_str(out, FLARE_STR("\r\n"));
    (void)flarei_buffer_append_str(out, flare_str_of(origin->proxy->authorization));
    (void)flarei_buffer_append_str(out, FLARE_STR("\r\n"));
    if (out->failed)
        return FLARE_ERR_MEMORY;
    connection->tunnelled = done;
    connection->tunnel_ms = timeout_ms;
    connection->more.callback = tunnel_due;
    flare_timer_set(connection->client->loop, &connection->more, timeout_ms);
    flare_stream_watch(connection->stream, FLARE_READ | FLARE_WRITE, tunnel_ready, connection);
    const flare_err err = advance(connection);
    return err == FLARE_ERR_AGAIN ? FLARE_OK : err;
}
