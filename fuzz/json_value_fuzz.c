/* JSON of any shape: what is read is walked, written again value by value, and reads as the same; whatever is
 * asked of it stays within its text. Target: runtime/http/json_value.c runtime/http/json_writer.c
 */
#include "fuzz.h"

#include <flare/json.h>

#include <string.h>

static char room[4096];

static void copy_string(flare_json_writer *to, flare_json_value value, bool as_name)
{
    flare_str text;
    const flare_err err = flare_json_string(value, room, sizeof room, &text);

    FUZZ_CHECK(err == FLARE_OK || err == FLARE_ERR_SYNTAX);
    FUZZ_CHECK(err != FLARE_OK || flare_json_is(value, text));
    if (err != FLARE_OK)
        text = FLARE_STR("half a pair");
    if (as_name)
        flare_json_name(to, text);
    else
        flare_json_put_string(to, text);
}

static void copy(flare_json_writer *to, flare_json_value value);

static void copy_container(flare_json_writer *to, flare_json_value value)
{
    flare_json_items items = flare_json_items_of(value);
    flare_json_value name, item;

    value.kind == FLARE_JSON_OBJECT ? flare_json_open_object(to) : flare_json_open_array(to);
    while (flare_json_next(&items, &name, &item)) {
        FUZZ_CHECK(item.text.ptr > value.text.ptr &&
                   item.text.ptr + item.text.len < value.text.ptr + value.text.len);
        if (value.kind == FLARE_JSON_OBJECT)
            copy_string(to, name, true);
        copy(to, item);
    }
    flare_json_close(to);
}

static void copy(flare_json_writer *to, flare_json_value value)
{
    int64_t whole;
    uint64_t natural;
    double number;
    bool truth;

    switch (value.kind) {
    case FLARE_JSON_OBJECT:
    case FLARE_JSON_ARRAY:
        copy_container(to, value);
        break;
    case FLARE_JSON_STRING:
        copy_string(to, value, false);
        break;
    case FLARE_JSON_NUMBER:
        if (flare_str_equal(value.text, FLARE_STR("-0"))) /* which no whole number can be */
            flare_json_put_value(to, value);
        else if (flare_json_i64(value, &whole) == FLARE_OK)
            flare_json_put_i64(to, whole);
        else if (flare_json_u64(value, &natural) == FLARE_OK)
            flare_json_put_u64(to, natural);
        else if (flare_json_f64(value, &number) == FLARE_OK)
            flare_json_put_f64(to, number);
        else
            flare_json_put_value(to, value);
        break;
    case FLARE_JSON_BOOL:
        FUZZ_CHECK(flare_json_bool(value, &truth) == FLARE_OK);
        flare_json_put_bool(to, truth);
        break;
    case FLARE_JSON_NULL:
        flare_json_put_null(to);
        break;
    case FLARE_JSON_NONE:
        FUZZ_CHECK(false);
    }
}

/* @return what it reads as, written anew; the writer's */
static flare_str rewrite(flare_json_writer *to, flare_json_value root)
{
    flare_str text;

    flare_json_writer_init(to, 1 << 20);
    copy(to, root);
    FUZZ_CHECK(flare_json_finish(to, &text) == FLARE_OK);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    flare_json_value root, found;
    flare_json_writer once, twice;
    flare_str first, second;
    size_t cut = 0;
    char *text;

    if (size > sizeof room)
        return 0;
    /* A JSON Pointer, a NUL, and a text that ends where its block ends. */
    while (cut < size && data[cut] != '\0')
        cut++;
    const flare_str pointer = {(const char *)data, cut < size ? cut : 0};
    if (cut < size) {
        data += cut + 1;
        size -= cut + 1;
    }
    text = malloc(size + 1);
    memcpy(text + 1, data, size);
    if (flare_json_read((flare_str){text + 1, size}, &root) == FLARE_OK) {
        FUZZ_CHECK(root.text.ptr >= text + 1 && root.text.ptr + root.text.len <= text + 1 + size);
        found = flare_json_at(root, pointer);
        FUZZ_CHECK(found.kind == FLARE_JSON_NONE ||
                   (found.text.ptr >= root.text.ptr &&
                    found.text.ptr + found.text.len <= root.text.ptr + root.text.len));
        FUZZ_PLANT(found.kind == FLARE_JSON_BOOL && pointer.len > 3);
        first = rewrite(&once, root);
        FUZZ_CHECK(flare_json_read(first, &found) == FLARE_OK && found.text.len == first.len);
        second = rewrite(&twice, found);
        FUZZ_CHECK(first.len == second.len && memcmp(first.ptr, second.ptr, first.len) == 0);
        flare_json_writer_free(&once);
        flare_json_writer_free(&twice);
    }
    free(text);
    return 0;
}
