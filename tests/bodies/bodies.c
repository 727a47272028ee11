/* Gives back what came. */
#include "bodies.flare.h"

bool even(uint8_t value)
{
    return value % 2 == 0;
}

bool lower(flare_str value)
{
    for (size_t i = 0; i < value.len; i++)
        if (value.ptr[i] < 'a' || value.ptr[i] > 'z')
            return false;
    return true;
}

bool warm(bodies_color value)
{
    return value == BODIES_COLOR_RED;
}

bodies_take_scalars_reply bodies_take_scalars(flare_request *rq, const bodies_take_scalars_in *in)
{
    return bodies_take_scalars_ok(rq, &in->body);
}

bodies_take_defaults_reply bodies_take_defaults(flare_request *rq, const bodies_take_defaults_in *in)
{
    return bodies_take_defaults_ok(rq, &in->body);
}

bodies_take_many_reply bodies_take_many(flare_request *rq, const bodies_take_many_in *in)
{
    return bodies_take_many_ok(rq, &in->body);
}

bodies_take_alike_reply bodies_take_alike(flare_request *rq, const bodies_take_alike_in *in)
{
    return bodies_take_alike_ok(rq, &in->body);
}

bodies_take_odd_reply bodies_take_odd(flare_request *rq, const bodies_take_odd_in *in)
{
    return bodies_take_odd_ok(rq, &in->body);
}

bodies_take_node_reply bodies_take_node(flare_request *rq, const bodies_take_node_in *in)
{
    return bodies_take_node_ok(rq, &in->body);
}

bodies_take_outer_reply bodies_take_outer(flare_request *rq, const bodies_take_outer_in *in)
{
    return bodies_take_outer_ok(rq, &in->body);
}

bodies_take_numbers_reply bodies_take_numbers(flare_request *rq, const bodies_take_numbers_in *in)
{
    return bodies_take_numbers_ok(rq, &in->body);
}

bodies_take_small_reply bodies_take_small(flare_request *rq, const bodies_take_small_in *in)
{
    return bodies_take_small_ok(rq, &in->body);
}

bodies_take_own_reply bodies_take_own(flare_request *rq, const bodies_take_own_in *in)
{
    return bodies_take_own_ok(rq, &in->body);
}

bodies_take_number_reply bodies_take_number(flare_request *rq, const bodies_take_number_in *in)
{
    return bodies_take_number_ok(rq, in->body);
}

bodies_take_word_reply bodies_take_word(flare_request *rq, const bodies_take_word_in *in)
{
    return bodies_take_word_ok(rq, in->body);
}

bodies_take_color_reply bodies_take_color(flare_request *rq, const bodies_take_color_in *in)
{
    return bodies_take_color_ok(rq, in->body);
}

bodies_take_skus_reply bodies_take_skus(flare_request *rq, const bodies_take_skus_in *in)
{
    return bodies_take_skus_ok(rq, &in->body);
}

bodies_take_head_reply bodies_take_head(flare_request *rq, const bodies_take_head_in *in)
{
    return bodies_take_head_ok(rq, &in->body);
}

bodies_take_ticks_reply bodies_take_ticks(flare_request *rq)
{
    bodies_total total = {0};
    bodies_tick tick;

    while (bodies_take_ticks_next(rq, &tick)) {
        total.count++;
        total.sum += tick.price;
    }
    return bodies_take_ticks_ok(rq, &total);
}

bodies_take_ticks_from_reply bodies_take_ticks_from(flare_request *rq, const bodies_take_ticks_from_in *in)
{
    bodies_total total = {0};
    bodies_tick tick;

    while (bodies_take_ticks_from_next(rq, &tick)) {
        if (tick.at < in->from)
            continue;
        total.count++;
        total.sum += tick.price;
    }
    return bodies_take_ticks_from_ok(rq, &total);
}

bodies_take_text_reply bodies_take_text(flare_request *rq, const bodies_take_text_in *in)
{
    return bodies_take_text_ok(rq, in->body);
}

bodies_take_strict_reply bodies_take_strict(flare_request *rq, const bodies_take_strict_in *in)
{
    return bodies_take_strict_ok(rq, &in->body);
}

bodies_take_pet_reply bodies_take_pet(flare_request *rq, const bodies_take_pet_in *in)
{
    return bodies_take_pet_ok(rq, &in->body);
}

bodies_take_pets_reply bodies_take_pets(flare_request *rq, const bodies_take_pets_in *in)
{
    return bodies_take_pets_ok(rq, &in->body);
}

bodies_take_patch_reply bodies_take_patch(flare_request *rq, const bodies_take_patch_in *in)
{
    return bodies_take_patch_ok(rq, &in->body);
}

bodies_take_maps_reply bodies_take_maps(flare_request *rq, const bodies_take_maps_in *in)
{
    return bodies_take_maps_ok(rq, &in->body);
}

bodies_take_map_reply bodies_take_map(flare_request *rq, const bodies_take_map_in *in)
{
    return bodies_take_map_ok(rq, &in->body);
}

bodies_take_chain_reply bodies_take_chain(flare_request *rq, const bodies_take_chain_in *in)
{
    return bodies_take_chain_ok(rq, &in->body);
}

bodies_take_ring_reply bodies_take_ring(flare_request *rq, const bodies_take_ring_in *in)
{
    return bodies_take_ring_ok(rq, &in->body);
}

/* A value that holds itself: no text is one. */
bodies_make_cycle_reply bodies_make_cycle(flare_request *rq)
{
    bodies_chain chain = {.n = 1};

    chain.next = &chain;
    return bodies_make_cycle_ok(rq, &chain);
}

bodies_make_tree_reply bodies_make_tree(flare_request *rq)
{
    bodies_node kids[3] = {
        {.name = FLARE_STR_INIT("a")}, {.name = FLARE_STR_INIT("b")}, {.name = FLARE_STR_INIT("c")}};
    const bodies_node root = {.name = FLARE_STR_INIT("root"), .kids = {kids, 3}};

    for (size_t i = 0; i < 3; i++)
        kids[i].kids = root.kids;
    return bodies_make_tree_ok(rq, &root);
}

bodies_make_deep_reply bodies_make_deep(flare_request *rq, const bodies_make_deep_in *in)
{
    bodies_chain *links = (bodies_chain *)flare_alloc(rq, in->n * sizeof *links);

    if (links == NULL)
        return bodies_make_deep_fail(rq, "no memory");
    for (uint32_t i = 0; i < in->n; i++)
        links[i] = (bodies_chain){.n = (int32_t)i, .next = i == 0 ? NULL : &links[i - 1]};
    return bodies_make_deep_ok(rq, &links[in->n - 1]);
}

bodies_take_sets_reply bodies_take_sets(flare_request *rq, const bodies_take_sets_in *in)
{
    return bodies_take_sets_ok(rq, &in->body);
}

bodies_take_special_reply bodies_take_special(flare_request *rq, const bodies_take_special_in *in)
{
    return bodies_take_special_ok(rq, &in->body);
}

bodies_take_raw_reply bodies_take_raw(flare_request *rq, const bodies_take_raw_in *in)
{
    return bodies_take_raw_ok(rq, in->body);
}

bodies_take_unique_reply bodies_take_unique(flare_request *rq, const bodies_take_unique_in *in)
{
    return bodies_take_unique_ok(rq, &in->body);
}
