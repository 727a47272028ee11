/* Messages of a client's WebSocket, and its end. */
#include "played.h"

/* ---- Messages ---- */

TEST(frames_are_masked_each_by_its_own)
{
    flare_str payload;
    uint8_t masks[2][4];

    CHECK(open_with((flare_ws_client_options){.timeout_ms = 2000}, ""));
    for (int i = 0; i < 2; i++) {
        CHECK_INT(flare_ws_client_send_text(seen.ws, FLARE_STR("hello")), FLARE_OK);
        CHECK(hear(11));
        memcpy(masks[i], heard + 2, 4);
        CHECK_INT(hear_frame(&payload), 0x81);
        CHECK_STR(payload, "hello");
    }
    CHECK(memcmp(masks[0], masks[1], 4) != 0);
    CHECK_INT(flare_ws_client_send_bytes(seen.ws, FLARE_STR("\1\2")), FLARE_OK);
    CHECK_INT(hear_frame(&payload), 0x82);
    CHECK_INT(flare_ws_client_ping(seen.ws, FLARE_STR("p")), FLARE_OK);
    CHECK_INT(hear_frame(&payload), 0x89);
    for (unsigned i = 0; i < 200; i++) { /* beyond what is drawn at a time */
        CHECK_INT(flare_ws_client_send_text(seen.ws, FLARE_STR("again")), FLARE_OK);
        CHECK_INT(hear_frame(&payload), 0x81);
        CHECK_STR(payload, "again");
    }
    end();
}

TEST(compressed_messages)
{
    static char text[3000];
    flare_str payload;
    unsigned first;

    memset(text, 'a', sizeof text);
    CHECK(open_with((flare_ws_client_options){.timeout_ms = 2000},
                    "Sec-WebSocket-Extensions: permessage-deflate\r\n"));
    CHECK(flare_ws_client_deflates(seen.ws));
    CHECK_INT(flare_ws_client_send_text(seen.ws, (flare_str){text, sizeof text}), FLARE_OK);
    first = (unsigned)hear_frame(&payload);
    CHECK_INT(first, 0xc1);
    CHECK(payload.len < 60);
    CHECK_INT(flare_ws_client_send_text(seen.ws, FLARE_STR("short")), FLARE_OK);
    CHECK_INT(hear_frame(&payload), 0x81);
    SAY("\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00"); /* RFC 7692, section 7.2.3.1 */
    run_for(5);
    CHECK_INT(seen.messages, 1);
    CHECK(seen.last_bytes == 5 && memcmp(seen.last, "Hello", 5) == 0);
    end();
}

TEST(a_message_at_the_limit_and_above)
{
    const flare_ws_client_options options = {.timeout_ms = 2000, .message_max_bytes = 100};
    flare_str payload;
    char frame[103] = "\x82\x64";

    CHECK(open_with(options, ""));
    say(frame, 102);
    run_for(5);
    CHECK_INT(seen.messages, 1);
    CHECK(!seen.last_text && seen.last_bytes == 100);
    frame[1] = 101;
    say(frame, 2); /* the head says enough */
    CHECK_INT(hear_frame(&payload), 0x88);
    CHECK(payload.len >= 2 && payload.ptr[0] == 3 && (uint8_t)payload.ptr[1] == 0xf1); /* 1009 */
    (void)shutdown(peer, SHUT_WR);
    CHECK(run_until(&seen.closed));
    CHECK_INT(seen.err, FLARE_ERR_LIMIT);
    CHECK_INT(seen.code, FLARE_WS_TOO_BIG);
    CHECK_INT(seen.messages, 1);
    end();
}

TEST(the_longest_message_that_goes_out)
{
    static char byte;
    const flare_str over = {&byte, (size_t)FLARE_WS_CLIENT_SEND_LIMIT_BYTES + 1};
    static char ping[126];
    const flare_str longest = {ping, 125}, longer = {ping, 126};

    CHECK(open_with((flare_ws_client_options){.timeout_ms = 2000}, ""));
    CHECK_INT(flare_ws_client_send_bytes(seen.ws, over), FLARE_ERR_LIMIT);
    CHECK_INT(flare_ws_client_ping(seen.ws, longest), FLARE_OK);
    CHECK_INT(flare_ws_client_ping(seen.ws, longer), FLARE_ERR_LIMIT);
    end();
}

/* ---- Backpressure ---- */

