/* store.c - the database: its tables, handles and statements. */
#include "store_sql.h"

#include <crypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char tables[] =
    "PRAGMA journal_mode = WAL;"
    "CREATE TABLE IF NOT EXISTS products (id BLOB PRIMARY KEY, name TEXT NOT NULL, cents INTEGER NOT NULL,"
    " currency INTEGER NOT NULL, stock INTEGER NOT NULL, color INTEGER NOT NULL, sku TEXT NOT NULL UNIQUE,"
    " note TEXT, made INTEGER NOT NULL, pay INTEGER NOT NULL, pay_number TEXT NOT NULL, pay_network TEXT)"
    " WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS tags (product BLOB NOT NULL REFERENCES products ON DELETE CASCADE,"
    " tag TEXT NOT NULL);"
    "CREATE INDEX IF NOT EXISTS tags_product ON tags (product);"
    "CREATE TABLE IF NOT EXISTS attrs (product BLOB NOT NULL REFERENCES products ON DELETE CASCADE,"
    " key TEXT NOT NULL, value TEXT NOT NULL);"
    "CREATE INDEX IF NOT EXISTS attrs_product ON attrs (product);"
    "CREATE TABLE IF NOT EXISTS photos (id BLOB PRIMARY KEY, title TEXT NOT NULL, png INTEGER NOT NULL,"
    " content BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, password TEXT NOT "
    "NULL);"
    "CREATE TABLE IF NOT EXISTS sessions (sid TEXT PRIMARY KEY, user INTEGER NOT NULL REFERENCES users,"
    " ends INTEGER NOT NULL DEFAULT (unixepoch() + 30 * 86400));";

#define PRODUCT_COLUMNS                                                                                      \
    "id, name, cents, currency, stock, color, sku, note, made, pay, pay_number, pay_network"

static const char *const texts[SQL_COUNT] = {
    [SQL_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_COMMIT] = "COMMIT",
    [SQL_ROLLBACK] = "ROLLBACK",
    [SQL_LIST] = "SELECT " PRODUCT_COLUMNS " FROM products WHERE (?1 IS NULL OR id > ?1)"
                 " AND (?2 = 0 OR (?2 >> color) & 1) ORDER BY id LIMIT ?3",
    [SQL_ROWS] = "SELECT id, name, sku, cents, currency, stock FROM products WHERE ?1 IS NULL OR id > ?1"
                 " ORDER BY id LIMIT ?2",
    [SQL_TOTAL] = "SELECT count(*), coalesce(sum(stock), 0) FROM products",
    [SQL_GET] = "SELECT " PRODUCT_COLUMNS " FROM products WHERE id = ?1",
    [SQL_TAGS] = "SELECT tag FROM tags WHERE product = ?1 ORDER BY rowid",
    [SQL_ATTRS] = "SELECT key, value FROM attrs WHERE product = ?1 ORDER BY rowid",
    [SQL_ADD] = "INSERT INTO products (" PRODUCT_COLUMNS
                ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    [SQL_ADD_TAG] = "INSERT INTO tags (product, tag) VALUES (?1, ?2)",
    [SQL_ADD_ATTR] = "INSERT INTO attrs (product, key, value) VALUES (?1, ?2, ?3)",
    [SQL_PATCH] = "UPDATE products SET name = coalesce(?2, name), note = CASE WHEN ?3 THEN ?4 ELSE note END "
                  "WHERE id = ?1",
    [SQL_REMOVE] = "DELETE FROM products WHERE id = ?1",
    [SQL_HAS_ID] = "SELECT 1 FROM products WHERE id = ?1",
    [SQL_ADD_PHOTO] = "INSERT INTO photos (id, title, png, content) VALUES (?1, ?2, ?3, zeroblob(?4))",
    [SQL_PHOTO] = "SELECT png, content FROM photos WHERE id = ?1",
    /* Another user where there is none of that email, so that both cost the same time. */
    [SQL_USER] = "SELECT id, password, email = ?1 FROM users ORDER BY email = ?1 DESC LIMIT 1",
    [SQL_ADD_SESSION] = "INSERT INTO sessions (sid, user) VALUES (?1, ?2)",
    [SQL_SESSION_USER] = "SELECT users.id, users.email FROM sessions JOIN users ON users.id = sessions.user"
                         " WHERE sid = ?1 AND ends > unixepoch()",
};

