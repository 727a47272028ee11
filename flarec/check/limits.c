/* limits.c - which limits there are, in which unit, and whether they agree. */
#include <string.h>

#include "check/check.h"

enum unit { UNIT_BYTES, UNIT_COUNT, UNIT_TIME };

static const char *const unit_words[] = {
    [UNIT_BYTES] = "a size, such as 16KiB",
    [UNIT_COUNT] = "a number",
    [UNIT_TIME] = "a duration, such as 10s",
};

struct rule {
    const char *name;
    enum unit unit;
    bool inner; /* a group or route may set it: it does not govern the head */
    uint64_t max;
};

static const struct rule rules[] = {
    [LIMIT_HEAD] = {"head", UNIT_BYTES, false, 1u << 20},
    [LIMIT_URI] = {"uri", UNIT_BYTES, false, 1u << 20},
    [LIMIT_HEADERS] = {"headers", UNIT_COUNT, false, 10000},
    [LIMIT_BODY] = {"body", UNIT_BYTES, true, INT64_MAX},
    [LIMIT_MESSAGE] = {"message", UNIT_BYTES, true, UINT32_MAX},
    [LIMIT_REQUESTS] = {"requests", UNIT_COUNT, false, UINT32_MAX},
    [LIMIT_HEAD_TIME] = {"head_time", UNIT_TIME, false, 86400000},
    [LIMIT_BODY_TIME] = {"body_time", UNIT_TIME, true, 86400000},
    [LIMIT_IDLE_TIME] = {"idle_time", UNIT_TIME, false, 86400000},
    [LIMIT_WRITE_TIME] = {"write_time", UNIT_TIME, false, 86400000},
    [LIMIT_TIME] = {"time", UNIT_TIME, true, 86400000},
    [LIMIT_PING_TIME] = {"ping_time", UNIT_TIME, true, 86400000},
    [LIMIT_PONG_TIME] = {"pong_time", UNIT_TIME, true, 86400000},
    [LIMIT_MESSAGE_TIME] = {"message_time", UNIT_TIME, true, 86400000},
    [LIMIT_CLOSE_TIME] = {"close_time", UNIT_TIME, true, 86400000},
    [LIMIT_UNSENT] = {"unsent", UNIT_BYTES, true, UINT32_MAX},
    [LIMIT_STREAMS] = {"streams", UNIT_COUNT, false, 10000},
    [LIMIT_WINDOW] = {"window", UNIT_BYTES, false, INT32_MAX},
    [LIMIT_INFLATED] = {"inflated", UNIT_BYTES, true, INT64_MAX},
    [LIMIT_DEPTH] = {"depth", UNIT_COUNT, true, 64},
};

#define RULES_COUNT (sizeof rules / sizeof *rules)

static void unknown_limit(struct check *check, const struct argument *argument)
{
    const char *names[RULES_COUNT];
    struct diagnostic *diagnostic;

    for (size_t i = 0; i < RULES_COUNT; i++)
        names[i] = rules[i].name;
    if (argument->label.text == NULL) {
        diag_help(diag_report(check->diags, CODE_UNKNOWN_LIMIT, argument->place, "this limit has no name"),
                  "write 'name: value', such as 'body: 1MiB'");
        return;
    }
    diagnostic = diag_report(check->diags, CODE_UNKNOWN_LIMIT, argument->label.place,
                             "there is no limit '%s'", argument->label.text);
    if (!diag_help_nearest(diagnostic, argument->label.text, names, RULES_COUNT))
        diag_help(
            diagnostic,
            "the limits are head, uri, headers, body, requests, head_time, body_time, idle_time, write_time, "
            "time, inflated, depth; of HTTP/2 streams and window; of WebSockets message, unsent, ping_time, "
            "pong_time, message_time and close_time");
}

