#include "postgres/result.h"

#include <flare/memory.h>
#include <flare/number.h>

#include <limits.h>
#include <math.h>

/* ---- Made ---- */

flare_err flarei_postgres_err_of(const char *sqlstate)
{
    static const struct {
        const char state[6];
        flare_err err;
    } known[] = {
        {"23505", FLARE_ERR_EXISTS},     /* unique_violation */
        {"40001", FLARE_ERR_AGAIN},      /* serialization_failure */
        {"40P01", FLARE_ERR_AGAIN},      /* deadlock_detected */
        {"42501", FLARE_ERR_PERMISSION}, /* insufficient_privilege */
        {"53100", FLARE_ERR_DISK_FULL},  /* disk_full */
        {"53300", FLARE_ERR_CLOSED},     /* too_many_connections */
        {"57014", FLARE_ERR_TIMEOUT},    /* query_canceled */
        {"57P01", FLARE_ERR_CLOSED},     /* admin_shutdown */
        {"57P02", FLARE_ERR_CLOSED},     /* crash_shutdown */
        {"57P03", FLARE_ERR_CLOSED},     /* cannot_connect_now */
        {"57P05", FLARE_ERR_CLOSED},     /* idle_session_timeout */
    };

    if (sqlstate == NULL || strncmp(sqlstate, "08", 2) == 0) /* libpq itself, or connection_exception */
        return FLARE_ERR_CLOSED;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(sqlstate, known[i].state) == 0)
            return known[i].err;
    return FLARE_ERR_ARGUMENT;
}

void flarei_postgres_result_fail(flare_postgres_result *result, flare_err err)
{
    *result = (flare_postgres_result){.err = err, .message = err != FLARE_OK ? flare_err_text(err) : ""};
}

static void take_error(flare_postgres_result *result, PGresult *from)
{
    const char *const state = PQresultErrorField(from, PG_DIAG_SQLSTATE);
    const char *const message = PQresultErrorField(from, PG_DIAG_MESSAGE_PRIMARY);

    flarei_postgres_result_fail(result, flarei_postgres_err_of(state));
    result->result = from;
    if (state != NULL && strlen(state) < sizeof result->sqlstate)
        memcpy(result->sqlstate, state, strlen(state) + 1);
    if (message != NULL)
        result->message = message;
}

void flarei_postgres_result_take(flare_postgres_result *result, PGresult *from)
{
    const ExecStatusType status = PQresultStatus(from);

    if (from == NULL) {
        flarei_postgres_result_fail(result, FLARE_ERR_MEMORY);
        return;
    }
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_EMPTY_QUERY) {
        take_error(result, from);
        return;
    }
    flarei_postgres_result_fail(result, FLARE_OK);
    result->result = from;
    result->row_count = (size_t)PQntuples(from);
    result->column_count = (size_t)PQnfields(from);
    if (flare_u64_parse(flare_str_of(PQcmdTuples(from)), &result->affected) != FLARE_OK)
        result->affected = 0;
}

void flare_postgres_result_free(flare_postgres_result *result)
{
    while (result->memory != NULL) {
        void *const block = result->memory;

        memcpy(&result->memory, block, sizeof result->memory);
        flarei_free(block);
    }
    PQclear(result->result);
    *result = (flare_postgres_result){.message = ""};
}

/* ---- Read ---- */

bool flare_postgres_is_null(const flare_postgres_result *result, size_t row, size_t column)
{
    return row >= result->row_count || column >= result->column_count ||
           PQgetisnull(result->result, (int)row, (int)column) != 0;
}

flare_err flare_postgres_get_text(const flare_postgres_result *result, size_t row, size_t column,
                                  flare_str *text)
{
    if (flare_postgres_is_null(result, row, column))
        return FLARE_ERR_NOT_FOUND;
    text->ptr = PQgetvalue(result->result, (int)row, (int)column);
    text->len = (size_t)PQgetlength(result->result, (int)row, (int)column);
    return FLARE_OK;
}

flare_err flare_postgres_get_i64(const flare_postgres_result *result, size_t row, size_t column,
                                 int64_t *number)
{
    flare_str text;
    const flare_err err = flare_postgres_get_text(result, row, column, &text);

    return err != FLARE_OK ? err : flare_i64_parse(text, number);
}

flare_err flare_postgres_get_f64(const flare_postgres_result *result, size_t row, size_t column,
                                 double *number)
{
    flare_str text;
    const flare_err err = flare_postgres_get_text(result, row, column, &text);

    if (err != FLARE_OK)
        return err;
    if (flare_str_equal(text, FLARE_STR("NaN")))
        *number = (double)NAN;
    else if (flare_str_equal(text, FLARE_STR("Infinity")))
        *number = (double)INFINITY;
    else if (flare_str_equal(text, FLARE_STR("-Infinity")))
        *number = -(double)INFINITY;
    else
        return flare_f64_parse(text, number);
    return FLARE_OK;
}

flare_err flare_postgres_get_bool(const flare_postgres_result *result, size_t row, size_t column, bool *truth)
{
    flare_str text;
    const flare_err err = flare_postgres_get_text(result, row, column, &text);

    if (err != FLARE_OK)
        return err;
    if (text.len != 1 || (text.ptr[0] != 't' && text.ptr[0] != 'f'))
        return FLARE_ERR_SYNTAX;
    *truth = text.ptr[0] == 't';
    return FLARE_OK;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

flare_err flare_postgres_get_bytes(flare_postgres_result *result, size_t row, size_t column, flare_str *bytes)
{
    flare_str text;
    const flare_err err = flare_postgres_get_text(result, row, column, &text);
    unsigned char *block, *out;

    if (err != FLARE_OK)
        return err;
    if (text.len < 2 || text.len % 2 != 0 || text.ptr[0] != '\\' || text.ptr[1] != 'x')
        return FLARE_ERR_SYNTAX;
    block = flarei_malloc(sizeof result->memory + text.len / 2);
    if (block == NULL)
        return FLARE_ERR_MEMORY;
    out = block + sizeof result->memory;
    for (size_t at = 2; at < text.len; at += 2) {
        const int high = hex_digit(text.ptr[at]), low = hex_digit(text.ptr[at + 1]);

        if (high < 0 || low < 0) {
            flarei_free(block);
            return FLARE_ERR_SYNTAX;
        }
        out[at / 2 - 1] = (unsigned char)(high * 16 + low);
    }
    memcpy(block, &result->memory, sizeof result->memory);
    result->memory = block;
    *bytes = (flare_str){(const char *)out, text.len / 2 - 1};
    return FLARE_OK;
}
