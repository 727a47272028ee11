/* flare/client.h - an HTTP client: requests over connections that are kept and shared.
 *
 *     static void done(flare_fetch *fetch, void *context, flare_err err, const flare_fetch_reply *reply)
 *     {
 *         if (err == FLARE_OK)
 *             printf("%u, %zu bytes\n", reply->status, reply->content.len);
 *         flare_fetch_free(fetch);
 *     }
 *
 *     err = flare_client_create(&client, loop, NULL);
 *     const flare_fetch_options options = {.url = FLARE_STR("http://example.org/")};
 *     err = flare_fetch_start(&fetch, client, &options, &(flare_fetch_handler){.done = done}, context);
 *
 * and for who can wait, an async handler or a tool, with a client made without a loop:
 *
 *     err = flare_fetch_wait(&fetch, client, &(flare_fetch_options){.url = FLARE_STR("http://a.example/")},
 * &reply); if (err == FLARE_OK) printf("%u\n%.*s", reply->status, FLARE_STR_ARG(reply->content));
 *     flare_fetch_free(fetch);
 *
 *     const flare_fetch_options post = {.url = FLARE_STR("http://a.example/tasks"),
 *                                       .content = FLARE_STR("{\"title\":\"Paint\"}"),
 *                                       .content_type = FLARE_STR("application/json")};
 *     err = flare_fetch_wait(&fetch, client, &post, &reply);
 *     if (err == FLARE_OK && (err = flare_fetch_json(reply, &root)) == FLARE_OK)
 *         err = flare_json_u64(flare_json_at(root, FLARE_STR("/id")), &id);
 *     flare_fetch_free(fetch);
 *
 * A client belongs to its loop's thread, and so do all calls on it and on its fetches. Any status is a reply:
 * an error is what kept a reply from being had whole.
 */
#ifndef FLARE_CLIENT_H
#define FLARE_CLIENT_H

#include <flare/connector.h>
#include <flare/cookies.h>
#include <flare/field.h>
#include <flare/json.h>
#include <flare/loop.h>
#include <flare/method.h>

FLARE_BEGIN

/** Connections of a client, unless asked for otherwise. */
#define FLARE_CLIENT_CONNECTIONS_MAX 256
/** Connections to one origin, unless asked for otherwise. */
#define FLARE_CLIENT_ORIGIN_CONNECTIONS_MAX 32
/** Requests that may wait for a connection; a further one is refused. */
#define FLARE_CLIENT_WAITING_MAX 4096
/** How long a connection that nobody uses is kept, unless asked for otherwise. */
#define FLARE_CLIENT_IDLE_MS 15000
/** How long connecting has, with TLS, unless asked for otherwise. */
#define FLARE_FETCH_CONNECT_MS 10000
/** How long the peer may be silent, unless asked for otherwise. */
#define FLARE_FETCH_SILENCE_MS 30000
/** The most content that is collected, decoded, unless asked for otherwise. */
#define FLARE_FETCH_CONTENT_MAX_BYTES (UINT64_C(64) << 20)
/** The largest head of a reply. */
#define FLARE_FETCH_HEAD_MAX_BYTES 65536
/** The most field lines of a reply. */
#define FLARE_FETCH_FIELDS_MAX 256
/** The first pause before another try; it doubles. */
#define FLARE_FETCH_RETRY_MS 200
/** The longest pause before another try, also where Retry-After says more. */
#define FLARE_FETCH_RETRY_MAX_MS 30000
/** How many redirects are followed, unless asked for otherwise. */
#define FLARE_FETCH_REDIRECTS_MAX 10

/** A client; opaque. */
typedef struct flare_client flare_client;
/** A request under way, then its reply; opaque. */
typedef struct flare_fetch flare_fetch;

/* ---- Codings ---- */

/** A coding of content that is decoded as it comes (RFC 9110, section 8.4); gzip and deflate are known
 * always. */
typedef struct flare_content_coding {
    const char *name; /**< as in Content-Encoding */
    /** @return a state; NULL without memory */
    void *(*make)(void);
    /** Decodes a step. @param input advanced past what is done with @param room of the output; set to the
     * bytes written @param over set when it has ended @return FLARE_OK; FLARE_ERR_SYNTAX; FLARE_ERR_MEMORY */
    flare_err (*step)(void *state, flare_str *input, char *output, size_t *room, bool *over);
    void (*end)(void *state); /**< frees a state */
} flare_content_coding;

