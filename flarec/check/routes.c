/* routes.c - walks groups and routes, folds what is inherited, and makes each route of the model. */
#include <string.h>

#include "check/check.h"
#include "method.h"

struct walk {
    struct check *check;
    struct {
        struct route *items;
        size_t count, capacity;
    } routes;
    struct table handlers; /* the first route of each handler */
};

/* What a handler's first route was, and whether others may share it. */
struct handled {
    struct place place;
    const char *c_name;
    enum handler_way way;
    bool plain; /* no inputs, no replies */
};

/* All but CONNECT, whose target is no path, and PRI, which begins HTTP/2. */
static void check_method(struct check *check, const struct statement *statement)
{
    const char *names[METHOD_COUNT + 2];
    struct diagnostic *diagnostic;
    size_t count = 0;

    for (unsigned i = 1; i < METHOD_COUNT; i++) {
        if (i != METHOD_CONNECT && i != METHOD_PRI)
            names[count++] = method_name(i);
    }
    names[count++] = "ANY";
    names[count++] = "WS";
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], statement->name.text) == 0)
            return;
    }
    diagnostic = diag_report(check->diags, CODE_METHOD, statement->name.place,
                             "HTTP has no method '%s' for a path", statement->name.text);
    if (!diag_help_nearest(diagnostic, statement->name.text, names, count))
        diag_help(diagnostic, "'ANY' takes every method");
}

/* Each path input declared in this block is in its path. */
static void declared_in_path(struct check *check, const struct scope *scope)
{
    for (size_t i = 0; i < scope->inputs.count; i++) {
        const struct input *const input = &scope->inputs.items[i];
        const char **const names = ARENA_ARRAY(check->arena, scope->segments.count + 1, const char *);
        bool found = input->kind != INPUT_PATH;
        size_t count = 0;
        for (size_t k = 0; k < scope->segments.count; k++) {
            if (scope->segments.items[k].kind != SEGMENT_PARAMETER)
                continue;
            names[count++] = scope->segments.items[k].text;
            found = found || strcmp(names[count - 1], input->name) == 0;
        }
        if (found)
            continue;
        struct diagnostic *const diagnostic = diag_report(check->diags, CODE_PATH_NOT_IN_PATH, input->place,
                                                          "the path has no parameter ':%s'", input->name);
        diag_note(diagnostic, "the path is %s", path_text(check->arena, &scope->segments));
        if (!diag_help_nearest(diagnostic, input->name, names, count))
            diag_help(diagnostic, "add '/:%s' to the path, or remove this", input->name);
    }
}

/* ---- one route ----------------------------------------------------------------------------------------- */

static bool takes_no_body(const char *method)
{
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0 || strcmp(method, "TRACE") == 0 ||
           strcmp(method, "WS") == 0;
}

static void route_body(struct check *check, const struct statement *route, const struct statement *statement,
                       struct body *body)
{
    struct diagnostic *diagnostic;

    if (body->place.source != NULL) {
        diagnostic = diag_report(check->diags, CODE_DUPLICATE, statement->place, "a route has one body");
        diag_also(diagnostic, body->place, "first declared here");
        return;
    }
    if (takes_no_body(route->name.text)) {
        diagnostic = diag_report(check->diags, CODE_BODY_NOT_ALLOWED, statement->place,
                                 "a %s request has no body", route->name.text);
        diag_help(diagnostic, "use POST, PUT or PATCH, or read a query key");
        body->place = statement->place;
        return;
    }
    body_check(check, statement, body);
}

static void route_block(struct check *check, const struct statement *statement, struct scope *scope,
                        struct route *route)
{
    const struct statement *const first = statement->block != NULL ? statement->block->first : NULL;

    for (const struct statement *inner = first; inner != NULL; inner = inner->next) {
        switch (inner->kind) {
        case STATEMENT_PATH:
        case STATEMENT_QUERY:
        case STATEMENT_HEADER:
        case STATEMENT_COOKIE:
            input_add(check, inner, scope);
            break;
        case STATEMENT_USE:
            use_add(check, inner, scope);
            break;
        case STATEMENT_LIMITS:
            limits_add(check, inner, scope->limits, false);
            break;
        case STATEMENT_BODY:
            route_body(check, statement, inner, &route->body);
            break;
        case STATEMENT_RECEIVE:
            message_check(check, statement, inner, &route->receive);
            break;
        case STATEMENT_SEND:
            message_check(check, statement, inner, &route->send);
            break;
        case STATEMENT_FLARE:
        case STATEMENT_SERVICE:
        case STATEMENT_LIBRARY:
        case STATEMENT_IMPORT:
        case STATEMENT_STATE:
        case STATEMENT_ERROR:
        case STATEMENT_ENUM:
        case STATEMENT_TYPE:
        case STATEMENT_ALIAS:
        case STATEMENT_UNION:
        case STATEMENT_SESSION:
        case STATEMENT_GUARD:
        case STATEMENT_GROUP:
        case STATEMENT_ROUTE:
        case STATEMENT_TRAILER:
        case STATEMENT_GIVES:
        case STATEMENT_REPLY:
        case STATEMENT_AFTER:
            break;
        }
    }
    route->replies = replies_check(check, first, route->handler_c_name, "route", &route->replies_count);
    streams_check(check, route);
}

