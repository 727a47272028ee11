/* wire/ws.h - the WebSocket protocol (RFC 6455) and permessage-deflate (RFC 7692): frames in, events out, and
 * frames written, for either side. It knows no socket, no HTTP and no clock.
 *
 *     used = flarei_ws_read(&reader, bytes, len, &event);
 *     switch (event.kind) ...
 *
 * The reader holds bytes only of a message that did not come in one piece. What a stream means does not
 * depend on how it was split.
 */
#ifndef FLAREI_WIRE_WS_H
#define FLAREI_WIRE_WS_H

#include <flare/buffer.h>
#include <flare/err.h>

/** The most that a control frame carries (RFC 6455, section 5.5), and a frame's head takes. */
#define FLAREI_WS_CONTROL_MAX_BYTES 125u
#define FLAREI_WS_HEAD_MAX_BYTES    14u
/** Of a Sec-WebSocket-Accept value. */
#define FLAREI_WS_ACCEPT_BYTES 28u
/** That flarei_ws_deflate_format() writes at most. */
#define FLAREI_WS_DEFLATE_TEXT_BYTES 160u

/** RFC 6455, section 5.2. */
enum flarei_ws_opcode {
    FLAREI_WS_CONTINUATION = 0x0,
    FLAREI_WS_TEXT = 0x1,
    FLAREI_WS_BINARY = 0x2,
    FLAREI_WS_CLOSE = 0x8,
    FLAREI_WS_PING = 0x9,
    FLAREI_WS_PONG = 0xa
};

/** Bits of a frame's first byte beside its opcode. */
#define FLAREI_WS_FIN  0x80u
#define FLAREI_WS_RSV1 0x40u

/** Close codes (RFC 6455, section 7.4.1). */
enum flarei_ws_code {
    FLAREI_WS_CODE_NORMAL = 1000,
    FLAREI_WS_CODE_GOING_AWAY = 1001,
    FLAREI_WS_CODE_PROTOCOL = 1002,
    FLAREI_WS_CODE_UNSUPPORTED = 1003,
    FLAREI_WS_CODE_NONE = 1005, /* never sent: a Close without a code */
    FLAREI_WS_CODE_LOST = 1006, /* never sent: no Close came */
    FLAREI_WS_CODE_DATA = 1007,
    FLAREI_WS_CODE_POLICY = 1008,
    FLAREI_WS_CODE_TOO_BIG = 1009,
    FLAREI_WS_CODE_INTERNAL = 1011
};

/* ---- Bytes ---- */

/** Takes a mask off, or puts it on: each byte xor the mask's byte at its place (RFC 6455, section 5.3).
 *  @param phase place of the first byte, modulo 4 */
void flarei_ws_mask(char *bytes, size_t len, const uint8_t mask[4], size_t phase);

/** Text that comes in pieces. All zeros is its start. */
struct flarei_ws_utf8 {
    uint8_t tails; /* bytes that the scalar value under way still wants */
    uint8_t low;   /* and the range of the next one */
    uint8_t high;
};

/** @return false at the first byte that no continuation could make valid (RFC 3629, section 4) */
bool flarei_ws_utf8_feed(struct flarei_ws_utf8 *state, const char *bytes, size_t len);

/* ---- permessage-deflate ---- */

/** What one side wants, or what both agreed on (RFC 7692, section 7.1). */
struct flarei_ws_deflate {
    bool server_no_context_takeover;
    bool client_no_context_takeover;
    uint8_t server_max_window_bits; /* 9 to 15 */
    uint8_t client_max_window_bits; /* 8 to 15 */
};

enum flarei_ws_offer { FLAREI_WS_OFFER_NONE, FLAREI_WS_OFFER_AGREED, FLAREI_WS_OFFER_MALFORMED };

/** A server's choice among the offers of one Sec-WebSocket-Extensions line: the first that can be met.
 *  @param wanted what the server would have at most @param agreed set with AGREED */
enum flarei_ws_offer flarei_ws_deflate_choose(const struct flarei_ws_deflate *wanted, flare_str line,
                                              struct flarei_ws_deflate *agreed);

/** What a server answers, or, with `offer`, what a client offers. @return bytes written */
size_t flarei_ws_deflate_format(const struct flarei_ws_deflate *agreed, bool offer,
                                char text[FLAREI_WS_DEFLATE_TEXT_BYTES]);

/** A client's reading of the answer to what it offered. @return MALFORMED if the server may not say so */
enum flarei_ws_offer flarei_ws_deflate_agree(const struct flarei_ws_deflate *offered, flare_str line,
                                             struct flarei_ws_deflate *agreed);

struct flarei_ws_inflater;
struct flarei_ws_deflater;

/** @param keeps_context later messages may refer to earlier ones @return NULL without memory */
struct flarei_ws_inflater *flarei_ws_inflater_new(bool keeps_context);
void flarei_ws_inflater_free(struct flarei_ws_inflater *inflater);

/** Inflates a piece of a message behind what `out` holds.
 *  @param last no more of the message comes
 *  @return FLARE_OK; FLARE_ERR_LIMIT if `out` would exceed its maximum; FLARE_ERR_SYNTAX; FLARE_ERR_MEMORY */
flare_err flarei_ws_inflate(struct flarei_ws_inflater *inflater, flare_str piece, bool last,
                            flare_buffer *out);

/** @param window_bits 9 to 15 @return NULL without memory */
struct flarei_ws_deflater *flarei_ws_deflater_new(unsigned window_bits, bool keeps_context);
void flarei_ws_deflater_free(struct flarei_ws_deflater *deflater);

