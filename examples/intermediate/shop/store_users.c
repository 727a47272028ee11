/* store_users.c - who may sign in, and who has. */
#include "store_sql.h"

#include <crypt.h>
#include <stdlib.h>
#include <string.h>

/* Takes as long for a wrong password as for a right one. */
static bool same(const char *a, const char *b)
{
    const size_t length = strlen(a);
    unsigned char differs = 0;

    if (strlen(b) != length)
        return false;
    for (size_t i = 0; i < length; i++)
        differs |= (unsigned char)(a[i] ^ b[i]);
    return differs == 0;
}

static bool matches(flare_str password, const char *hash)
{
    struct crypt_data *const data = (struct crypt_data *)calloc(1, sizeof *data);
    char *const text = (char *)calloc(1, password.len + 1);
    bool matched = false;

    if (data != NULL && text != NULL) {
        memcpy(text, password.ptr, password.len);
        matched = same(hash, crypt_r(text, hash, data));
        explicit_bzero(text, password.len);
        explicit_bzero(data, sizeof *data);
    }
    free(text);
    free(data);
    return matched;
}

enum stored store_check_password(struct store *store, flare_str email, flare_str password, uint64_t *user)
{
    sqlite3_stmt *const statement = sql_start(store, SQL_USER);
    enum stored result = STORE_BROKEN;

    if (sql_bind_text(statement, 1, email)) {
        const int step = sqlite3_step(statement);

        if (step == SQLITE_DONE)
            result = STORE_MISSING;
        else if (step == SQLITE_ROW) {
            const bool right = matches(password, (const char *)sqlite3_column_text(statement, 1));

            *user = (uint64_t)sqlite3_column_int64(statement, 0);
            result = right && sqlite3_column_int(statement, 2) != 0 ? STORED : STORE_MISSING;
        }
    }
    sql_done(statement);
    return result;
}

enum stored store_add_session(struct store *store, uint64_t user, flare_str sid)
{
    sqlite3_stmt *const statement = sql_start(store, SQL_ADD_SESSION);

    if (!sql_bind_text(statement, 1, sid) || sqlite3_bind_int64(statement, 2, (int64_t)user) != SQLITE_OK) {
        sql_done(statement);
        return STORE_BROKEN;
    }
    return sql_run(statement) ? STORED : STORE_BROKEN;
}

enum stored store_session_user(struct store *store, flare_request *rq, flare_str sid, shop_user *user)
{
    sqlite3_stmt *const statement = sql_start(store, SQL_SESSION_USER);
    enum stored result = STORE_BROKEN;

    if (sql_bind_text(statement, 1, sid)) {
        const int step = sqlite3_step(statement);

        if (step == SQLITE_DONE)
            result = STORE_MISSING;
        else if (step == SQLITE_ROW && sql_text(rq, statement, 1, &user->email)) {
            user->id = (uint64_t)sqlite3_column_int64(statement, 0);
            result = STORED;
        }
    }
    sql_done(statement);
    return result;
}