static sqlite3 *connect(const char *path)
{
    sqlite3 *db = NULL;

    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) ==
            SQLITE_OK &&
        sqlite3_busy_timeout(db, 2000) == SQLITE_OK &&
        sqlite3_exec(db, "PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL", NULL, NULL, NULL) ==
            SQLITE_OK)
        return db;
    fprintf(stderr, "shop: %s: %s\n", path, db != NULL ? sqlite3_errmsg(db) : "no memory");
    sqlite3_close(db);
    return NULL;
}

bool store_prepare(const char *path, const char *email, const char *password)
{
    static const char add[] = "INSERT OR IGNORE INTO users (email, password) VALUES (?1, ?2)";
    struct crypt_data *const hash = (struct crypt_data *)calloc(1, sizeof *hash);
    sqlite3 *const db = connect(path);
    sqlite3_stmt *statement = NULL;
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];
    const char *hashed = NULL;
    bool done = false;

    if (hash != NULL && crypt_gensalt_rn(NULL, 0, NULL, 0, setting, sizeof setting) != NULL)
        hashed = crypt_r(password, setting, hash);
    if (db != NULL && hashed != NULL && hashed[0] != '*' &&
        sqlite3_exec(db, tables, NULL, NULL, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(db, add, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_bind_text(statement, 1, email, -1, SQLITE_STATIC) == SQLITE_OK &&
        sqlite3_bind_text(statement, 2, hashed, -1, SQLITE_STATIC) == SQLITE_OK)
        done = sqlite3_step(statement) == SQLITE_DONE;
    sqlite3_finalize(statement);
    sqlite3_close(db);
    free(hash);
    return done;
}

struct store *store_open(const char *path)
{
    struct store *const store = (struct store *)calloc(1, sizeof *store);

    if (store == NULL || (store->db = connect(path)) == NULL) {
        free(store);
        return NULL;
    }
    for (size_t i = 0; i < SQL_COUNT; i++) {
        if (sqlite3_prepare_v3(store->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &store->statements[i],
                               NULL) != SQLITE_OK) {
            fprintf(stderr, "shop: %s\n", sqlite3_errmsg(store->db));
            store_close(store);
            return NULL;
        }
    }
    return store;
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    for (size_t i = 0; i < SQL_COUNT; i++)
        sqlite3_finalize(store->statements[i]);
    sqlite3_close(store->db);
    free(store);
}

/* ---- statements ---- */

sqlite3_stmt *sql_start(struct store *store, enum sql sql)
{
    return store != NULL ? store->statements[sql] : NULL; /* which SQLite refuses to bind and to run */
}

void sql_done(sqlite3_stmt *statement)
{
    if (statement == NULL)
        return;
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
}

bool sql_run(sqlite3_stmt *statement)
{
    const bool done = sqlite3_step(statement) == SQLITE_DONE;

    sql_done(statement);
    return done;
}

bool sql_bind_text(sqlite3_stmt *statement, int at, flare_str text)
{
    return sqlite3_bind_text64(statement, at, text.len != 0 ? text.ptr : "", text.len, SQLITE_STATIC,
                               SQLITE_UTF8) == SQLITE_OK;
}

bool sql_bind_uuid(sqlite3_stmt *statement, int at, flare_uuid id)
{
    return sqlite3_bind_blob(statement, at, id.bytes, sizeof id.bytes, SQLITE_TRANSIENT) == SQLITE_OK;
}

bool sql_text(flare_request *rq, sqlite3_stmt *statement, int column, flare_str *text)
{
    const void *const from = sqlite3_column_text(statement, column);
    const size_t length = (size_t)sqlite3_column_bytes(statement, column);
    char *const copy = (char *)flare_alloc(rq, length);

    if (copy == NULL || from == NULL)
        return false;
    memcpy(copy, from, length);
    *text = (flare_str){copy, length};
    return true;
}

flare_uuid sql_uuid(sqlite3_stmt *statement, int column)
{
    const void *const from = sqlite3_column_blob(statement, column);
    flare_uuid id = {{0}};

    if (from != NULL && sqlite3_column_bytes(statement, column) == sizeof id.bytes)
        memcpy(id.bytes, from, sizeof id.bytes);
    return id;
}
