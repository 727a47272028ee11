/* flare/websocket_client.h - WebSockets (RFC 6455) as their client, over TCP, unix sockets and TLS, and over
 * HTTP/2 (RFC 8441).
 *
 *     static void message(flare_ws_client *ws, void *context, bool is_text, flare_str payload)
 *     {
 *         (void)flare_ws_client_send_text(ws, payload);
 *     }
 *
 *     static const flare_ws_client_handler handler = {.opened = opened, .message = message, .closed =
 * closed}; const flare_ws_client_options options = {.url = FLARE_STR("wss://example.org/chat"), .tls =
 * connector}; err = flare_ws_client_open(&ws, loop, &options, &handler, context);
 *
 * A socket belongs to its loop's thread, and so do all calls on it; it may be freed in its callbacks. What is
 * sent in a callback leaves together when that returns. The codes that a socket closes with are those of
 * <flare/websocket.h>.
 */
#ifndef FLARE_WEBSOCKET_CLIENT_H
#define FLARE_WEBSOCKET_CLIENT_H

#include <flare/connector.h>
#include <flare/field.h>
#include <flare/loop.h>
#include <flare/net.h>
#include <flare/websocket.h>

FLARE_BEGIN

/** The largest message that comes in, unless asked for otherwise: 16 MiB. */
#define FLARE_WS_CLIENT_MESSAGE_MAX_BYTES (16u << 20)
/** The largest message that goes out: 64 MiB. */
#define FLARE_WS_CLIENT_SEND_LIMIT_BYTES (64u << 20)
/** What may wait while the server does not read, unless asked for otherwise: 1 MiB. */
#define FLARE_WS_CLIENT_UNSENT_MAX_BYTES (1u << 20)
/** How long a server may be silent before it is asked, unless asked for otherwise. */
#define FLARE_WS_CLIENT_IDLE_MS 60000
/** The most bytes of the server's reply to the handshake. */
#define FLARE_WS_CLIENT_HEAD_MAX_BYTES 16384

/** A WebSocket; opaque. */
typedef struct flare_ws_client flare_ws_client;

/** What a socket calls, on the loop's thread. */
typedef struct flare_ws_client_handler {
    /** Once: it is open, or was not to be had. It stays the caller's to free either way. `err` is FLARE_OK;
     * what flare_stream_opened is told; FLARE_ERR_REFUSED (the server answered with another status, or did
     * not connect); FLARE_ERR_SYNTAX (its reply breaks the protocol); FLARE_ERR_LIMIT (its head is too long,
     * or its content longer than `refusal_max_bytes`); FLARE_ERR_UNSUPPORTED (with
     * FLARE_WS_CLIENT_HTTP2_KNOWN: it takes no WebSocket over HTTP/2). */
    void (*opened)(flare_ws_client *ws, void *context, flare_err err);
    /** A message; its payload lives until this returns. A text is valid UTF-8. */
    void (*message)(flare_ws_client *ws, void *context, bool is_text, flare_str payload);
    /** Sending is worth another try after FLARE_ERR_AGAIN. May be NULL. */
    void (*writable)(flare_ws_client *ws, void *context);
    /** Once, if it was open: it is over. `err` is FLARE_OK if both sides said so; FLARE_ERR_SYNTAX,
     * FLARE_ERR_LIMIT or FLARE_ERR_MEMORY if this side had to end it; FLARE_ERR_TIMEOUT; FLARE_ERR_CLOSED,
     * FLARE_ERR_RESET or another error of the connection. `code` is the server's, else this side's, or
     * FLARE_WS_LOST; `reason` is the server's and lives until this returns. */
    void (*closed)(flare_ws_client *ws, void *context, flare_err err, unsigned code, flare_str reason);
} flare_ws_client_handler;

/** What permessage-deflate (RFC 7692) offers. Zero is the default everywhere: it is offered, both sides keep
 * their context, and windows are the largest. */
