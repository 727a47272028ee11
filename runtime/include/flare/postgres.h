/* flare/postgres.h - PostgreSQL, awaited: queries from async handlers, over a pool of connections.
 *
 *     flare_postgres_result result;
 *     int64_t number;
 *
 *     flare_err err = flare_postgres_query(database, &result, "SELECT number FROM world WHERE id = $1",
 *                                          FLARE_POSTGRES_VALUES(flare_postgres_i64(7)));
 *     if (err == FLARE_OK)
 *         err = flare_postgres_get_i64(&result, 0, 0, &number);
 *     flare_postgres_result_free(&result);
 *
 * It is a library of its own over libpq (`flare::postgres`, flare-postgres.pc). A pool belongs to one worker:
 * it is opened with the worker's state, and used by the async handlers of that worker alone. What waits gives
 * the thread to others.
 *
 * Several queries are under way on a connection at a time (libpq's pipeline mode), each a transaction of its
 * own; what needs more than one statement in a transaction holds a connection, see flare_postgres_begin().
 * Each text of a statement is prepared once on each connection, on the way of its first use.
 *
 * A server that does not answer or can't be reached is an error at once where that is known: no more than one
 * connection of a pool is being opened at a time, and after a failure the next one only after a pause, which
 * doubles. flare_postgres_unavailable() says which errors are such a one, to be told as 503.
 */
#ifndef FLARE_POSTGRES_H
#define FLARE_POSTGRES_H

#include <flare/err.h>
#include <flare/str.h>

FLARE_BEGIN

/** Connections of a pool, unless asked for otherwise. */
#define FLARE_POSTGRES_CONNECTIONS_MAX 8
/** Queries under way on a connection, unless asked for otherwise. */
#define FLARE_POSTGRES_PIPELINE_MAX 16
/** How long opening a connection has, unless asked for otherwise. */
#define FLARE_POSTGRES_CONNECT_MS 5000
/** How long a query waits for a connection, unless asked for otherwise. */
#define FLARE_POSTGRES_ACQUIRE_MS 5000
/** How long an answer is waited for, unless asked for otherwise. */
#define FLARE_POSTGRES_ANSWER_MS 30000
/** The first pause after a connection that could not be opened, unless asked for otherwise; it doubles. */
#define FLARE_POSTGRES_RETRY_MS 100
/** The longest such pause, unless asked for otherwise. */
#define FLARE_POSTGRES_RETRY_MAX_MS 2000
/** The statements that are prepared on a connection; further ones are parsed each time. */
#define FLARE_POSTGRES_STATEMENTS_MAX 256
/** The most values of a statement. */
#define FLARE_POSTGRES_VALUES_MAX 65535

/** A pool of connections, or a transaction on one of them; opaque. */
typedef struct flare_postgres flare_postgres;

/* ---- The pool ---- */

/** How a pool behaves. Zero means the default everywhere. */
typedef struct flare_postgres_options {
    const char *conninfo; /**< copied: "host=db dbname=shop" or "postgresql://db/shop", as libpq has it. What
                             it leaves open, and all of it where it is NULL, is taken from the environment
                             (PGHOST, PGDATABASE, ...). Here `gssencmode` is `disable` unless it is
 named. A host's name that only a service file says is looked up by libpq, which blocks */
    uint32_t connections_max; /**< default FLARE_POSTGRES_CONNECTIONS_MAX; they are opened as they are needed
                               */
    uint32_t pipeline_max;    /**< queries of several handlers that share a connection. Default
                                 FLARE_POSTGRES_PIPELINE_MAX; 1: none do */
    uint32_t connect_ms;      /**< default FLARE_POSTGRES_CONNECT_MS */
    uint32_t acquire_ms;      /**< default FLARE_POSTGRES_ACQUIRE_MS */
    uint32_t answer_ms;       /**< default FLARE_POSTGRES_ANSWER_MS */
    uint32_t retry_ms;        /**< default FLARE_POSTGRES_RETRY_MS */
    uint32_t retry_max_ms;    /**< default FLARE_POSTGRES_RETRY_MAX_MS */
    bool unprepared; /**< prepare nothing: for a pooler between that gives each query another session */
} flare_postgres_options;

