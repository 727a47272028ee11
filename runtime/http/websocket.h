/* http/websocket.h - a WebSocket between its wire and a service's functions. */
#ifndef FLAREI_HTTP_WEBSOCKET_H
#define FLAREI_HTTP_WEBSOCKET_H

#include "wire/ws.h"

#include <flare/gen_ws.h>

#define FLAREI_WS_WINDOWS 7u /* 9 to 15 bits */

/** What the sockets of a worker use in turn. All zeros but the arena is its start. */
struct flarei_ws_shared {
    struct flarei_ws_deflater *deflaters[FLAREI_WS_WINDOWS]; /* without context, made at first use */
    flare_buffer text;                                       /* of the JSON being written */
    flare_arena arena;                                       /* of the message being taken */
};

void flarei_ws_shared_init(struct flarei_ws_shared *shared);
void flarei_ws_shared_free(struct flarei_ws_shared *shared);

/** What carries sockets: a wire's server. */
struct flarei_ws_carrier {
    flare_ws *(*make)(flare_request *rq); /* zeroed, with `shared`; NULL without memory */
    void (*free)(flare_ws *ws);
    flare_buffer *(*output)(flare_ws *ws); /* where frames go; NULL without memory */
    size_t (*unsent)(const flare_ws *ws);
    void (*written)(flare_ws *ws); /* output has more */
    void (*end)(flare_ws *ws);     /* flarei_ws_end(), which requests reach by their sockets alone */
};

/** How the functions of a socket run that take their time: messages one after the other, beside what its wire
 * does. Reached through a route's rule alone, so that a service without such routes does not hold the code.
 */
struct flarei_ws_way {
    bool (*open)(flare_ws *ws); /* once it is made. @return false without memory */
    /** A whole message came, which is copied. Where one waits already the socket is `held` from here on. */
    void (*message)(flare_ws *ws, bool is_text, flare_str payload);
    void (*cancel)(flare_ws *ws, unsigned reason); /* of fiber/cancel.h */
    bool (*cancelled)(const flare_ws *ws);
    void (*end)(flare_ws *ws); /* it lives on without its carrier until its functions have returned */
    /** Is the caller on another thread than the socket's? Then what it sends is posted. NULL: never */
    bool (*elsewhere)(void);
    flare_err (*post)(flare_ws *ws, enum flarei_ws_opcode opcode, unsigned code, flare_str payload);
    size_t (*posted_bytes)(const flare_ws *ws);
};

enum flarei_ws_state {
    FLAREI_WS_OPENING,
    FLAREI_WS_OPEN,
    FLAREI_WS_CLOSING, /* a Close was sent: waits for the peer's */
    FLAREI_WS_CLOSED   /* said and heard, or lost */
};

struct flare_ws {
    const struct flarei_ws_rule *rule;
    const struct flarei_ws_carrier *carrier;
    struct flarei_ws_shared *shared;
    void *data;
    void *service_state;
    struct flarei_ws_work *work;         /* what its way runs its functions by, or NULL */
    flare_arena *arena;                  /* of the message at hand, if not the shared one */
    flare_str key;                       /* while OPENING: of the request */
    flare_str protocol;                  /* of its rule, or empty */
    struct flarei_ws_deflater *deflater; /* its own, where context is kept */
    struct flarei_ws_deflate agreed;
    struct flarei_ws_reader reader;
    uint16_t code; /* that its close function is told */
    uint8_t state; /* enum flarei_ws_state */
    bool deflates;
    bool heard_message; /* a whole one came; whoever counts the time clears it */
    bool held;          /* a message waits for the one at work: nothing more is taken */
};

/** Takes all that came. @return how many bytes were used */
size_t flarei_ws_take(flare_ws *ws, char *bytes, size_t len);

/** What a reply that accepts says of what was agreed on, beside its wire's own.
 *  @param extension memory of a value @return how many fields */
#define FLAREI_WS_AGREED_FIELDS 2
size_t flarei_ws_agreed_fields(const flare_ws *ws, flare_field fields[FLAREI_WS_AGREED_FIELDS],
                               char extension[FLAREI_WS_DEFLATE_TEXT_BYTES]);

/** Sends what was posted: a message, or a Close of a code. @return as the function that posted it */
flare_err flarei_ws_deliver(flare_ws *ws, enum flarei_ws_opcode opcode, unsigned code, flare_str payload);

/** Why a message ends its socket with 1007: the place of its first failure. @return it, in `reason` or a
 * constant */
flare_str flarei_ws_json_reason(const struct flarei_json *json, char reason[FLAREI_WS_CONTROL_MAX_BYTES]);

/** How much may wait to be sent. */
size_t flarei_ws_send_max_bytes(const flare_ws *ws);

/** Tells its functions at work that nobody waits for what they do. */
static inline void flarei_ws_cancel(flare_ws *ws, unsigned reason)
{
    if (ws->work != NULL)
        ws->rule->way->cancel(ws, reason);
}

/** Ends it: the close function runs, unless nobody tried to accept it, and its parts are freed. */
void flarei_ws_end(flare_ws *ws);
/** Frees its parts alone. */
void flarei_ws_free(flare_ws *ws);

#endif
