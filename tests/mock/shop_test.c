/* The shop's mock, asked through the shop's client for every reply that the spec declares. */
#include "asking.h"
#include "shop.client.h"

static const flare_uuid id = {{1}};

static shop_product product(void)
{
    static const flare_str tags[] = {NAME("kitchen")};

    return (shop_product){.id = id,
                          .name = NAME("Mug"),
                          .price = {1250, MONEY_CURRENCY_EUR},
                          .color = SHOP_COLOR_RED,
                          .sku = NAME("MUG-0001"),
                          .tags = {tags, 1},
                          .pay = shop_payment_card((shop_card){NAME("1234"), NAME("visa")})};
}

#define SIGNED_IN .signed_in = {.sid = {true, NAME("s")}}

TEST(products)
{
#define IN &list,
    const shop_client_list_products_in list = {.trace = {.has = false}};
    REPLIES(shop_client_list_products, "", SHOP_CLIENT_LIST_PRODUCTS_OK, 200, {
        CHECK_INT(out.as.ok.body.count, 1);
        CHECK_STR(out.as.ok.body.items[0].sku, "AAA-0000");
        CHECK_INT(out.as.ok.body.items[0].pay.tag, SHOP_PAYMENT_CARD);
        CHECK(out.as.ok.trace.has);
    });
    REPLIES(shop_client_list_products, "code=200", SHOP_CLIENT_LIST_PRODUCTS_OK, 200, {});
#undef IN
#define IN &get,
    const shop_client_get_product_in get = {.id = id};
    REPLIES(shop_client_get_product, "", SHOP_CLIENT_GET_PRODUCT_OK, 200, {});
    REPLIES(shop_client_get_product, "code=404", SHOP_CLIENT_GET_PRODUCT_NOT_FOUND, 404, {});
#undef IN
}

TEST(photos)
{
#define IN &get,
    const shop_client_get_photo_in get = {.id = id};
    REPLIES(shop_client_get_photo, "", SHOP_CLIENT_GET_PHOTO_PNG, 200, {});
    REPLIES(shop_client_get_photo, "example=png", SHOP_CLIENT_GET_PHOTO_PNG, 200, {});
    REPLIES(shop_client_get_photo, "code=200, example=jpeg", SHOP_CLIENT_GET_PHOTO_JPEG, 200,
            CHECK_STR(out.as.jpeg.body, "example\n"));
    REPLIES(shop_client_get_photo, "code=404", SHOP_CLIENT_GET_PHOTO_NOT_FOUND, 404, {});
#undef IN
}

TEST(login)
{
#define IN &in,
    const shop_client_login_in in = {.body = {NAME("admin@shop.example"), NAME("any password")}};
    REPLIES(shop_client_login, "", SHOP_CLIENT_LOGIN_NO_CONTENT, 204,
            CHECK_STR(out.as.no_content.sid, "example"));
    REPLIES(shop_client_login, "code=401", SHOP_CLIENT_LOGIN_UNAUTHORIZED, 401, {});
#undef IN
}

TEST(administration)
{
#define IN &create,
    const shop_client_create_product_in create = {.body = product(), SIGNED_IN};
    REPLIES(shop_client_create_product, "", SHOP_CLIENT_CREATE_PRODUCT_CREATED, 201,
            CHECK_STR(out.as.created.location, "example"));
    REPLIES(shop_client_create_product, "code=409", SHOP_CLIENT_CREATE_PRODUCT_ID_TAKEN, 409,
            CHECK_STR(out.call.problem.type, "id-taken"));
    REPLIES(shop_client_create_product, "code=409, example=sku-taken", SHOP_CLIENT_CREATE_PRODUCT_SKU_TAKEN,
            409, {});
    REPLIES(shop_client_create_product, "code=401", SHOP_CLIENT_CREATE_PRODUCT_SIGNED_IN_UNAUTHORIZED, 401,
            {});
#undef IN
#define IN &patch,
    const shop_client_patch_product_in patch = {.id = id, SIGNED_IN};
    REPLIES(shop_client_patch_product, "", SHOP_CLIENT_PATCH_PRODUCT_NO_CONTENT, 204, {});
    REPLIES(shop_client_patch_product, "code=404", SHOP_CLIENT_PATCH_PRODUCT_NOT_FOUND, 404, {});
    REPLIES(shop_client_patch_product, "code=401", SHOP_CLIENT_PATCH_PRODUCT_SIGNED_IN_UNAUTHORIZED, 401, {});
#undef IN
#define IN &drop,
    const shop_client_delete_product_in drop = {.id = id, SIGNED_IN};
    REPLIES(shop_client_delete_product, "", SHOP_CLIENT_DELETE_PRODUCT_NO_CONTENT, 204, {});
    REPLIES(shop_client_delete_product, "code=404", SHOP_CLIENT_DELETE_PRODUCT_NOT_FOUND, 404, {});
    REPLIES(shop_client_delete_product, "example=signed_in_unauthorized",
            SHOP_CLIENT_DELETE_PRODUCT_SIGNED_IN_UNAUTHORIZED, 401, {});
#undef IN
#define IN &upload,
    const shop_client_upload_in upload = {
        .body = {NAME("sea"), {.filename = NAME("s"), .content_type = NAME("image/png"), .bytes = NAME("p")}},
        SIGNED_IN};
    REPLIES(shop_client_upload, "", SHOP_CLIENT_UPLOAD_CREATED, 201, CHECK_INT(out.as.created.body.bytes, 1));
    REPLIES(shop_client_upload, "code=401", SHOP_CLIENT_UPLOAD_SIGNED_IN_UNAUTHORIZED, 401, {});
#undef IN
}

