/* calls.h - what the tests of emitted clients share: two services, who asks them, and what was wrong. */
#ifndef TESTS_TYPED_CALLS_H
#define TESTS_TYPED_CALLS_H

#include "asked.client.h"
#include "test.h"
#include "wild.flare.h"

#include <flare/testing.h>

#include <stdlib.h>

static flare_test_server asked, wild;
static flare_remote remote, wrong;

static const flare_uuid id = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0xab}};

#define NAME(text) FLARE_STR_INIT(text)

/* "in name pointer rule;" of each failure. */
static flare_str failures_of(const flare_call *call)
{
    static char text[1024];
    size_t at = 0;

    text[0] = '\0';
    for (size_t i = 0; i < call->failure_count && at < sizeof text - 100; i++) {
        const flare_call_failure *const failure = &call->failures[i];

        at += (size_t)snprintf(text + at, sizeof text - at, "%.*s %.*s%.*s %.*s;", FLARE_STR_ARG(failure->in),
                               FLARE_STR_ARG(failure->name), FLARE_STR_ARG(failure->pointer),
                               FLARE_STR_ARG(failure->rule));
    }
    return flare_str_of(text);
}

#define CHECK_FAILURES(call, want)                                                                           \
    do {                                                                                                     \
        const flare_str told_ = failures_of(call);                                                           \
        CHECK_STR(told_, want);                                                                              \
    } while (0)

static inline asked_thing thing(void)
{
    static const asked_color colors[] = {ASKED_COLOR_OFF_WHITE};
    static const asked_thing inner = {.name = NAME("in"),
                                      .code = NAME("XYZ"),
                                      .shape = {ASKED_SHAPE_CIRCLE, {.circle = {1}}},
                                      .data = NAME("")};
    static flare_str_map_entry labels[] = {{NAME("k\"1"), NAME("v")}, {NAME(""), NAME("")}};

    return (asked_thing){
        .id = id,
        .name = NAME("n\xc3\xa9\"\n"),
        .code = NAME("ABC"),
        .even = 4,
        .at = {true, {-5, 0.25}},
        .shape = asked_shape_square((asked_square){3, NAME("sq")}),
        .colors = {colors, 1},
        .labels = {labels, 2},
        .made = 1500000000,
        .raw = {true, NAME("[1, {\"a\": null}]")},
        .data = NAME("\x00\xff\x01"),
        .inner = &inner,
        .big = UINT64_MAX,
    };
}

/* Serves both while `run` runs. */
static inline int calls_end(void (*run)(void))
{
    flare_client *client;

    if (flare_test_server_start(&asked, &asked_service, NULL, NULL) != FLARE_OK ||
        flare_test_server_start(&wild, &wild_service, NULL, NULL) != FLARE_OK ||
        flare_client_create(&client, NULL, NULL) != FLARE_OK)
        return EXIT_FAILURE;
    remote = (flare_remote){client, {.url = flare_str_of(asked.url)}};
    wrong = (flare_remote){client, {.url = flare_str_of(wild.url)}};
    run();
    flare_client_free(client);
    if (flare_test_server_stop(&asked) != FLARE_OK || flare_test_server_stop(&wild) != FLARE_OK)
        return EXIT_FAILURE;
    return TEST_END();
}

#endif
