/* store_table.c - all products, a few columns of each. */
#include "store_sql.h"

#include <stdio.h>

static void copy_text(sqlite3_stmt *statement, int column, char *to, size_t room)
{
    const unsigned char *const text = sqlite3_column_text(statement, column);

    (void)snprintf(to, room, "%s", text != NULL ? (const char *)text : "");
}

enum stored store_rows(struct store *store, const flare_uuid *after, struct store_row *rows, size_t room,
                       size_t *count)
{
    sqlite3_stmt *const statement = sql_start(store, SQL_ROWS);
    int step = SQLITE_ERROR;

    *count = 0;
    if ((after == NULL || sql_bind_uuid(statement, 1, *after)) &&
        sqlite3_bind_int64(statement, 2, (sqlite3_int64)room) == SQLITE_OK)
        while ((step = sqlite3_step(statement)) == SQLITE_ROW && *count < room) {
            struct store_row *const row = &rows[(*count)++];

            row->id = sql_uuid(statement, 0);
            copy_text(statement, 1, row->name, sizeof row->name);
            copy_text(statement, 2, row->sku, sizeof row->sku);
            row->cents = sqlite3_column_int64(statement, 3);
            row->currency = (money_currency)sqlite3_column_int(statement, 4);
            row->stock = sqlite3_column_int(statement, 5);
        }
    sql_done(statement);
    return step == SQLITE_DONE ? STORED : STORE_BROKEN;
}

enum stored store_count(struct store *store, uint64_t *products, uint64_t *pieces)
{
    sqlite3_stmt *const statement = sql_start(store, SQL_TOTAL);
    const bool found = sqlite3_step(statement) == SQLITE_ROW;

    *products = found ? (uint64_t)sqlite3_column_int64(statement, 0) : 0;
    *pieces = found ? (uint64_t)sqlite3_column_int64(statement, 1) : 0;
    sql_done(statement);
    return found ? STORED : STORE_BROKEN;
}
