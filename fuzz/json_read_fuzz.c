/* JSON reading against a naive validator: skipping and a typed decoder agree with it on what is JSON, and an
 * order that is read, written and read again is the same.
 *
 * Target: runtime/http/json_read.c runtime/http/json_skip.c runtime/http/json_string.c
 */
#include "fuzz.h"

#include "http/order.h"

enum { arena_bytes = 1 << 20 };

struct cursor {
    const unsigned char *at, *end;
    int depth;
    bool too_deep;
};

static void blanks(struct cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\t' || *c->at == '\n' || *c->at == '\r'))
        c->at++;
}

static bool eat(struct cursor *c, unsigned char byte)
{
    if (c->at == c->end || *c->at != byte)
        return false;
    c->at++;
    return true;
}

static bool word(struct cursor *c, const char *text)
{
    for (; *text != '\0'; text++)
        if (!eat(c, (unsigned char)*text))
            return false;
    return true;
}

static bool digits(struct cursor *c)
{
    const unsigned char *const start = c->at;

    while (c->at < c->end && *c->at >= '0' && *c->at <= '9')
        c->at++;
    return c->at > start;
}

static bool number(struct cursor *c)
{
    (void)eat(c, '-');
    if (!eat(c, '0') && !digits(c))
        return false;
    if (eat(c, '.') && !digits(c))
        return false;
    if (eat(c, 'e') || eat(c, 'E')) {
        if (!eat(c, '+'))
            (void)eat(c, '-');
        return digits(c);
    }
    return true;
}

/* One scalar value of UTF-8, by computing it. */
static bool scalar(struct cursor *c)
{
    const unsigned char lead = *c->at++;
    const int tails = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    uint32_t value = lead & (0x3fu >> tails);

    if (lead < 0xc0 || lead > 0xf7)
        return false;
    for (int i = 0; i < tails; i++) {
        if (c->at == c->end || *c->at >> 6 != 2)
            return false;
        value = value << 6 | (*c->at++ & 0x3f);
    }
    return value >= least[tails] && value <= 0x10ffff && (value < 0xd800 || value > 0xdfff);
}

static bool string(struct cursor *c)
{
    if (!eat(c, '"'))
        return false;
    while (c->at < c->end) {
        if (*c->at >= 0x80) {
            if (!scalar(c))
                return false;
            continue;
        }
        const unsigned char byte = *c->at++;

        if (byte == '"')
            return true;
        if (byte < 0x20)
            return false;
        if (byte != '\\')
            continue;
        if (c->at == c->end)
            return false;
        const unsigned char letter = *c->at++;

        if (letter == 'u') {
            for (int i = 0; i < 4; i++)
                if (c->at == c->end || flarei_hex_value((char)*c->at++) < 0)
                    return false;
        } else if (letter == 0 || strchr("\"\\/bfnrt", letter) == NULL) {
            return false;
        }
    }
    return false;
}

static bool value(struct cursor *c);

static bool members(struct cursor *c, bool object)
{
    const unsigned char close = object ? '}' : ']';

    c->at++;
    if (++c->depth > FLAREI_JSON_DEPTH_MAX) {
        c->too_deep = true;
        return false;
    }
    blanks(c);
    if (!eat(c, close)) {
        do {
            blanks(c);
            if (object) {
                if (!string(c))
                    return false;
                blanks(c);
                if (!eat(c, ':'))
                    return false;
            }
            blanks(c);
            if (!value(c))
                return false;
            blanks(c);
        } while (eat(c, ','));
        if (!eat(c, close))
            return false;
    }
    c->depth--;
    return true;
}

static bool value(struct cursor *c)
{
    if (c->at == c->end)
        return false;
    switch (*c->at) {
    case '{':
        return members(c, true);
    case '[':
        return members(c, false);
    case '"':
        return string(c);
    case 't':
        return word(c, "true");
    case 'f':
        return word(c, "false");
    case 'n':
        return word(c, "null");
    default:
        return number(c);
    }
}

static enum flarei_json_verdict judge(const uint8_t *data, size_t size)
{
    struct cursor c = {data, data + size, 0, false};
    bool fine;

    blanks(&c);
    fine = value(&c);
    blanks(&c);
    if (c.too_deep)
        return FLAREI_JSON_TOO_DEEP;
    return fine && c.at == c.end ? FLAREI_JSON_FINE : FLAREI_JSON_MALFORMED;
}

static enum flarei_json_verdict read_raw(struct flarei_json *json, flare_str text, flare_arena *arena)
{
    flare_str raw;
    const char *at = flarei_json_begin(json, text, arena);

    if (at != NULL)
        at = flarei_json_raw(json, at, FLAREI_JSON_DEPTH_MAX, &raw);
    return flarei_json_end(json, at);
}

static enum flarei_json_verdict read_order(struct flarei_json *json, flare_str text, flare_arena *arena,
                                           order_order *order)
{
    const char *at = flarei_json_begin(json, text, arena);

    if (at != NULL)
        at = order_read_order(json, at, NULL, order);
    return flarei_json_end(json, at);
}

/* What was read is valid, and is read again from what is written. */
static void check_order(struct flarei_json *json, flare_arena *arena, const order_order *order)
{
    static char storage[2][1 << 18];
    flare_buffer out[2];
    order_order again;

    FUZZ_CHECK(order->id >= 1 && order->items.count >= 1 && order->items.count <= 100);
    FUZZ_CHECK(flare_email_valid(order->email) && order->customer.len <= 4 * 80);
    for (size_t i = 0; i < order->items.count; i++)
        FUZZ_CHECK(order->items.items[i].qty >= 1 && order->items.items[i].qty <= 1000);
    flarei_buffer_over(&out[0], storage[0], sizeof storage[0]);
    flarei_buffer_over(&out[1], storage[1], sizeof storage[1]);
    order_write_order(&out[0], order);
    FUZZ_CHECK(!out[0].failed);
    FUZZ_CHECK(read_order(json, flarei_buffer_str(&out[0]), arena, &again) == FLAREI_JSON_FINE);
    order_write_order(&out[1], &again);
    FUZZ_CHECK(flare_str_equal(flarei_buffer_str(&out[0]), flarei_buffer_str(&out[1])));
    /* As if what a text with escapes comes to were one character. */
    FUZZ_PLANT(order->note.has && order->note.value.len > 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static flare_arena arena;
    static struct flarei_json json;
    const flare_str text = {(const char *)data, size};
    const enum flarei_json_verdict wanted = judge(data, size);
    order_order order;

    if (size > arena_bytes / 2)
        return 0;
    if (arena.max_bytes == 0)
        flarei_arena_init(&arena, 4096, arena_bytes);
    flarei_arena_reset(&arena);

    const enum flarei_json_verdict raw = read_raw(&json, text, &arena);
    const enum flarei_json_verdict typed = read_order(&json, text, &arena, &order);

    /* The validator goes on past the depth to no end, so what is malformed behind it stays unknown. */
    FUZZ_CHECK(raw == wanted);
    FUZZ_CHECK(typed == wanted || (wanted == FLAREI_JSON_FINE && typed == FLAREI_JSON_INVALID));
    FUZZ_CHECK((typed == FLAREI_JSON_INVALID) == (json.count != 0) || typed > FLAREI_JSON_INVALID);
    for (uint32_t i = 0; i < json.count; i++)
        FUZZ_CHECK(flarei_json_pointer(&json, i).len <= sizeof "/address/customer/99");
    if (typed == FLAREI_JSON_FINE)
        check_order(&json, &arena, &order);
    return 0;
}