/** br (RFC 7932), of the library flare_brotli, which a program that names this is linked with
 * (`flare::brotli`). */
extern const flare_content_coding flare_content_br;

/* ---- The client ---- */

/** When a client speaks HTTP/2. */
typedef enum flare_client_http2 {
    FLARE_CLIENT_HTTP2_OFFERED = 0, /**< over TLS, where the server chooses it (ALPN) */
    FLARE_CLIENT_HTTP2_NEVER,       /**< HTTP/1.1 alone */
    FLARE_CLIENT_HTTP2_UPGRADED,    /**< also without TLS, where the server takes the offer that a first
                                       request without content makes (RFC 7540 section 3.2) */
    FLARE_CLIENT_HTTP2_KNOWN        /**< also without TLS, to servers that are known to speak it (RFC 9113
                                       section 3.3) */
} flare_client_http2;

/** How a client behaves. Zero means the default everywhere. */
typedef struct flare_client_options {
    flare_cookie_jar *cookies; /**< keeps and sends cookies, but where a request has a Cookie field; must
                                  outlive the client. NULL: nobody does */
    flare_tls_connector *tls;  /**< kept. NULL: one with the defaults, made when it is needed */
    flare_client_http2 http2;  /**< default FLARE_CLIENT_HTTP2_OFFERED */
    const char *proxy; /**< copied: "http://user:password@host:port", for all. NULL: none. Requests of http go
                          through it as they are, those of https through a tunnel (CONNECT) */
    const char *no_proxy; /**< copied: whom it is not for, with commas: hosts, each with those below it, with
                             or without a port; addresses, networks such as 10.0.0.0/8; "*" is all */
    bool proxy_environment; /**< where one of the two is NULL: http_proxy, https_proxy, all_proxy and no_proxy
                               as the environment has them, else their names in upper case; but HTTP_PROXY,
                               which may be a request's field, not in a CGI program (REQUEST_METHOD) */
    const char *user_agent; /**< copied. NULL: "flare/" and its version; "": none */
    uint32_t connections_max;           /**< default FLARE_CLIENT_CONNECTIONS_MAX */
    uint32_t origin_connections_max;    /**< default FLARE_CLIENT_ORIGIN_CONNECTIONS_MAX */
    uint32_t idle_ms;                   /**< default FLARE_CLIENT_IDLE_MS */
    const flare_content_coding *coding; /**< a further one, such as `flare_content_br`; or NULL */
} flare_client_options;

/** Makes a client.
 *  @param client receives it; the caller's, to end with flare_client_free(); NULL on failure
 *  @param loop the thread's, which must outlive it; NULL, for those that wait: of the async handler that asks
 * first its worker's, which then must outlive it (`state struct … (per: worker)` is where to keep it), else
 * one of its own
 *  @param options borrowed for the call; NULL for the defaults
 *  @return FLARE_OK; FLARE_ERR_MEMORY; FLARE_ERR_ARGUMENT (a user agent or proxy that can't be). The
 * loop's thread. */
flare_err flare_client_create(flare_client **client, flare_loop *loop,
                              const flare_client_options *options) FLARE_MUST_USE;

/** Closes its connections and frees it. What is under way is cancelled: no callback of it runs any more, and
 * each fetch stays its owner's to free. Allowed in callbacks.
 *  @param client may be NULL. Its thread. No errors. */
void flare_client_free(flare_client *client);

/** How many connections it has open, being opened ones included. @param client any @return the number. Its
 * thread. No errors. */
size_t flare_client_connections(const flare_client *client);

/** How many of them nobody uses at the moment. @param client any @return the number. Its thread. No errors.
 */
size_t flare_client_idle(const flare_client *client);

/** Closes the connections that nobody uses. @param client any. Its thread. No errors. */
void flare_client_close_idle(flare_client *client);

/* ---- What is sent as it is read ---- */

