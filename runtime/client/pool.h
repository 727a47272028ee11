/* client/pool.h - a client's connections, by origin, and who waits for them. */
#ifndef FLAREI_CLIENT_POOL_H
#define FLAREI_CLIENT_POOL_H

#include "base/link.h"
#include "client/url.h"
#include "wire/h1_response.h"

#include <flare/buffer.h>
#include <flare/client.h>
#include <flare/stream.h>

enum { FLAREI_CLIENT_INPUT_BYTES = 65536, FLAREI_CLIENT_BUCKETS = 64 };

struct flarei_fiber;

/** Where connections lead. */
struct flarei_origin {
    struct flarei_origin *next; /* of its bucket */
    flare_client *client;
    struct flarei_link idle;    /* the one used last is the last */
    struct flarei_link shared;  /* connections of HTTP/2 */
    struct flarei_link waiting; /* fetches */
    struct flarei_link place;   /* among those that wait for the client's connections */
    uint32_t connections;
    uint32_t dialing;
    uint32_t hash;
    uint16_t port;
    bool secure;
    bool local;                       /* `host` is the address of a unix socket */
    bool speaks_h2;                   /* when it was last asked */
    bool asked;                       /* some connection was open, so that is known */
    bool declined_h2;                 /* it was offered, and not taken */
    bool held;                        /* in use by a caller of callbacks */
    const struct flarei_proxy *proxy; /* the client's; NULL: none */
    flare_str host;                   /* in its block; lower case, without brackets */
};

enum flarei_connection_state {
    FLAREI_CONNECTION_DIALING,
    FLAREI_CONNECTION_IDLE,
    FLAREI_CONNECTION_HEAD, /* a request is on its way: waits for its reply */
    FLAREI_CONNECTION_CONTENT,
    FLAREI_CONNECTION_SHARED, /* it has requests side by side */
    FLAREI_CONNECTION_DEAD    /* freed when no callback runs */
};

/** What ALPN offers. */
const char *flarei_client_protocols(const flare_client *client);

/** Of a connection that speaks HTTP/2. */
struct flarei_h2_client;

struct flarei_connection {
    struct flarei_link link;  /* of the client's: all, idle (the oldest first) or dead */
    struct flarei_link place; /* of its origin's idle ones */
    flare_client *client;
    struct flarei_origin *origin;
    flare_stream *stream;
    struct flarei_h2_client *h2; /* NULL: HTTP/1.1 */
    flare_fetch *fetch;
    flare_timer more; /* goes on when others had their turn */
    uint64_t idle_since_ms;
    flare_buffer in; /* what was received and not used */
    flare_buffer out;
    flare_stream_opened *tunnelled; /* what to call then */
    const char *why;                /* there is no tunnel; or NULL */
    uint32_t tunnel_ms;
    size_t parsed; /* of `in`, when its head was last looked at */
    size_t content_sent;
    uint64_t left; /* of content by length */
    struct flarei_h1_chunked chunked;
    uint32_t served; /* requests before the one under way */
    uint8_t state;   /* enum flarei_connection_state */
    uint8_t framing; /* enum flarei_h1_framing */
    uint8_t interim; /* heads of status 1xx */
    bool keep_alive;
    bool heard;  /* bytes of the reply */
    bool wrote;  /* bytes of the request */
    bool failed; /* there was no memory for the request */
    bool unsendable;
    bool hangup; /* the peer may have sent its end */
    bool offers; /* HTTP/2, by Upgrade */
    bool shut;   /* this side of it has ended */
};

/** Something of its own that a client ends with it. */
struct flarei_client_guest {
    struct flarei_link link;
    void (*end)(struct flarei_client_guest *guest); /* it has left the client's ring */
};

