/* wire/h1.h - HTTP/1.1 and 1.0, the server's side, without input or output of its own (RFC 9112, RFC 9110).
 *
 *     struct flarei_h1_head head = {.fields = storage, .field_capacity = 100};
 *     ptrdiff_t n = flarei_h1_parse_head(&limits, bytes, length, &head);
 *     if (n < 0)       refuse with flarei_h1_refusal_status(n) and close
 *     else if (n == 0) receive more, then call again with all bytes (see flarei_h1_worth_parsing)
 *     else             head describes the request; its body starts at bytes + n
 *
 * What a stream of bytes means never depends on how it was split: a verdict is given on the first byte that
 * makes it certain and no later byte changes it. Nothing here allocates, copies, waits or reads a clock.
 * Every function may be called from any thread; an object belongs to one thread at a time.
 */
#ifndef FLAREI_H1_H
#define FLAREI_H1_H

#include <flare/field.h>
#include <flare/method.h>
#include <flare/str.h>

/** Why bytes are refused: X(code, value, status, text). The text is a constant that may be sent to the peer.
 *  After any refusal the connection must be closed, since where the next request starts is not known. */
#define FLAREI_H1_REFUSALS(X)                                                                                \
    X(FLAREI_H1_BAD_REQUEST_LINE, -1, 400, "malformed request line")                                         \
    X(FLAREI_H1_BAD_TARGET, -2, 400, "malformed request target")                                             \
    X(FLAREI_H1_BAD_TARGET_FORM, -3, 400, "request target not allowed with this method")                     \
    X(FLAREI_H1_BAD_VERSION, -4, 400, "malformed HTTP version")                                              \
    X(FLAREI_H1_BAD_LINE_END, -5, 400, "a line does not end with CRLF")                                      \
    X(FLAREI_H1_BAD_FIELD_NAME, -6, 400, "malformed field name")                                             \
    X(FLAREI_H1_BAD_FIELD_VALUE, -7, 400, "control character in a field value")                              \
    X(FLAREI_H1_FOLDED_FIELD, -8, 400, "folded field line")                                                  \
    X(FLAREI_H1_MISSING_HOST, -9, 400, "missing Host")                                                       \
    X(FLAREI_H1_REPEATED_HOST, -10, 400, "repeated Host")                                                    \
    X(FLAREI_H1_BAD_HOST, -11, 400, "malformed Host")                                                        \
    X(FLAREI_H1_BAD_CONTENT_LENGTH, -12, 400, "malformed Content-Length")                                    \
    X(FLAREI_H1_REPEATED_CONTENT_LENGTH, -13, 400, "repeated Content-Length")                                \
    X(FLAREI_H1_TWO_FRAMINGS, -14, 400, "both Content-Length and Transfer-Encoding")                         \
    X(FLAREI_H1_BAD_TRANSFER_ENCODING, -15, 400, "malformed Transfer-Encoding")                              \
    X(FLAREI_H1_TRANSFER_ENCODING_IN_1_0, -16, 400, "Transfer-Encoding in HTTP/1.0")                         \
    X(FLAREI_H1_BAD_CHUNK_SIZE, -17, 400, "malformed chunk size")                                            \
    X(FLAREI_H1_BAD_CHUNK_EXTENSION, -18, 400, "malformed chunk extension")                                  \
    X(FLAREI_H1_BAD_CHUNK_END, -19, 400, "chunk data not followed by CRLF")                                  \
    X(FLAREI_H1_CHUNK_LINE_TOO_LONG, -20, 400, "chunk line too long")                                        \
    X(FLAREI_H1_FORBIDDEN_TRAILER, -21, 400, "field not allowed in trailers")                                \
    X(FLAREI_H1_BODY_TOO_LARGE, -22, 413, "body too large")                                                  \
    X(FLAREI_H1_TARGET_TOO_LONG, -23, 414, "request target too long")                                        \
    X(FLAREI_H1_HEAD_TOO_LARGE, -24, 431, "request head too large")                                          \
    X(FLAREI_H1_TOO_MANY_FIELDS, -25, 431, "too many fields")                                                \
    X(FLAREI_H1_TRAILERS_TOO_LARGE, -26, 431, "trailers too large")                                          \
    X(FLAREI_H1_METHOD_TOO_LONG, -27, 501, "method not implemented")                                         \
    X(FLAREI_H1_UNKNOWN_TRANSFER_ENCODING, -28, 501, "transfer coding not implemented")                      \
    X(FLAREI_H1_UNSUPPORTED_VERSION, -29, 505, "HTTP version not supported")                                 \
    X(FLAREI_H1_BAD_STATUS_LINE, -30, 502, "malformed status line")

