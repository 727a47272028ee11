/* The buffered reader: the same pieces over memory, sockets and streams of each kind, however bytes come. */
#include "allocator.h"
#include "ends.h"

#include <flare/descriptor.h>
#include <flare/reader.h>

#include <stdlib.h>

enum { MAX_BYTES = 32 };

/* Bytes that come in steps, AGAIN between them. */
struct script {
    flare_str text;
    size_t at;
    size_t step;
    bool again;
    flare_err end;
};

static ptrdiff_t read_script(void *source, void *buffer, size_t bytes)
{
    struct script *const script = source;
    size_t count = script->text.len - script->at;

    script->again = !script->again;
    if (script->again)
        return FLARE_ERR_AGAIN;
    if (count == 0)
        return script->end;
    count = count < script->step ? count : script->step;
    count = count < bytes ? count : bytes;
    memcpy(buffer, script->text.ptr + script->at, count);
    script->at += count;
    return (ptrdiff_t)count;
}

/* Calls again as long as it would wait. */
#define UNTIL_THERE(call)                                                                                    \
    do                                                                                                       \
        err = (call);                                                                                        \
    while (err == FLARE_ERR_AGAIN && --patience > 0)

static const char conversation[] = "one\ntwo\r\n\nfour: 4;12345tail";

static void hold(flare_reader *reader)
{
    int patience = 1000;
    flare_str got;
    flare_err err;

    UNTIL_THERE(flare_reader_line(reader, &got));
    CHECK_INT(err, FLARE_OK);
    CHECK_STR(got, "one");
    UNTIL_THERE(flare_reader_line(reader, &got));
    CHECK_STR(got, "two");
    UNTIL_THERE(flare_reader_line(reader, &got));
    CHECK_INT(err, FLARE_OK);
    CHECK_INT(got.len, 0);
    UNTIL_THERE(flare_reader_until(reader, FLARE_STR(": "), &got));
    CHECK_STR(got, "four");
    UNTIL_THERE(flare_reader_peek(reader, 1, &got));
    CHECK_STR(got, "4");
    UNTIL_THERE(flare_reader_until(reader, FLARE_STR(";"), &got));
    CHECK_STR(got, "4");
    UNTIL_THERE(flare_reader_exactly(reader, 5, &got));
    CHECK_STR(got, "12345");
    UNTIL_THERE(flare_reader_peek(reader, 4, &got));
    CHECK_STR(got, "tail");
    UNTIL_THERE(flare_reader_line(reader, &got));
    CHECK_INT(err, FLARE_ERR_CLOSED);
    got = flare_reader_rest(reader);
    CHECK_STR(got, "tail");
    UNTIL_THERE(flare_reader_some(reader, &got));
    CHECK_STR(got, "tail");
    UNTIL_THERE(flare_reader_some(reader, &got));
    CHECK_INT(err, FLARE_ERR_CLOSED);
    CHECK_INT(flare_reader_rest(reader).len, 0);
    flare_reader_free(reader);
}

TEST(over_memory)
{
    flare_reader reader;
    flare_str got;

    flare_reader_over_memory(&reader, flare_str_of(conversation));
    hold(&reader);
    flare_reader_over_memory(&reader, (flare_str){NULL, 0});
    CHECK_INT(flare_reader_line(&reader, &got), FLARE_ERR_CLOSED);
    CHECK_INT(flare_reader_until(&reader, FLARE_STR(""), &got), FLARE_ERR_ARGUMENT);
    flare_reader_free(&reader);
}

TEST(in_steps)
{
    for (size_t step = 1; step < sizeof conversation; step++) {
        struct script script = {.text = flare_str_of(conversation), .step = step, .end = FLARE_ERR_CLOSED};
        flare_reader reader;

        flare_reader_over(&reader, read_script, &script, MAX_BYTES);
        hold(&reader);
    }
}

static void over_ends(const char *address, const char *host, flare_tls_acceptor *acceptor,
                      flare_tls_connector *connector)
{
    struct ends ends;
    flare_reader reader;

    listen_ends(&ends, address, acceptor);
    CHECK_INT(dial_ends(&ends, host, connector, NULL), FLARE_OK);
    CHECK(run_until(&ends.server.told));
    CHECK_INT(flare_stream_write(ends.client.stream, conversation, strlen(conversation)),
              strlen(conversation));
    CHECK_INT(flare_stream_shutdown(ends.client.stream), FLARE_OK);
    run_for(20);
    flare_reader_over_stream(&reader, ends.server.stream, 0, MAX_BYTES);
    hold(&reader);
    close_ends(&ends);
}