TEST(a_server_that_does_not_read)
{
    static char big[200000];
    const flare_ws_client_options options = {
        .timeout_ms = 2000, .unsent_max_bytes = 1000000, .deflate = {.off = true}};
    size_t sent = 0, got = 0;
    flare_err err = FLARE_OK;

    CHECK(open_with(options, ""));
    while (sent < 400 &&
           (err = flare_ws_client_send_bytes(seen.ws, (flare_str){big, sizeof big})) == FLARE_OK)
        sent++;
    CHECK_INT(err, FLARE_ERR_AGAIN);
    CHECK(flare_ws_client_unsent_bytes(seen.ws) > 0 &&
          flare_ws_client_unsent_bytes(seen.ws) <= 1000000 + 14 * 5);
    run_for(10);
    CHECK_INT(seen.writables, 0);
    for (const uint64_t until = now_ms() + 5000; got < sent * (sizeof big + 14) && now_ms() < until;) {
        const ssize_t more = recv(peer, heard, sizeof heard, MSG_DONTWAIT);

        if (more <= 0)
            (void)flare_loop_run_once(loop, 1);
        got += more > 0 ? (size_t)more : 0;
    }
    CHECK_INT(got, sent * (sizeof big + 14));
    CHECK_INT(seen.writables, 1);
    CHECK_INT(flare_ws_client_unsent_bytes(seen.ws), 0);
    CHECK_INT(flare_ws_client_send_text(seen.ws, FLARE_STR("x")), FLARE_OK);
    end();
}

TEST(a_pause_keeps_messages_back)
{
    CHECK(open_with((flare_ws_client_options){.timeout_ms = 2000, .idle_ms = 30}, ""));
    seen.pause_in_message = true;
    SAY("\x81\x01"
        "a\x81\x01"
        "b");
    run_for(10);
    SAY("\x81\x01"
        "c");
    run_for(120); /* longer than it may be silent */
    CHECK_INT(seen.messages, 1);
    flare_ws_client_resume(seen.ws);
    CHECK_INT(seen.messages, 1);
    run_for(10);
    CHECK_INT(seen.messages, 2);
    seen.pause_in_message = false;
    flare_ws_client_resume(seen.ws);
    run_for(10);
    CHECK_INT(seen.messages, 3);
    CHECK(!seen.closed);
    end();
}

TEST(what_a_pause_left_comes_before_the_end)
{
    CHECK(open_with((flare_ws_client_options){.timeout_ms = 2000}, ""));
    seen.pause_in_message = true;
    SAY("\x81\x01"
        "a\x81\x01"
        "b");
    CHECK(run_until_messages(1));
    CHECK_INT(seen.messages, 1);
    seen.pause_in_message = false;
    flare_ws_client_resume(seen.ws);
    (void)shutdown(peer, SHUT_WR);
    CHECK(run_until(&seen.closed));
    CHECK_INT(seen.messages, 2);
    CHECK_INT(seen.err, FLARE_ERR_CLOSED);
    end();
}

/* ---- Its end ---- */

TEST(closed_by_this_side)
{
    flare_str payload;

    CHECK(open_with((flare_ws_client_options){.timeout_ms = 2000}, ""));
    CHECK_INT(flare_ws_client_close(seen.ws, 999, FLARE_STR("")), FLARE_ERR_ARGUMENT);
    CHECK_INT(flare_ws_client_close(seen.ws, 4001, FLARE_STR("bye")), FLARE_OK);
    CHECK_INT(flare_ws_client_close(seen.ws, 4001, FLARE_STR("bye")), FLARE_ERR_CLOSED);
    CHECK_INT(flare_ws_client_send_text(seen.ws, FLARE_STR("x")), FLARE_ERR_CLOSED);
    CHECK_INT(hear_frame(&payload), 0x88);
    CHECK_STR(payload, "\x0f\xa1"
                       "bye");
    SAY("\x81\x01x"); /* too late */
    run_for(5);
    SAY("\x88\x04\x0f\xa2ok");
    CHECK(!hear(1)); /* the end */
    CHECK(!seen.closed);
    (void)shutdown(peer, SHUT_WR);
    CHECK(run_until(&seen.closed));
    CHECK_INT(seen.err, FLARE_OK);
    CHECK_INT(seen.code, 4002);
    CHECK(strcmp(seen.reason, "ok") == 0);
    CHECK_INT(seen.messages, 0);
    end();
}

