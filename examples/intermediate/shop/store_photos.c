/* store_photos.c - photos in the database, read and written piece by piece. */
#include "store_sql.h"

#include <strings.h>

static bool copy_content(struct store *store, const flare_file *image)
{
    sqlite3_blob *blob = NULL;
    char piece[16384];
    ptrdiff_t got = 0;
    uint64_t at = 0;
    bool done = sqlite3_blob_open(store->db, "main", "photos", "content",
                                  sqlite3_last_insert_rowid(store->db), 1, &blob) == SQLITE_OK;

    while (done && (got = flare_file_read(image, at, piece, sizeof piece)) > 0) {
        done = sqlite3_blob_write(blob, piece, (int)got, (int)at) == SQLITE_OK;
        at += (uint64_t)got;
    }
    return sqlite3_blob_close(blob) == SQLITE_OK && done && got == 0;
}

static bool add_row(struct store *store, const shop_photo *photo, bool png)
{
    sqlite3_stmt *const add = sql_start(store, SQL_ADD_PHOTO);

    if (sql_bind_uuid(add, 1, photo->id) && sql_bind_text(add, 2, photo->title) &&
        sqlite3_bind_int(add, 3, png) == SQLITE_OK &&
        sqlite3_bind_int64(add, 4, (int64_t)photo->bytes) == SQLITE_OK)
        return sql_run(add);
    sql_done(add);
    return false;
}

enum stored store_add_photo(struct store *store, const shop_photo *photo, const flare_file *image)
{
    /* The spec lets two media types through, in any case and with any parameters. */
    const bool png = strncasecmp(image->content_type.ptr, "image/png", 9) == 0;

    if (!sql_run(sql_start(store, SQL_BEGIN)))
        return STORE_BROKEN;
    if (add_row(store, photo, png) && copy_content(store, image) && sql_run(sql_start(store, SQL_COMMIT)))
        return STORED;
    (void)sql_run(sql_start(store, SQL_ROLLBACK));
    return STORE_BROKEN;
}

enum stored store_open_photo(struct store *store, flare_uuid id, bool *png, flare_str *content)
{
    sqlite3_stmt *const photo = sql_start(store, SQL_PHOTO);
    const int step = sql_bind_uuid(photo, 1, id) ? sqlite3_step(photo) : SQLITE_ERROR;

    if (step != SQLITE_ROW) {
        sql_done(photo);
        return step == SQLITE_DONE ? STORE_MISSING : STORE_BROKEN;
    }
    *png = sqlite3_column_int(photo, 0) != 0;
    content->ptr = (const char *)sqlite3_column_blob(photo, 1);
    content->len = (size_t)sqlite3_column_bytes(photo, 1);
    return STORED;
}

void store_close_photo(struct store *store)
{
    sql_done(sql_start(store, SQL_PHOTO));
}