TEST(over_streams)
{
    over_ends("127.0.0.1:0", "127.0.0.1", NULL, NULL);
    if (has_ipv6())
        over_ends("[::1]:0", "::1", NULL, NULL);
}

TEST(over_tls)
{
    flare_tls_acceptor *const acceptor = accept_as("good", NULL);
    flare_tls_connector *const connector =
        connect_as(&(flare_tls_connector_options){.ca = certificate_path("ca.crt")});

    over_ends("127.0.0.1:0", "localhost", acceptor, connector);
    if (has_ipv6())
        over_ends("[::1]:0", "::1", acceptor, connector);
    flare_tls_connector_free(connector);
    flare_tls_acceptor_free(acceptor);
}

TEST(over_a_unix_socket)
{
    flare_reader reader;
    int ends[2];

    CHECK_INT(flare_socket_pair(ends), FLARE_OK);
    CHECK_INT(flare_socket_send(ends[0], conversation, strlen(conversation)), strlen(conversation));
    flare_socket_close(ends[0]);
    flare_reader_over_socket(&reader, ends[1], MAX_BYTES);
    hold(&reader);
    flare_socket_close(ends[1]);
}

/* A line of `length` bytes and its LF. */
static flare_err line_of(size_t length)
{
    char text[2 * MAX_BYTES];
    struct script script = {.text = {text, length + 1}, .step = 7, .end = FLARE_ERR_CLOSED};
    int patience = 1000;
    flare_reader reader;
    flare_str line;
    flare_err err;

    memset(text, 'x', sizeof text);
    text[length] = '\n';
    flare_reader_over(&reader, read_script, &script, MAX_BYTES);
    UNTIL_THERE(flare_reader_line(&reader, &line));
    flare_reader_free(&reader);
    return err;
}

TEST(the_limit)
{
    flare_reader reader;
    struct script script = {.text = FLARE_STR("x"), .step = 1, .end = FLARE_ERR_CLOSED};
    flare_str got;

    CHECK_INT(line_of(MAX_BYTES - 1), FLARE_OK);
    CHECK_INT(line_of(MAX_BYTES), FLARE_ERR_LIMIT);
    flare_reader_over(&reader, read_script, &script, MAX_BYTES);
    CHECK_INT(flare_reader_exactly(&reader, MAX_BYTES + 1, &got), FLARE_ERR_LIMIT);
    CHECK_INT(flare_reader_exactly(&reader, MAX_BYTES, &got), FLARE_ERR_AGAIN);
    flare_reader_free(&reader);
}

TEST(errors_of_the_source_and_no_memory)
{
    struct script script = {.text = FLARE_STR("half a li"), .step = 100, .end = FLARE_ERR_RESET};
    struct test_allocator heap = {.fail_at = 1};
    int patience = 1000;
    flare_reader reader;
    flare_str line;
    flare_err err;

    test_allocator_use(&heap);
    flare_reader_over(&reader, read_script, &script, MAX_BYTES);
    CHECK_INT(flare_reader_line(&reader, &line), FLARE_ERR_MEMORY);
    UNTIL_THERE(flare_reader_line(&reader, &line));
    CHECK_INT(err, FLARE_ERR_RESET);
    CHECK_INT(flare_reader_line(&reader, &line), FLARE_ERR_RESET);
    line = flare_reader_rest(&reader);
    CHECK_STR(line, "half a li");
    flare_reader_free(&reader);
    test_allocator_use(NULL);
    CHECK_INT(heap.live, 0);
}

int main(void)
{
    make_certificates();
    open_loop();
    RUN(over_memory);
    RUN(in_steps);
    RUN(over_streams);
    RUN(over_tls);
    RUN(over_a_unix_socket);
    RUN(the_limit);
    RUN(errors_of_the_source_and_no_memory);
    flare_loop_destroy(loop);
    remove_certificates();
    return TEST_END();
}
