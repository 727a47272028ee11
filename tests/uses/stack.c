#include "stack.flare.h"

#include <flare/async.h>

#include <stdatomic.h>

bool stack_fit(flare_request *rq)
{
    flare_str value;

    return !flare_request_header(rq, FLARE_STR("X-Unfit"), &value);
}

stack_item_reply stack_item(flare_request *rq, const stack_item_in *in)
{
    if (in->id == 500)
        return stack_item_fail(rq, "as it was asked");
    return in->id > 1000 ? stack_item_not_found(rq) : stack_item_ok(rq, FLARE_STR("an item\n"));
}

stack_slow_reply stack_slow(flare_request *rq, const stack_slow_in *in)
{
    return stack_slow_ok(rq, in->body);
}

stack_notes_reply stack_notes(flare_request *rq, const stack_notes_in *in)
{
    static const stack_note note = {.text = FLARE_STR_INIT("a note that is much like all others")};
    stack_note *const items = (stack_note *)flare_alloc(rq, (in->count + 1) * sizeof *items);

    if (items == NULL)
        return stack_notes_fail(rq, "no memory");
    for (uint32_t i = 0; i < in->count; i++)
        items[i] = note;
    const stack_note_array all = {items, in->count};
    return stack_notes_ok(rq, &all);
}

stack_show_token_reply stack_show_token(flare_request *rq)
{
    const stack_secret token = {
        .name = FLARE_STR_INIT(
            "a name that is long enough to be worth it, a name that is long enough to be worth it"),
        .token = FLARE_STR_INIT("hush")};

    return stack_show_token_ok(rq, &token);
}

static const flare_str words = FLARE_STR_INIT(
    "one and two and three and four and five and six and one and two and three and four and five and six and "
    "one and two and three and four and five and six and one and two and three and four and five and six\n");

/* ?tag=… and ?cache=… are its fields. */
flare_reply stack_text(flare_request *rq)
{
    if (flare_str_equal(flare_request_query(rq), FLARE_STR("tag")))
        (void)flare_reply_header(rq, FLARE_STR("ETag"), FLARE_STR("\"v1\""));
    if (flare_str_equal(flare_request_query(rq), FLARE_STR("keep")))
        (void)flare_reply_header(rq, FLARE_STR("Cache-Control"), FLARE_STR("public, no-transform"));
    if (flare_str_equal(flare_request_query(rq), FLARE_STR("fail")))
        return flare_fail(rq, FLARE_ERR_IO, "as it was asked");
    return flare_text(rq, 200, words);
}

flare_reply stack_picture(flare_request *rq)
{
    return flare_bytes(rq, 200, FLARE_STR("image/png"), words);
}

stack_coded_echo_reply stack_coded_echo(flare_request *rq, const stack_coded_echo_in *in)
{
    return stack_coded_echo_ok(rq, in->body);
}

stack_coded_notes_reply stack_coded_notes(flare_request *rq, const stack_coded_notes_in *in)
{
    return stack_coded_notes_ok(rq, (uint32_t)in->body.count);
}

stack_traced_reply stack_traced(flare_request *rq)
{
    flare_request_timing(rq, FLARE_STR("db"), 1234567);
    flare_request_timing(rq, FLARE_STR("not a token"), 1);
    return stack_traced_ok(rq, flare_request_traceparent(rq));
}

stack_limited_reply stack_limited(flare_request *rq)
{
    return stack_limited_ok(rq, FLARE_STR("in time\n"));
}

stack_keyed_reply stack_keyed(flare_request *rq)
{
    return stack_keyed_ok(rq, FLARE_STR("in time\n"));
}

stack_form_page_reply stack_form_page(flare_request *rq)
{
    return stack_form_page_ok(rq, FLARE_STR("a form\n"));
}

stack_form_sent_reply stack_form_sent(flare_request *rq)
{
    return stack_form_sent_no_content(rq);
}

stack_tagged_reply stack_tagged(flare_request *rq, const stack_tagged_in *in)
{
    static char text[1001];

    if (in->count == 0)
        return stack_tagged_not_found(rq);
    memset(text, 'x', sizeof text);
    return stack_tagged_ok(rq, (flare_str){text, in->count});
}

stack_tagged_weak_reply stack_tagged_weak(flare_request *rq)
{
    const stack_note note = {.text = FLARE_STR_INIT("said")};

    return stack_tagged_weak_ok(rq, &note, FLARE_STR("W/\"own\""));
}

