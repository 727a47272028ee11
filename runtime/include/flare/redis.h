/* flare/redis.h - Redis from async handlers, over a pool of connections.
 *
 *     flare_redis_reply reply;
 *     int64_t visits;
 *
 *     flare_err err = flare_redis_ask(redis, &reply, FLARE_REDIS_WORDS(FLARE_STR("INCR"), in->page));
 *     if (err == FLARE_OK)
 *         err = flare_redis_get_i64(&reply.value, &visits);
 *     flare_redis_reply_free(&reply);
 *
 * It is a library of its own over hiredis (`flare::redis`, flare-redis.pc). A pool belongs to one worker: it
 * is opened with the worker's state, and used by the async handlers of that worker alone. What waits gives
 * the thread to others.
 *
 * Commands of several handlers are under way on a connection at a time. So a command that changes its
 * connection for others, or holds it up, is refused: AUTH, SELECT, HELLO, RESET and QUIT, WATCH, CLIENT REPLY
 * and CLIENT TRACKING, SUBSCRIBE and its kin, MONITOR, SYNC, WAIT, and whatever blocks until there is
 * something, such as BLPOP. A transaction is the commands from MULTI to EXEC in one flare_redis_ask_all();
 * what depends on a value that is read is a script (EVAL).
 *
 * A server that does not answer or can't be reached is an error at once where that is known: no more than one
 * connection of a pool is being opened at a time, and after a failure the next one only after a pause, which
 * doubles. flare_redis_unavailable() says which errors are such a one, to be told as 503.
 */
#ifndef FLARE_REDIS_H
#define FLARE_REDIS_H

#include <flare/connector.h>
#include <flare/err.h>
#include <flare/str.h>

FLARE_BEGIN

/** Connections of a pool, unless asked for otherwise. */
#define FLARE_REDIS_CONNECTIONS_MAX 4
/** What is under way on a connection, unless asked for otherwise: calls of handlers, each of one command or
 * more. */
#define FLARE_REDIS_PIPELINE_MAX 128
/** How long opening a connection has, unless asked for otherwise. */
#define FLARE_REDIS_CONNECT_MS 2000
/** How long a command waits for a connection, unless asked for otherwise. */
#define FLARE_REDIS_ACQUIRE_MS 2000
/** How long a reply is waited for, unless asked for otherwise. */
#define FLARE_REDIS_ANSWER_MS 5000
/** The first pause after a connection that could not be opened, unless asked for otherwise; it doubles. */
#define FLARE_REDIS_RETRY_MS 100
/** The longest such pause, unless asked for otherwise. */
#define FLARE_REDIS_RETRY_MAX_MS 2000
/** The largest reply, unless asked for otherwise. */
#define FLARE_REDIS_REPLY_MAX_BYTES (8u << 20)
/** The bytes that one call sends at most. */
#define FLARE_REDIS_ASK_MAX_BYTES (64u << 20)

/** A pool of connections; opaque. */
typedef struct flare_redis flare_redis;

/* ---- The pool ---- */

/** How a pool behaves. Zero means the default everywhere. */
typedef struct flare_redis_options {
    /** Where the server is; copied. `redis://[[user]:password@]host[:port][/database]`, with TLS `rediss://`,
     * and over a unix socket `unix://[[user]:password@]/path[?db=database]`; what is odd in it is escaped by
     * percent. NULL: what the environment's REDIS_URL says, or redis://127.0.0.1:6379. */
    const char *url;
    const flare_tls_connector_options *tls; /**< of rediss://, for the call; NULL: whom the system trusts */
    uint32_t connections_max; /**< default FLARE_REDIS_CONNECTIONS_MAX; they are opened as they are needed */
    uint32_t pipeline_max;    /**< default FLARE_REDIS_PIPELINE_MAX; 1: handlers do not share a connection */
    uint32_t connect_ms;   /**< default FLARE_REDIS_CONNECT_MS; names, TLS, AUTH and SELECT are part of it */
    uint32_t acquire_ms;   /**< default FLARE_REDIS_ACQUIRE_MS */
    uint32_t answer_ms;    /**< default FLARE_REDIS_ANSWER_MS */
    uint32_t retry_ms;     /**< default FLARE_REDIS_RETRY_MS */
    uint32_t retry_max_ms; /**< default FLARE_REDIS_RETRY_MAX_MS */
    uint32_t reply_max_bytes; /**< default FLARE_REDIS_REPLY_MAX_BYTES: of one reply, its texts and 64 bytes
                                 for each value */
} flare_redis_options;

/** Makes a pool. It connects when it is first used, on the loop of the handler that uses it.
 *  @param redis receives it; the caller's, to end with flare_redis_close(); NULL on failure
 *  @param options borrowed for the call; NULL for the defaults
 *  @return FLARE_OK; FLARE_ERR_SYNTAX (a URL that can't be); of rediss:// as flare_tls_connector_create(),
 * such as FLARE_ERR_NOT_FOUND; FLARE_ERR_MEMORY. Any thread. */
flare_err flare_redis_open(flare_redis **redis, const flare_redis_options *options) FLARE_MUST_USE;

/** Closes its connections and frees it, when the worker's state is closed: no handler uses it any more.
 *  @param redis may be NULL. Its worker's thread. No errors. */
void flare_redis_close(flare_redis *redis);

/** How many connections it has open. @param redis any @return the number, without the one that is being
 * opened. Its worker's thread. No errors. */
size_t flare_redis_connections(const flare_redis *redis);

/* ---- Replies ---- */

/** What a value is. */
typedef enum flare_redis_kind {
    FLARE_REDIS_NIL = 0, /**< there is none, of strings and of arrays */
    FLARE_REDIS_INTEGER,
    FLARE_REDIS_STRING, /**< any bytes; OK and its like too */
    FLARE_REDIS_ERROR,  /**< in an array only, such as EXEC's: elsewhere it is the reply's error */
    FLARE_REDIS_ARRAY
} flare_redis_kind;

