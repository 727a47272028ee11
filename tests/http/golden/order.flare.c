/* order.flare.c - the JSON decoders and encoders that flarec is to generate from order.flare.
 *
 * Members are tried in the order they are declared in, each guess one compare of constants; any other order
 * goes through a perfect hash of length and first letter, and the guessing goes on from there.
 */
#include "order.flare.h"

/* ---- Address (order.flare:3) ---- */

static const char *const address_keys[] = {"/street", "/city", "/zip", "/country"};

/* The number of the only member that a name can be, from 1; 0 if it can be none. */
static unsigned address_member(flare_str name)
{
    static const uint8_t members[4] = {1, 4, 2, 3};

    return name.len != 0 ? members[(name.len + (unsigned char)name.ptr[0] * 2u) & 3] : 0;
}

static const char *read_address(struct flarei_json *json, const char *at, const struct flarei_json_path *path,
                                order_address *out)
{
    const char *const end = json->end;
    unsigned seen = 0, member;
    struct flarei_json_gap outer;
    flare_str key;

    *out = (order_address){0};
    if (FLARE_UNLIKELY(*at != '{'))
        return flarei_json_drop(json, at, path, NULL, FLAREI_RULE_TYPE);
    at = flarei_json_open(json, at, &outer);
    if (*at == '}')
        goto close;
    if (!FLAREI_JSON_TRY(at, end, "\"street\":"))
        goto find;
street:
    at = flarei_json_blanks(at, end);
    if (FLARE_UNLIKELY((seen & 1u) != 0)) {
        at = flarei_json_drop(json, at, path, "/street", FLAREI_RULE_REPEATED);
    } else {
        seen |= 1u;
        at = flarei_json_string(json, at, path, "/street", 1, 80, &out->street);
    }
    if (FLARE_UNLIKELY(at == NULL))
        return NULL;
    if (!flarei_json_comma(json, &at, &outer))
        goto close;

    if (!FLAREI_JSON_TRY(at, end, "\"city\":"))
        goto find;
city:
    at = flarei_json_blanks(at, end);
    if (FLARE_UNLIKELY((seen & 2u) != 0)) {
        at = flarei_json_drop(json, at, path, "/city", FLAREI_RULE_REPEATED);
    } else {
        seen |= 2u;
        at = flarei_json_string(json, at, path, "/city", 1, 80, &out->city);
    }
    if (FLARE_UNLIKELY(at == NULL))
        return NULL;
    if (!flarei_json_comma(json, &at, &outer))
        goto close;

    if (!FLAREI_JSON_TRY(at, end, "\"zip\":"))
        goto find;
zip:
    at = flarei_json_blanks(at, end);
    if (FLARE_UNLIKELY((seen & 4u) != 0)) {
        at = flarei_json_drop(json, at, path, "/zip", FLAREI_RULE_REPEATED);
    } else {
        seen |= 4u;
        at = flarei_json_string(json, at, path, "/zip", 0, 12, &out->zip);
    }
    if (FLARE_UNLIKELY(at == NULL))
        return NULL;
    if (!flarei_json_comma(json, &at, &outer))
        goto close;

    if (!FLAREI_JSON_TRY(at, end, "\"country\":"))
        goto find;
country:
    at = flarei_json_blanks(at, end);
    if (FLARE_UNLIKELY((seen & 8u) != 0)) {
        at = flarei_json_drop(json, at, path, "/country", FLAREI_RULE_REPEATED);
    } else {
        seen |= 8u;
        at = flarei_json_string(json, at, path, "/country", 2, 2, &out->country);
    }
    if (FLARE_UNLIKELY(at == NULL))
        return NULL;
    if (!flarei_json_comma(json, &at, &outer))
        goto close;

find:
    switch (address_member(flarei_json_peek(at, end))) {
    case 1:
        if (FLAREI_JSON_TRY(at, end, "\"street\":"))
            goto street;
        break;
    case 2:
        if (FLAREI_JSON_TRY(at, end, "\"city\":"))
            goto city;
        break;
    case 3:
        if (FLAREI_JSON_TRY(at, end, "\"zip\":"))
            goto zip;
        break;
    case 4:
        if (FLAREI_JSON_TRY(at, end, "\"country\":"))
            goto country;
        break;
    default:
        break;
    }
    at = flarei_json_key(json, at, &key);
    if (FLARE_UNLIKELY(at == NULL))
        return NULL;
    member = address_member(key);
    if (member != 0 && flarei_json_key_is(key, address_keys[member - 1])) {
        switch (member) {
        case 1:
            goto street;
        case 2:
            goto city;
        case 3:
            goto zip;
        case 4:
            goto country;
        default:
            break;
        }
    }
    at = flarei_json_unknown(json, at, path);
    if (FLARE_UNLIKELY(at == NULL))
        return NULL;
    if (flarei_json_comma(json, &at, &outer))
        goto find;

close:
    if (FLARE_UNLIKELY((~seen & 15u) != 0))
        flarei_json_missing(json, path, address_keys, ~seen & 15u);
    return flarei_json_close(json, at, '}', &outer);
}