stack_tagged_dated_reply stack_tagged_dated(flare_request *rq)
{
    return stack_tagged_dated_ok(rq, FLARE_STR("dated"), FLARE_STR("Sun, 06 Nov 1994 08:49:37 GMT"));
}

stack_tagged_put_reply stack_tagged_put(flare_request *rq, const stack_tagged_put_in *in)
{
    (void)in;
    return stack_tagged_put_no_content(rq);
}

/* A text that says how often one was made. */
static flare_str next_text(flare_request *rq)
{
    static atomic_uint made;

    return flare_format(rq, "%u: one and two and three and four and five and six and one and two and three\n",
                        atomic_fetch_add(&made, 1) + 1);
}

stack_kept_reply stack_kept(flare_request *rq, const stack_kept_in *in)
{
    (void)in;
    return stack_kept_ok(rq, next_text(rq));
}

static atomic_uint held;
static atomic_bool hold;

/* @return false: it is to fail */
static bool go_on(flare_request *rq)
{
    flare_str value;

    if (flare_request_header(rq, FLARE_STR("X-Hold"), &value)) {
        atomic_store(&hold, true);
        atomic_fetch_add(&held, 1);
        while (atomic_load(&hold) && flare_sleep(5) == FLARE_OK)
            continue;
        atomic_fetch_sub(&held, 1);
    }
    return !flare_request_header(rq, FLARE_STR("X-Fail"), &value);
}

stack_stale_async_reply stack_stale_async(flare_request *rq)
{
    return go_on(rq) ? stack_stale_async_ok(rq, next_text(rq))
                     : stack_stale_async_fail(rq, "as it was asked");
}

stack_stale_blocking_reply stack_stale_blocking(flare_request *rq)
{
    return go_on(rq) ? stack_stale_blocking_ok(rq, next_text(rq))
                     : stack_stale_blocking_fail(rq, "as it was asked");
}

stack_held_reply stack_held(flare_request *rq)
{
    return stack_held_ok(rq, atomic_load(&held));
}

stack_let_go_reply stack_let_go(flare_request *rq)
{
    atomic_store(&hold, false);
    return stack_let_go_no_content(rq);
}

stack_kept_put_reply stack_kept_put(flare_request *rq, const stack_kept_put_in *in)
{
    (void)in;
    (void)next_text(rq);
    return stack_kept_put_no_content(rq);
}

stack_kept_async_reply stack_kept_async(flare_request *rq)
{
    return stack_kept_async_ok(rq, next_text(rq));
}

stack_kept_blocking_reply stack_kept_blocking(flare_request *rq)
{
    return stack_kept_blocking_ok(rq, next_text(rq));
}

stack_coded_packed_reply stack_coded_packed(flare_request *rq, const stack_coded_packed_in *in)
{
    return stack_coded_packed_ok(rq, in->body);
}

stack_deep_tree_reply stack_deep_tree(flare_request *rq, const stack_deep_tree_in *in)
{
    (void)in;
    return stack_deep_tree_no_content(rq);
}

static flare_str count_text(flare_request *rq, unsigned count)
{
    return flare_format(rq, "%u", count);
}

stack_deep_lines_reply stack_deep_lines(flare_request *rq)
{
    unsigned count = 0;

    for (stack_tree tree; stack_deep_lines_next(rq, &tree);)
        count++;
    return stack_deep_lines_ok(rq, count_text(rq, count));
}

stack_deep_comes_reply stack_deep_comes(flare_request *rq)
{
    unsigned count = 0;

    for (stack_tree tree; stack_deep_comes_next(rq, &tree);)
        count++;
    return stack_deep_comes_ok(rq, count_text(rq, count));
}

stack_usual_lines_reply stack_usual_lines(flare_request *rq)
{
    unsigned count = 0;

    for (stack_tree tree; stack_usual_lines_next(rq, &tree);)
        count++;
    return stack_usual_lines_ok(rq, count_text(rq, count));
}

flare_reply stack_deep_socket_open(flare_request *rq, flare_ws *ws)
{
    return stack_deep_socket_accept(rq, ws);
}

void stack_deep_socket_message(flare_ws *ws, const stack_tree *message)
{
    (void)message;
    (void)stack_deep_socket_send(ws, FLARE_STR("taken"));
}

void stack_deep_socket_close(flare_ws *ws, unsigned code)
{
    (void)ws;
    (void)code;
}
