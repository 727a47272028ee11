/* store_products.c - products in the database. */
#include "store_sql.h"

/* ---- reading ---- */

/* Both lists have a bound in the spec, so one allocation holds them. */
enum { TAGS_MAX = 10, ATTRS_MAX = 16 };

static bool read_tags(struct store *store, flare_request *rq, flare_uuid id, flare_str_array *tags)
{
    sqlite3_stmt *const statement = sql_start(store, SQL_TAGS);
    flare_str *const items = (flare_str *)flare_alloc(rq, TAGS_MAX * sizeof *items);
    bool done = items != NULL && sql_bind_uuid(statement, 1, id);
    size_t count = 0;

    while (done && count < TAGS_MAX && sqlite3_step(statement) == SQLITE_ROW)
        done = sql_text(rq, statement, 0, &items[count++]);
    sql_done(statement);
    *tags = (flare_str_array){items, count};
    return done;
}

static bool read_attrs(struct store *store, flare_request *rq, flare_uuid id, flare_str_map *attrs)
{
    sqlite3_stmt *const statement = sql_start(store, SQL_ATTRS);
    flare_str_map_entry *const items = (flare_str_map_entry *)flare_alloc(rq, ATTRS_MAX * sizeof *items);
    bool done = items != NULL && sql_bind_uuid(statement, 1, id);
    size_t count = 0;

    while (done && count < ATTRS_MAX && sqlite3_step(statement) == SQLITE_ROW) {
        done =
            sql_text(rq, statement, 0, &items[count].key) && sql_text(rq, statement, 1, &items[count].value);
        count++;
    }
    sql_done(statement);
    *attrs = (flare_str_map){items, count};
    return done;
}

static bool read_payment(flare_request *rq, sqlite3_stmt *row, shop_payment *pay)
{
    flare_str number, network;

    if (!sql_text(rq, row, 10, &number))
        return false;
    switch ((shop_payment_tag)sqlite3_column_int(row, 9)) {
    case SHOP_PAYMENT_CARD:
        if (!sql_text(rq, row, 11, &network))
            return false;
        *pay = shop_payment_card((shop_card){.last4 = number, .network = network});
        return true;
    case SHOP_PAYMENT_IBAN:
        *pay = shop_payment_iban((shop_iban){.iban = number});
        return true;
    }
    return false;
}

static bool read_product(flare_request *rq, sqlite3_stmt *row, shop_product *product)
{
    *product = (shop_product){
        .id = sql_uuid(row, 0),
        .price = {sqlite3_column_int64(row, 2), (money_currency)sqlite3_column_int(row, 3)},
        .stock = sqlite3_column_int(row, 4),
        .color = (shop_color)sqlite3_column_int(row, 5),
        .made = sqlite3_column_int64(row, 8),
    };
    product->note.has = sqlite3_column_type(row, 7) != SQLITE_NULL;
    return sql_text(rq, row, 1, &product->name) && sql_text(rq, row, 6, &product->sku) &&
           (!product->note.has || sql_text(rq, row, 7, &product->note.value)) &&
           read_payment(rq, row, &product->pay);
}

static bool read_lists(struct store *store, flare_request *rq, shop_product *product)
{
    return read_tags(store, rq, product->id, &product->tags) &&
           read_attrs(store, rq, product->id, &product->attrs);
}

enum stored store_list(struct store *store, flare_request *rq, shop_page page, shop_color_array colors,
                       shop_product_array *found)
{
    sqlite3_stmt *const statement = sql_start(store, SQL_LIST);
    shop_product *const rows = (shop_product *)flare_alloc(rq, page.limit * sizeof *rows);
    int wanted = 0, step = SQLITE_DONE;
    size_t count = 0;
    bool done;

    for (size_t i = 0; i < colors.count; i++)
        wanted |= 1 << colors.items[i];
    done = rows != NULL && (!page.cursor.has || sql_bind_uuid(statement, 1, page.cursor.value)) &&
           sqlite3_bind_int(statement, 2, wanted) == SQLITE_OK &&
           sqlite3_bind_int64(statement, 3, page.limit) == SQLITE_OK;
    while (done && count < page.limit && (step = sqlite3_step(statement)) == SQLITE_ROW)
        done = read_product(rq, statement, &rows[count++]);
    sql_done(statement);
    for (size_t i = 0; i < count && done; i++)
        done = read_lists(store, rq, &rows[i]);
    if (!done || (step != SQLITE_DONE && step != SQLITE_ROW))
        return STORE_BROKEN;
    *found = (shop_product_array){rows, count};
    return STORED;
}

enum stored store_get(struct store *store, flare_request *rq, flare_uuid id, shop_product *found)
{
    sqlite3_stmt *const statement = sql_start(store, SQL_GET);
    enum stored result = STORE_BROKEN;