enum flarei_h1_refusal {
#define FLAREI_H1_REFUSAL_ENUM(code, value, status, text) code = value,
    FLAREI_H1_REFUSALS(FLAREI_H1_REFUSAL_ENUM)
#undef FLAREI_H1_REFUSAL_ENUM
};

/** The status of a refusal: 400, 413, 414, 431, 501 or 505; 400 for any other value. */
unsigned flarei_h1_refusal_status(ptrdiff_t refusal);

/** The constant text of a refusal, fit for a peer's eyes; never empty. */
flare_str flarei_h1_refusal_text(ptrdiff_t refusal);

/** What is accepted. Each number is the largest that passes; each is checked before anything is stored. */
struct flarei_h1_limits {
    uint32_t head_max_bytes;       /**< from the first byte to the end of the empty line; else 431 */
    uint32_t target_max_bytes;     /**< the request target; else 414. To be below head_max_bytes */
    uint32_t field_max_count;      /**< field lines of a head, and again of a trailer section; else 431 */
    uint32_t trailer_max_bytes;    /**< a trailer section with its empty line; else 431 */
    uint32_t chunk_line_max_bytes; /**< a chunk's size, extensions and CRLF; else 400 */
};

/** 16 KiB, 8 KiB, 100, 8 KiB, 256. */
#define FLAREI_H1_LIMITS_DEFAULT                                                                             \
    {                                                                                                        \
        16384, 8192, 100, 8192, 256                                                                          \
    }

/** No registered method is longer than 17 bytes; a longer token than this is refused with 501. */
#define FLAREI_H1_METHOD_MAX_BYTES 32

/** The four forms of a request target (RFC 9112, section 3.2). */
enum flarei_h1_target_form {
    FLAREI_H1_ORIGIN_FORM,    /**< `/path?query` */
    FLAREI_H1_ABSOLUTE_FORM,  /**< `http://host/path?query` */
    FLAREI_H1_AUTHORITY_FORM, /**< `host:port`, of CONNECT alone */
    FLAREI_H1_ASTERISK_FORM   /**< `*`, of OPTIONS alone */
};

/** Fields whose first occurrence a head notes while it is parsed. */
enum flarei_h1_notable {
    FLAREI_H1_HOST,
    FLAREI_H1_CONTENT_LENGTH,
    FLAREI_H1_TRANSFER_ENCODING,
    FLAREI_H1_CONNECTION,
    FLAREI_H1_EXPECT,
    FLAREI_H1_UPGRADE,
    FLAREI_H1_CONTENT_TYPE,
    FLAREI_H1_COOKIE, /**< the first; further Cookie lines may follow it */
    FLAREI_H1_NOTABLE_COUNT
};

/** A parsed head. The caller sets the first two members; the rest is valid after a positive result.
 *  After a refusal only `method_token` and `target` may be read, for a log: each is what was read or empty.
 *  All slices point into the parsed bytes and live as long, but an absolute-form's missing path: a constant.
 */
struct flarei_h1_head {
    flare_field
        *fields; /**< in: storage for `field_capacity` fields, not NULL. out: the fields in their order */
    uint16_t field_capacity; /**< in: room in `fields`; a head with more is refused as with field_max_count */
    uint16_t field_count;    /**< fields stored */

