/* flare/testing.h - test a compiled service: called in the same process without a port, or served by a child.
 *
 *     flare_test *test;
 *     if (flare_test_open(&test, &shop_service, NULL) != FLARE_OK)
 *         return 1;
 *     const flare_test_reply *reply = flare_test_get(test, "/products/7");
 *     assert(reply->status == 200);
 *
 *     flare_test_request(test, "POST", "/cart");
 *     flare_test_header(test, FLARE_STR("Cookie"), FLARE_STR("sid=ada"));
 *     flare_test_body(test, FLARE_STR("application/json"), FLARE_STR("{\"id\":7}"));
 *     reply = flare_test_send(test);
 *     assert(reply->status == 201 && flare_test_reply_header(reply, FLARE_STR("Location")).len > 0);
 *     flare_test_close(test);
 *
 * A call takes the whole way of a request over HTTP/1.1: the parser, routing, extraction, guards, handlers of
 * every kind, after-phases. Only the network is missing: both ends are a pair of sockets in this process, and
 * the service runs on the calling thread while flare_test_send() waits. flare_test_client() makes an HTTP
 * client for it. A test that wants the network, more workers or TLS has flare_test_server_start().
 *
 * Nothing here is for production: it belongs to programs that test.
 */
#ifndef FLARE_TESTING_H
#define FLARE_TESTING_H

#include <flare/client.h>
#include <flare/field.h>
#include <flare/net.h>
#include <flare/server.h>

FLARE_BEGIN

/* ---- In the same process ---- */

/** A service under test, and the request that is being built for it; opaque. One thread's. */
typedef struct flare_test flare_test;

/** How to test. Zero means the default everywhere, so `{0}` or NULL is a good choice. */
typedef struct flare_test_options {
    uint32_t timeout_ms; /**< the longest wait for a reply. Default 30 s */
    flare_log_mode log;  /**< the process's log, to stderr. Default off */
    bool expose_errors;  /**< the text of a 500 in its body, as --expose-errors */
} flare_test_options;

/** What came back. It belongs to the flare_test, and lives until its next request or its end. */
typedef struct flare_test_reply {
    flare_err err;             /**< FLARE_OK, or why there is none: see flare_test_send() */
    unsigned status;           /**< 200 to 599, 101 of a WebSocket; 0 if there is none */
    const flare_field *fields; /**< field lines in their order */
    size_t field_count;        /**< how many */
    flare_str body;            /**< the content, out of its chunks */
} flare_test_reply;

/** Opens a service's state, and that of one worker, on this thread.
 *  @param test receives it; free it with flare_test_close(); NULL on failure
 *  @param service must outlive it @param options borrowed for the call; NULL for the defaults
 *  @return FLARE_OK; FLARE_ERR_MEMORY; FLARE_ERR_DESCRIPTORS; FLARE_ERR_UNSUPPORTED (the service was emitted
 * for another runtime); FLARE_ERR_STATE (a state could not be opened). The thread that calls it. */
flare_err flare_test_open(flare_test **test, const flare_service *service,
                          const flare_test_options *options) FLARE_MUST_USE;

/** Ends it as a drain does: what is under way is finished, states are closed.
 *  @param test may be NULL. No errors. Its thread. */
void flare_test_close(flare_test *test);

/** The service's state, to fill it for a test or to look what a request did. @param test open @return what
 * `state_open` made, which lives as long as the test, or NULL. No errors. Its thread. */
void *flare_test_state(const flare_test *test);

/** Begins a request, and forgets the last one with its reply. What is wrong with it, here or in the next two
 * calls, is told by flare_test_send().
 *  @param test open @param method such as "GET"; any token @param target path and query as they are to be
 * sent, with escapes. Both are copied. Its thread. */
void flare_test_request(flare_test *test, const char *method, const char *target);

/** Adds a field line. `Host: localhost` is there unless it is given. @param test with a request begun
 *  @param name a token @param value without CR, LF or NUL; both are copied. Its thread. */
void flare_test_header(flare_test *test, flare_str name, flare_str value);