/* Links each parameter of the path to its input. */
static void route_parameters(struct check *check, const struct scope *scope, struct route *route)
{
    for (size_t i = 0; i < scope->segments.count; i++) {
        struct segment *const segment = &scope->segments.items[i];
        route->wildcard = route->wildcard || segment->kind == SEGMENT_WILDCARD;
        if (segment->kind != SEGMENT_PARAMETER)
            continue;
        segment->input = path_input_find(scope, segment->text);
        if (segment->input != NULL || check->broken)
            continue;
        struct diagnostic *const diagnostic = diag_report(check->diags, CODE_PATH_UNDECLARED, segment->place,
                                                          "the parameter ':%s' has no type", segment->text);
        diag_help(diagnostic, "declare it in the route's block: path %s: string;", segment->text);
        if (route->handler != HANDLER_FUNCTION)
            diag_help(diagnostic,
                      "a built-in handler reads no parameter: write '*' if the text does not matter");
    }
}

/* Path inputs in the path's order, then the others by kind, outer before inner. */
static void route_inputs(struct check *check, const struct scope *scope, struct route *route)
{
    struct input_vector all = {0};
    const struct scope *scopes[128];
    size_t depth = 0;

    for (size_t i = 0; i < scope->segments.count; i++) {
        if (scope->segments.items[i].input != NULL)
            VECTOR_ADD(check->arena, all, *scope->segments.items[i].input);
    }
    const size_t in_path = all.count;
    for (const struct scope *at = scope; at != NULL && depth < sizeof scopes / sizeof *scopes;
         at = at->parent)
        scopes[depth++] = at;
    for (int kind = INPUT_QUERY; kind <= INPUT_COOKIE; kind++) {
        for (size_t i = depth; i-- > 0;) {
            for (size_t k = 0; k < scopes[i]->inputs.count; k++) {
                if ((int)scopes[i]->inputs.items[k].kind == kind)
                    VECTOR_ADD(check->arena, all, scopes[i]->inputs.items[k]);
            }
        }
    }
    for (size_t i = 0, next = 0; i < scope->segments.count && next < in_path; i++) {
        if (scope->segments.items[i].input != NULL)
            scope->segments.items[i].input = &all.items[next++];
    }
    route->inputs = all.items;
    route->inputs_count = all.count;
    for (size_t i = 0; i < all.count; i++) {
        const char *const c_name = all.items[i].c_name;
        const bool rest = route->wildcard && strcmp(c_name, "rest") == 0;
        const bool body = route->body.kind != BODY_NONE && strcmp(c_name, "body") == 0;
        if (rest || body)
            diag_help(diag_report(check->diags, CODE_RESERVED_NAME, all.items[i].place, "in->%s is the %s",
                                  c_name, rest ? "text that '*' takes" : "request's body"),
                      "name the input with 'as'");
    }
}

/* From outer to inner in the order of the text, each guard once, behind those that it needs. */
static struct use_vector route_uses(struct check *check, const struct scope *scope)
{
    struct use_vector all = {0};
    const struct scope *scopes[128];
    size_t depth = 0;

    for (const struct scope *at = scope; at != NULL && depth < sizeof scopes / sizeof *scopes;
         at = at->parent)
        scopes[depth++] = at;
    for (size_t i = depth; i-- > 0;) {
        for (size_t k = 0; k < scopes[i]->uses.count; k++)
            uses_expand(check, &all, &scopes[i]->uses.items[k]);
    }
    return all;
}

/* Its handshake is answered at once; what may take its time is what comes after it. */
static void socket_way(struct check *check, const struct target *target, struct route *route)
{
    route->socket_way = target->way;
    if (target->way == WAY_DEFERRED)
        diag_help(diag_report(check->diags, CODE_SOCKET_WAY, target->way_place,
                              "a WebSocket has no reply that comes later"),
                  "remove 'deferred': it sends when it likes; 'async' and 'blocking' may wait in between");
}