/* ---- Item (order.flare:4) ---- */

static const char *const item_keys[] = {"/sku", "/qty", "/price"};

/* The number of the only member that a name can be, from 1; 0 if it can be none. */
static unsigned item_member(flare_str name)
{
    static const uint8_t members[4] = {2, 3, 1, 0};

    return name.len != 0 ? members[(name.len + (unsigned char)name.ptr[0]) & 3] : 0;
}

static const char *read_item(struct flarei_json *json, const char *at, const struct flarei_json_path *path,
                             order_item *out)
{
    const char *const end = json->end;
    unsigned seen = 0, member;
    struct flarei_json_gap outer;
    flare_str key;

    *out = (order_item){0};
    if (FLARE_UNLIKELY(*at != '{'))
        return flarei_json_drop(json, at, path, NULL, FLAREI_RULE_TYPE);
    at = flarei_json_open(json, at, &outer);
    if (*at == '}')
        goto close;
    if (!FLAREI_JSON_TRY(at, end, "\"sku\":"))
        goto find;
sku:
    at = flarei_json_blanks(at, end);
    if (FLARE_UNLIKELY((seen & 1u) != 0)) {
        at = flarei_json_drop(json, at, path, "/sku", FLAREI_RULE_REPEATED);
    } else {
        seen |= 1u;
        at = flarei_json_string(json, at, path, "/sku", 1, 20, &out->sku);
    }
    if (FLARE_UNLIKELY(at == NULL))
        return NULL;
    if (!flarei_json_comma(json, &at, &outer))
        goto close;

    if (!FLAREI_JSON_TRY(at, end, "\"qty\":"))
        goto find;
qty:
    at = flarei_json_blanks(at, end);
    if (FLARE_UNLIKELY((seen & 2u) != 0)) {
        at = flarei_json_drop(json, at, path, "/qty", FLAREI_RULE_REPEATED);
    } else {
        seen |= 2u;
        at = flarei_json_u32(json, at, path, "/qty", 1, 1000, &out->qty);
    }
    if (FLARE_UNLIKELY(at == NULL))
        return NULL;
    if (!flarei_json_comma(json, &at, &outer))
        goto close;

    if (!FLAREI_JSON_TRY(at, end, "\"price\":"))
        goto find;
price:
    at = flarei_json_blanks(at, end);
    if (FLARE_UNLIKELY((seen & 4u) != 0)) {
        at = flarei_json_drop(json, at, path, "/price", FLAREI_RULE_REPEATED);
    } else {
        seen |= 4u;
        at = flarei_json_f64(json, at, path, "/price", 0.0, 1000000.0, &out->price);
    }
    if (FLARE_UNLIKELY(at == NULL))
        return NULL;
    if (!flarei_json_comma(json, &at, &outer))
        goto close;

find:
    switch (item_member(flarei_json_peek(at, end))) {
    case 1:
        if (FLAREI_JSON_TRY(at, end, "\"sku\":"))
            goto sku;
        break;
    case 2:
        if (FLAREI_JSON_TRY(at, end, "\"qty\":"))
            goto qty;
        break;
    case 3:
        if (FLAREI_JSON_TRY(at, end, "\"price\":"))
            goto price;
        break;
    default:
        break;
    }
    at = flarei_json_key(json, at, &key);
    if (FLARE_UNLIKELY(at == NULL))
        return NULL;
    member = item_member(key);
    if (member != 0 && flarei_json_key_is(key, item_keys[member - 1])) {
        switch (member) {
        case 1:
            goto sku;
        case 2:
            goto qty;
        case 3:
            goto price;
        default:
            break;
        }
    }
    at = flarei_json_unknown(json, at, path);
    if (FLARE_UNLIKELY(at == NULL))
        return NULL;
    if (flarei_json_comma(json, &at, &outer))
        goto find;

close:
    if (FLARE_UNLIKELY((~seen & 7u) != 0))
        flarei_json_missing(json, path, item_keys, ~seen & 7u);
    return flarei_json_close(json, at, '}', &outer);
}