/** Sets the body, sent with its Content-Length. @param test with a request begun @param content_type a media
 * type, or empty for no field @param body any bytes, copied; may be empty. Its thread. */
void flare_test_body(flare_test *test, flare_str content_type, flare_str body);

/** Sends the request and runs the service until the reply is complete. Requests use one connection as long as
 * the service keeps it open.
 *  @param test with a request begun
 *  @return never NULL; its err is FLARE_OK; FLARE_ERR_ARGUMENT (a method, target or field that can't be
 * sent); FLARE_ERR_STATE (no request was begun); FLARE_ERR_TIMEOUT; FLARE_ERR_CLOSED (the service closed
 * without a reply, or in it); FLARE_ERR_SYNTAX (it sent what is no reply); FLARE_ERR_MEMORY;
 * FLARE_ERR_DESCRIPTORS. Its thread. */
const flare_test_reply *flare_test_send(flare_test *test);

/** A request of a method and a target alone: GET. @param test open @param target as flare_test_request()
 *  @return as flare_test_send(); it lives as long. Its thread. */
const flare_test_reply *flare_test_get(flare_test *test, const char *target);

/** A field of a reply, the first of that name in any case. @param reply any @param name to find
 *  @return its value, which lives as long as the reply; `ptr` is NULL if there is none. Any thread. */
flare_str flare_test_reply_header(const flare_test_reply *reply, flare_str name);

/** Makes an HTTP client whose connections all lead to the service, whichever host its URLs of http name: for
 * requests as <flare/client.h> builds them (forms, credentials, cookies, redirects, HTTP/2 with
 * FLARE_CLIENT_HTTP2_KNOWN), and for the typed client of a spec. What waits, such as flare_fetch_wait(), runs
 * the service on the calling thread meanwhile.
 *  @param client receives it; the caller's, to end with flare_client_free() before flare_test_close(); NULL
 * on failure @param test open @param options as flare_client_create(); proxies are left out @return FLARE_OK;
 * FLARE_ERR_MEMORY; FLARE_ERR_ARGUMENT. A URL of https is FLARE_ERR_UNSUPPORTED of its fetch, and of
 * a typed client so is a WebSocket. Its thread. */
flare_err flare_test_client(flare_client **client, flare_test *test,
                            const flare_client_options *options) FLARE_MUST_USE;

/* ---- In a child process ---- */

/** A service that a child process serves. Read the members freely. */
typedef struct flare_test_server {
    /** Where it listens, such as "127.0.0.1:40123", "[::1]:40123" or "tls:127.0.0.1:40123". */
    char address[FLARE_ADDRESS_TEXT_MAX_BYTES + sizeof("tls:")];
    char
        url[FLARE_ADDRESS_TEXT_MAX_BYTES + sizeof("https://") + sizeof("tls:")]; /**< "http://127.0.0.1:40123"
                                                                   or https; "" of a unix socket */
    uint16_t port;                                                               /**< 0 of a unix socket */
    int leash;                                                                   /**< the library's */
    int process; /**< its id; 0 when it is not running */
} flare_test_server;

/** Forks, serves in the child and waits until it listens. The child ends when this process does. Call it
 * before the test starts threads of its own: the child has only the thread that called.
 *  @param server written whole; process is 0 on failure
 *  @param service what to serve @param address as flare_server_listen(); NULL means "127.0.0.1:0", a port
 * that is free
 *  @param options as flare_server_new(), but that NULL means one worker and no log
 *  @return FLARE_OK; as flare_server_new() and flare_server_listen(); FLARE_ERR_AGAIN (the system has no
 * more processes); FLARE_ERR_CLOSED (the child died). Any thread. */
flare_err flare_test_server_start(flare_test_server *server, const flare_service *service,
                                  const char *address, const flare_options *options) FLARE_MUST_USE;

/** Asks the child to drain, and waits for its end.
 *  @param server started; one that is not running is left alone
 *  @return FLARE_OK; FLARE_ERR_TIMEOUT (the drain cut requests off, or it failed otherwise);
 * FLARE_ERR_CLOSED (it had died: of a signal). The thread that started it. */
flare_err flare_test_server_stop(flare_test_server *server);

FLARE_END
#endif