/** A length that is not known beforehand: sent in chunks over HTTP/1.1. */
#define FLARE_FETCH_LENGTH_UNKNOWN UINT64_MAX

/** Content of a request that is read as the peer takes it, a piece at a time. */
typedef struct flare_fetch_source {
    /** Gives what comes next; it must not free the fetch. Runs on the loop's thread, not within the call that
     * begins. NULL: flare_fetch_write() gives it.
     *  @param context as given @param buffer receives it @param bytes the room @return how many bytes, at
     * least one; 0: that was all; FLARE_ERR_AGAIN: none yet, until flare_fetch_push(); another error, with
     * which the fetch ends */
    ptrdiff_t (*read)(void *context, void *buffer, size_t bytes);
    /** Goes back to the beginning, for a redirect or another try. NULL: it can't, and these are not followed
     * or made. @param context as given @return whether it did */
    bool (*rewind)(void *context);
    void *context;   /**< given to both */
    uint64_t length; /**< of all, or FLARE_FETCH_LENGTH_UNKNOWN */
} flare_fetch_source;

/** A part of a file that is sent. Fill the first three; it is the caller's until the fetch is done or freed.
 */
typedef struct flare_fetch_file {
    int fd;         /**< of a file that is read where it is, in between what else the loop does; stays the
                       caller's */
    uint64_t first; /**< where it begins */
    uint64_t bytes; /**< how many */
    uint64_t at;    /**< the library's */
} flare_fetch_file;

/** What sends a file. @param file filled; must outlive the fetch @return the source. Any thread. No errors.
 */
flare_fetch_source flare_fetch_source_of(flare_fetch_file *file);

/* ---- A request ---- */

/** What to ask for, and how. Zero means the default everywhere but in the URL. */
typedef struct flare_fetch_options {
    flare_str url;             /**< of http or https, in ASCII; a fragment is dropped */
    flare_str method;          /**< default GET, or POST where there is content; case-sensitive */
    const flare_field *fields; /**< further fields; not those that frame a message or name a hop */
    size_t field_count;
    flare_str content;                /**< what is sent; borrowed until the fetch is done or freed */
    const flare_fetch_source *source; /**< or what is read as it is sent; copied */
    flare_str content_type;           /**< of what is sent; empty: no such field */
    uint32_t connect_ms;              /**< for connecting. Default FLARE_FETCH_CONNECT_MS */
    uint32_t silence_ms;              /**< how long the peer may be silent. Default FLARE_FETCH_SILENCE_MS */
    uint32_t timeout_ms; /**< for all of it, redirects and waiting for a connection included; 0: none */
    uint32_t expect_ms;  /**< the peer is asked first whether it takes the content (Expect: 100-continue, RFC
                            9110 section 10.1.1), which is sent when it says so, or after so long, since not
                            all say it. One that knows no such question (417) gets the request again without.
                            0: it is not asked */
    uint64_t content_max_bytes; /**< the most content of a reply that is collected. Default
                                   FLARE_FETCH_CONTENT_MAX_BYTES */
    uint32_t redirects_max;     /**< default FLARE_FETCH_REDIRECTS_MAX */
    uint32_t retries_max; /**< default 0: of a method that may be repeated (RFC 9110 section 9.2.2), how often
                             it is tried again after a connection that failed, or the statuses 408, 429, 502,
                             503 and 504; after a random time that doubles, or what Retry-After says */
    flare_str user;       /**< with `password`, as Basic (RFC 7617); for the URL's origin alone */
    flare_str password;
    flare_str bearer;    /**< a token (RFC 6750) instead; for the URL's origin alone */
    bool keep_redirects; /**< a redirect is the reply, not followed */
    bool keep_coded;     /**< no coding is asked for, and none undone */
} flare_fetch_options;

/** A reply. All of it lives as long as its fetch. */
typedef struct flare_fetch_reply {
    unsigned status;           /**< 200 to 999 */
    unsigned version;          /**< 10, 11 or 20 */
    flare_str url;             /**< what replied in the end, after redirects */
    const flare_field *fields; /**< in their order; field names compare case-insensitively */
    size_t field_count;
    flare_str content;  /**< collected; empty where a handler took it */
    unsigned redirects; /**< that were followed */
    unsigned retries;   /**< that were made */
    bool reused;        /**< over a connection that was open already */
} flare_fetch_reply;

