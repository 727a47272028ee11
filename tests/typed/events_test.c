/* Replies of events through an emitted client: one after the other, as the service sends them and as others
 * may write them. And bodies of lines. */
#include "calls.h"

/* ---- What the service sends ---- */

TEST(events_come_one_by_one)
{
    const asked_client_ticks_in in = {.kind = 3};
    asked_client_ticks_out out;
    asked_heard heard;
    flare_event event;

    CHECK_INT(asked_client_ticks(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_TICKS_OK);
    CHECK_INT(out.as.ok.count, 3);
    CHECK_INT(asked_client_ticks_next(&out, &heard, &event), FLARE_OK);
    CHECK_STR(heard.text, "tick 0");
    CHECK_STR(event.id, "7");
    CHECK_STR(event.name, "named");
    CHECK_INT(event.retry_ms, 1500);
    CHECK_INT(asked_client_ticks_next(&out, &heard, &event), FLARE_OK);
    CHECK_STR(heard.text, "tick 1");
    CHECK_STR(event.id, "7");
    CHECK(event.name.len == 0 && event.retry_ms == 0);
    CHECK_INT(asked_client_ticks_next(&out, &heard, NULL), FLARE_OK);
    CHECK_STR(heard.text, "tick 2");
    CHECK_INT(asked_client_ticks_next(&out, &heard, NULL), FLARE_ERR_CLOSED);
    CHECK_INT(asked_client_ticks_next(&out, &heard, NULL), FLARE_ERR_STATE);
    flare_call_free(&out.call);
    CHECK_INT(asked_client_ticks_next(&out, &heard, NULL), FLARE_ERR_STATE);
}

TEST(who_has_heard_enough_frees_the_call)
{
    const asked_client_ticks_in in = {.kind = 100};
    asked_client_ticks_out out;
    asked_heard heard;

    CHECK_INT(asked_client_ticks(&remote, &in, &out), FLARE_OK);
    CHECK_INT(asked_client_ticks_next(&out, &heard, NULL), FLARE_OK);
    flare_call_free(&out.call);
}

TEST(other_replies_are_read_whole)
{
    asked_client_ticks_in in = {.kind = 404};
    asked_client_ticks_out out;
    asked_heard heard;

    CHECK_INT(asked_client_ticks(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_TICKS_NO_TICKS);
    CHECK_STR(out.call.problem.title, "No ticks");
    CHECK_INT(asked_client_ticks_next(&out, &heard, NULL), FLARE_ERR_STATE);
    flare_call_free(&out.call);
    in.kind = 204;
    CHECK_INT(asked_client_ticks(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_TICKS_NO_CONTENT);
    flare_call_free(&out.call);
    in.kind = 0;
    CHECK_INT(asked_client_ticks(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_TICKS_OK);
    CHECK_INT(asked_client_ticks_next(&out, &heard, NULL), FLARE_ERR_CLOSED);
    flare_call_free(&out.call);
}

/* ---- What others send ---- */

TEST(lines_end_in_three_ways)
{
    const asked_client_ticks_in in = {.kind = 1};
    asked_client_ticks_out out;
    asked_heard heard;
    flare_event event;

    CHECK_INT(asked_client_ticks(&wrong, &in, &out), FLARE_OK);
    CHECK_INT(asked_client_ticks_next(&out, &heard, &event), FLARE_OK);
    CHECK_STR(heard.text, "one");
    CHECK_STR(event.id, "a");
    CHECK(event.name.len == 0);
    CHECK_INT(event.retry_ms, 250);
    CHECK_INT(asked_client_ticks_next(&out, &heard, &event), FLARE_OK);
    CHECK_STR(heard.text, "two");
    CHECK(event.id.len == 0);
    CHECK_INT(asked_client_ticks_next(&out, &heard, &event), FLARE_OK);
    CHECK_STR(heard.text, "three");
    CHECK_STR(event.name, "e");
    /* One that no empty line ends is none. */
    CHECK_INT(asked_client_ticks_next(&out, &heard, &event), FLARE_ERR_CLOSED);
    flare_call_free(&out.call);
}

TEST(events_come_in_pieces)
{
    const asked_client_ticks_in in = {.kind = 4};
    asked_client_ticks_out out;
    asked_heard heard;
    flare_event event;

    CHECK_INT(asked_client_ticks(&wrong, &in, &out), FLARE_OK);
    CHECK_INT(asked_client_ticks_next(&out, &heard, &event), FLARE_OK);
    CHECK_STR(heard.text, "one");
    CHECK_STR(event.id, "9");
    CHECK_INT(asked_client_ticks_next(&out, &heard, NULL), FLARE_OK);
    CHECK_STR(heard.text, "two");
    CHECK_INT(asked_client_ticks_next(&out, &heard, NULL), FLARE_ERR_CLOSED);
    flare_call_free(&out.call);
}

TEST(an_event_that_breaks_its_type_ends_nothing)
{
    const asked_client_ticks_in in = {.kind = 2};
    asked_client_ticks_out out;
    asked_heard heard;

    CHECK_INT(asked_client_ticks(&wrong, &in, &out), FLARE_OK);
    CHECK_INT(asked_client_ticks_next(&out, &heard, NULL), FLARE_ERR_CONTRACT);
    CHECK_FAILURES(&out.call, "body /text type;");
    CHECK(out.call.why != NULL);
    CHECK_INT(asked_client_ticks_next(&out, &heard, NULL), FLARE_ERR_CONTRACT);
    CHECK_FAILURES(&out.call, "body  type;");
    CHECK_INT(asked_client_ticks_next(&out, &heard, NULL), FLARE_ERR_CONTRACT);
    CHECK_INT(asked_client_ticks_next(&out, &heard, NULL), FLARE_OK);
    CHECK(out.call.failure_count == 0 && out.call.why == NULL);
    CHECK_STR(heard.text, "good");
    CHECK_INT(asked_client_ticks_next(&out, &heard, NULL), FLARE_ERR_CLOSED);
    flare_call_free(&out.call);
}

TEST(an_event_has_a_limit)
{
    const asked_client_ticks_in in = {.kind = 3};
    flare_remote small = wrong;
    asked_client_ticks_out out;
    asked_heard heard;

    small.options.content_max_bytes = 4999;
    CHECK_INT(asked_client_ticks(&small, &in, &out), FLARE_OK);
    CHECK_INT(asked_client_ticks_next(&out, &heard, NULL), FLARE_ERR_LIMIT);
    flare_call_free(&out.call);
    small.options.content_max_bytes = 5000;
    CHECK_INT(asked_client_ticks(&small, &in, &out), FLARE_OK);
    CHECK_INT(asked_client_ticks_next(&out, &heard, NULL), FLARE_ERR_CLOSED);
    flare_call_free(&out.call);
}

/* ---- Lines of JSON, the other way ---- */

static asked_line line(uint32_t n, flare_str raw)
{
    return (asked_line){.n = n, .raw = raw, .color = ASKED_COLOR_OFF_WHITE};
}

TEST(lines_are_sent)
{
    const asked_line items[] = {line(3, FLARE_STR("null")), line(4, FLARE_STR("{\n\"a\":\n [1,\r\n2]}"))};
    asked_client_lines_in in = {.body = {items, 2}};
    asked_client_lines_out out;
    const asked_client_stored_in stored = {.body = {items, 2}};
    asked_client_stored_out kept;

    CHECK_INT(asked_client_lines(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_LINES_OK);
    CHECK_INT(out.as.ok.body, 7);
    flare_call_free(&out.call);
    CHECK_INT(asked_client_stored(&remote, &stored, &kept), FLARE_OK);
    CHECK_STR(kept.as.ok.body, "null;{ \"a\":  [1,\r 2]};");
    flare_call_free(&kept.call);
}

TEST(lines_that_break_their_type_are_told)
{
    asked_line items[] = {line(10, FLARE_STR("1")), line(1, FLARE_STR("{")), line(10, FLARE_STR("2"))};
    asked_client_lines_in in = {.body = {items, 3}};
    asked_client_lines_out out;

    CHECK_INT(asked_client_lines(&remote, &in, &out), FLARE_ERR_ARGUMENT);
    CHECK_FAILURES(&out.call, "body /0/n max;body /1 type;body /2/n max;");
    flare_call_free(&out.call);
    items[1].color = (asked_color)0;
    CHECK_INT(asked_client_lines(&remote, &in, &out), FLARE_ERR_ARGUMENT);
    CHECK_FAILURES(&out.call, "body /0/n max;body /1 type;");
    flare_call_free(&out.call);
    in.body.count = 0;
    CHECK_INT(asked_client_lines(&remote, &in, &out), FLARE_ERR_ARGUMENT);
    CHECK_FAILURES(&out.call, "body  min_items;");
    flare_call_free(&out.call);
}

static void run(void)
{
    RUN(lines_are_sent);
    RUN(lines_that_break_their_type_are_told);
    RUN(events_come_one_by_one);
    RUN(who_has_heard_enough_frees_the_call);
    RUN(other_replies_are_read_whole);
    RUN(lines_end_in_three_ways);
    RUN(events_come_in_pieces);
    RUN(an_event_that_breaks_its_type_ends_nothing);
    RUN(an_event_has_a_limit);
}

int main(void)
{
    return calls_end(run);
}