/** Makes a pool. It connects when it is first used, on the loop of the handler that uses it.
 *  @param pool receives it; the caller's, to end with flare_postgres_close(); NULL on failure
 *  @param options borrowed for the call; NULL for the defaults
 *  @return FLARE_OK; FLARE_ERR_SYNTAX (a conninfo that can't be); FLARE_ERR_MEMORY. Any thread. */
flare_err flare_postgres_open(flare_postgres **pool, const flare_postgres_options *options) FLARE_MUST_USE;

/** Closes its connections and frees it, when the worker's state is closed: no handler uses it any more.
 *  @param pool may be NULL; not a transaction. Its worker's thread. No errors. */
void flare_postgres_close(flare_postgres *pool);

/** How many connections it has open. @param pool not a transaction @return the number, without the one that
 * is being opened. Its worker's thread. No errors. */
size_t flare_postgres_connections(const flare_postgres *pool);

/* ---- Values ---- */

/** What a value is. */
typedef enum flare_postgres_kind {
    FLARE_POSTGRES_NULL = 0,
    FLARE_POSTGRES_I64,
    FLARE_POSTGRES_F64,
    FLARE_POSTGRES_BOOL,
    FLARE_POSTGRES_TEXT,
    FLARE_POSTGRES_BYTES
} flare_postgres_kind;

/** A value of a statement, for `$1` and so on; made by the functions below. */
typedef struct flare_postgres_value {
    flare_postgres_kind kind; /**< which of the others it has */
    union {
        int64_t i64;   /**< of I64 */
        double f64;    /**< of F64 */
        bool boolean;  /**< of BOOL */
        flare_str str; /**< of TEXT and BYTES; borrowed until the query returns */
    } as;              /**< it */
} flare_postgres_value;

/** NULL of any type. @return the value. Any thread. No errors. */
static inline flare_postgres_value flare_postgres_null(void)
{
    flare_postgres_value value;

    value.kind = FLARE_POSTGRES_NULL;
    value.as.i64 = 0;
    return value;
}

/** A whole number, for any type that reads one. @param number it @return the value. Any thread. No errors. */
static inline flare_postgres_value flare_postgres_i64(int64_t number)
{
    flare_postgres_value value;

    value.kind = FLARE_POSTGRES_I64;
    value.as.i64 = number;
    return value;
}

/** A number; NaN and the infinities too. @param number it @return the value. Any thread. No errors. */
static inline flare_postgres_value flare_postgres_f64(double number)
{
    flare_postgres_value value;

    value.kind = FLARE_POSTGRES_F64;
    value.as.f64 = number;
    return value;
}

/** A boolean. @param truth it @return the value. Any thread. No errors. */
static inline flare_postgres_value flare_postgres_bool(bool truth)
{
    flare_postgres_value value;

    value.kind = FLARE_POSTGRES_BOOL;
    value.as.boolean = truth;
    return value;
}

/** A text, of any type: the server reads it as what it expects there, so '{1,2}' is an array of numbers.
 *  @param text without NUL bytes; borrowed until the query returns @return the value. Any thread. No errors.
 */
static inline flare_postgres_value flare_postgres_text(flare_str text)
{
    flare_postgres_value value;

    value.kind = FLARE_POSTGRES_TEXT;
    value.as.str = text;
    return value;
}

/** A bytea. @param bytes any; borrowed until the query returns @return the value. Any thread. No errors. */
static inline flare_postgres_value flare_postgres_bytes(flare_str bytes)
{
    flare_postgres_value value;

    value.kind = FLARE_POSTGRES_BYTES;
    value.as.str = bytes;
    return value;
}