/** Runs on the loop's thread, once, unless the fetch was freed before.
 *  @param fetch may be freed in this @param context as given
 *  @param err FLARE_OK; of connecting and TLS as flare_stream_opened is told; FLARE_ERR_TIMEOUT;
 * FLARE_ERR_CLOSED (the peer ended before its reply did), FLARE_ERR_RESET; FLARE_ERR_SYNTAX (a reply that is
 * not HTTP, see flare_fetch_why()); FLARE_ERR_LIMIT (its head or content is too large, or too many
 * redirects); FLARE_ERR_UNSUPPORTED (a redirect to what is not followed, or that wants what
 * can't be sent again); FLARE_ERR_ARGUMENT (a source that gave less than its length) or another error of the
 * source; FLARE_ERR_MEMORY; another system
 * error
 *  @param reply what came; after an error as far as it came, its status 0 if no head did */
typedef void flare_fetch_done(flare_fetch *fetch, void *context, flare_err err,
                              const flare_fetch_reply *reply);

/** Runs on the loop's thread, once, when the head of the reply is there that is not a redirect to be
 * followed.
 *  @param fetch may be freed in this @param context as given @param reply without its content */
typedef void flare_fetch_head(flare_fetch *fetch, void *context, const flare_fetch_reply *reply);

/** Runs on the loop's thread, for each part of the content as it comes, decoded.
 *  @param fetch may be freed or paused in this @param context as given @param part lives until it returns;
 * not empty */
typedef void flare_fetch_content(flare_fetch *fetch, void *context, flare_str part);

/** What a fetch calls. */
typedef struct flare_fetch_handler {
    flare_fetch_done *done;
    flare_fetch_head *head;       /**< NULL: nobody asks */
    flare_fetch_content *content; /**< NULL: it is collected for the reply */
} flare_fetch_handler;

/** Begins a request. Nothing is called before this returns.
 *  @param fetch receives it; the caller's, to end with flare_fetch_free(); NULL on failure @param client of
 * this thread
 *  @param options copied, what they point to as well, but `content` @param handler copied
 *  @param context given to the handler's functions
 *  @return FLARE_OK; FLARE_ERR_ARGUMENT (a URL, method or field that can't be); FLARE_ERR_LIMIT (too many
 * wait); FLARE_ERR_MEMORY; what making a TLS connector, or a loop for a client without one, returns. The
 * client's thread. */
flare_err flare_fetch_start(flare_fetch **fetch, flare_client *client, const flare_fetch_options *options,
                            const flare_fetch_handler *handler, void *context) FLARE_MUST_USE;

/** Frees it, with its reply. One that is under way is cancelled: no callback runs any more. Allowed in
 * callbacks.
 *  @param fetch may be NULL. Its thread. No errors. */
void flare_fetch_free(flare_fetch *fetch);

/** Takes no more content until flare_fetch_resume(), so that the peer has to wait; its silence is not
 * counted.
 *  @param fetch any. Its thread. No errors. */
void flare_fetch_pause(flare_fetch *fetch);

/** Goes on after flare_fetch_pause(). Nothing is called before this returns. @param fetch any. Its thread. No
 * errors. */
void flare_fetch_resume(flare_fetch *fetch);

/** A source that said FLARE_ERR_AGAIN has more. Nothing is called before this returns. @param fetch any. Its
 * thread. No errors. */
void flare_fetch_push(flare_fetch *fetch);

/** What was wrong, more exactly than its error says. @param fetch may be NULL, as one is that could not begin
 * @return a constant sentence; NULL: nothing more is known. Its thread. No errors. */
const char *flare_fetch_why(const flare_fetch *fetch);

/** Finds a field of a reply. @param reply any @param name in any case @return the first one's value, whose
 * ptr is NULL if there is none; lives as long as the reply. Any thread. No errors. */
flare_str flare_fetch_field(const flare_fetch_reply *reply, flare_str name);

/** Is the content of a reply JSON, application/json or a type that ends in +json (RFC 6839)? @param reply any
 * @return whether. Any thread. No errors. */
bool flare_fetch_is_json(const flare_fetch_reply *reply);