/* ---- Order (order.flare:5) ---- */

static const char *const order_keys[] = {"/id",      "/customer", "/email", "/priority",
                                         "/address", "/items",    "/note"};

/* The number of the only member that a name can be, from 1; 0 if it can be none. */
static unsigned order_member(flare_str name)
{
    static const uint8_t members[16] = {7, 0, 0, 0, 1, 0, 0, 6, 4, 5, 0, 0, 0, 0, 2, 3};

    return name.len != 0 ? members[(name.len + (unsigned char)name.ptr[0] * 2u) & 15] : 0;
}

static const char *read_item_array(struct flarei_json *json, const char *at,
                                   const struct flarei_json_path *path, size_t min, size_t max,
                                   order_item_array *out)
{
    struct flarei_json_path item = {path, NULL, 0};
    order_item *items = NULL;
    size_t room = 0;
    struct flarei_json_gap outer;

    if (FLARE_UNLIKELY(*at != '['))
        return flarei_json_drop(json, at, path, NULL, FLAREI_RULE_TYPE);
    at = flarei_json_open(json, at, &outer);
    if (*at != ']') {
        do {
            if (item.index == room) {
                if (FLARE_UNLIKELY(item.index == max)) {
                    at = flarei_json_drop_items(json, at, path);
                    if (at == NULL)
                        return NULL;
                    break;
                }
                items = (order_item *)flarei_json_grow(json, items, &room, max, sizeof *items);
                if (FLARE_UNLIKELY(items == NULL))
                    return NULL;
            }
            at = read_item(json, at, &item, &items[item.index]);
            if (FLARE_UNLIKELY(at == NULL))
                return NULL;
            item.index++;
        } while (flarei_json_comma(json, &at, &outer));
    }
    if (FLARE_UNLIKELY(item.index < min))
        flarei_json_fail(json, path, NULL, FLAREI_RULE_MIN_ITEMS);
    out->items = items;
    out->count = item.index;
    return flarei_json_close(json, at, ']', &outer);
}

