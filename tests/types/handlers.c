#include "types.flare.h"

/* ---- Checks ---- */

bool common_code_ok(flare_str value)
{
    return value.ptr[0] != 'X';
}

bool types_even(uint32_t value)
{
    return value % 2 == 0;
}

bool types_warm(types_color value)
{
    return value == TYPES_COLOR_RED;
}

/* ---- Replies ---- */

types_get_node_reply types_get_node(flare_request *rq)
{
    const types_node leaf = {.name = FLARE_STR_INIT("leaf")};
    const types_node_map_entry named[] = {{FLARE_STR_INIT("a\"b"), leaf}, {FLARE_STR_INIT(""), leaf}};
    const types_node root = {
        .name = FLARE_STR_INIT("root"), .next = &leaf, .nodes = {&leaf, 1}, .named = {named, 2}};

    return types_get_node_ok(rq, &root);
}

types_get_whole_reply types_get_whole(flare_request *rq, const types_get_whole_in *in)
{
    const common_amount_map_entry amounts[] = {
        {FLARE_STR_INIT("all"), {.cents = INT64_MIN, .currency = COMMON_CURRENCY_EUR}}};
    const uint8_t row[] = {1, 255};
    const flare_u8_array rows[] = {{row, 2}, {NULL, 0}};
    const types_u8_array_map_entry grid[] = {{FLARE_STR_INIT("x"), {row, 2}}, {FLARE_STR_INIT("y"), rows[1]}};
    types_whole whole = {
        .least = INT64_MIN, .color = TYPES_COLOR_OFF_WHITE, .amounts = {amounts, 1}, .grid = {grid, 2}};

    if (in->what == 1) {
        whole.most = (flare_u64_opt){true, UINT64_MAX};
        whole.extra = (flare_str_opt){true, FLARE_STR_INIT("[null, {\"a\": 1e9}]")};
        whole.pay = (types_payment_opt){true, types_payment_card((types_card){FLARE_STR_INIT("4242")})};
    }
    if (in->what == 2)
        whole.color = TYPES_COLOR_UNKNOWN;
    if (in->what == 3)
        whole.extra.has = true;
    return types_get_whole_ok(rq, &whole);
}

types_get_change_reply types_get_change(flare_request *rq, const types_get_change_in *in)
{
    static const flare_str tags[] = {FLARE_STR_INIT("a")};
    types_change change = {.name = {.has = false}};

    if (in->what == 1) {
        change.note.clear = change.color.clear = change.pay.clear = true;
        change.tags.clear = change.parts.clear = true;
    }
    if (in->what == 2) {
        change.name = (flare_str_opt){true, FLARE_STR_INIT("n")};
        change.note = (flare_str_patch){.has = true, .value = FLARE_STR_INIT("")};
        change.color = (types_color_patch){.has = true, .value = TYPES_COLOR_RED};
        change.tags = (flare_str_array_patch){.has = true, .value = {tags, 1}};
        change.pay = (types_payment_patch){
            .has = true, .value = types_payment_nothing((types_nothing){.note = {.has = false}})};
    }
    return types_get_change_ok(rq, &change);
}

types_get_payment_reply types_get_payment(flare_request *rq, const types_get_payment_in *in)
{
    const types_payment card = types_payment_card((types_card){FLARE_STR_INIT("1")});
    types_payment payment = {.tag = TYPES_PAYMENT_CARD};

    payment.tag = (types_payment_tag)in->arm;
    switch (payment.tag) {
    case TYPES_PAYMENT_CARD:
        payment = card;
        break;
    case TYPES_PAYMENT_BANK:
        payment = types_payment_bank((types_bank){.iban = {true, FLARE_STR_INIT("DE")}});
        break;
    case TYPES_PAYMENT_AGAIN:
        payment = types_payment_again((types_again){.pay = &card, .n = 7});
        break;
    case TYPES_PAYMENT_NOTHING:
        payment = types_payment_nothing((types_nothing){.note = {.has = false}});
        break;
    }
    return types_get_payment_ok(rq, &payment, (types_color_opt){in->arm == 1, TYPES_COLOR_OFF_WHITE});
}

types_get_map_reply types_get_map(flare_request *rq)
{
    const flare_str_map empty = {NULL, 0};

    return types_get_map_ok(rq, &empty);
}

types_get_raw_reply types_get_raw(flare_request *rq, const types_get_raw_in *in)
{
    return types_get_raw_ok(rq, in->text);
}

types_get_number_reply types_get_number(flare_request *rq, const types_get_number_in *in)
{
    return types_get_number_ok(rq, in->number);
}

/* ---- Inputs: told again ---- */

types_get_inputs_reply types_get_inputs(flare_request *rq, const types_get_inputs_in *in)
{
    const types_seen seen = {.tag = in->tag,
                             .n = in->n,
                             .f = in->f,
                             .color = (uint32_t)in->color,
                             .colors = in->colors.count,
                             .code = in->code,
                             .even = in->even,
                             .site = in->site,
                             .warm = in->warm,
                             .id = in->id};

    return types_get_inputs_ok(rq, &seen);
}
