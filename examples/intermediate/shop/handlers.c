/* handlers.c - what the shop does with requests that the spec let through. */
#include "state.h"
#include "store.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

/* ---- state ---- */

struct shop_worker {
    struct store *store;
};

static void close_store(void *store)
{
    store_close((struct store *)store);
}

/* SHOP_DATABASE names a file that stays; without it the shop has one of its own for as long as it runs. */
struct shop_state *shop_state_open(void)
{
    struct shop_state *const state = (struct shop_state *)calloc(1, sizeof *state);
    const char *const path = getenv("SHOP_DATABASE"), *const folder = getenv("TMPDIR");
    const char *const email = getenv("SHOP_EMAIL"), *const password = getenv("SHOP_PASSWORD");
    int file;

    if (state == NULL)
        return NULL;
    (void)pthread_mutex_init(&state->chat_lock, NULL);
    state->has_store_key = pthread_key_create(&state->store, close_store) == 0;
    if (path != NULL) {
        (void)snprintf(state->path, sizeof state->path, "%s", path);
    } else {
        (void)snprintf(state->path, sizeof state->path, "%s/shop-XXXXXX", folder != NULL ? folder : "/tmp");
        file = mkstemp(state->path);
        state->temporary = file >= 0;
        if (file >= 0)
            (void)close(file);
    }
    if (state->has_store_key && (path != NULL || state->temporary) && blobs_open(state) &&
        store_prepare(state->path, email != NULL ? email : "admin@shop.example",
                      password != NULL ? password : "correct horse"))
        return state;
    shop_state_close(state);
    return NULL;
}

void shop_state_close(struct shop_state *state)
{
    if (state->temporary)
        (void)unlink(state->path);
    blobs_close(state);
    if (state->has_store_key)
        (void)pthread_key_delete(state->store);
    (void)pthread_mutex_destroy(&state->chat_lock);
    free(state);
}

/* Guards run on their worker's thread, which keeps others waiting meanwhile: all that they ask is one row by
 * its key. */
struct shop_worker *shop_worker_open(struct shop_state *state)
{
    struct shop_worker *const worker = (struct shop_worker *)calloc(1, sizeof *worker);

    if (worker == NULL || (worker->store = store_open(state->path)) == NULL) {
        free(worker);
        return NULL;
    }
    return worker;
}

void shop_worker_close(struct shop_worker *worker)
{
    store_close(worker->store);
    free(worker);
}

struct store *store_here(struct shop_state *state)
{
    struct store *store = (struct store *)pthread_getspecific(state->store);

    if (store != NULL)
        return store;
    store = store_open(state->path);
    if (store != NULL && pthread_setspecific(state->store, store) != 0) {
        store_close(store);
        return NULL;
    }
    return store;
}

/* Of a blocking handler. */
static struct store *store_of(flare_request *rq)
{
    return store_here(shop_state_of(rq));
}

/* ---- signing in ---- */

shop_signed_in_verdict shop_signed_in(flare_request *rq, const shop_signed_in_in *in)
{
    shop_user user;
    const enum stored stored = store_session_user(shop_worker_of(rq)->store, rq, in->sid, &user);

    if (stored == STORED)
        return shop_signed_in_pass(rq, &user);
    if (stored == STORE_MISSING)
        return shop_signed_in_unauthorized(rq);
    return shop_signed_in_fail(rq, "the session could not be looked up");
}

/* Hashing a password is slow on purpose. */
shop_login_reply shop_login(flare_request *rq, const shop_login_in *in)
{
    unsigned char random[24];
    char sid[2 * sizeof random + 1];
    uint64_t user;
    struct store *const store = store_of(rq);
    const enum stored stored = store_check_password(store, in->body.email, in->body.password, &user);

    if (stored == STORE_MISSING)
        return shop_login_unauthorized(rq);
    if (stored != STORED)
        return shop_login_fail(rq, "the user could not be looked up");
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return shop_login_fail(rq, "no random numbers");
    for (size_t i = 0; i < sizeof random; i++)
        (void)snprintf(sid + 2 * i, 3, "%02x", random[i]);
    if (store_add_session(store, user, flare_str_of(sid)) != STORED)
        return shop_login_fail(rq, "the session could not be stored");
    return shop_login_no_content(rq, flare_str_of(sid));
}

