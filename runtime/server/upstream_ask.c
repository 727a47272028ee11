/* upstream_ask.c - proxy(): the head that the upstream gets. Nothing of how the client framed its message,
 * and of how it reached us, goes into it. */
#include "server/upstream.h"

#include "server/trust.h"
#include "wire/h1_write.h"

#include <flare/request.h>
#include <flare/text.h>

enum { OWN_MAX_BYTES = 1024 }; /* of lines that are ours, but for what they copy */

/* ---- Fields of one hop ---- */

bool flarei_hop_field(flare_str name)
{
    static const flare_str names[] = {FLARE_STR_INIT("connection"),
                                      FLARE_STR_INIT("keep-alive"),
                                      FLARE_STR_INIT("proxy-connection"),
                                      FLARE_STR_INIT("te"),
                                      FLARE_STR_INIT("upgrade"),
                                      FLARE_STR_INIT("transfer-encoding"),
                                      FLARE_STR_INIT("http2-settings"),
                                      FLARE_STR_INIT("proxy-authenticate"),
                                      FLARE_STR_INIT("proxy-authorization"),
                                      FLARE_STR_INIT("proxy-authentication-info")};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (flare_str_equal_nocase(name, names[i]))
            return true;
    return false;
}

static flare_str trim(flare_str text)
{
    while (text.len != 0 && (text.ptr[0] == ' ' || text.ptr[0] == '\t'))
        text = (flare_str){text.ptr + 1, text.len - 1};
    while (text.len != 0 && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t'))
        text.len--;
    return text;
}

bool flarei_list_holds(flare_str list, flare_str token)
{
    while (list.len != 0) {
        const char *const comma = memchr(list.ptr, ',', list.len);
        const size_t length = comma != NULL ? (size_t)(comma - list.ptr) : list.len;

        if (flare_str_equal_nocase(trim((flare_str){list.ptr, length}), token))
            return true;
        list = comma != NULL ? (flare_str){comma + 1, list.len - length - 1} : (flare_str){NULL, 0};
    }
    return false;
}

bool flarei_connection_names(const flare_field *fields, size_t count, flare_str name)
{
    for (size_t i = 0; i < count; i++)
        if (flare_str_equal_nocase(fields[i].name, FLARE_STR("connection")) &&
            flarei_list_holds(fields[i].value, name))
            return true;
    return false;
}

/* ---- Writing ---- */

static void put(flare_buffer *out, flare_str text)
{
    (void)flarei_buffer_append_str(out, text);
}

static void put_target(flare_buffer *out, const struct flarei_passing *passing)
{
    const flare_request *const rq = passing->rq;

    put(out, passing->upstream->prefix);
    if (passing->upstream->strip) {
        put(out, FLARE_STR("/"));
        put(out, passing->rest);
    } else {
        put(out, rq->path);
    }
    if (rq->query.ptr != NULL) {
        put(out, FLARE_STR("?"));
        put(out, rq->query);
    }
}

/* What the peer says of how the request came. Of a stranger nothing is believed; of a proxy that is trusted
 * the field that the server reads too: the other it may have passed on as its client made it up. */
enum belief { NOTHING, BY_FORWARDED, BY_X_FORWARDED };

static enum belief belief_in(const struct flarei_connection *connection)
{
    const struct flarei_worker *const worker = connection->site->worker;

    if (!flarei_trust_holds(worker, (flare_address_family)connection->peer.family, connection->peer.ip))
        return NOTHING;
    return worker->trust->field == FLARE_FORWARDED_STANDARD ? BY_FORWARDED : BY_X_FORWARDED;
}

static bool is_one_of(flare_str name, const flare_str *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (flare_str_equal_nocase(name, names[i]))
            return true;
    return false;
}

/* What this end of the connection writes itself, or does not believe. */
static bool is_ours(const flare_request *rq, flare_str name, enum belief belief)
{
    static const flare_str ours[] = {FLARE_STR_INIT("host"), FLARE_STR_INIT("content-length"),
                                     FLARE_STR_INIT("expect")};
    static const flare_str told[] = {FLARE_STR_INIT("x-forwarded-for"), FLARE_STR_INIT("x-forwarded-proto"),
                                     FLARE_STR_INIT("x-forwarded-host")};

    if (is_one_of(name, ours, sizeof ours / sizeof ours[0]))
        return true;
    if (flare_str_equal_nocase(name, FLARE_STR("max-forwards")))
        return rq->method == FLARE_METHOD_OPTIONS || rq->method == FLARE_METHOD_TRACE;
    if (flare_str_equal_nocase(name, FLARE_STR("forwarded")))
        return belief != BY_FORWARDED;
    return belief != BY_X_FORWARDED && is_one_of(name, told, sizeof told / sizeof told[0]);
}

static void put_fields(flare_buffer *out, const struct flarei_passing *passing, enum belief belief)
{
    const flare_request *const rq = passing->rq;
    flare_str connection;
    const bool has_connection = flare_request_header(rq, FLARE_STR("Connection"), &connection);

    for (uint32_t i = 0; i < rq->field_count; i++) {
        const flare_field *const field = &rq->fields[i];

        if (!flarei_hop_field(field->name) && !is_ours(rq, field->name, belief) &&
            !(passing->connects && flare_str_equal_nocase(field->name, FLARE_STR("sec-websocket-key"))) &&
            (!has_connection || !flarei_connection_names(rq->fields, rq->field_count, field->name)))
            flarei_h1_put_field(out, field->name, field->value);
    }
}

/* ---- How it came (RFC 7239; RFC 9110, section 7.6.3) ---- */

/* A value that is no token stands in quotes; hosts hold neither quotes nor backslashes. */
static void put_quoted(flare_buffer *out, flare_str value)
{
    put(out, FLARE_STR("\""));
    put(out, value);
    put(out, FLARE_STR("\""));
}

/* The address that the connection is of, without its port. @return its text; empty where there is none */
static flare_str peer_text(const struct flarei_peer *peer, char text[FLARE_IPV6_MAX_BYTES])
{
    flare_ipv4 ipv4;
    flare_ipv6 ipv6;

    if (peer->family == FLARE_ADDRESS_IPV4) {
        memcpy(ipv4.bytes, peer->ip, sizeof ipv4.bytes);
        return (flare_str){text, flare_ipv4_format(ipv4, text)};
    }
    if (peer->family != FLARE_ADDRESS_IPV6)
        return FLARE_STR("");
    memcpy(ipv6.bytes, peer->ip, sizeof ipv6.bytes);
    return (flare_str){text, flare_ipv6_format(ipv6, text)};
}

static bool has_field(const flare_request *rq, flare_str name)
{
    flare_str value;

    return flare_request_header(rq, name, &value);
}

static void put_forwarded(flare_buffer *out, const struct flarei_passing *passing, enum belief belief)
{
    flare_request *const rq = passing->rq;
    const struct flarei_connection *const connection = rq->connection;
    const struct flarei_exchange *const exchange = FLARE_OWNER(rq, struct flarei_exchange, rq);
    const flare_str proto = connection->tls != NULL ? FLARE_STR("https") : FLARE_STR("http");
    const flare_str host = exchange->head.host;
    char text[FLARE_IPV6_MAX_BYTES];
    const flare_str peer = peer_text(&connection->peer, text);

    put(out, FLARE_STR("Forwarded: for="));
    if (peer.len == 0)
        put(out, FLARE_STR("unknown"));
    else if (connection->peer.family == FLARE_ADDRESS_IPV4)
        put(out, peer);
    else {
        put(out, FLARE_STR("\"["));
        put(out, peer);
        put(out, FLARE_STR("]\""));
    }
    if (host.len != 0) {
        put(out, FLARE_STR(";host="));
        put_quoted(out, host);
    }
    put(out, FLARE_STR(";proto="));
    put(out, proto);
    put(out, FLARE_STR("\r\n"));
    if (peer.len != 0)
        flarei_h1_put_field(out, FLARE_STR("X-Forwarded-For"), peer);
    if (belief != BY_X_FORWARDED || !has_field(rq, FLARE_STR("X-Forwarded-Proto")))
        flarei_h1_put_field(out, FLARE_STR("X-Forwarded-Proto"), proto);
    if (host.len != 0 && (belief != BY_X_FORWARDED || !has_field(rq, FLARE_STR("X-Forwarded-Host"))))
        flarei_h1_put_field(out, FLARE_STR("X-Forwarded-Host"), host);
}

static void put_via(flare_buffer *out, const flare_request *rq)
{
    const struct flarei_connection *const connection = rq->connection;

    flarei_h1_put_field(out, FLARE_STR("Via"),
                        connection->h2 != NULL   ? FLARE_STR("2.0 flare")
                        : rq->version_minor != 0 ? FLARE_STR("1.1 flare")
                                                 : FLARE_STR("1.0 flare"));
}

/* ---- The message ---- */

static void put_framing(flare_buffer *out, struct flarei_passing *passing)
{
    const flare_request *const rq = passing->rq;
    char digits[FLARE_U64_MAX_BYTES];
    const bool trailed = rq->streamed && rq->stream.trailer_count != 0;
    const uint64_t length = rq->body_complete && !trailed ? rq->body.len : rq->body_length;

    passing->forward.whole = !rq->has_body;
    if (!rq->has_body)
        return;
    passing->forward.chunked = length == UINT64_MAX;
    if (passing->forward.chunked)
        flarei_h1_put_field(out, FLARE_STR("Transfer-Encoding"), FLARE_STR("chunked"));
    else
        flarei_h1_put_field(out, FLARE_STR("Content-Length"),
                            (flare_str){digits, flare_u64_format(length, digits)});
    if (passing->holds)
        flarei_h1_put_field(out, FLARE_STR("Expect"), FLARE_STR("100-continue"));
}

/* What this connection is to be used for. TE says for us that trailers are read. */
static void put_hop(flare_buffer *out, const struct flarei_passing *passing)
{
    const flare_request *const rq = passing->rq;
    bool trailers = false;

    for (uint32_t i = 0; i < rq->field_count && !trailers; i++)
        trailers = flare_str_equal_nocase(rq->fields[i].name, FLARE_STR("te")) &&
                   flarei_list_holds(rq->fields[i].value, FLARE_STR("trailers"));
    if (trailers)
        flarei_h1_put_field(out, FLARE_STR("TE"), FLARE_STR("trailers"));
    if (passing->upgrades)
        flarei_h1_put_field(out, FLARE_STR("Upgrade"), FLARE_STR("websocket"));
    if (passing->connects)
        flarei_h1_put_field(out, FLARE_STR("Sec-WebSocket-Key"),
                            (flare_str){passing->key, sizeof passing->key});
    if (trailers || passing->upgrades)
        flarei_h1_put_field(out, FLARE_STR("Connection"),
                            !trailers           ? FLARE_STR("Upgrade")
                            : passing->upgrades ? FLARE_STR("TE, Upgrade")
                                                : FLARE_STR("TE"));
}

/* RFC 9110, section 7.6.2; the caller has looked at 0. */
static void put_hops_left(flare_buffer *out, const flare_request *rq)
{
    char digits[FLARE_U64_MAX_BYTES];
    flare_str value;
    uint32_t left;

    if ((rq->method == FLARE_METHOD_OPTIONS || rq->method == FLARE_METHOD_TRACE) &&
        flare_request_header(rq, FLARE_STR("Max-Forwards"), &value) &&
        flare_u32_parse(value, &left) == FLARE_OK && left != 0)
        flarei_h1_put_field(out, FLARE_STR("Max-Forwards"),
                            (flare_str){digits, flare_u64_format(left - 1, digits)});
}

static size_t most_bytes(const struct flarei_passing *passing)
{
    const flare_request *const rq = passing->rq;
    const struct flarei_exchange *const exchange = FLARE_OWNER((uintptr_t)rq, struct flarei_exchange, rq);
    size_t bytes = OWN_MAX_BYTES + passing->upstream->prefix.len + rq->path.len + rq->query.len +
                   passing->upstream->authority.len + 3 * exchange->head.host.len;

    for (uint32_t i = 0; i < rq->field_count; i++)
        bytes += rq->fields[i].name.len + rq->fields[i].value.len + 4;
    return bytes;
}

bool flarei_upstream_ask(struct flarei_passing *passing)
{
    flare_request *const rq = passing->rq;
    const struct flarei_exchange *const exchange = FLARE_OWNER(rq, struct flarei_exchange, rq);
    const flare_str host = exchange->head.host;
    const size_t most = most_bytes(passing);
    char *const storage = flarei_arena_alloc(rq->arena, most);
    flare_buffer out;

    if (storage == NULL)
        return false;
    (void)flare_request_peer(rq); /* from then on the connection knows its peer */
    const enum belief belief = belief_in(rq->connection);
    flarei_buffer_over(&out, storage, most);
    put(&out, flare_method_name(rq->method));
    put(&out, FLARE_STR(" "));
    put_target(&out, passing);
    put(&out, FLARE_STR(" HTTP/1.1\r\n"));
    flarei_h1_put_field(&out, FLARE_STR("Host"),
                        passing->upstream->host_kept && host.len != 0 ? host : passing->upstream->authority);
    put_fields(&out, passing, belief);
    put_forwarded(&out, passing, belief);
    put_via(&out, rq);
    put_hops_left(&out, rq);
    put_framing(&out, passing);
    put_hop(&out, passing);
    put(&out, FLARE_STR("\r\n"));
    passing->forward.head = flarei_buffer_str(&out);
    return !out.failed;
}
