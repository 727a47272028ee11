/* waits.c - sessions in Redis are waited for, so where one is used somebody must be able to wait. */
#include "check/check.h"

/* @param use of a session: it stands before the guards that use it */
static struct diagnostic *refuse(struct check *check, const struct use *use, struct place place,
                                 const char *where)
{
    struct diagnostic *const diagnostic =
        diag_report(check->diags, CODE_SESSION_WAITS, place, "the session '%s' is waited for, which %s",
                    use->guard->name, where);

    diag_also(diagnostic, use->place, "used for the route here");
    return diagnostic;
}

/* The handler runs on a stack of its own, so it can wait; and what it needs is read there. */
static void check_use(struct check *check, const struct route *route, const struct use *use)
{
    if (route->websocket)
        diag_help(refuse(check, use, route->path_place, "the opening of a WebSocket can't"),
                  "keep the session of a WebSocket by 'store: memory' or 'store: cookie'");
    else if (route->handler != HANDLER_FUNCTION)
        diag_help(refuse(check, use, route->path_place, "a built-in handler can't"),
                  "use it only around routes with async handlers");
    else if (route->way != WAY_ASYNC && route->handler_name != NULL)
        diag_help(refuse(check, use, route->path_place, "this handler can't"), "write '-> async %s'",
                  route->handler_name);
    else if (cache_keeps(route))
        diag_help(refuse(check, use, route->path_place, "a reply that is kept would not be"),
                  "remove cache() from this route");
}

void waits_check(struct check *check, const struct route *route)
{
    for (size_t i = 0; i < route->uses_count; i++) {
        const struct use *const use = &route->uses[i];

        if (use->kind != USE_GUARD || !use->guard->waits)
            continue;
        check_use(check, route, use);
        return; /* one of them is enough to say it */
    }
}

void waits_refuse(struct check *check, const struct guard *guard)
{
    for (size_t i = 0; i < guard->inputs_count && guard->waits; i++) {
        const struct input *const input = &guard->inputs[i];

        if (input->kind != INPUT_PATH)
            continue;
        diag_help(diag_report(check->diags, CODE_SESSION_WAITS, input->place,
                              "'%s' waits for a session, when the parts of the path are no longer there",
                              guard->name),
                  "compare it in the handler, which has both");
    }
}