struct flare_client {
    flare_loop *loop;
    bool own_loop;                 /* nobody else runs it */
    bool lent_loop;                /* but it is not the client's to end */
    int (*connect)(void *context); /* gives a socket in place of connecting anywhere, or an error; or NULL */
    void *connect_context;
    bool passes_on; /* for others, whose readers it does not know */
    bool freed;     /* in a callback */
    uint16_t depth; /* of callbacks */
    flare_tls_connector *tls;
    const flare_content_coding *coding;
    flare_cookie_jar *cookies;
    flare_client_http2 http2;
    struct flarei_proxy *proxy;        /* of http */
    struct flarei_proxy *secure_proxy; /* of https */
    char *no_proxy;
    char *agent; /* with its field name and CRLF; or NULL */
    uint32_t connections_max;
    uint32_t origin_connections_max;
    uint32_t idle_ms;
    uint32_t connections;
    uint32_t idle_count;
    uint32_t waiting;
    struct flarei_link busy; /* connections */
    struct flarei_link idle; /* connections, the oldest first */
    struct flarei_link dead; /* connections */
    struct flarei_link fetches;
    struct flarei_link dead_fetches;
    struct flarei_link guests;
    struct flarei_link starved; /* origins that wait for the client's connections */
    flare_timer sweep;
    struct flarei_origin *origins[FLAREI_CLIENT_BUCKETS];
    flare_field fields[FLARE_FETCH_FIELDS_MAX]; /* of the head being read */
    char input[FLAREI_CLIENT_INPUT_BYTES];      /* where bytes arrive */
};

/** Gives a client without a loop one: that of the fiber which asks, else one of its own. @return FLARE_OK;
 * what flare_loop_create() returns */
flare_err flarei_client_bind(flare_client *client);

/** May who calls this wait on the client's loop? Binds it. @return FLARE_OK; FLARE_ERR_STATE; as
 * flarei_client_bind() */
flare_err flarei_client_may_wait(flare_client *client);

/** Lets others run until there may be news. @param fiber that waits, or NULL @param soft a drain ends it too
 *  @return FLARE_OK; FLARE_ERR_CANCELLED; the loop's error */
flare_err flarei_client_turn(flare_client *client, struct flarei_fiber *fiber, bool soft);

/** There are news for who waits. @param fiber that waits, or NULL */
void flarei_client_wake(flare_client *client, struct flarei_fiber *fiber);

/** Makes what connects by TLS, if there is none. @return as flare_tls_connector_create() */
flare_err flarei_client_need_tls(flare_client *client);

/** Around whatever may run callbacks: what died meanwhile is freed by the outermost. */
void flarei_client_enter(flare_client *client);
void flarei_client_leave(flare_client *client);

/** The timer that closes connections which nobody uses. */
void flarei_pool_sweep(flare_loop *loop, flare_timer *timer);

/** Finds or makes the origin of a URL. @return NULL without memory */
struct flarei_origin *flarei_pool_origin(flare_client *client, const struct flarei_url *url);

/** Gives those that wait at an origin what there is, and dials for the others. Calls nobody. */
void flarei_pool_serve(struct flarei_origin *origin);

/** Takes a connection back whose reply is complete: it waits for the next request. */
void flarei_pool_release(struct flarei_connection *connection);

/** The same of one of HTTP/2 whose last request is over. */
void flarei_pool_rest(struct flarei_connection *connection);

/** Takes a fetch's connection away, which can then be of no use but for others side by side with it. */
void flarei_pool_drop(flare_fetch *fetch);

/** Closes one; it has no fetch any more. */
void flarei_pool_close(struct flarei_connection *connection);

/** Closes the idle ones of an origin: when one turned out to be gone, so are the others, mostly. */
void flarei_pool_close_idle(struct flarei_origin *origin);

/** Frees an origin that has no connection and nobody waits at: or a crawler would keep each one that it met.
 */
void flarei_pool_forget(struct flarei_origin *origin);

/** Closes all connections, serving nobody. */
void flarei_pool_close_all(flare_client *client);

/** Frees all origins; their connections are closed and nobody waits. */
void flarei_pool_free(flare_client *client);

/* ---- h1.c ---- */

/** Asks over a connection that is idle; what fails is told later. */
void flarei_h1_ask(struct flarei_connection *connection, flare_fetch *fetch);

/** Writes the head of a request, and content that goes with it. */
void flarei_h1_write_request(struct flarei_connection *connection, const flare_fetch *fetch);

/** Sends what it can. */
void flarei_h1_send(struct flarei_connection *connection);

/** What the stream calls when bytes came, or can be sent. */
void flarei_h1_ready(flare_stream *stream, void *context, unsigned ready);

/** Goes on soon: after a pause, or a failure that must not be told now. */
void flarei_h1_more(flare_loop *loop, flare_timer *timer);

#endif