static bool value_fits(struct check *check, const struct rule *rule, const struct value *value)
{
    static const enum value_kind kinds[] = {
        [UNIT_BYTES] = VALUE_SIZE, [UNIT_COUNT] = VALUE_INTEGER, [UNIT_TIME] = VALUE_DURATION};

    if (value->kind != kinds[rule->unit]) {
        struct diagnostic *const diagnostic = diag_report(check->diags, CODE_LIMIT_UNIT, value->place,
                                                          "the limit '%s' is in another unit", rule->name);
        diag_help(diagnostic, "write %s", unit_words[rule->unit]);
        return false;
    }
    if (value->negative || value->whole == 0 || value->whole > rule->max) {
        struct diagnostic *const diagnostic = diag_report(check->diags, CODE_LIMIT_RANGE, value->place,
                                                          "the limit '%s' can't be this", rule->name);
        if (value->whole > rule->max)
            diag_help(diagnostic, "it is at most %llu%s", (unsigned long long)rule->max,
                      rule->unit == UNIT_BYTES  ? " bytes"
                      : rule->unit == UNIT_TIME ? " milliseconds"
                                                : "");
        else
            diag_help(diagnostic, "it is above zero");
        return false;
    }
    return true;
}

static void add(struct check *check, const struct argument *argument, struct limit limits[LIMIT_COUNT],
                bool set[RULES_COUNT], bool service)
{
    size_t at = 0;

    while (at < RULES_COUNT &&
           (argument->label.text == NULL || strcmp(rules[at].name, argument->label.text) != 0))
        at++;
    if (at == RULES_COUNT) {
        unknown_limit(check, argument);
        return;
    }
    if (set[at]) {
        diag_report(check->diags, CODE_DUPLICATE, argument->place, "the limit '%s' is set twice",
                    rules[at].name);
        return;
    }
    set[at] = true;
    if (!service && !rules[at].inner) {
        diag_help(diag_report(check->diags, CODE_LIMIT_PLACE, argument->label.place,
                              "the limit '%s' is the whole service's", rules[at].name),
                  "move it to the 'limits' at the top: no route is known yet when it counts");
        return;
    }
    if (value_fits(check, &rules[at], argument->value))
        limits[at] = (struct limit){true, argument->value->whole, argument->place};
}

void limits_add(struct check *check, const struct statement *statement, struct limit limits[LIMIT_COUNT],
                bool service)
{
    bool set[RULES_COUNT] = {false};

    for (const struct argument *argument = statement->args.first; argument != NULL; argument = argument->next)
        add(check, argument, limits, set, service);
    if (statement->args.first == NULL)
        diag_help(
            diag_report(check->diags, CODE_UNKNOWN_LIMIT, statement->place, "these limits limit nothing"),
            "write 'limits(name: value);'");
}

/* A head of the runtime's default size (flare/service.h). */
#define HEAD_DEFAULT_BYTES 16384

void limits_agree(struct check *check, const struct limit limits[LIMIT_COUNT])
{
    const struct limit *const uri = &limits[LIMIT_URI], *const head = &limits[LIMIT_HEAD];
    struct diagnostic *diagnostic;

    if (!uri->set || uri->value <= (head->set ? head->value : HEAD_DEFAULT_BYTES))
        return;
    diagnostic = diag_report(check->diags, CODE_LIMIT_CONTRADICTION, uri->place,
                             "the limit 'uri' is above 'head', which holds it");
    if (head->set)
        diag_also(diagnostic, head->place, "this is reached first");
    else
        diag_label(diagnostic, "'head' is 16KiB where it is not set");
    diag_help(diagnostic, "lower 'uri' or raise 'head'");
}

bool route_inflates(const struct route *route)
{
    for (size_t i = 0; i < route->uses_count; i++) {
        if (route->uses[i].kind == USE_INFLATE)
            return true;
    }
    return false;
}

void inflated_counts(struct check *check, const struct limit *limit, const struct limit *outer,
                     const struct route *routes, size_t count)
{
    if (!limit->set || (outer != NULL && outer->set && outer->place.start == limit->place.start))
        return;
    for (size_t i = 0; i < count; i++) {
        if (route_inflates(&routes[i]))
            return;
    }
    diag_help(diag_report(check->diags, CODE_USE_MISSING, limit->place, "no body is inflated here"),
              "write 'use inflate();' above the routes, or remove the limit");
}
