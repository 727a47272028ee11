#include "postgres/values.h"

#include <flare/memory.h>
#include <flare/number.h>

#include <limits.h>
#include <math.h>

/* Room for any number, with its NUL. */
enum { NUMBER_BYTES = 40 };

flare_err flarei_postgres_values_check(const flare_postgres_value *values, size_t count)
{
    if (count > FLARE_POSTGRES_VALUES_MAX)
        return FLARE_ERR_LIMIT;
    for (size_t i = 0; i < count; i++) {
        const flare_str str = values[i].as.str;

        if (values[i].kind != FLARE_POSTGRES_TEXT && values[i].kind != FLARE_POSTGRES_BYTES)
            continue;
        if (str.len > INT_MAX - 1)
            return FLARE_ERR_ARGUMENT;
        if (values[i].kind == FLARE_POSTGRES_TEXT && str.len > 0 && memchr(str.ptr, '\0', str.len) != NULL)
            return FLARE_ERR_ARGUMENT;
    }
    return FLARE_OK;
}

static size_t text_bytes(const flare_postgres_value *value)
{
    switch (value->kind) {
    case FLARE_POSTGRES_NULL:
    case FLARE_POSTGRES_BOOL:
    case FLARE_POSTGRES_BYTES:
        return 0;
    case FLARE_POSTGRES_TEXT:
        return value->as.str.len + 1;
    case FLARE_POSTGRES_I64:
    case FLARE_POSTGRES_F64:
        break;
    }
    return NUMBER_BYTES;
}

static size_t number_format(double number, char *out)
{
    const char *const word = isnan(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity";

    if (!isnan(number) && !isinf(number))
        return flare_f64_format(number, out);
    memcpy(out, word, strlen(word));
    return strlen(word);
}

/* What libpq is given for a value; `*at` is advanced past what is written there. */
static const char *text_of(const flare_postgres_value *value, char **at)
{
    char *const begin = *at;
    size_t len = 0;

    switch (value->kind) {
    case FLARE_POSTGRES_NULL:
        return NULL;
    case FLARE_POSTGRES_BOOL:
        return value->as.boolean ? "t" : "f";
    case FLARE_POSTGRES_BYTES: /* a NULL would be NULL */
        return value->as.str.len > 0 ? value->as.str.ptr : "";
    case FLARE_POSTGRES_I64:
        len = flare_i64_format(value->as.i64, begin);
        break;
    case FLARE_POSTGRES_F64:
        len = number_format(value->as.f64, begin);
        break;
    case FLARE_POSTGRES_TEXT:
        len = value->as.str.len;
        if (len > 0)
            memcpy(begin, value->as.str.ptr, len);
        break;
    }
    begin[len] = '\0';
    *at += len + 1;
    return begin;
}

static bool make_room(struct flarei_postgres_pool *pool, size_t bytes)
{
    char *scratch;

    if (bytes <= pool->scratch_bytes)
        return true;
    scratch = flarei_malloc(bytes + bytes / 2);
    if (scratch == NULL)
        return false;
    flarei_free(pool->scratch);
    pool->scratch = scratch;
    pool->scratch_bytes = bytes + bytes / 2;
    return true;
}

bool flarei_postgres_values_lay_out(struct flarei_postgres_pool *pool, const flare_postgres_value *values,
                                    size_t count, struct flarei_postgres_values *out)
{
    size_t bytes = count * (sizeof(char *) + 2 * sizeof(int));
    const char **texts;
    int *lengths, *formats;
    char *at;

    for (size_t i = 0; i < count; i++)
        bytes += text_bytes(&values[i]);
    if (!make_room(pool, bytes))
        return false;
    texts = (const char **)(void *)pool->scratch;
    lengths = (int *)(void *)(texts + count);
    formats = lengths + count;
    at = (char *)(formats + count);
    for (size_t i = 0; i < count; i++) {
        const bool bytea = values[i].kind == FLARE_POSTGRES_BYTES;

        texts[i] = text_of(&values[i], &at);
        lengths[i] = bytea ? (int)values[i].as.str.len : 0;
        formats[i] = bytea;
    }
    *out = (struct flarei_postgres_values){texts, lengths, formats, (int)count};
    return true;
}
