/* streams.c - what is streamed, and a file that is sent, needs a handler that can wait. */
#include "check/check.h"

bool reply_streams(const struct reply *reply)
{
    return reply->content == CONTENT_STREAM || reply->content == CONTENT_SSE;
}

static void refuse(struct check *check, const struct route *route, struct place place, const char *what)
{
    struct diagnostic *const diagnostic = diag_report(
        check->diags, CODE_STREAM_WAY, place, "%s waits for the peer, which this handler can't", what);

    diag_help(diagnostic, "write '-> async %s', or '-> blocking %s'", route->handler_name,
              route->handler_name);
}

void streams_check(struct check *check, struct route *route)
{
    if (route->handler != HANDLER_FUNCTION || route->handler_name == NULL)
        return;
    const bool waits = route->way == WAY_ASYNC || route->way == WAY_BLOCKING;

    if (route->body.kind == BODY_STREAM || (route->body.kind == BODY_NDJSON && waits))
        route->body.streamed = true;
    if (waits)
        return;
    if (route->body.streamed)
        refuse(check, route, route->body.place, "a body that is read as it comes");
    for (size_t i = 0; i < route->replies_count; i++)
        if (reply_streams(&route->replies[i]))
            refuse(check, route, route->replies[i].place, "a reply that is sent piece by piece");
        else if (route->replies[i].content == CONTENT_FILE)
            refuse(check, route, route->replies[i].place, "a reply that is a file");
}

void streams_refuse(struct check *check, const struct guard *guard)
{
    for (size_t i = 0; i < guard->replies_count; i++)
        if (reply_streams(&guard->replies[i]) || guard->replies[i].content == CONTENT_FILE)
            diag_help(diag_report(check->diags, CODE_STREAM_WAY, guard->replies[i].place,
                                  "a guard's reply is not sent piece by piece"),
                      "make it a problem, text or JSON");
}