TEST(closed_by_the_server)
{
    flare_str payload;

    CHECK(open_with((flare_ws_client_options){.timeout_ms = 2000}, ""));
    SAY("\x88\x05\x03\xe9off");
    CHECK_INT(hear_frame(&payload), 0x88);
    CHECK_STR(payload, "\x03\xe9");
    const uint64_t began = now_ms(); /* a server that stays is not waited for without end */
    CHECK(run_until(&seen.closed));
    CHECK(now_ms() - began < 2500);
    CHECK_INT(seen.err, FLARE_OK);
    CHECK_INT(seen.code, 1001);
    CHECK(strcmp(seen.reason, "off") == 0);
    end();
}

TEST(lost)
{
    CHECK(open_with((flare_ws_client_options){.timeout_ms = 2000}, ""));
    (void)shutdown(peer, SHUT_WR);
    CHECK(run_until(&seen.closed));
    CHECK_INT(seen.err, FLARE_ERR_CLOSED);
    CHECK_INT(seen.code, FLARE_WS_LOST);
    end();
    CHECK(open_with((flare_ws_client_options){.timeout_ms = 2000}, ""));
    CHECK_INT(flare_socket_abort(peer), FLARE_OK);
    (void)close(peer);
    peer = -1;
    CHECK(run_until(&seen.closed));
    CHECK_INT(seen.err, FLARE_ERR_RESET);
    CHECK_INT(seen.code, FLARE_WS_LOST);
    end();
}

TEST(a_server_that_breaks_the_protocol)
{
    flare_str payload;

    CHECK(open_with((flare_ws_client_options){.timeout_ms = 2000}, ""));
    SAY("\x81\x81\0\0\0\0x"); /* masked */
    CHECK_INT(hear_frame(&payload), 0x88);
    CHECK(payload.len > 2 && payload.ptr[0] == 3 && (uint8_t)payload.ptr[1] == 0xea); /* 1002 */
    (void)shutdown(peer, SHUT_WR);
    CHECK(run_until(&seen.closed));
    CHECK_INT(seen.err, FLARE_ERR_SYNTAX);
    CHECK_INT(seen.code, FLARE_WS_PROTOCOL);
    CHECK(flare_ws_client_why(seen.ws) != NULL);
    end();
}

TEST(silence_is_asked_and_ends_it)
{
    flare_str payload;
    const uint64_t began = now_ms();

    CHECK(open_with((flare_ws_client_options){.timeout_ms = 2000, .idle_ms = 60}, ""));
    CHECK_INT(hear_frame(&payload), 0x89);
    SAY("\x8a\x00");
    CHECK_INT(hear_frame(&payload), 0x89);
    CHECK(now_ms() - began >= 110);
    CHECK(!seen.closed);
    CHECK(run_until(&seen.closed));
    CHECK_INT(seen.err, FLARE_ERR_TIMEOUT);
    CHECK_INT(seen.code, FLARE_WS_LOST);
    end();
}

TEST(pings_are_answered)
{
    flare_str payload;

    CHECK(open_with((flare_ws_client_options){.timeout_ms = 2000}, ""));
    SAY("\x89\x03"
        "abc");
    CHECK_INT(hear_frame(&payload), 0x8a);
    CHECK_STR(payload, "abc");
    end();
}

TEST(freed_at_any_time)
{
    CHECK_INT(dial_with((flare_ws_client_options){.timeout_ms = 2000}, "/"), FLARE_OK);
    end();
    CHECK_INT(dial_with((flare_ws_client_options){.timeout_ms = 2000}, "/"), FLARE_OK);
    CHECK(hear_request());
    end();
    CHECK(open_with((flare_ws_client_options){.timeout_ms = 2000}, ""));
    seen.free_in_message = true;
    SAY("\x81\x01"
        "a\x81\x01"
        "b");
    run_for(10);
    CHECK_INT(seen.messages, 1);
    CHECK(seen.ws == NULL);
    end();
}

int main(void)
{
    begin_playing();
    RUN(frames_are_masked_each_by_its_own);
    RUN(compressed_messages);
    RUN(a_message_at_the_limit_and_above);
    RUN(the_longest_message_that_goes_out);
    RUN(a_server_that_does_not_read);
    RUN(a_pause_keeps_messages_back);
    RUN(what_a_pause_left_comes_before_the_end);
    RUN(closed_by_this_side);
    RUN(closed_by_the_server);
    RUN(lost);
    RUN(a_server_that_breaks_the_protocol);
    RUN(silence_is_asked_and_ends_it);
    RUN(pings_are_answered);
    RUN(freed_at_any_time);
    if (has_ipv6()) {
        flare_listener_close(&listener);
        listener = listen_on("[::1]:0");
        RUN(compressed_messages);
        RUN(closed_by_the_server);
    }
    end_playing();
    return TEST_END();
}
