/* store_sql.h - what the files of the store share: a handle and its prepared statements. */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include "store.h"

#include <sqlite3.h>

enum sql {
    SQL_BEGIN,
    SQL_COMMIT,
    SQL_ROLLBACK,
    SQL_LIST,
    SQL_ROWS,
    SQL_TOTAL,
    SQL_GET,
    SQL_TAGS,
    SQL_ATTRS,
    SQL_ADD,
    SQL_ADD_TAG,
    SQL_ADD_ATTR,
    SQL_PATCH,
    SQL_REMOVE,
    SQL_HAS_ID,
    SQL_ADD_PHOTO,
    SQL_PHOTO,
    SQL_USER,
    SQL_ADD_SESSION,
    SQL_SESSION_USER,
    SQL_COUNT
};

struct store {
    sqlite3 *db;
    sqlite3_stmt *statements[SQL_COUNT];
};

/* A statement, ready to bind. It is given back by sql_done(), so that it holds no lock. */
sqlite3_stmt *sql_start(struct store *store, enum sql sql);
void sql_done(sqlite3_stmt *statement);
/* Runs a statement that gives no rows, and gives it back. */
bool sql_run(sqlite3_stmt *statement);

bool sql_bind_text(sqlite3_stmt *statement, int at, flare_str text);
bool sql_bind_uuid(sqlite3_stmt *statement, int at, flare_uuid id);
/* Columns, copied to the request's memory. */
bool sql_text(flare_request *rq, sqlite3_stmt *statement, int column, flare_str *text);
flare_uuid sql_uuid(sqlite3_stmt *statement, int column);

#endif
