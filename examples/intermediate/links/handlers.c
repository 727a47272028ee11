/* handlers.c - who may do what, and replies. */
#include "store.h"

#include <stdlib.h>

struct links_state {
    struct store *store;
};

struct links_owner {
    flare_str key;
    bool suspended;
};

/* An example's keys; yours come from where secrets are kept. */
static struct links_owner owners[] = {
    {FLARE_STR_INIT("key-of-ada-0123456789"), false},
    {FLARE_STR_INIT("key-of-bob-0123456789"), false},
    {FLARE_STR_INIT("key-of-eve-0123456789"), true},
};

struct links_state *links_state_open(void)
{
    struct links_state *const state = calloc(1, sizeof *state);

    if (state == NULL || (state->store = store_new()) == NULL) {
        free(state);
        return NULL;
    }
    return state;
}

void links_state_close(struct links_state *state)
{
    store_free(state->store);
    free(state);
}

/* As long for a wrong key as for a right one. */
static bool same(flare_str a, flare_str b)
{
    unsigned differs = 0;

    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        differs |= (unsigned)a.ptr[i] ^ (unsigned)b.ptr[i];
    return differs == 0;
}

links_with_key_verdict links_with_key(flare_request *rq, const links_with_key_in *in)
{
    for (size_t i = 0; i < sizeof owners / sizeof *owners; i++) {
        if (same(owners[i].key, in->token))
            return owners[i].suspended ? links_with_key_forbidden(rq) : links_with_key_pass(rq, &owners[i]);
    }
    return links_with_key_unauthorized(rq);
}

/* Replies are made under the lock: what they show is the store's. */

links_follow_reply links_follow(flare_request *rq, const links_follow_in *in)
{
    struct store *const store = links_state_of(rq)->store;
    links_follow_reply reply;
    flare_str target;

    store_lock(store);
    switch (store_visit(store, in->slug, &target)) {
    case VISIT_OPEN:
        reply = links_follow_found(rq, target);
        break;
    case VISIT_OVER:
        reply = links_follow_gone(rq);
        break;
    case VISIT_NONE:
    default:
        reply = links_follow_not_found(rq);
        break;
    }
    store_unlock(store);
    return reply;
}

static links_create_reply create(flare_request *rq, struct store *store, const links_create_in *in)
{
    flare_str slug = in->body.slug.value;
    char made[STORE_SLUG_BYTES];
    const links_link *link;

    if (!in->body.slug.has) {
        slug = store_make_slug(store, made);
        if (slug.len == 0)
            return links_create_fail(rq, "no random numbers");
    } else if (store_has(store, slug)) {
        return links_create_slug_taken(rq);
    }
    link = store_add(store, slug, &in->body, in->owner);
    if (link == NULL)
        return links_create_fail(rq, "no room for another link");
    return links_create_created(rq, link, flare_format(rq, "/%.*s", FLARE_STR_ARG(slug)));
}

links_create_reply links_create(flare_request *rq, const links_create_in *in)
{
    struct store *const store = links_state_of(rq)->store;
    links_create_reply reply;

    store_lock(store);
    reply = create(rq, store, in);
    store_unlock(store);
    return reply;
}

links_show_reply links_show(flare_request *rq, const links_show_in *in)
{
    struct store *const store = links_state_of(rq)->store;
    const links_link *link;
    links_show_reply reply;

    store_lock(store);
    link = store_find(store, in->slug, in->owner);
    reply = link != NULL ? links_show_ok(rq, link) : links_show_not_found(rq);
    store_unlock(store);
    return reply;
}

links_remove_reply links_remove(flare_request *rq, const links_remove_in *in)
{
    struct store *const store = links_state_of(rq)->store;
    bool removed;

    store_lock(store);
    removed = store_remove(store, in->slug, in->owner);
    store_unlock(store);
    return removed ? links_remove_no_content(rq) : links_remove_not_found(rq);
}
