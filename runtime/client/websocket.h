/* client/websocket.h - inside a WebSocket of a client. */
#ifndef FLAREI_CLIENT_WEBSOCKET_H
#define FLAREI_CLIENT_WEBSOCKET_H

#include "client/url.h"
#include "client/websocket_h2.h"
#include "wire/ws.h"

#include <flare/stream.h>
#include <flare/websocket_client.h>

#define FLAREI_WS_CLIENT_KEY_BYTES  24u
#define FLAREI_WS_CLIENT_MASK_BYTES 256u

enum flarei_ws_client_state {
    FLAREI_WS_CLIENT_DIALING,
    FLAREI_WS_CLIENT_ASKING, /* for the server's reply */
    FLAREI_WS_CLIENT_OPEN,
    FLAREI_WS_CLIENT_CLOSING,   /* a Close was sent: waits for the server's */
    FLAREI_WS_CLIENT_LINGERING, /* all was said: waits for the end of the connection */
    FLAREI_WS_CLIENT_OVER
};

/** Where to dial again, by HTTP/1.1, what takes no WebSocket over HTTP/2. */
struct flarei_ws_client_place {
    flare_tls_connector *tls; /* kept */
    flare_address address;    /* without one its family is FLARE_ADDRESS_NONE */
    uint16_t port;
    char host[254];
};

struct flarei_ws_refusal;

struct flare_ws_client {
    const flare_ws_client_handler *handler;
    void *context;
    flare_loop *loop;
    flare_stream *stream;
    struct flarei_ws_h2 *h2;              /* NULL over HTTP/1.1 */
    struct flarei_ws_client_place *place; /* NULL where there is no other way */
    flare_timer timer;                    /* of the opening, of silence, of the end */
    flare_timer more;                     /* reads on when others had their turn */
    uint64_t heard_ms;
    char *input; /* while there is something in it */
    size_t start;
    size_t end;
    flare_buffer out;
    struct flarei_ws_reader reader;
    struct flarei_ws_deflater *deflater; /* made with the first message that is compressed */
    struct flarei_ws_deflate agreed;
    struct flarei_ws_deflate wanted;
    flare_str *protocols; /* owned, with their text; the one that was chosen is first */
    size_t protocol_count;
    flare_str protocol;
    const char *why;
    struct flarei_ws_refusal *refusal; /* NULL unless one is being read, or was */
    size_t refusal_max_bytes;
    size_t unsent_max_bytes;
    uint32_t idle_ms;
    uint32_t timeout_ms;
    flare_err err; /* that `closed` will be told */
    uint16_t code; /* likewise */
    uint16_t status;
    uint16_t busy; /* callbacks under way */
    uint8_t state; /* enum flarei_ws_client_state */
    uint8_t reason_bytes;
    bool freed; /* in a callback */
    bool told;  /* `opened` was */
    bool offers;
    bool deflates;
    bool pinged; /* since it was last heard */
    bool paused;
    bool full; /* a send was refused */
    bool shut; /* the connection's sending side */
    bool secure;
    bool knows_h2; /* of the server, without ALPN */
    char key[FLAREI_WS_CLIENT_KEY_BYTES];
    char reason[FLAREI_WS_CONTROL_MAX_BYTES];
    uint8_t masks[FLAREI_WS_CLIENT_MASK_BYTES];
    uint16_t masks_used;
};

/** Around whatever may run callbacks: leaving sends what they wrote, and frees a socket that they freed. */
void flarei_ws_client_enter(flare_ws_client *ws);
void flarei_ws_client_leave(flare_ws_client *ws);

/** Sends a control frame; as flare_ws_client_send_text(). */
flare_err flarei_ws_client_control(flare_ws_client *ws, enum flarei_ws_opcode opcode, flare_str payload);

/** Says Close, whatever waits before it: the socket is CLOSING. @return FLARE_OK; FLARE_ERR_MEMORY;
 * FLARE_ERR_IO */
flare_err flarei_ws_client_say_close(flare_ws_client *ws, unsigned code, flare_str reason);

/** Checks what was asked for and writes the request into ws->out. */
flare_err flarei_ws_client_ask(flare_ws_client *ws, const struct flarei_url *url,
                               const flare_ws_client_options *options);

/** Takes the server's reply. @return bytes used; 0 for more; a negative flare_err, with ws->why */
ptrdiff_t flarei_ws_client_answer(flare_ws_client *ws, flare_str bytes);

/** The server replied something else, of status ws->status.
 *  @param head of HTTP/1.1; empty over HTTP/2, where it was read
 *  @return FLARE_ERR_REFUSED: that was all, or more is not asked for; FLARE_ERR_AGAIN: its content follows;
 * FLARE_ERR_SYNTAX, with ws->why; FLARE_ERR_MEMORY */
flare_err flarei_ws_client_refuse(flare_ws_client *ws, flare_str head);

/** Takes its content. @return as flarei_ws_client_answer(); FLARE_ERR_REFUSED: that was all */
ptrdiff_t flarei_ws_refusal_take(flare_ws_client *ws, flare_str bytes);

/** The connection ended: was that the end of the content? */
bool flarei_ws_refusal_ended(const flare_ws_client *ws);

/** NULL is allowed. */
void flarei_ws_refusal_free(struct flarei_ws_refusal *refusal);

/** Goes on with the handshake over HTTP/2. @return FLARE_OK: it is open; FLARE_ERR_AGAIN;
 * FLARE_ERR_UNSUPPORTED: the server takes none over HTTP/2; why it failed, with ws->why */
flare_err flarei_ws_client_connect(flare_ws_client *ws);

/** Dials. @return as flare_stream_dial() */
flare_err flarei_ws_client_dial(flare_ws_client *ws, const struct flarei_url *url,
                                const flare_ws_client_options *options, flare_stream_opened *opened);

/** Dials again, by HTTP/1.1. @return as flare_stream_dial(); FLARE_ERR_UNSUPPORTED where that is no way */
flare_err flarei_ws_client_dial_again(flare_ws_client *ws, flare_stream_opened *opened);

/** Forgets how to dial again. */
void flarei_ws_client_forget_place(flare_ws_client *ws);

#endif