static void route_handler(struct walk *walk, const struct statement *statement, struct route *route)
{
    struct check *const check = walk->check;
    const struct target *const target = statement->target;

    if (target->args.written && route->websocket) {
        diag_help(diag_report(check->diags, CODE_HANDLER_ARGUMENTS, target->place,
                              "a WebSocket has no built-in handler"),
                  "name a handler of your own, without parentheses");
        return;
    }
    if (target->args.written) {
        handler_builtin(check, statement, route);
        return;
    }
    if (route->websocket)
        socket_way(check, target, route);
    else
        route->way = target->way;
    route->handler_place = target->name.place;
    route->handler_name = target->name.text;
    route->handler_c_name = name_complete(check, &target->name, check->model->c_name);
}

static bool reads_gives(const struct route *route)
{
    for (size_t i = 0; i < route->uses_count; i++) {
        if (route->uses[i].kind == USE_GUARD && route->uses[i].guard->gives_count != 0)
            return true;
    }
    return false;
}

/* A handler may serve several routes only if its prototype is the same for all of them. */
static void handler_shared(struct walk *walk, const struct statement *statement, struct route *route)
{
    struct check *const check = walk->check;
    struct handled *const handled = ARENA_NEW(check->arena, struct handled);
    const struct handled *first;
    struct diagnostic *diagnostic;

    if (route->handler_c_name == NULL)
        return;
    handled->place = statement->target->name.place;
    handled->c_name = route->handler_name;
    handled->way = route->way;
    handled->plain = !route->websocket && route->inputs_count == 0 && !route->wildcard &&
                     route->body.kind == BODY_NONE && route->replies_count == 0 && !reads_gives(route);
    first = table_add(&walk->handlers, check->arena, route->handler_name, handled);
    if (first == NULL)
        return;
    route->handler_repeated = true;
    if (first->plain && handled->plain && first->way == handled->way)
        return;
    diagnostic = diag_report(check->diags, CODE_HANDLER_SHARED, handled->place,
                             "'%s' handles another route already", route->handler_name);
    diag_also(diagnostic, first->place, "here");
    diag_help(diagnostic,
              "give each a handler of its own: only routes without inputs and replies can share one");
}

static void builtin_block(struct check *check, const struct statement *statement)
{
    if (!statement->target->args.written || statement->block == NULL)
        return;
    for (const struct statement *inner = statement->block->first; inner != NULL; inner = inner->next) {
        if (inner->kind != STATEMENT_USE && inner->kind != STATEMENT_LIMITS)
            diag_help(diag_report(check->diags, CODE_HANDLER_ARGUMENTS, inner->keyword,
                                  "a built-in handler declares no '%s'", statement_word(inner)),
                      "remove it, or write a handler of your own");
    }
}

/* A socket is accepted by a function of its own: what is declared refuses. */
static void refuses_only(struct check *check, const struct route *route)
{
    for (size_t i = 0; i < route->replies_count; i++) {
        if (route->replies[i].status >= 300)
            continue;
        diag_help(diag_report(check->diags, CODE_STATUS, route->replies[i].place,
                              "a WebSocket's handshake is not answered by %u", route->replies[i].status),
                  "remove it: the handler accepts by its '_accept()'; a reply that is declared refuses");
    }
}

static void add_route(struct walk *walk, const struct statement *statement, const struct scope *outer)
{
    struct check *const check = walk->check;
    struct scope scope = {.parent = outer, .path = outer->path};
    struct route route = {.place = statement->place, .method_place = statement->name.place};

    check_method(check, statement);
    for (size_t i = 0; i < outer->segments.count; i++)
        VECTOR_ADD(check->arena, scope.segments, outer->segments.items[i]);
    memcpy(scope.limits, outer->limits, sizeof scope.limits);
    const bool path_good = path_segments(check, &statement->path, false, &scope.segments);
    route.doc = statement->doc != NULL ? statement->doc->text : NULL;
    route.word = statement->name.text;
    route.websocket = strcmp(route.word, "WS") == 0;
    route.method = strcmp(route.word, "ANY") == 0 ? NULL : route.websocket ? "GET" : route.word;
    route.path_place = statement->path.place;
    route.path = path_text(check->arena, &scope.segments);
    route_handler(walk, statement, &route);
    builtin_block(check, statement);
    route_block(check, statement, &scope, &route);
    if (route.websocket)
        refuses_only(check, &route);
    const struct use_vector uses = route_uses(check, &scope);
    route.uses = uses.items;
    route.uses_count = uses.count;
    handler_needs(check, statement, &route);
    if (path_good) {
        declared_in_path(check, &scope);
        guards_adopt_path(check, &uses, &scope.segments, &scope);
        route_parameters(check, &scope, &route);
    }
    route_inputs(check, &scope, &route);
    memcpy(route.limits, scope.limits, sizeof route.limits);
    if (route.body.kind != BODY_NONE)
        body_limit_settle(check, &route.body, &route.limits[LIMIT_BODY],
                          scope.limits[LIMIT_BODY].place.start == outer->limits[LIMIT_BODY].place.start);
    inflated_counts(check, &route.limits[LIMIT_INFLATED], &outer->limits[LIMIT_INFLATED], &route, 1);
    if (route.limits[LIMIT_INFLATED].set && route_inflates(&route) && !route.body.streamed &&
        route.body.kind != BODY_MULTIPART) /* what is read as it comes is not decoded */
        route.body.inflated_max_bytes = route.limits[LIMIT_INFLATED].value;
    if (route.body.kind == BODY_JSON || route.body.kind == BODY_NDJSON)
        depth_agrees(check, &route.limits[LIMIT_DEPTH], route.body.type, route.body.place);
    depth_agrees(check, &route.limits[LIMIT_DEPTH], route.receive.type, route.receive.place);
    route.segments = scope.segments.items;
    route.segments_count = scope.segments.count;
    if (path_good)
        guards_in_path(check, &route);
    guards_members(check, &route);
    waits_check(check, &route);
    if (route.handler == HANDLER_FUNCTION)
        handler_shared(walk, statement, &route);
    route.index = (unsigned)walk->routes.count;
    VECTOR_ADD(check->arena, walk->routes, route);
}

