/* Texts and binary numbers there and back: base64url, percent-encoding, HMAC, a packet,
 * gzip and deflate, JSON. */
#include <flare/bytes.h>
#include <flare/coding.h>
#include <flare/digest.h>
#include <flare/json.h>
#include <flare/text.h>

#include <stdio.h>

static void show_base64(flare_str text)
{
    char plain[64], url[64], back[64];
    const size_t plain_len = flare_base64_encode(FLARE_BASE64, text.ptr, text.len, plain);
    const size_t url_len = flare_base64_encode(FLARE_BASE64URL, text.ptr, text.len, url);
    size_t back_len;

    (void)printf("base64    %.*s\nbase64url %.*s\n", (int)plain_len, plain, (int)url_len, url);
    if (flare_base64_decode(FLARE_BASE64URL, (flare_str){url, url_len}, back, &back_len) == FLARE_OK)
        (void)printf("back      %.*s\n", (int)back_len, back);
}

static void show_percent(flare_str text)
{
    char encoded[3 * 64], back[3 * 64];
    const size_t len = flare_percent_encode(text, FLARE_PERCENT_PATH, encoded);
    size_t back_len;

    (void)printf("percent   %.*s\n", (int)len, encoded);
    if (flare_percent_decode((flare_str){encoded, len}, FLARE_PERCENT_PATH, back, &back_len) == FLARE_OK)
        (void)printf("back      %.*s\n", (int)back_len, back);
}

/* A token: what it says, and what only who has the key can have made of it. */
static void show_token(flare_str text, flare_str key)
{
    uint8_t mac[FLARE_SHA256_BYTES], again[FLARE_SHA256_BYTES];
    char written[64];
    size_t len;

    if (flare_hmac_sha256(key, text, mac) != FLARE_OK || flare_hmac_sha256(key, text, again) != FLARE_OK)
        return;
    len = flare_base64_encode(FLARE_BASE64URL, mac, sizeof mac, written);
    (void)printf("signed    %.*s.%.*s\n", FLARE_STR_ARG(text), (int)len, written);
    (void)printf("checked   %s\n", flare_secret_equal((flare_str){(const char *)mac, sizeof mac},
                                                      (flare_str){(const char *)again, sizeof again})
                                       ? "it is ours"
                                       : "it is not");
}

static void show_packet(void)
{
    char room[16];
    flare_bytes_writer out = flare_bytes_writer_of(room, sizeof room);
    flare_bytes_reader in;
    unsigned kind, length;
    flare_str body;

    flare_write_u8(&out, 7);
    flare_write_u16(&out, 5);
    flare_write_bytes(&out, FLARE_STR("hello"));
    in = flare_bytes_reader_of((flare_str){room, out.length});
    kind = flare_read_u8(&in);
    length = flare_read_u16(&in);
    body = flare_read_bytes(&in, length);
    (void)printf("packet    %zu bytes, kind %u, \"%.*s\"%s\n", out.length, kind, FLARE_STR_ARG(body),
                 in.failed || out.failed ? ", cut short" : "");
}

static void show_gzip(void)
{
    char text[1000];
    flare_str small, back;

    memset(text, 'a', sizeof text);
    if (flare_gzip_encode((flare_str){text, sizeof text}, 9, &small) != FLARE_OK)
        return;
    if (flare_gzip_decode(small, sizeof text, &back) == FLARE_OK)
        (void)printf("gzip      %s than 50 bytes, %zu back\n", small.len < 50 ? "less" : "more", back.len);
    flare_coded_free(back);
    if (flare_gzip_decode(small, sizeof text - 1, &back) == FLARE_ERR_LIMIT)
        (void)printf("a bomb    is refused\n");
    flare_coded_free(small);
}

static void show_deflate(flare_str text)
{
    flare_str small, back;

    if (flare_deflate_encode(text, 6, &small) != FLARE_OK)
        return;
    if (flare_deflate_decode(small, 100, &back) == FLARE_OK)
        (void)printf("deflate   %.*s\n", FLARE_STR_ARG(back));
    flare_coded_free(back);
    flare_coded_free(small);
}

/* What no spec describes: written, and read where it stands. */
static void show_json(flare_str name)
{
    char room[64];
    flare_json_writer json;
    flare_json_value root;
    flare_str text, back;

    flare_json_writer_init(&json, 4096);
    flare_json_open_object(&json);
    flare_json_name(&json, FLARE_STR("names"));
    flare_json_open_array(&json);
    flare_json_put_string(&json, name);
    flare_json_close(&json);
    flare_json_name(&json, FLARE_STR("age"));
    flare_json_put_u64(&json, 36);
    flare_json_close(&json);
    if (flare_json_finish(&json, &text) == FLARE_OK && flare_json_read(text, &root) == FLARE_OK) {
        (void)printf("json      %.*s\n", FLARE_STR_ARG(text));
        if (flare_json_string(flare_json_at(root, FLARE_STR("/names/0")), room, sizeof room, &back) ==
            FLARE_OK)
            (void)printf("back      %.*s\n", FLARE_STR_ARG(back));
    }
    flare_json_writer_free(&json);
}

int main(void)
{
    show_base64(FLARE_STR("subjects?>"));
    show_percent(FLARE_STR("a b/c?d"));
    show_token(FLARE_STR("ada"), FLARE_STR("a key that is 32 bytes and random"));
    show_packet();
    show_gzip();
    show_deflate(FLARE_STR("hello, deflate"));
    show_json(FLARE_STR("Ada \"the first\""));
    return 0;
}