/** The two arguments `values` and `count` of a query: FLARE_POSTGRES_VALUES(flare_postgres_i64(7)). C only.
 */
#define FLARE_POSTGRES_VALUES(...)                                                                           \
    (const flare_postgres_value[]){__VA_ARGS__},                                                             \
        sizeof((const flare_postgres_value[]){__VA_ARGS__}) / sizeof(flare_postgres_value)

/* ---- Results ---- */

/** What a statement gave. Read the members freely. */
typedef struct flare_postgres_result {
    flare_err err;       /**< as its query returned */
    char sqlstate[6];    /**< of a statement that failed, such as "23505"; "" where the server said none */
    const char *message; /**< in words; lives as long as the result; "" without an error */
    size_t row_count;    /**< rows to get */
    size_t column_count; /**< columns of each */
    uint64_t affected;   /**< rows that were inserted, updated, deleted or selected */
    struct pg_result *result; /**< libpq's own (a PGresult), or NULL; freed with this */
    void *memory;             /**< the library's */
} flare_postgres_result;

/** Frees what a result holds. @param result that a query filled, whatever it returned, or zeroed; may be
 * freed twice. Any thread. No errors. */
void flare_postgres_result_free(flare_postgres_result *result);

/** Is it NULL? @param result any @param row from 0 @param column from 0 @return true of one that is not there
 * as well. Any thread. No errors. */
bool flare_postgres_is_null(const flare_postgres_result *result, size_t row, size_t column);

/** A whole number. @param result any @param row from 0 @param column from 0 @param number set on success
 *  @return FLARE_OK; FLARE_ERR_NOT_FOUND: it is NULL, or there is no such row or column; FLARE_ERR_SYNTAX: it
 * is no whole number; FLARE_ERR_RANGE. Any thread. */
flare_err flare_postgres_get_i64(const flare_postgres_result *result, size_t row, size_t column,
                                 int64_t *number) FLARE_MUST_USE;

/** A number. @param result any @param row from 0 @param column from 0 @param number set on success; may be
 * NaN or infinite
 *  @return FLARE_OK; FLARE_ERR_NOT_FOUND, FLARE_ERR_SYNTAX and FLARE_ERR_RANGE as flare_postgres_get_i64().
 * Any thread. */
flare_err flare_postgres_get_f64(const flare_postgres_result *result, size_t row, size_t column,
                                 double *number) FLARE_MUST_USE;

/** A boolean. @param result any @param row from 0 @param column from 0 @param truth set on success
 *  @return FLARE_OK; FLARE_ERR_NOT_FOUND, FLARE_ERR_SYNTAX and FLARE_ERR_RANGE as flare_postgres_get_i64().
 * Any thread. */
flare_err flare_postgres_get_bool(const flare_postgres_result *result, size_t row, size_t column,
                                  bool *truth) FLARE_MUST_USE;

/** The text of any type, as psql shows it. @param result any @param row from 0 @param column from 0
 *  @param text set on success; lives as long as the result
 *  @return FLARE_OK; FLARE_ERR_NOT_FOUND as flare_postgres_get_i64(). Any thread. */
flare_err flare_postgres_get_text(const flare_postgres_result *result, size_t row, size_t column,
                                  flare_str *text) FLARE_MUST_USE;

/** The bytes of a bytea. @param result any @param row from 0 @param column from 0
 *  @param bytes set on success; they live as long as the result
 *  @return as flare_postgres_get_i64(), and FLARE_ERR_MEMORY. One thread at a time. */
flare_err flare_postgres_get_bytes(flare_postgres_result *result, size_t row, size_t column,
                                   flare_str *bytes) FLARE_MUST_USE;

/* ---- Queries ---- */

