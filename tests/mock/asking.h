/* asking.h - what the tests of mocks share: a request that asks for a reply, and what it must come back with.
 */
#ifndef TESTS_MOCK_ASKING_H
#define TESTS_MOCK_ASKING_H

#include "test.h"

#include <flare/remote.h>
#include <flare/testing.h>

#include <stdlib.h>

#define NAME(text) FLARE_STR_INIT(text)

static flare_test_server server;
static flare_client *client;

/* The mock, asked for a reply; "" asks for none. */
static const flare_remote *asking(const char *preference)
{
    static flare_field field;
    static flare_remote remote;

    field = (flare_field){NAME("Prefer"), flare_str_of(preference)};
    remote = (flare_remote){client, {.url = flare_str_of(server.url)}};
    if (*preference != '\0') {
        remote.options.fields = &field;
        remote.options.field_count = 1;
    }
    return &remote;
}

static inline flare_str field_of(const flare_fetch_reply *reply, const char *name)
{
    for (size_t i = 0; i < reply->field_count; i++) {
        if (flare_str_equal(reply->fields[i].name, flare_str_of(name)))
            return reply->fields[i].value;
    }
    return (flare_str){"", 0};
}

/* A call with `in` that asks for a reply gets that one, of that number; `checks` look at it. */
#define REPLIES(function, preference, number, its_status, checks)                                            \
    do {                                                                                                     \
        function##_out out;                                                                                  \
                                                                                                             \
        CHECK_INT(function(asking(preference), IN &out), FLARE_OK);                                          \
        if (out.call.why != NULL)                                                                            \
            fprintf(stderr, "%s %s: %s\n", #function, preference, out.call.why);                             \
        CHECK_INT(out.reply, number);                                                                        \
        CHECK(out.call.reply != NULL);                                                                       \
        if (out.call.reply != NULL && out.reply == number) {                                                 \
            CHECK_INT(out.call.reply->status, its_status);                                                   \
            checks;                                                                                          \
        }                                                                                                    \
        flare_call_free(&out.call);                                                                          \
    } while (0)

static inline int mock_start(const flare_service *service)
{
    return flare_test_server_start(&server, service, NULL, NULL) == FLARE_OK &&
                   flare_client_create(&client, NULL, NULL) == FLARE_OK
               ? EXIT_SUCCESS
               : EXIT_FAILURE;
}

static inline int mock_end(void)
{
    flare_client_free(client);
    return flare_test_server_stop(&server) == FLARE_OK ? TEST_END() : EXIT_FAILURE;
}

#endif