/** A value of a reply. Read the members freely, or by the functions below. */
typedef struct flare_redis_value {
    flare_redis_kind kind;           /**< which of the others it has */
    int64_t integer;                 /**< of INTEGER */
    flare_str str;                   /**< of STRING and ERROR; lives as long as the reply */
    struct flare_redis_value *items; /**< of ARRAY, likewise */
    size_t count;                    /**< of ARRAY: how many */
} flare_redis_value;

/** What a command was answered. */
typedef struct flare_redis_reply {
    flare_err err;           /**< as its call returned */
    const char *message;     /**< in words, of Redis itself where it said any; lives as long as the reply; ""
                                without an error */
    flare_redis_value value; /**< NIL with an error */
    void *memory;            /**< the library's */
} flare_redis_reply;

/** Frees what a reply holds. @param reply that a call filled, whatever it returned, or zeroed; may be freed
 * twice. Any thread. No errors. */
void flare_redis_reply_free(flare_redis_reply *reply);

/** A whole number. @param value an INTEGER, or a STRING that reads as one @param number set on success
 *  @return FLARE_OK; FLARE_ERR_NOT_FOUND: it is NIL; FLARE_ERR_SYNTAX: it is no whole number;
 * FLARE_ERR_RANGE. Any thread. */
flare_err flare_redis_get_i64(const flare_redis_value *value, int64_t *number) FLARE_MUST_USE;

/** A number, such as a score. @param value an INTEGER, or a STRING that reads as one @param number set on
 * success
 *  @return as flare_redis_get_i64(), such as FLARE_ERR_NOT_FOUND. Any thread. */
flare_err flare_redis_get_f64(const flare_redis_value *value, double *number) FLARE_MUST_USE;

/** A string. @param value a STRING @param str set on success; lives as long as the reply
 *  @return FLARE_OK; FLARE_ERR_NOT_FOUND: it is NIL; FLARE_ERR_SYNTAX: it is something else. Any thread. */
flare_err flare_redis_get_str(const flare_redis_value *value, flare_str *str) FLARE_MUST_USE;

/** One of an array. @param value any @param index from 0
 *  @return it, which lives as long as the reply; a NIL where there is none; never NULL. Any thread. No
 * errors. */
const flare_redis_value *flare_redis_item(const flare_redis_value *value, size_t index);

/* ---- Commands ---- */

/** The two arguments `words` and `count` of a command: FLARE_REDIS_WORDS(FLARE_STR("GET"), key). C only. */
#define FLARE_REDIS_WORDS(...)                                                                               \
    (const flare_str[]){__VA_ARGS__}, sizeof((const flare_str[]){__VA_ARGS__}) / sizeof(flare_str)

/** Runs a command, and waits for its reply. When the wait ends before that, the command may have taken effect
 * or not.
 *  @param redis a pool of this worker @param reply filled in any case; the caller's, to free with
 * flare_redis_reply_free() @param words the command and its arguments, of any bytes; borrowed for the call
 *  @param count how many
 *  @return FLARE_OK. Of what flare_redis_unavailable() knows: FLARE_ERR_REFUSED (no connection could be
 * opened; or the server is not ready: it is loading, runs a script, or has lost its master),
 * FLARE_ERR_TIMEOUT (none was free in time, or no reply came), FLARE_ERR_CLOSED (the connection was lost),
 * FLARE_ERR_CANCELLED (nobody waits for the reply any more). Of the command: FLARE_ERR_PERMISSION (NOAUTH,
 * NOPERM), FLARE_ERR_DISK_FULL (OOM, MISCONF: it takes nothing more), FLARE_ERR_NOT_FOUND (NOSCRIPT),
 * FLARE_ERR_AGAIN (TRYAGAIN), FLARE_ERR_ARGUMENT (any other error, or no command). FLARE_ERR_UNSUPPORTED (a
 * command that is refused, see above; it was not sent); FLARE_ERR_LIMIT (more than FLARE_REDIS_ASK_MAX_BYTES,
 * or a larger reply than may be, for which the connection is given up); FLARE_ERR_SYNTAX (the peer speaks
 * something else); FLARE_ERR_MEMORY; FLARE_ERR_STATE (not an async handler of the pool's worker). The
 * handler's thread. */
flare_err flare_redis_ask(flare_redis *redis, flare_redis_reply *reply, const flare_str *words, size_t count);

/** A command among several. */
typedef struct flare_redis_command {
    const flare_str *words;  /**< the command and its arguments */
    size_t count;            /**< how many */
    flare_redis_reply reply; /**< filled in any case; the caller's, to free */
} flare_redis_command;

/** Runs several commands on one connection: all are sent at once, nothing comes between them, and they are
 * answered in their order. From MULTI to EXEC they are a transaction: each is answered QUEUED, and EXEC by an
 * array of what they gave.
 *  @param redis as flare_redis_ask() @param commands the caller's @param count how many; 0 is none
 *  @return FLARE_OK if all went well, else the first error, such as FLARE_ERR_ARGUMENT (also for a MULTI that
 * has no end); as flare_redis_ask(). The handler's thread. */
flare_err flare_redis_ask_all(flare_redis *redis, flare_redis_command *commands, size_t count);

/** Is it an error of the server's being away, busy or slow, to be told as 503? @param err of a command
 *  @return true of FLARE_ERR_REFUSED, FLARE_ERR_TIMEOUT, FLARE_ERR_CLOSED and FLARE_ERR_CANCELLED. Any
 * thread. No errors. */
bool flare_redis_unavailable(flare_err err);

FLARE_END
#endif