TEST(blobs_and_reports)
{
#define IN &put,
    const shop_client_put_blob_in put = {.name = NAME("a.txt"), .body = NAME("some bytes"), SIGNED_IN};
    REPLIES(shop_client_put_blob, "", SHOP_CLIENT_PUT_BLOB_CREATED, 201, {});
    REPLIES(shop_client_put_blob, "code=507", SHOP_CLIENT_PUT_BLOB_INSUFFICIENT_STORAGE, 507, {});
    REPLIES(shop_client_put_blob, "code=401", SHOP_CLIENT_PUT_BLOB_SIGNED_IN_UNAUTHORIZED, 401, {});
#undef IN
#define IN &get,
    const shop_client_get_blob_in get = {.name = NAME("a.txt")};
    REPLIES(shop_client_get_blob, "", SHOP_CLIENT_GET_BLOB_OK, 200, CHECK_STR(out.as.ok.body, "example\n"));
    REPLIES(shop_client_get_blob, "code=404", SHOP_CLIENT_GET_BLOB_NOT_FOUND, 404, {});
#undef IN
#define IN
    REPLIES(shop_client_export, "", SHOP_CLIENT_EXPORT_OK, 200, {});
    REPLIES(shop_client_report, "", SHOP_CLIENT_REPORT_OK, 200, {});
#undef IN
}

/* ---- What is no reply of a handler ---- */

static const flare_fetch_reply *fetch(flare_fetch **begun, const char *method, const char *path,
                                      const char *preference)
{
    flare_fetch_options options = asking(preference)->options;
    const flare_fetch_reply *reply;
    char url[200];

    snprintf(url, sizeof url, "%s%s", server.url, path);
    options.url = flare_str_of(url);
    options.method = flare_str_of(method);
    options.keep_redirects = true;
    CHECK_INT(flare_fetch_wait(begun, client, &options, &reply), FLARE_OK);
    return reply;
}

TEST(the_rest_is_the_service)
{
    static const struct {
        const char *method, *path, *preference;
        unsigned status;
    } rows[] = {
        {"GET", "/products/x", "code=404", 400},
        {"GET", "/products?limit=1000", "", 400},
        {"DELETE", "/admin/products/00000000-0000-4000-8000-000000000001", "", 401},
        {"GET", "/nowhere", "", 404},
        {"PUT", "/login", "", 405},
        {"GET", "/products", "code=404", 501},
        {"GET", "/products", "code=4o4", 501},
        {"GET", "/health", "code=404", 200},
        {"GET", "/fixed", "", 200},
        {"GET", "/old", "", 308},
        {"GET", "/api/stock", "", 502},
    };
    flare_fetch *begun = NULL;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const flare_fetch_reply *const reply =
            fetch(&begun, rows[i].method, rows[i].path, rows[i].preference);

        if (reply != NULL && reply->status != rows[i].status)
            fprintf(stderr, "%s %s\n", rows[i].method, rows[i].path);
        CHECK_INT(reply != NULL ? reply->status : 0, rows[i].status);
        flare_fetch_free(begun);
    }
}

TEST(events_are_sent)
{
#define IN &in,
    const shop_client_ticks_in in = {.count = {.has = false}};
    shop_tick tick;
    flare_event event;

    REPLIES(shop_client_ticks, "code=200", SHOP_CLIENT_TICKS_OK, 200, {
        CHECK_INT(shop_client_ticks_next(&out, &tick, &event), FLARE_OK);
        CHECK(tick.price > 0.5 && tick.price < 1.5);
        CHECK_INT(event.retry_ms, 1000);
        CHECK_INT(shop_client_ticks_next(&out, &tick, &event), FLARE_ERR_CLOSED);
    });
#undef IN
}

TEST(sockets_are_answered)
{
    const shop_client_chat_in in = {.room = NAME("kitchen")};
    const shop_said said = {NAME("anybody?")};
    shop_client_chat_out out;
    shop_heard heard;

    CHECK_INT(shop_client_chat_open(asking(""), &in, &out), FLARE_OK);
    CHECK_INT(out.reply, SHOP_CLIENT_CHAT_OPEN);
    CHECK_INT(shop_client_chat_send(&out, &said), FLARE_OK);
    CHECK_INT(shop_client_chat_next(&out, &heard, FLARE_FOREVER), FLARE_OK);
    CHECK_STR(heard.text, "example");
    CHECK_INT(flare_call_close(&out.call, FLARE_WS_NORMAL, FLARE_STR("")), FLARE_OK);
    flare_call_free(&out.call);
}

int main(void)
{
    if (mock_start(&shop_service) != EXIT_SUCCESS)
        return EXIT_FAILURE;
    RUN(products);
    RUN(photos);
    RUN(login);
    RUN(administration);
    RUN(blobs_and_reports);
    RUN(the_rest_is_the_service);
    RUN(events_are_sent);
    RUN(sockets_are_answered);
    return mock_end();
}