/** Runs a statement, and waits for all of its rows. Of a pool it is a transaction of its own. When the wait
 * ends before the answer, the statement may have taken effect or not.
 *  @param database a pool of this worker, or a transaction
 *  @param result filled in any case; the caller's, to free with flare_postgres_result_free()
 *  @param sql one statement @param values for `$1` and so on; may be NULL @param count how many
 *  @return FLARE_OK. Of what flare_postgres_unavailable() knows: FLARE_ERR_REFUSED (no connection could be
 * opened), FLARE_ERR_TIMEOUT (none was free in time, or no answer came, or the server's own statement_timeout
 * passed), FLARE_ERR_CLOSED (the connection was lost, the server ends or has too many), FLARE_ERR_CANCELLED
 * (nobody waits for the reply any more). Of the statement, with its `sqlstate`: FLARE_ERR_EXISTS (a key is
 * there already, 23505), FLARE_ERR_AGAIN (40001, 40P01: the transaction may be tried again),
 * FLARE_ERR_PERMISSION (42501), FLARE_ERR_DISK_FULL (53100), FLARE_ERR_ARGUMENT (any other, or a value that
 * can't be). FLARE_ERR_UNSUPPORTED (COPY); FLARE_ERR_LIMIT (too many values); FLARE_ERR_MEMORY;
 * FLARE_ERR_STATE (not an async handler of the pool's worker). The handler's thread. */
flare_err flare_postgres_query(flare_postgres *database, flare_postgres_result *result, const char *sql,
                               const flare_postgres_value *values, size_t count);

/** A statement among several. */
typedef struct flare_postgres_command {
    const char *sql;                    /**< one statement */
    const flare_postgres_value *values; /**< for `$1` and so on */
    size_t count;                       /**< how many */
    bool unprepared;              /**< a text that is another one each time, so it is not worth preparing */
    flare_postgres_result result; /**< filled in any case; the caller's, to free */
} flare_postgres_command;

/** Runs several statements on one connection: all are sent at once, and answered in their order. Each has a
 * result of its own, and of a pool each is a transaction of its own.
 *  @param database as flare_postgres_query() @param commands the caller's @param count how many; 0 is none
 *  @return FLARE_OK if all went well, else the first error, such as FLARE_ERR_ARGUMENT; as
 * flare_postgres_query(). The handler's thread. */
flare_err flare_postgres_query_all(flare_postgres *database, flare_postgres_command *commands, size_t count);

/** Is it an error of the server's being away, busy or slow, to be told as 503? @param err of a query
 *  @return true of FLARE_ERR_REFUSED, FLARE_ERR_TIMEOUT, FLARE_ERR_CLOSED and FLARE_ERR_CANCELLED. Any
 * thread. No errors. */
bool flare_postgres_unavailable(flare_err err);

/* ---- Transactions ---- */

/** Begins a transaction: a connection is held until it ends.
 *  @param pool of this worker @param transaction receives it, to query and to end by one of the two below;
 * NULL on failure
 *  @return FLARE_OK; FLARE_ERR_REFUSED and others as flare_postgres_query(); FLARE_ERR_STATE (a transaction
 * has none in it). The handler's thread. */
flare_err flare_postgres_begin(flare_postgres *pool, flare_postgres **transaction) FLARE_MUST_USE;

/** Commits, and ends the transaction in any case.
 *  @param transaction gone after this @return FLARE_OK: it is committed; FLARE_ERR_AGAIN and others of the
 * statement: it is not (FLARE_ERR_STATE where a statement of it had failed); of what
 * flare_postgres_unavailable() knows: nobody knows whether it is. The handler's thread. */
flare_err flare_postgres_commit(flare_postgres *transaction) FLARE_MUST_USE;

/** Takes all back, and ends the transaction. It does not wait, also where nobody waits for the reply any
 * more.
 *  @param transaction gone after this; may be NULL. The handler's thread. No errors. */
void flare_postgres_rollback(flare_postgres *transaction);

FLARE_END
#endif
