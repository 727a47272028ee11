/* store.h - the shop's database. One handle a thread: none is shared. */
#ifndef STORE_H
#define STORE_H

#include "state.h"

struct store;

enum stored {
    STORED,         /* done */
    STORE_MISSING,  /* there is none of that id */
    STORE_ID_TAKEN, /* another has this id */
    STORE_SKU_TAKEN,
    STORE_BROKEN /* SQLite failed, or there was no memory */
};

/* Makes the tables and the administrator, once, before any handle is opened. */
bool store_prepare(const char *path, const char *email, const char *password);
/* NULL on failure. */
struct store *store_open(const char *path);
void store_close(struct store *store);

/* The calling thread's own handle, opened at its first use and closed when it ends; NULL on
 * failure, which to all below is a store that is broken. */
struct store *store_here(struct shop_state *state);

/* A page of the products of the given colors (none: all), in the order of their ids. The rows live as long as
 * the request. */
enum stored store_list(struct store *store, flare_request *rq, shop_page page, shop_color_array colors,
                       shop_product_array *found);
enum stored store_get(struct store *store, flare_request *rq, flare_uuid id, shop_product *found);
enum stored store_add(struct store *store, const shop_product *product);
enum stored store_patch(struct store *store, flare_uuid id, const shop_product_patch *patch);
enum stored store_remove(struct store *store, flare_uuid id);

/* What a table shows of a product. */
struct store_row {
    flare_uuid id;
    char name[4 * 80 + 1]; /* bytes of 80 characters, at most */
    char sku[9];
    int64_t cents;
    money_currency currency;
    int32_t stock;
};

/* The next products in the order of their ids: behind `after`, or the first. */
enum stored store_rows(struct store *store, const flare_uuid *after, struct store_row *rows, size_t room,
                       size_t *count);
enum stored store_count(struct store *store, uint64_t *products, uint64_t *pieces);

enum stored store_add_photo(struct store *store, const shop_photo *photo, const flare_file *image);
/* The content is the database's own: where it is STORED it stays until store_close_photo(). */
enum stored store_open_photo(struct store *store, flare_uuid id, bool *png, flare_str *content);
void store_close_photo(struct store *store);

/* The user of these credentials; a session of a user; the user of a session. */
enum stored store_check_password(struct store *store, flare_str email, flare_str password, uint64_t *user);
enum stored store_add_session(struct store *store, uint64_t user, flare_str sid);
enum stored store_session_user(struct store *store, flare_request *rq, flare_str sid, shop_user *user);

#endif