/** Forgets earlier messages, as must be once the peer got one that this deflater did not make. */
void flarei_ws_deflater_reset(struct flarei_ws_deflater *deflater);

/* ---- Reading ---- */

enum flarei_ws_kind {
    FLAREI_WS_EVENT_MORE,    /* all was read, and no event is whole */
    FLAREI_WS_EVENT_MESSAGE, /* `opcode` says which */
    FLAREI_WS_EVENT_PING,
    FLAREI_WS_EVENT_PONG,
    FLAREI_WS_EVENT_CLOSE, /* `code`, and the reason as payload; nothing is read after it */
    FLAREI_WS_EVENT_FAILED /* the peer broke the protocol: say `code` and end. Nothing is read after it */
};

struct flarei_ws_event {
    enum flarei_ws_kind kind;
    enum flarei_ws_opcode opcode;
    uint16_t code;
    flare_str payload; /* valid until the next read; of FAILED, a constant text */
};

struct flarei_ws_reader {
    struct flarei_ws_inflater *inflater; /* made with the first compressed message */
    flare_buffer message;                /* what came of a message in pieces; its max is the message's */
    uint64_t left;                       /* of the data frame under way */
    uint64_t compressed_bytes;           /* of the message */
    struct flarei_ws_utf8 utf8;
    uint8_t mask[4];
    uint8_t phase;  /* of the mask */
    uint8_t opcode; /* of the message under way; 0 without one */
    bool is_server;
    bool may_compress;
    bool keeps_context;
    bool in_frame;
    bool last;       /* the frame under way ends its message */
    bool compressed; /* the message is */
    bool delivered;  /* the last event lent out `message` */
    bool ended;
};

/** @param message_max_bytes of a message, inflated @param deflate what was agreed, or NULL */
void flarei_ws_reader_init(struct flarei_ws_reader *reader, bool is_server, size_t message_max_bytes,
                           const struct flarei_ws_deflate *deflate);
void flarei_ws_reader_free(struct flarei_ws_reader *reader);

/** Reads up to the next event. @param bytes are unmasked in place @return how many were used; with MORE,
 * those behind are the start of a frame's head or of a control frame, to be given again with more */
size_t flarei_ws_read(struct flarei_ws_reader *reader, char *bytes, size_t len,
                      struct flarei_ws_event *event);

/* ---- Writing ---- */

/** Writes a frame's head. @param first FIN, RSV1 and opcode @param mask NULL on a server @return its bytes */
size_t flarei_ws_head(char head[FLAREI_WS_HEAD_MAX_BYTES], unsigned first, uint64_t payload_bytes,
                      const uint8_t *mask);

/** Appends a whole frame. @return false if it has no room: then nothing was appended */
bool flarei_ws_write(flare_buffer *out, unsigned first, flare_str payload, const uint8_t *mask);

/** Appends a whole message as one compressed frame; as flarei_ws_write(). After a failure the deflater is as
 * if reset. */
bool flarei_ws_write_deflated(flare_buffer *out, struct flarei_ws_deflater *deflater,
                              enum flarei_ws_opcode opcode, flare_str payload, const uint8_t *mask);

/** Appends a Close. @param code 1005 for one without @param reason is cut at 123 bytes, between scalar values
 */
bool flarei_ws_write_close(flare_buffer *out, unsigned code, flare_str reason, const uint8_t *mask);

/** @return may a Close frame carry it (RFC 6455, section 7.4; IANA's registry)? */
bool flarei_ws_code_valid(unsigned code);

/* ---- The handshake's parts ---- */

/** @return is it the base64 of 16 bytes (RFC 6455, section 4.1)? */
bool flarei_ws_key_valid(flare_str key);

/** The answer to a key (RFC 6455, section 4.2.2). */
void flarei_ws_accept(flare_str key, char accept[FLAREI_WS_ACCEPT_BYTES]);

/** A reply to a client's handshake. Slices point into it; absent ones are NULL. */
struct flarei_ws_reply {
    unsigned status;
    flare_str accept;
    flare_str protocol;
    flare_str extensions;
    bool upgrades; /* Upgrade names websocket */
    bool connects; /* Connection names upgrade */
    bool repeats;  /* one of the three is there twice */
};

/** Reads a head as far as handshakes go. @return its bytes; 0 for more; -1 if it is none of HTTP/1.1 */
ptrdiff_t flarei_ws_reply_read(flare_str bytes, struct flarei_ws_reply *reply);

/** What a client offered. */
struct flarei_ws_offered {
    const flare_str *protocols;
    size_t protocol_count;
    const struct flarei_ws_deflate *deflate; /* NULL: no extension */
};

/** Judges a reply by the request's key and offers. @param agreed set if `*deflates`
 *  @return NULL: the socket is open; else a constant text that says what is wrong */
const char *flarei_ws_reply_wrong(const struct flarei_ws_reply *reply, flare_str key,
                                  const struct flarei_ws_offered *offer, struct flarei_ws_deflate *agreed,
                                  bool *deflates);

/** Judges a reply to extended CONNECT (RFC 8441, section 5), as flarei_ws_reply_wrong(). */
const char *flarei_ws_connect_wrong(const struct flarei_ws_reply *reply,
                                    const struct flarei_ws_offered *offer, struct flarei_ws_deflate *agreed,
                                    bool *deflates);

/** @return does a list of tokens name one, in any case (RFC 9110, section 5.6.1)? */
bool flarei_ws_list_has(flare_str list, flare_str token);

#endif