typedef struct flare_ws_client_deflate {
    bool off;                       /**< do not offer it */
    bool client_no_context;         /**< compress each message by itself */
    bool server_no_context;         /**< have the server do so */
    uint8_t client_max_window_bits; /**< 9 to 15, of the window that this side compresses with */
    uint8_t server_max_window_bits; /**< 9 to 15, of the server's */
} flare_ws_client_deflate;

/** When a socket is on a stream of HTTP/2, by extended CONNECT (RFC 8441). It has its connection for itself,
 * and waits for the server's settings before it asks, so it gains nothing where the server speaks HTTP/1.1
 * as well. */
typedef enum flare_ws_client_http2 {
    FLARE_WS_CLIENT_HTTP2_NEVER,   /**< only HTTP/1.1 */
    FLARE_WS_CLIENT_HTTP2_OFFERED, /**< wss: ALPN offers both, HTTP/2 first. A server that chooses it, but
                                      takes no WebSocket over it, is asked again by HTTP/1.1 */
    FLARE_WS_CLIENT_HTTP2_KNOWN    /**< only HTTP/2, also without TLS, to servers that are known to take it */
} flare_ws_client_http2;

/** Where to, and how. Zero means the default everywhere but in the URL. */
typedef struct flare_ws_client_options {
    flare_str url;                   /**< ws: or wss:, host, port, path and query (RFC 6455 section 3) */
    const flare_address *address;    /**< connect there, such as to a unix socket; the URL says the rest */
    flare_tls_connector *tls;        /**< for wss: */
    const flare_str *protocols;      /**< subprotocols to offer, the best first */
    size_t protocol_count;           /**< how many */
    const flare_field *fields;       /**< further fields of the request, such as Authorization or Origin */
    size_t field_count;              /**< how many */
    flare_ws_client_deflate deflate; /**< compression */
    flare_ws_client_http2 http2;     /**< default FLARE_WS_CLIENT_HTTP2_NEVER */
    size_t message_max_bytes;        /**< of a message, inflated. Default FLARE_WS_CLIENT_MESSAGE_MAX_BYTES */
    size_t unsent_max_bytes;         /**< default FLARE_WS_CLIENT_UNSENT_MAX_BYTES */
    size_t refusal_max_bytes;        /**< of the content of another reply than the awaited one, which is then
                                        waited for: see flare_ws_client_refused(). Default 0: it is dropped */
    uint32_t timeout_ms;             /**< until it is open. Default FLARE_CONNECT_TIMEOUT_MS */
    uint32_t idle_ms; /**< a Ping is sent after so long without a word, and after twice as long it
                         is over. Default FLARE_WS_CLIENT_IDLE_MS */
} flare_ws_client_options;

/** What a server replied in place of opening a socket. */
typedef struct flare_ws_client_refusal {
    unsigned status;           /**< such as 401 */
    unsigned version;          /**< 11 or 20 */
    const flare_field *fields; /**< in their order; names compare case-insensitively */
    size_t field_count;        /**< how many */
    flare_str content;         /**< as it came */
} flare_ws_client_refusal;

/** Connects, with TLS for wss:, and shakes hands. No callback runs before this returns.
 *  @param ws receives it; the caller's to free at any time, which cancels; NULL on failure
 *  @param loop the thread's; it must outlive the socket @param options copied, what they point to as well,
 * but the connector, which is kept
 *  @param handler outlives the socket @param context given to its functions
 *  @return FLARE_OK; FLARE_ERR_SYNTAX (the URL); FLARE_ERR_ARGUMENT (wss: without `tls`, a subprotocol that
 * is no token, a field that may not be given, window bits); FLARE_ERR_MEMORY; FLARE_ERR_IO (no random bytes);
 * FLARE_ERR_UNSUPPORTED (FLARE_WS_CLIENT_HTTP2_KNOWN, and flare is built without HTTP/2); what
 * flare_stream_dial() returns. The loop's thread. */
flare_err flare_ws_client_open(flare_ws_client **ws, flare_loop *loop, const flare_ws_client_options *options,
                               const flare_ws_client_handler *handler, void *context) FLARE_MUST_USE;

/** Frees it; where it is open the connection is cut, so flare_ws_client_close() comes first. No callback runs
 * any more. @param ws may be NULL. Its thread. No errors. */