const char *order_read_order(struct flarei_json *json, const char *at, const struct flarei_json_path *path,
                             order_order *out)
{
    const char *const end = json->end;
    unsigned seen = 0, member;
    struct flarei_json_gap outer;
    flare_str key;

    *out = (order_order){0};
    if (FLARE_UNLIKELY(*at != '{'))
        return flarei_json_drop(json, at, path, NULL, FLAREI_RULE_TYPE);
    at = flarei_json_open(json, at, &outer);
    if (*at == '}')
        goto close;
    if (!FLAREI_JSON_TRY(at, end, "\"id\":"))
        goto find;
id:
    at = flarei_json_blanks(at, end);
    if (FLARE_UNLIKELY((seen & 1u) != 0)) {
        at = flarei_json_drop(json, at, path, "/id", FLAREI_RULE_REPEATED);
    } else {
        seen |= 1u;
        at = flarei_json_u64(json, at, path, "/id", 1, UINT64_MAX, &out->id);
    }
    if (FLARE_UNLIKELY(at == NULL))
        return NULL;
    if (!flarei_json_comma(json, &at, &outer))
        goto close;

    if (!FLAREI_JSON_TRY(at, end, "\"customer\":"))
        goto find;
customer:
    at = flarei_json_blanks(at, end);
    if (FLARE_UNLIKELY((seen & 2u) != 0)) {
        at = flarei_json_drop(json, at, path, "/customer", FLAREI_RULE_REPEATED);
    } else {
        seen |= 2u;
        at = flarei_json_string(json, at, path, "/customer", 1, 80, &out->customer);
    }
    if (FLARE_UNLIKELY(at == NULL))
        return NULL;
    if (!flarei_json_comma(json, &at, &outer))
        goto close;

    if (!FLAREI_JSON_TRY(at, end, "\"email\":"))
        goto find;
email:
    at = flarei_json_blanks(at, end);
    if (FLARE_UNLIKELY((seen & 4u) != 0)) {
        at = flarei_json_drop(json, at, path, "/email", FLAREI_RULE_REPEATED);
    } else {
        seen |= 4u;
        at = flarei_json_string(json, at, path, "/email", 0, 254, &out->email);
        if (at != NULL && out->email.ptr != NULL && flarei_take_email(out->email, &out->email) != FLAREI_FINE)
            flarei_json_fail(json, path, "/email", FLAREI_RULE_TYPE);
    }
    if (FLARE_UNLIKELY(at == NULL))
        return NULL;
    if (!flarei_json_comma(json, &at, &outer))
        goto close;

    if (!FLAREI_JSON_TRY(at, end, "\"priority\":"))
        goto find;
priority:
    at = flarei_json_blanks(at, end);
    if (FLARE_UNLIKELY((seen & 8u) != 0)) {
        at = flarei_json_drop(json, at, path, "/priority", FLAREI_RULE_REPEATED);
    } else {
        seen |= 8u;
        at = flarei_json_bool(json, at, path, "/priority", &out->priority);
    }
    if (FLARE_UNLIKELY(at == NULL))
        return NULL;
    if (!flarei_json_comma(json, &at, &outer))
        goto close;

    if (!FLAREI_JSON_TRY(at, end, "\"address\":"))
        goto find;
address:
    at = flarei_json_blanks(at, end);
    if (FLARE_UNLIKELY((seen & 16u) != 0)) {
        at = flarei_json_drop(json, at, path, "/address", FLAREI_RULE_REPEATED);
    } else {
        seen |= 16u;
        at = read_address(json, at, &(struct flarei_json_path){path, "/address", 0}, &out->address);
    }
    if (FLARE_UNLIKELY(at == NULL))
        return NULL;
    if (!flarei_json_comma(json, &at, &outer))
        goto close;

    if (!FLAREI_JSON_TRY(at, end, "\"items\":"))
        goto find;
items:
    at = flarei_json_blanks(at, end);
    if (FLARE_UNLIKELY((seen & 32u) != 0)) {
        at = flarei_json_drop(json, at, path, "/items", FLAREI_RULE_REPEATED);
    } else {
        seen |= 32u;
        at = read_item_array(json, at, &(struct flarei_json_path){path, "/items", 0}, 1, 100, &out->items);
    }
    if (FLARE_UNLIKELY(at == NULL))
        return NULL;
    if (!flarei_json_comma(json, &at, &outer))
        goto close;

    if (!FLAREI_JSON_TRY(at, end, "\"note\":"))
        goto find;
note:
    at = flarei_json_blanks(at, end);
    if (FLARE_UNLIKELY((seen & 64u) != 0)) {
        at = flarei_json_drop(json, at, path, "/note", FLAREI_RULE_REPEATED);
    } else {
        seen |= 64u;
        if (!flarei_json_null(&at, end)) {
            at = flarei_json_string(json, at, path, "/note", 0, 500, &out->note.value);
            out->note.has = true;
        }
    }
    if (FLARE_UNLIKELY(at == NULL))
        return NULL;
    if (!flarei_json_comma(json, &at, &outer))
        goto close;

find:
    switch (order_member(flarei_json_peek(at, end))) {
    case 1:
        if (FLAREI_JSON_TRY(at, end, "\"id\":"))
            goto id;
        break;
    case 2:
        if (FLAREI_JSON_TRY(at, end, "\"customer\":"))
            goto customer;
        break;
    case 3:
        if (FLAREI_JSON_TRY(at, end, "\"email\":"))
            goto email;
        break;
    case 4:
        if (FLAREI_JSON_TRY(at, end, "\"priority\":"))
            goto priority;
        break;
    case 5:
        if (FLAREI_JSON_TRY(at, end, "\"address\":"))
            goto address;
        break;
    case 6:
        if (FLAREI_JSON_TRY(at, end, "\"items\":"))
            goto items;
        break;
    case 7:
        if (FLAREI_JSON_TRY(at, end, "\"note\":"))
            goto note;
        break;
    default:
        break;
    }
    at = flarei_json_key(json, at, &key);
    if (FLARE_UNLIKELY(at == NULL))
        return NULL;
    member = order_member(key);
    if (member != 0 && flarei_json_key_is(key, order_keys[member - 1])) {
        switch (member) {
        case 1:
            goto id;
        case 2:
            goto customer;
        case 3:
            goto email;
        case 4:
            goto priority;
        case 5:
            goto address;
        case 6:
            goto items;
        case 7:
            goto note;
        default:
            break;
        }
    }
    at = flarei_json_unknown(json, at, path);
    if (FLARE_UNLIKELY(at == NULL))
        return NULL;
    if (flarei_json_comma(json, &at, &outer))
        goto find;

close:
    if (FLARE_UNLIKELY((~seen & 55u) != 0))
        flarei_json_missing(json, path, order_keys, ~seen & 55u);
    return flarei_json_close(json, at, '}', &outer);
}

