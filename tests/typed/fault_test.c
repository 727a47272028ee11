/* A call without memory: each allocation that it makes fails once. */
#include "allocator.h"
#include "asked.client.h"
#include "test.h"

#include <flare/testing.h>

static struct test_allocator heap;
static flare_remote remote;

/* The number of the allocation after now that fails. */
static void fail_after(size_t number)
{
    heap.fail_at = heap.calls + number;
}

static bool did_fail(void)
{
    return heap.fail_at != 0 && heap.calls >= heap.fail_at;
}

TEST(inputs_without_memory)
{
    static const asked_color colors[] = {ASKED_COLOR_OFF_WHITE, ASKED_COLOR_RED};
    static const flare_str tags[] = {FLARE_STR_INIT("one"), FLARE_STR_INIT("two")};
    char raw[3000];
    const asked_client_get_thing_in in = {
        .name = FLARE_STR("a"),
        .page = {.limit = {true, 5}},
        .color = {colors, 2},
        .ratio = {true, 1.5},
        .tags = {tags, 2},
        .sid = {true, FLARE_STR("s1d")},
    };
    asked_client_put_note_in note = {.body = {raw, sizeof raw}};
    bool failed = true;
    size_t number = 1;

    memset(raw, 'x', sizeof raw);
    for (; failed && number < 200; number++) {
        asked_client_get_thing_out out;
        flare_err err;

        fail_after(number);
        err = asked_client_get_thing(&remote, &in, &out);
        failed = did_fail();
        CHECK(err == FLARE_ERR_MEMORY || err == FLARE_OK);
        CHECK(failed || err == FLARE_OK);
        flare_call_free(&out.call);
    }
    CHECK(number > 3 && number < 200);
    for (failed = true, number = 1; failed && number < 200; number++) {
        asked_client_put_note_out out;
        flare_err err;

        fail_after(number);
        err = asked_client_put_note(&remote, &note, &out);
        failed = did_fail();
        CHECK(err == FLARE_ERR_MEMORY || (err == FLARE_ERR_CONTRACT && out.call.reply->status == 413));
        flare_call_free(&out.call);
    }
    heap.fail_at = 0;
}

TEST(json_without_memory)
{
    static char text[10000];
    static const flare_str_map_entry label = {{text, 6000}, FLARE_STR_INIT("v")};
    asked_client_make_thing_in in = {.body = {.name = FLARE_STR("n"),
                                              .code = FLARE_STR("ABC"),
                                              .shape = {ASKED_SHAPE_CIRCLE, {.circle = {1}}},
                                              .labels = {&label, 1},
                                              .raw = {true, FLARE_STR("[]")}}};
    bool failed = true;
    size_t number = 1;

    memset(text, '"', sizeof text);
    for (; failed && number < 200; number++) {
        asked_client_make_thing_out out;
        flare_err err;

        fail_after(number);
        err = asked_client_make_thing(&remote, &in, &out);
        failed = did_fail();
        CHECK(err == FLARE_ERR_MEMORY || err == FLARE_OK);
        if (err == FLARE_OK)
            CHECK_INT(out.as.created.body.labels.items[0].key.len, 6000);
        flare_call_free(&out.call);
    }
    CHECK(number > 5 && number < 200);
    heap.fail_at = 0;
}

TEST(files_without_memory)
{
    static const flare_file page = {.filename = FLARE_STR_INIT("1"), .bytes = FLARE_STR_INIT("one")};
    const asked_client_send_all_in in = {.body = {.title = FLARE_STR("t"),
                                                  .cover = {.filename = FLARE_STR("c"),
                                                            .content_type = FLARE_STR("image/png"),
                                                            .bytes = FLARE_STR("png")},
                                                  .pages = {&page, 1}}};
    bool failed = true;
    size_t number = 1;

    for (; failed && number < 200; number++) {
        asked_client_send_all_out out;
        flare_err err;

        fail_after(number);
        err = asked_client_send_all(&remote, &in, &out);
        failed = did_fail();
        CHECK(err == FLARE_ERR_MEMORY || err == FLARE_OK);
        flare_call_free(&out.call);
    }
    CHECK(number > 5 && number < 200);
    heap.fail_at = 0;
}