void flare_ws_client_free(flare_ws_client *ws);

/** Sends a text message, which is copied.
 *  @param ws open @param text valid UTF-8, else the server will end the socket
 *  @return FLARE_OK; FLARE_ERR_AGAIN: the server does not read and `unsent_max_bytes` is reached, nothing was
 * kept; FLARE_ERR_LIMIT (over FLARE_WS_CLIENT_SEND_LIMIT_BYTES); FLARE_ERR_CLOSED after a Close;
 * FLARE_ERR_STATE before it is open; FLARE_ERR_MEMORY; FLARE_ERR_IO (no random bytes). Its thread. */
flare_err flare_ws_client_send_text(flare_ws_client *ws, flare_str text);
/** Sends a binary message, which is copied.
 *  @param ws open @param bytes any
 *  @return FLARE_OK; FLARE_ERR_AGAIN, FLARE_ERR_LIMIT, FLARE_ERR_CLOSED, FLARE_ERR_STATE, FLARE_ERR_MEMORY,
 * FLARE_ERR_IO, all as flare_ws_client_send_text(). Its thread. */
flare_err flare_ws_client_send_bytes(flare_ws_client *ws, flare_str bytes);
/** Sends a Ping; a quiet socket does so by itself.
 *  @param ws open @param payload at most 125 bytes
 *  @return as flare_ws_client_send_text(); FLARE_ERR_LIMIT for a longer payload. Its thread. */
flare_err flare_ws_client_ping(flare_ws_client *ws, flare_str payload);
/** Sends a Close; messages that come behind it are dropped. `closed` runs when the server has answered, or
 * after 5 s.
 *  @param ws open @param code FLARE_WS_NORMAL or another that may be said, or 3000 to 4999 @param reason
 * UTF-8; cut at 123 bytes
 *  @return FLARE_OK; FLARE_ERR_ARGUMENT; FLARE_ERR_CLOSED if that was done before; FLARE_ERR_STATE before it
 * is open; FLARE_ERR_MEMORY; FLARE_ERR_IO (no random bytes). Its thread. */
flare_err flare_ws_client_close(flare_ws_client *ws, unsigned code, flare_str reason);

/** Stops reading, so that the server must wait; Pings are not answered meanwhile, and no silence ends it.
 * @param ws open. Its thread. No errors. */
void flare_ws_client_pause(flare_ws_client *ws);
/** Reads again; no message comes before it returns. @param ws paused or not. Its thread. No errors. */
void flare_ws_client_resume(flare_ws_client *ws);

/** What waits because the server does not read. @param ws open @return bytes that the system did not take
 * yet. Its thread. No errors. */
size_t flare_ws_client_unsent_bytes(const flare_ws_client *ws);
/** The subprotocol that the server chose. @param ws open @return it, which lives as long as the socket; empty
 * for none. Its thread. No errors. */
flare_str flare_ws_client_protocol(const flare_ws_client *ws);
/** Are messages compressed? @param ws open @return whether permessage-deflate was agreed on. Its thread. No
 * errors. */
bool flare_ws_client_deflates(const flare_ws_client *ws);
/** Is it on a stream of HTTP/2? @param ws open @return whether it is. Its thread. No errors. */
bool flare_ws_client_is_http2(const flare_ws_client *ws);
/** The status of the server's reply, such as 401. @param ws any @return it; 0 before one came. Its thread. No
 * errors. */
unsigned flare_ws_client_status(const flare_ws_client *ws);
/** What the server replied in place of opening it. @param ws any @return it, which lives as long as the
 * socket; NULL unless `opened` was told FLARE_ERR_REFUSED of a reply and `refusal_max_bytes` is not 0. Its
 * thread. No errors. */
const flare_ws_client_refusal *flare_ws_client_refused(const flare_ws_client *ws);
/** What was wrong with the server's reply or its last frame. @param ws any @return a constant text; NULL if
 * nothing was. Its thread. No errors. */
const char *flare_ws_client_why(const flare_ws_client *ws);

FLARE_END
#endif