    if (sql_bind_uuid(statement, 1, id)) {
        const int step = sqlite3_step(statement);

        if (step == SQLITE_DONE)
            result = STORE_MISSING;
        else if (step == SQLITE_ROW && read_product(rq, statement, found))
            result = STORED;
    }
    sql_done(statement);
    return result == STORED && !read_lists(store, rq, found) ? STORE_BROKEN : result;
}

/* ---- writing ---- */

/* Of a statement that concerns one product. */
static enum stored changed_one(struct store *store, bool done)
{
    if (!done)
        return STORE_BROKEN;
    return sqlite3_changes(store->db) == 0 ? STORE_MISSING : STORED;
}

static bool add_lists(struct store *store, const shop_product *product)
{
    for (size_t i = 0; i < product->tags.count; i++) {
        sqlite3_stmt *const tag = sql_start(store, SQL_ADD_TAG);

        if (!sql_bind_uuid(tag, 1, product->id) || !sql_bind_text(tag, 2, product->tags.items[i]) ||
            !sql_run(tag))
            return false;
    }
    for (size_t i = 0; i < product->attrs.count; i++) {
        sqlite3_stmt *const attr = sql_start(store, SQL_ADD_ATTR);

        if (!sql_bind_uuid(attr, 1, product->id) || !sql_bind_text(attr, 2, product->attrs.items[i].key) ||
            !sql_bind_text(attr, 3, product->attrs.items[i].value) || !sql_run(attr))
            return false;
    }
    return true;
}

static bool bind_payment(sqlite3_stmt *add, const shop_payment *pay)
{
    if (sqlite3_bind_int(add, 10, (int)pay->tag) != SQLITE_OK)
        return false;
    switch (pay->tag) {
    case SHOP_PAYMENT_CARD:
        return sql_bind_text(add, 11, pay->as.card.last4) && sql_bind_text(add, 12, pay->as.card.network);
    case SHOP_PAYMENT_IBAN:
        return sql_bind_text(add, 11, pay->as.iban.iban);
    }
    return false;
}

static enum stored add_row(struct store *store, const shop_product *product)
{
    sqlite3_stmt *const add = sql_start(store, SQL_ADD), *has;
    bool taken;

    if (!sql_bind_uuid(add, 1, product->id) || !sql_bind_text(add, 2, product->name) ||
        sqlite3_bind_int64(add, 3, product->price.cents) != SQLITE_OK ||
        sqlite3_bind_int(add, 4, (int)product->price.currency) != SQLITE_OK ||
        sqlite3_bind_int(add, 5, product->stock) != SQLITE_OK ||
        sqlite3_bind_int(add, 6, (int)product->color) != SQLITE_OK || !sql_bind_text(add, 7, product->sku) ||
        (product->note.has && !sql_bind_text(add, 8, product->note.value)) ||
        sqlite3_bind_int64(add, 9, product->made) != SQLITE_OK || !bind_payment(add, &product->pay)) {
        sql_done(add);
        return STORE_BROKEN;
    }
    if (sql_run(add))
        return add_lists(store, product) ? STORED : STORE_BROKEN;
    if ((sqlite3_errcode(store->db) & 0xff) != SQLITE_CONSTRAINT)
        return STORE_BROKEN;
    has = sql_start(store, SQL_HAS_ID);
    taken = sql_bind_uuid(has, 1, product->id) && sqlite3_step(has) == SQLITE_ROW;
    sql_done(has);
    return taken ? STORE_ID_TAKEN : STORE_SKU_TAKEN;
}

enum stored store_add(struct store *store, const shop_product *product)
{
    enum stored result;

    if (!sql_run(sql_start(store, SQL_BEGIN)))
        return STORE_BROKEN;
    result = add_row(store, product);
    if (result == STORED && sql_run(sql_start(store, SQL_COMMIT)))
        return STORED;
    (void)sql_run(sql_start(store, SQL_ROLLBACK));
    return result == STORED ? STORE_BROKEN : result;
}

enum stored store_patch(struct store *store, flare_uuid id, const shop_product_patch *patch)
{
    sqlite3_stmt *const statement = sql_start(store, SQL_PATCH);
    const bool note = patch->note.has || patch->note.clear;

    if (!sql_bind_uuid(statement, 1, id) ||
        (patch->name.has && !sql_bind_text(statement, 2, patch->name.value)) ||
        sqlite3_bind_int(statement, 3, note) != SQLITE_OK ||
        (patch->note.has && !sql_bind_text(statement, 4, patch->note.value))) {
        sql_done(statement);
        return STORE_BROKEN;
    }
    return changed_one(store, sql_run(statement));
}

enum stored store_remove(struct store *store, flare_uuid id)
{
    sqlite3_stmt *const statement = sql_start(store, SQL_REMOVE);

    return changed_one(store, sql_bind_uuid(statement, 1, id) && sql_run(statement));
}
