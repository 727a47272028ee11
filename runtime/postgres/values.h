/* postgres/values.h - values as libpq takes them. */
#ifndef FLAREI_POSTGRES_VALUES_H
#define FLAREI_POSTGRES_VALUES_H

#include "postgres/pool.h"

struct flarei_postgres_values {
    const char *const *texts;
    const int *lengths;
    const int *formats; /* 1 for bytes, 0 for text */
    int count;
};

/** Can they be sent? @return FLARE_OK; FLARE_ERR_LIMIT: too many; FLARE_ERR_ARGUMENT: a text with a NUL, or
 * one that is too long */
flare_err flarei_postgres_values_check(const flare_postgres_value *values, size_t count);

/** Lays them out in the pool's scratch, where they stay until the next call.
 *  @param values checked @return false without memory */
bool flarei_postgres_values_lay_out(struct flarei_postgres_pool *pool, const flare_postgres_value *values,
                                    size_t count, struct flarei_postgres_values *out);

#endif