    enum flare_method method; /**< FLARE_METHOD_UNKNOWN: not registered, to be answered with 501 */
    enum flarei_h1_target_form target_form;
    flare_str method_token; /**< as received */
    flare_str target;       /**< as received, whole */
    /** The path, still escaped, from its `/` up to the `?`. `/` if an absolute-form has none; `*` in
     *  asterisk-form, and for OPTIONS of an absolute-form with neither path nor query; empty in
     *  authority-form. */
    flare_str path;
    flare_str query; /**< after the `?`, still escaped; ptr is NULL without a `?` */
    /** The authority that the request is for: of the target in absolute- and authority-form (RFC 9112,
     *  section 3.2.2: it overrides Host), else Host's value. Valid as host[:port]. Empty if there is none. */
    flare_str host;

    uint64_t content_length;                   /**< 0 without has_content_length */
    uint16_t notable[FLAREI_H1_NOTABLE_COUNT]; /**< index in `fields` plus one; 0 = not there */

    uint8_t version_minor;   /**< 0 or 1; a higher minor version of 1 is handled as 1 */
    bool has_content_length; /**< the field is there */
    bool chunked;            /**< the body comes in chunks: feed it to flarei_h1_chunked_next */
    bool has_body;           /**< chunked, or content_length > 0 */
    bool keep_alive;         /**< the client allows a further request (RFC 9112, section 9.3) */
    bool wants_upgrade;      /**< HTTP/1.1 with `Connection: upgrade` and an Upgrade field */
    bool expect_continue;    /**< waits for a 100 before it sends the body; only with has_body in 1.1 */
    bool expect_unknown;     /**< Expect holds something else: to be answered with 417 */
    bool is_special;         /**< false: of those above only keep_alive is set; no Content-Type */
    bool path_has_percent;   /**< the path holds a `%` */
    bool path_has_dot;       /**< the path holds a `/.`: it may have dot segments */
};

/** Parses one request head, after at most two empty lines (RFC 9112, section 2.2).
 *  @param limits what is accepted; head_max_bytes counts from `bytes`
 *  @param bytes from where the request starts @param length how many; nothing beyond them is read
 *  @param head see there; its slices point into `bytes`
 *  @return bytes of the head (> 0), 0 if more bytes are needed, or an enum flarei_h1_refusal (< 0).
 *          0 is not returned once `length` has reached head_max_bytes. */
ptrdiff_t flarei_h1_parse_head(const struct flarei_h1_limits *limits, const char *bytes, size_t length,
                               struct flarei_h1_head *head);

/** Can parsing a grown input tell more than 0 again? Spares a slow sender's bytes from being parsed from the
 *  start each time: true if a line ended or a control character came, if 64 bytes or more came, while the
 *  input is small, and at the limit. Looks at the new bytes only. It never changes a verdict, and delays one
 *  by less than 64 bytes.
 *  @param limits as for parsing @param bytes the whole input @param length its length
 *  @param parsed_length its length when it was last parsed, 0 if never
 *  @return whether to call flarei_h1_parse_head */
bool flarei_h1_worth_parsing(const struct flarei_h1_limits *limits, const char *bytes, size_t length,
                             size_t parsed_length);

/** What flarei_h1_chunked_next found, or an enum flarei_h1_refusal (< 0). */
enum flarei_h1_chunked_event {
    FLAREI_H1_CHUNKED_MORE = 0, /**< needs more bytes than the input has */
    FLAREI_H1_CHUNKED_DATA,     /**< some bytes of the body */
    FLAREI_H1_CHUNKED_TRAILER,  /**< one trailer field */
    FLAREI_H1_CHUNKED_END       /**< the body is over; what is left of the input is the next request's */
};

/** The state of one chunked body (RFC 9112, section 7.1). Its members are the decoder's own. */
struct flarei_h1_chunked {
    uint64_t size;          /* of the chunk whose line is being read, then what is left of its data */
    uint64_t body_left;     /* bytes of body still allowed */
    uint64_t excess;        /* bytes of chunk lines beyond what their data justifies */
    uint32_t line_bytes;    /* of the chunk line so far */
    uint32_t line_max;      /* chunk_line_max_bytes */
    uint32_t trailer_left;  /* bytes of trailer section still allowed */
    uint32_t trailer_count; /* trailer fields still allowed */
    int8_t refusal;         /* sticky */
    uint8_t state;
};

