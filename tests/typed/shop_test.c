/* What the example shop declares, through its client. */
#include "shop.client.h"
#include "test.h"

#include <flare/testing.h>

#include <stdlib.h>
#include <time.h>

#define NAME(text) FLARE_STR_INIT(text)

static flare_remote remote;
static char session[100];

static const flare_uuid mug = {{0x6b, 0xa7, 0xb8, 0x10, 1}}, cup = {{0x6b, 0xa7, 0xb8, 0x11, 1}};
static const flare_uuid nothing = {{9}};

/* Who signed in. */
static flare_str_opt sid(void)
{
    return (flare_str_opt){true, flare_str_of(session)};
}

static shop_product product(flare_uuid id, flare_str sku)
{
    static const flare_str tags[] = {NAME("kitchen"), NAME("blue")};
    static const flare_str_map_entry attrs[] = {{NAME("height"), NAME("95 mm")}};

    return (shop_product){
        .id = id,
        .name = NAME("Mug & more"),
        .price = {1250, MONEY_CURRENCY_EUR},
        .stock = 3,
        .color = SHOP_COLOR_OFF_WHITE,
        .sku = sku,
        .tags = {tags, 2},
        .note = {true, NAME("\xe2\x82\xac")},
        .made = INT64_C(1767323045) * 1000000000,
        .attrs = {attrs, 1},
        .pay = shop_payment_iban((shop_iban){NAME("GB82WEST12345698765432")}),
    };
}