/* ---- products ---- */

shop_list_products_reply shop_list_products(flare_request *rq, const shop_list_products_in *in)
{
    shop_product_array found;

    if (store_list(store_of(rq), rq, in->page, in->color, &found) != STORED)
        return shop_list_products_fail(rq, "the products could not be read");
    return shop_list_products_ok(rq, &found, in->trace);
}

shop_get_product_reply shop_get_product(flare_request *rq, const shop_get_product_in *in)
{
    shop_product product;
    const enum stored stored = store_get(store_of(rq), rq, in->id, &product);

    if (stored == STORED)
        return shop_get_product_ok(rq, &product);
    if (stored == STORE_MISSING)
        return shop_get_product_not_found(rq);
    return shop_get_product_fail(rq, "the product could not be read");
}

shop_create_product_reply shop_create_product(flare_request *rq, const shop_create_product_in *in)
{
    char id[FLARE_UUID_BYTES];

    switch (store_add(store_of(rq), &in->body)) {
    case STORED:
        return shop_create_product_created(
            rq, &in->body, flare_format(rq, "/products/%.*s", (int)flare_uuid_format(in->body.id, id), id));
    case STORE_ID_TAKEN:
        return shop_create_product_id_taken(rq);
    case STORE_SKU_TAKEN:
        return shop_create_product_sku_taken(rq);
    case STORE_MISSING:
    case STORE_BROKEN:
        break;
    }
    return shop_create_product_fail(rq, "the product could not be stored");
}

shop_patch_product_reply shop_patch_product(flare_request *rq, const shop_patch_product_in *in)
{
    const enum stored stored = store_patch(store_of(rq), in->id, &in->body);

    if (stored == STORED)
        return shop_patch_product_no_content(rq);
    if (stored == STORE_MISSING)
        return shop_patch_product_not_found(rq);
    return shop_patch_product_fail(rq, "the product could not be changed");
}

shop_delete_product_reply shop_delete_product(flare_request *rq, const shop_delete_product_in *in)
{
    const enum stored stored = store_remove(store_of(rq), in->id);

    if (stored == STORED)
        return shop_delete_product_no_content(rq);
    if (stored == STORE_MISSING)
        return shop_delete_product_not_found(rq);
    return shop_delete_product_fail(rq, "the product could not be removed");
}

/* ISO 13616: move four characters to the end, letters count from 10, the remainder by 97 is 1. */
bool shop_iban_valid(flare_str iban)
{
    unsigned rest = 0;

    if (iban.len < 5)
        return false;
    for (size_t i = 0; i < iban.len; i++) {
        const char c = iban.ptr[(i + 4) % iban.len];

        if (c >= '0' && c <= '9')
            rest = (rest * 10 + (unsigned)(c - '0')) % 97;
        else if (c >= 'A' && c <= 'Z')
            rest = (rest * 100 + (unsigned)(c - 'A' + 10)) % 97;
        else
            return false;
    }
    return rest == 1;
}

/* ---- photos ---- */

shop_upload_reply shop_upload(flare_request *rq, const shop_upload_in *in)
{
    shop_photo photo = {.title = in->body.title, .bytes = in->body.image.size};
    char id[FLARE_UUID_BYTES];

    if (flare_uuid_make(&photo.id) != FLARE_OK ||
        store_add_photo(store_of(rq), &photo, &in->body.image) != STORED)
        return shop_upload_fail(rq, "the photo could not be stored");
    return shop_upload_created(rq, &photo,
                               flare_format(rq, "/photos/%.*s", (int)flare_uuid_format(photo.id, id), id));
}

shop_get_photo_reply shop_get_photo(flare_request *rq, const shop_get_photo_in *in)
{
    struct store *const store = store_of(rq);
    flare_str content;
    bool png;
    const enum stored stored = store_open_photo(store, in->id, &png, &content);
    shop_get_photo_reply reply;

    if (stored == STORE_MISSING)
        return shop_get_photo_not_found(rq);
    if (stored != STORED)
        return shop_get_photo_fail(rq, "the photo could not be read");
    /* A constructor has written everything when it returns, so the row may go then. */
    reply = png ? shop_get_photo_png(rq, content) : shop_get_photo_jpeg(rq, content);
    store_close_photo(store);
    return reply;
}