/** What an event carries; slices point into the input. */
struct flarei_h1_chunked_part {
    flare_str data;    /**< of FLAREI_H1_CHUNKED_DATA: one byte or more */
    flare_field field; /**< of FLAREI_H1_CHUNKED_TRAILER */
};

/** Starts a chunked body.
 *  @param decoder is overwritten @param limits trailer_max_bytes, field_max_count and chunk_line_max_bytes
 * are copied @param body_max_bytes the largest body that passes; a chunk that would exceed it is refused with
 *  413 when its size line ends, before its data */
void flarei_h1_chunked_init(struct flarei_h1_chunked *decoder, const struct flarei_h1_limits *limits,
                            uint64_t body_max_bytes);

/** The next event of a chunked body.
 *
 *  Chunk extensions are checked and skipped (RFC 9112, section 7.1.1). Of trailers, Content-Length,
 *  Transfer-Encoding and Host are refused, and those that RFC 9110, section 6.5.1 forbids are skipped.
 *  A trailer line is taken only when all of it is there, so bytes may be left in `input` on
 *  FLAREI_H1_CHUNKED_MORE: keep them in front of what comes next. Call until MORE, END or a refusal.
 *  @param decoder its state @param input what was received; advanced past what is done with
 *  @param part filled on DATA and TRAILER
 *  @return an enum flarei_h1_chunked_event (>= 0), or an enum flarei_h1_refusal (< 0), which stays */
int flarei_h1_chunked_next(struct flarei_h1_chunked *decoder, flare_str *input,
                           struct flarei_h1_chunked_part *part);

/** Decodes as much as there is into one run of bytes, skipping trailers.
 *  @param decoder its state @param input as for flarei_h1_chunked_next
 *  @param destination where body bytes go; may be `input->ptr` or before it in the same buffer
 *  @param capacity room there; at least one byte @param written bytes put there
 *  @return FLAREI_H1_CHUNKED_MORE (needs input), FLAREI_H1_CHUNKED_DATA (destination is full; call again
 *          with room), FLAREI_H1_CHUNKED_END, or an enum flarei_h1_refusal (< 0) */
int flarei_h1_chunked_decode(struct flarei_h1_chunked *decoder, flare_str *input, char *destination,
                             size_t capacity, size_t *written);

/** The reason phrase of a registered status (RFC 9110, section 15 and IANA's registry).
 *  @param status any number @return a constant slice; empty if not registered */
flare_str flarei_h1_reason(unsigned status);

/** The whole status line of a registered status with its CRLF, such as `HTTP/1.1 200 OK\r\n`.
 *  @param status any number @return a constant slice; empty if not registered */
flare_str flarei_h1_status_line(unsigned status);

/** Room that any status line needs. */
#define FLAREI_H1_STATUS_LINE_MAX_BYTES 64

/** Writes a status line with its CRLF; one that is not registered has an empty reason phrase.
 *  @param destination room for FLAREI_H1_STATUS_LINE_MAX_BYTES @param status 100 to 999
 *  @return bytes written */
size_t flarei_h1_write_status_line(char *destination, unsigned status);

/** Room that any chunk line needs. */
#define FLAREI_H1_CHUNK_LINE_MAX_BYTES 18

/** Writes the line that goes before a chunk's data; after the data goes a CRLF.
 *  @param destination room for FLAREI_H1_CHUNK_LINE_MAX_BYTES
 *  @param size bytes of data; not 0, which would end the body @return bytes written */
size_t flarei_h1_write_chunk_line(char *destination, uint64_t size);

/** Ends a chunked body that has no trailers. */
#define FLAREI_H1_LAST_CHUNK "0\r\n\r\n"

/** The interim reply to Expect: 100-continue. */
#define FLAREI_H1_CONTINUE "HTTP/1.1 100 Continue\r\n\r\n"

#endif