TEST(events_without_memory)
{
    asked_client_ticks_in in = {.kind = 2};
    bool failed = true;
    size_t number = 1;

    for (; failed && number < 200; number++) {
        asked_client_ticks_out out;
        asked_heard heard;
        flare_err err;

        in.kind = number % 3 == 0 ? 404 : 2;
        fail_after(number);
        err = asked_client_ticks(&remote, &in, &out);
        for (int i = 0; i < 3 && err == FLARE_OK && in.kind == 2; i++) {
            err = asked_client_ticks_next(&out, &heard, NULL);
            if (err == FLARE_OK)
                CHECK_INT(heard.text.len, 6);
        }
        failed = did_fail();
        CHECK(err == FLARE_ERR_MEMORY || (failed && err == FLARE_OK) ||
              err == (in.kind == 404 ? FLARE_OK : FLARE_ERR_CLOSED));
        flare_call_free(&out.call);
    }
    CHECK(number > 5 && number < 200);
    heap.fail_at = 0;
}

TEST(lines_without_memory)
{
    const asked_line items[] = {{1, FLARE_STR_INIT("[1]"), ASKED_COLOR_RED},
                                {10, FLARE_STR_INIT("{}"), ASKED_COLOR_RED}};
    asked_client_lines_in in = {.body = {items, 2}};
    bool failed = true;
    size_t number = 1;

    for (; failed && number < 200; number++) {
        asked_client_lines_out out;
        flare_err err;

        in.body.count = 1 + number % 2;
        fail_after(number);
        err = asked_client_lines(&remote, &in, &out);
        failed = did_fail();
        CHECK(err == FLARE_ERR_MEMORY || err == (in.body.count == 1 ? FLARE_OK : FLARE_ERR_ARGUMENT));
        flare_call_free(&out.call);
    }
    CHECK(number > 2 && number < 200);
    heap.fail_at = 0;
}

/* Opens, says, hears, ends; or is refused. */
static flare_err talk(bool refused)
{
    const asked_client_talk_in in = {.name = refused ? FLARE_STR("unknown") : FLARE_STR("ada"),
                                     .keyed = {.key = {true, FLARE_STR_INIT("good")}}};
    const asked_note note = {FLARE_STR_INIT("hello"), 1, 2};
    asked_client_talk_out out;
    asked_heard heard;
    flare_err err = asked_client_talk_open(&remote, &in, &out);

    if (err == FLARE_OK && out.reply == ASKED_CLIENT_TALK_OPEN) {
        err = asked_client_talk_send(&out, &note);
        for (int i = 0; i < 2 && err == FLARE_OK; i++)
            err = asked_client_talk_next(&out, &heard, FLARE_FOREVER);
        if (err == FLARE_OK)
            err = flare_call_close(&out.call, FLARE_WS_NORMAL, FLARE_STR(""));
    } else if (err == FLARE_OK) {
        CHECK_INT(out.reply, ASKED_CLIENT_TALK_NO_SUCH_NAME);
    }
    flare_call_free(&out.call);
    return err;
}

TEST(sockets_without_memory)
{
    for (int refused = 0; refused < 2; refused++) {
        bool failed = true;
        size_t number = 1;

        for (; failed && number < 300; number++) {
            flare_err err;

            fail_after(number);
            err = talk(refused != 0);
            failed = did_fail();
            CHECK(err == FLARE_ERR_MEMORY || err == FLARE_OK);
            CHECK(failed || err == FLARE_OK);
        }
        CHECK(number > 5 && number < 300);
    }
    heap.fail_at = 0;
}

TEST(no_more_failures_are_told_than_there_is_room_for)
{
    static const flare_str tags[40] = {{NULL, 0}};
    const asked_client_get_thing_in in = {.name = FLARE_STR("a"), .tags = {tags, 40}};
    asked_client_get_thing_out out;

    CHECK_INT(asked_client_get_thing(&remote, &in, &out), FLARE_ERR_ARGUMENT);
    CHECK_INT(out.call.failure_count, FLARE_CALL_FAILURES_MAX);
    flare_call_free(&out.call);
}

int main(void)
{
    flare_test_server server;
    flare_client *client;

    if (flare_test_server_start(&server, &asked_service, NULL, NULL) != FLARE_OK)
        return 1;
    test_allocator_use(&heap);
    if (flare_client_create(&client, NULL, NULL) != FLARE_OK)
        return 1;
    remote = (flare_remote){client, {.url = flare_str_of(server.url)}};
    RUN(inputs_without_memory);
    RUN(json_without_memory);
    RUN(files_without_memory);
    RUN(events_without_memory);
    RUN(lines_without_memory);
    RUN(sockets_without_memory);
    RUN(no_more_failures_are_told_than_there_is_room_for);
    flare_client_free(client);
    if (heap.live != 0)
        fprintf(stderr, "%zu blocks are left\n", heap.live), test_failed++;
    test_allocator_use(NULL);
    if (flare_test_server_stop(&server) != FLARE_OK)
        return 1;
    return TEST_END();
}