/* ---- blocks of routes -------------------------------------------------------------------------- */

static void walk_block(struct walk *walk, const struct statement *first, struct scope *scope);

static void add_group(struct walk *walk, const struct statement *statement, const struct scope *outer)
{
    struct check *const check = walk->check;
    struct scope scope = {.parent = outer};

    for (size_t i = 0; i < outer->segments.count; i++)
        VECTOR_ADD(check->arena, scope.segments, outer->segments.items[i]);
    memcpy(scope.limits, outer->limits, sizeof scope.limits);
    path_segments(check, &statement->path, true, &scope.segments);
    walk_block(walk, statement->block->first, &scope);
}

static void late_use(struct check *check, const struct statement *statement, const struct statement *route)
{
    struct diagnostic *const diagnostic = diag_report(check->diags, CODE_USE_AFTER_ROUTE, statement->place,
                                                      "a 'use' stands before the routes of its block");

    diag_also(diagnostic, route->keyword, "this route is above it");
    diag_help(diagnostic, "move it up: it holds for the whole block");
}

/* Inputs, uses and limits hold for the whole block, so they are read before its routes. */
static void walk_block(struct walk *walk, const struct statement *first, struct scope *scope)
{
    struct check *const check = walk->check;
    const struct statement *route = NULL;
    const bool service = scope->parent == NULL;
    const size_t first_route = walk->routes.count;

    for (const struct statement *statement = first; statement != NULL; statement = statement->next) {
        if ((statement->kind == STATEMENT_ROUTE || statement->kind == STATEMENT_GROUP) && route == NULL)
            route = statement;
        if (statement->kind == STATEMENT_USE && route != NULL)
            late_use(check, statement, route);
        else if (statement->kind == STATEMENT_USE)
            use_add(check, statement, scope);
        else if (statement->kind == STATEMENT_LIMITS)
            limits_add(check, statement, scope->limits, service);
        else if (!service && (statement->kind == STATEMENT_PATH || statement->kind == STATEMENT_QUERY ||
                              statement->kind == STATEMENT_HEADER || statement->kind == STATEMENT_COOKIE))
            input_add(check, statement, scope);
    }
    if (service)
        limits_agree(check, scope->limits);
    declared_in_path(check, scope);
    for (const struct statement *statement = first; statement != NULL; statement = statement->next) {
        if (statement->kind == STATEMENT_GROUP)
            add_group(walk, statement, scope);
        else if (statement->kind == STATEMENT_ROUTE)
            add_route(walk, statement, scope);
    }
    if (walk->routes.count > first_route)
        inflated_counts(check, &scope->limits[LIMIT_INFLATED],
                        service ? NULL : &scope->parent->limits[LIMIT_INFLATED],
                        walk->routes.items + first_route, walk->routes.count - first_route);
}

void check_routes(struct check *check)
{
    struct walk walk = {.check = check};
    struct scope scope = {.path = ""};

    walk_block(&walk, check->tree->first, &scope);
    memcpy(check->model->limits, scope.limits, sizeof scope.limits);
    check->model->uses = scope.uses.items;
    check->model->uses_count = scope.uses.count;
    check->model->routes = walk.routes.items;
    check->model->routes_count = walk.routes.count;
}
