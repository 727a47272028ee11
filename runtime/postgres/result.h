/* postgres/result.h - what libpq gave, as a result. */
#ifndef FLAREI_POSTGRES_RESULT_H
#define FLAREI_POSTGRES_RESULT_H

#include "postgres/pool.h"

/** Fills a result from libpq's. @param from the result's from then on; NULL: libpq had no memory for one */
void flarei_postgres_result_take(flare_postgres_result *result, PGresult *from);

/** Fills a result with an error that no server said. */
void flarei_postgres_result_fail(flare_postgres_result *result, flare_err err);

/** The class of a statement's failure. @param sqlstate of five characters, or NULL */
flare_err flarei_postgres_err_of(const char *sqlstate);

#endif