TEST(signs_in)
{
    shop_client_login_in in = {.body = {NAME("admin@shop.example"), NAME("wrong horse")}};
    shop_client_login_out out;

    CHECK_INT(shop_client_login(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, SHOP_CLIENT_LOGIN_UNAUTHORIZED);
    flare_call_free(&out.call);
    in.body.password = FLARE_STR("correct horse");
    CHECK_INT(shop_client_login(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, SHOP_CLIENT_LOGIN_NO_CONTENT);
    CHECK(out.as.no_content.sid.len != 0 && out.as.no_content.sid.len < sizeof session);
    snprintf(session, sizeof session, "%.*s", FLARE_STR_ARG(out.as.no_content.sid));
    flare_call_free(&out.call);
    in.body.email = FLARE_STR("admin");
    CHECK_INT(shop_client_login(&remote, &in, &out), FLARE_ERR_ARGUMENT);
    CHECK_INT(out.call.failure_count, 1);
    flare_call_free(&out.call);
}

TEST(creates_products)
{
    shop_client_create_product_in in = {.body = product(mug, FLARE_STR("MUG-0001"))};
    shop_client_create_product_out out;

    in.signed_in.sid = (flare_str_opt){true, NAME("nobody")};
    CHECK_INT(shop_client_create_product(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, SHOP_CLIENT_CREATE_PRODUCT_SIGNED_IN_UNAUTHORIZED);
    flare_call_free(&out.call);
    in.signed_in.sid = sid();
    CHECK_INT(shop_client_create_product(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, SHOP_CLIENT_CREATE_PRODUCT_CREATED);
    CHECK_STR(out.as.created.location, "/products/6ba7b810-0100-0000-0000-000000000000");
    CHECK_INT(out.as.created.body.pay.tag, SHOP_PAYMENT_IBAN);
    flare_call_free(&out.call);
    in.body.sku = FLARE_STR("MUG-0002");
    CHECK_INT(shop_client_create_product(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, SHOP_CLIENT_CREATE_PRODUCT_ID_TAKEN);
    flare_call_free(&out.call);
    in.body = product(cup, FLARE_STR("MUG-0001"));
    CHECK_INT(shop_client_create_product(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, SHOP_CLIENT_CREATE_PRODUCT_SKU_TAKEN);
    flare_call_free(&out.call);
    in.body.pay = shop_payment_iban((shop_iban){NAME("GB82WEST12345698765431")});
    CHECK_INT(shop_client_create_product(&remote, &in, &out), FLARE_ERR_ARGUMENT);
    CHECK(out.call.failure_count == 1);
    CHECK_STR(out.call.failures[0].pointer, "/pay/iban");
    CHECK_STR(out.call.failures[0].rule, "check");
    flare_call_free(&out.call);
}

TEST(reads_products)
{
    static const shop_color colors[] = {SHOP_COLOR_OFF_WHITE};
    const shop_client_list_products_in list = {
        .page = {.limit = {true, 10}}, .color = {colors, 1}, .trace = {true, NAME("t-1")}};
    shop_client_list_products_out listed;
    shop_client_get_product_in in = {.id = mug};
    shop_client_get_product_out out;

    CHECK_INT(shop_client_list_products(&remote, &list, &listed), FLARE_OK);
    CHECK_INT(listed.reply, SHOP_CLIENT_LIST_PRODUCTS_OK);
    CHECK_INT(listed.as.ok.body.count, 1);
    CHECK_STR(listed.as.ok.body.items[0].name, "Mug & more");
    CHECK_STR(listed.as.ok.trace.value, "t-1");
    flare_call_free(&listed.call);
    CHECK_INT(shop_client_get_product(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, SHOP_CLIENT_GET_PRODUCT_OK);
    CHECK_STR(out.as.ok.body.note.value, "\xe2\x82\xac");
    CHECK_STR(out.as.ok.body.attrs.items[0].value, "95 mm");
    flare_call_free(&out.call);
    in.id = nothing;
    CHECK_INT(shop_client_get_product(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, SHOP_CLIENT_GET_PRODUCT_NOT_FOUND);
    flare_call_free(&out.call);
}

TEST(changes_and_deletes_products)
{
    shop_client_patch_product_in in = {.id = mug,
                                       .body = {.name = {true, NAME("Cup")}, .note = {.clear = true}}};
    shop_client_patch_product_out out;
    shop_client_delete_product_in drop = {.id = mug};
    shop_client_delete_product_out dropped;
    static const shop_client_patch_product_reply patches[] = {
        SHOP_CLIENT_PATCH_PRODUCT_NO_CONTENT, SHOP_CLIENT_PATCH_PRODUCT_NOT_FOUND,
        SHOP_CLIENT_PATCH_PRODUCT_SIGNED_IN_UNAUTHORIZED};
    static const shop_client_delete_product_reply drops[] = {
        SHOP_CLIENT_DELETE_PRODUCT_NO_CONTENT, SHOP_CLIENT_DELETE_PRODUCT_NOT_FOUND,
        SHOP_CLIENT_DELETE_PRODUCT_SIGNED_IN_UNAUTHORIZED};

    for (size_t i = 0; i < 3; i++) {
        in.id = i == 0 ? mug : nothing;
        in.signed_in.sid = i == 2 ? (flare_str_opt){true, NAME("x")} : sid();
        CHECK_INT(shop_client_patch_product(&remote, &in, &out), FLARE_OK);
        CHECK_INT(out.reply, patches[i]);
        flare_call_free(&out.call);
    }
    for (size_t i = 0; i < 3; i++) {
        drop.signed_in.sid = i == 2 ? (flare_str_opt){true, NAME("x")} : sid();
        CHECK_INT(shop_client_delete_product(&remote, &drop, &dropped), FLARE_OK);
        CHECK_INT(dropped.reply, drops[i]);
        flare_call_free(&dropped.call);
    }
}

TEST(keeps_photos)
{
    static const char *const types[] = {"image/png", "image/jpeg"};
    shop_client_upload_in in = {.body = {NAME("sea"), {.filename = NAME("sea"), .bytes = NAME("\x89PNG")}}};
    shop_client_upload_out out;
    shop_client_get_photo_in get = {.id = nothing};
    shop_client_get_photo_out got;

    CHECK_INT(shop_client_get_photo(&remote, &get, &got), FLARE_OK);
    CHECK_INT(got.reply, SHOP_CLIENT_GET_PHOTO_NOT_FOUND);
    flare_call_free(&got.call);
    for (size_t i = 0; i < 2; i++) {
        in.body.image.content_type = flare_str_of(types[i]);
        in.signed_in.sid = sid();
        CHECK_INT(shop_client_upload(&remote, &in, &out), FLARE_OK);
        CHECK_INT(out.reply, SHOP_CLIENT_UPLOAD_CREATED);
        CHECK(out.as.created.body.bytes == 4 && out.as.created.location.len > 8);
        get.id = out.as.created.body.id;
        flare_call_free(&out.call);
        CHECK_INT(shop_client_get_photo(&remote, &get, &got), FLARE_OK);
        CHECK_INT(got.reply, i == 0 ? SHOP_CLIENT_GET_PHOTO_PNG : SHOP_CLIENT_GET_PHOTO_JPEG);
        CHECK_STR(got.as.png.body, "\x89PNG");
        flare_call_free(&got.call);
    }
    in.signed_in.sid.value = FLARE_STR("x");
    CHECK_INT(shop_client_upload(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, SHOP_CLIENT_UPLOAD_SIGNED_IN_UNAUTHORIZED);
    flare_call_free(&out.call);
}

TEST(keeps_blobs)
{
    shop_client_put_blob_in put = {.name = NAME("notes.txt"), .body = NAME("some bytes")};
    shop_client_put_blob_out kept;
    shop_client_get_blob_in get = {.name = NAME("notes.txt")};
    shop_client_get_blob_out got;

    put.signed_in.sid = sid();
    CHECK_INT(shop_client_put_blob(&remote, &put, &kept), FLARE_OK);
    CHECK_INT(kept.reply, SHOP_CLIENT_PUT_BLOB_CREATED);
    CHECK_INT(kept.as.created.body.bytes, 10);
    flare_call_free(&kept.call);
    put.signed_in.sid.value = FLARE_STR("x");
    CHECK_INT(shop_client_put_blob(&remote, &put, &kept), FLARE_OK);
    CHECK_INT(kept.reply, SHOP_CLIENT_PUT_BLOB_SIGNED_IN_UNAUTHORIZED);
    flare_call_free(&kept.call);
    CHECK_INT(shop_client_get_blob(&remote, &get, &got), FLARE_OK);
    CHECK_INT(got.reply, SHOP_CLIENT_GET_BLOB_OK);
    CHECK_STR(got.as.ok.body, "some bytes");
    flare_call_free(&got.call);
    get.name = FLARE_STR("nothing");
    CHECK_INT(shop_client_get_blob(&remote, &get, &got), FLARE_OK);
    CHECK_INT(got.reply, SHOP_CLIENT_GET_BLOB_NOT_FOUND);
    flare_call_free(&got.call);
    get.name = FLARE_STR("../notes");
    CHECK_INT(shop_client_get_blob(&remote, &get, &got), FLARE_ERR_ARGUMENT);
    flare_call_free(&got.call);
}

TEST(exports_and_reports)
{
    shop_client_export_out exported;
    shop_client_report_out report;

    CHECK_INT(shop_client_export(&remote, &exported), FLARE_OK);
    CHECK_INT(exported.reply, SHOP_CLIENT_EXPORT_OK);
    CHECK_STR(exported.as.ok.body, "id,name,sku,price,currency,stock\n");
    flare_call_free(&exported.call);
    CHECK_INT(shop_client_report(&remote, &report), FLARE_OK);
    CHECK_INT(report.reply, SHOP_CLIENT_REPORT_OK);
    CHECK(report.as.ok.body.len > 9 && memcmp(report.as.ok.body.ptr, "%PDF-1.4\n", 9) == 0);
    flare_call_free(&report.call);
}

/* What was missed comes at once. */
TEST(hears_ticks)
{
    const uint64_t last = (uint64_t)time(NULL) - 5;
    const shop_client_ticks_in in = {.last = {true, last}, .count = {true, 2}};
    shop_client_ticks_out out;
    shop_tick tick;
    flare_event event;

    CHECK_INT(shop_client_ticks(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, SHOP_CLIENT_TICKS_OK);
    for (uint64_t i = 1; i <= 2; i++) {
        uint64_t id = 0;

        CHECK_INT(shop_client_ticks_next(&out, &tick, &event), FLARE_OK);
        CHECK_INT(flare_u64_parse(event.id, &id), FLARE_OK);
        CHECK_INT(id, last + i);
        CHECK(tick.at == (flare_time)id * FLARE_TIME_SECOND && tick.price > 0);
    }
    CHECK_INT(shop_client_ticks_next(&out, &tick, &event), FLARE_ERR_CLOSED);
    flare_call_free(&out.call);
}

/* Who is in a room hears what is said in it, who says it too. */
static void chats(const flare_remote *to, bool http2)
{
    const shop_client_chat_in first = {.room = NAME("kitchen"), .name = {true, NAME("ada")}};
    const shop_client_chat_in second = {.room = NAME("kitchen")};
    shop_said said = {NAME("what's for lunch?")};
    shop_client_chat_out ada, guest;
    shop_heard heard;

    CHECK_INT(shop_client_chat_open(to, &first, &ada), FLARE_OK);
    CHECK_INT(ada.reply, SHOP_CLIENT_CHAT_OPEN);
    CHECK_INT(ada.call.socket.http2, http2);
    CHECK_INT(shop_client_chat_open(to, &second, &guest), FLARE_OK);
    CHECK_INT(guest.reply, SHOP_CLIENT_CHAT_OPEN);
    CHECK_INT(shop_client_chat_send(&ada, &said), FLARE_OK);
    CHECK_INT(shop_client_chat_next(&guest, &heard, FLARE_FOREVER), FLARE_OK);
    CHECK_STR(heard.from, "ada");
    CHECK_STR(heard.text, "what's for lunch?");
    said.text = FLARE_STR("soup");
    CHECK_INT(shop_client_chat_send(&guest, &said), FLARE_OK);
    CHECK_INT(shop_client_chat_next(&ada, &heard, FLARE_FOREVER), FLARE_OK);
    CHECK_STR(heard.from, "ada");
    CHECK_INT(shop_client_chat_next(&ada, &heard, FLARE_FOREVER), FLARE_OK);
    CHECK_STR(heard.from, "guest");
    CHECK_STR(heard.text, "soup");
    said.text = FLARE_STR("");
    CHECK_INT(shop_client_chat_send(&ada, &said), FLARE_ERR_ARGUMENT);
    CHECK_INT(ada.call.failure_count, 1);
    CHECK_STR(ada.call.failures[0].pointer, "/text");
    CHECK_STR(ada.call.failures[0].rule, "min_length");
    CHECK_INT(flare_call_close(&ada.call, FLARE_WS_NORMAL, FLARE_STR("")), FLARE_OK);
    CHECK_INT(ada.call.socket.code, FLARE_WS_NORMAL);
    flare_call_free(&ada.call);
    flare_call_free(&guest.call);
}

TEST(chats_over_both_protocols)
{
    const flare_client_options options = {.http2 = FLARE_CLIENT_HTTP2_KNOWN};
    flare_remote known = remote;

    chats(&remote, false);
    CHECK_INT(flare_client_create(&known.client, NULL, &options), FLARE_OK);
    chats(&known, true);
    flare_client_free(known.client);
}

int main(void)
{
    flare_test_server server;
    flare_client *client;

    if (flare_test_server_start(&server, &shop_service, NULL, NULL) != FLARE_OK ||
        flare_client_create(&client, NULL, NULL) != FLARE_OK)
        return EXIT_FAILURE;
    remote = (flare_remote){client, {.url = flare_str_of(server.url)}};
    RUN(signs_in);
    RUN(creates_products);
    RUN(reads_products);
    RUN(changes_and_deletes_products);
    RUN(keeps_photos);
    RUN(keeps_blobs);
    RUN(exports_and_reports);
    RUN(hears_ticks);
    RUN(chats_over_both_protocols);
    flare_client_free(client);
    if (flare_test_server_stop(&server) != FLARE_OK)
        return EXIT_FAILURE;
    return TEST_END();
}