/** Reads the content of a reply as JSON, of whatever shape (see <flare/json.h>). @param reply whose content
 * was collected @param root set to its value, which lives as long as the reply; of kind FLARE_JSON_NONE on
 * failure
 *  @return FLARE_OK; FLARE_ERR_UNSUPPORTED (its type is not JSON's); FLARE_ERR_SYNTAX, FLARE_ERR_LIMIT as
 * flare_json_read(). Any thread. */
flare_err flare_fetch_json(const flare_fetch_reply *reply, flare_json_value *root) FLARE_MUST_USE;

/* ---- For who can wait ---- */

/** Asks and waits for all of the reply. In an async handler its worker serves others meanwhile.
 *  @param fetch receives it, also where an error is what came back, but not if it could not begin; the
 * caller's, to end with flare_fetch_free() @param client made without a loop, or with that of the handler's
 * worker; any number of its handlers may wait at a time @param options borrowed for the call
 *  @param reply set to what lives as long as the fetch; NULL if it could not begin
 *  @return as flare_fetch_start() and flare_fetch_done; FLARE_ERR_CANCELLED: nobody waits for the handler's
 * reply any more, or its time is over, and what was asked for is given up (see flare/async.h);
 * FLARE_ERR_STATE of a client that has another's loop, or in one of its callbacks. Its thread. */
flare_err flare_fetch_wait(flare_fetch **fetch, flare_client *client, const flare_fetch_options *options,
                           const flare_fetch_reply **reply) FLARE_MUST_USE;

/** Asks and waits for the head of the reply; flare_fetch_read() gives the content. @param fetch as for
 * flare_fetch_wait() @param client likewise @param options likewise @param reply likewise, without content
 *  @return as flare_fetch_wait(): FLARE_OK, FLARE_ERR_CANCELLED and the others. Its thread. */
flare_err flare_fetch_open(flare_fetch **fetch, flare_client *client, const flare_fetch_options *options,
                           const flare_fetch_reply **reply) FLARE_MUST_USE;

/** Begins a request whose content is written by and by: flare_fetch_write() any number of times, then
 * flare_fetch_finish(). @param fetch receives it; the caller's, to end with flare_fetch_free(); NULL on
 * failure @param client as for flare_fetch_wait() @param options borrowed for the call; its source has no
 * `read`
 *  @return as flare_fetch_start(): FLARE_OK, FLARE_ERR_ARGUMENT and the others; FLARE_ERR_STATE as for
 * flare_fetch_wait(). Its thread. */
flare_err flare_fetch_begin(flare_fetch **fetch, flare_client *client,
                            const flare_fetch_options *options) FLARE_MUST_USE;

/** Sends a further part, and waits until there is room for the next one. @param fetch of flare_fetch_begin()
 *  @param part borrowed for the call
 *  @return FLARE_OK; FLARE_ERR_CLOSED (the reply came, and the peer takes no more); FLARE_ERR_STATE (of a
 * fetch that is not written, or after flare_fetch_finish()); FLARE_ERR_CANCELLED and the others of
 * flare_fetch_wait(). Its thread. */
flare_err flare_fetch_write(flare_fetch *fetch, flare_str part) FLARE_MUST_USE;

/** That was all: waits for the head of the reply; flare_fetch_read() gives the content. @param fetch of
 * flare_fetch_begin() @param reply set to what lives as long as the fetch, without content
 *  @return FLARE_OK; FLARE_ERR_CANCELLED and the others of flare_fetch_wait(). Its thread. */
flare_err flare_fetch_finish(flare_fetch *fetch, const flare_fetch_reply **reply) FLARE_MUST_USE;

/** Waits for a further part of the content. While nobody asks for it, at most 256 KiB are kept and the peer
 * waits. @param fetch of flare_fetch_open() @param part set to what came, decoded; it lives until the next
 * call; empty at the end
 *  @return FLARE_OK, with an empty part only where the content is whole; FLARE_ERR_CANCELLED and the others
 * of flare_fetch_wait(). Its thread. */
flare_err flare_fetch_read(flare_fetch *fetch, flare_str *part) FLARE_MUST_USE;

FLARE_END
#endif