/* ---- Writing ---- */

static void write_address(flare_buffer *out, const order_address *value)
{
    FLAREI_PUT(out, "{\"street\":");
    flarei_put_string(out, value->street);
    FLAREI_PUT(out, ",\"city\":");
    flarei_put_string(out, value->city);
    FLAREI_PUT(out, ",\"zip\":");
    flarei_put_string(out, value->zip);
    FLAREI_PUT(out, ",\"country\":");
    flarei_put_string(out, value->country);
    FLAREI_PUT(out, "}");
}

static void write_item(flare_buffer *out, const order_item *value)
{
    FLAREI_PUT(out, "{\"sku\":");
    flarei_put_string(out, value->sku);
    FLAREI_PUT(out, ",\"qty\":");
    flarei_put_u64(out, value->qty);
    FLAREI_PUT(out, ",\"price\":");
    flarei_put_f64(out, value->price);
    FLAREI_PUT(out, "}");
}

static void write_item_array(flare_buffer *out, order_item_array value)
{
    FLAREI_PUT(out, "[");
    for (size_t i = 0; i < value.count; i++) {
        if (i != 0)
            FLAREI_PUT(out, ",");
        write_item(out, &value.items[i]);
    }
    FLAREI_PUT(out, "]");
}

void order_write_order(flare_buffer *out, const order_order *value)
{
    FLAREI_PUT(out, "{\"id\":");
    flarei_put_u64(out, value->id);
    FLAREI_PUT(out, ",\"customer\":");
    flarei_put_string(out, value->customer);
    FLAREI_PUT(out, ",\"email\":");
    flarei_put_string(out, value->email);
    FLAREI_PUT(out, ",\"priority\":");
    flarei_put_bool(out, value->priority);
    FLAREI_PUT(out, ",\"address\":");
    write_address(out, &value->address);
    FLAREI_PUT(out, ",\"items\":");
    write_item_array(out, value->items);
    FLAREI_PUT(out, ",\"note\":");
    if (value->note.has) {
        flarei_put_string(out, value->note.value);
    } else {
        FLAREI_PUT(out, "null");
    }
    FLAREI_PUT(out, "}");
}
