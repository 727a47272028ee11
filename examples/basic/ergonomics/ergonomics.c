/* One parser of a small protocol, used on memory, a unix socket and TCP: the reader hides how bytes come. */
#include <flare/descriptor.h>
#include <flare/reader.h>

#include <stdio.h>

/* A head of lines that an empty one ends, and a body as long as `length:` says. */
static flare_err parse(flare_reader *reader)
{
    flare_str line, body;
    uint64_t length = 0;
    flare_err err;

    while ((err = flare_reader_line(reader, &line)) == FLARE_OK && line.len > 0) {
        flare_reader words;
        flare_str name;

        flare_reader_over_memory(&words, line);
        if (flare_reader_until(&words, FLARE_STR(": "), &name) != FLARE_OK)
            return FLARE_ERR_SYNTAX;
        if (!flare_str_equal(name, FLARE_STR("length")))
            continue;
        for (flare_str digits = flare_reader_rest(&words); digits.len > 0; digits.ptr++, digits.len--)
            length = length * 10 + (uint64_t)(*digits.ptr - '0');
    }
    if (err == FLARE_OK)
        err = flare_reader_exactly(reader, (size_t)length, &body);
    if (err == FLARE_OK)
        (void)printf("a body of %zu bytes: %.*s\n", body.len, FLARE_STR_ARG(body));
    return err;
}

static const char message[] = "from: ada\nlength: 5\n\nhelloand more";

static flare_err over_memory(void)
{
    flare_reader reader;

    flare_reader_over_memory(&reader, flare_str_of(message));
    return parse(&reader);
}

static flare_err over_unix_socket(void)
{
    flare_reader reader;
    int ends[2];
    flare_err err = flare_socket_pair(ends);

    if (err != FLARE_OK)
        return err;
    flare_reader_over_socket(&reader, ends[1], 1024);
    if (flare_socket_send(ends[0], message, sizeof message - 1) < 0)
        err = FLARE_ERR_IO;
    if (err == FLARE_OK)
        err = parse(&reader);
    flare_reader_free(&reader);
    flare_socket_close(ends[0]);
    flare_socket_close(ends[1]);
    return err;
}

/* The kernel accepts for the listener, so one thread can be both ends; with `.tls` this is TLS. */
static flare_err over_tcp(flare_str place)
{
    flare_dial_options to = {.to = {.host = FLARE_STR_INIT("127.0.0.1"), .timeout_ms = 2000}};
    flare_listener listener;
    flare_address address;
    flare_reader reader;
    flare_stream *stream;
    int peer;
    flare_err err = flare_address_parse(place, &address, NULL);

    if (err == FLARE_OK)
        err = flare_listener_open(&listener, &address, NULL);
    if (err != FLARE_OK)
        return err;
    if (address.family == FLARE_ADDRESS_IPV6)
        to.to.host = FLARE_STR("::1");
    to.to.port = listener.address.port;
    err = flare_stream_dial_wait(&stream, &to);
    if (err == FLARE_OK) {
        peer = flare_listener_accept(&listener, NULL);
        flare_reader_over_stream(&reader, stream, 2000, 1024);
        err = peer >= 0 && flare_socket_send(peer, message, sizeof message - 1) > 0 ? parse(&reader)
                                                                                    : FLARE_ERR_IO;
        flare_reader_free(&reader);
        if (peer >= 0)
            flare_socket_close(peer);
        flare_stream_close(stream);
    }
    flare_listener_close(&listener);
    return err;
}

int main(void)
{
    flare_err err = over_memory();

    if (err == FLARE_OK)
        err = over_unix_socket();
    if (err == FLARE_OK)
        err = over_tcp(FLARE_STR("127.0.0.1:0"));
    if (err == FLARE_OK)
        err = over_tcp(FLARE_STR("[::1]:0"));
    if (err != FLARE_OK)
        (void)fprintf(stderr, "%s\n", flare_err_text(err));
    return err != FLARE_OK;
}
