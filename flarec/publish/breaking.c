/* breaking.c - two versions of a service, route by route. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "check/check.h"
#include "publish/compare.h"

/* ---- what a route takes and gives, its guards' included ---------------------------------------- */

struct surface {
    const struct route *route;
    struct input_vector inputs;  /* without those of the path */
    struct input_vector guarded; /* those of the path that guards read */
    struct {
        struct reply *items;
        size_t count, capacity;
    } replies;
};

static void add_input(struct comparison *comparison, struct surface *surface, const struct input *input)
{
    if (input->kind == INPUT_PATH)
        return;
    if (input->type->kind != TYPE_OBJECT) {
        VECTOR_ADD(comparison->arena, surface->inputs, *input);
        return;
    }
    for (size_t i = 0; i < input->type->declaration->properties_count; i++) {
        const struct property *const property = &input->type->declaration->properties[i];
        const struct input field = {.kind = input->kind,
                                    .name = property->name,
                                    .c_name = property->c_name,
                                    .place = property->place,
                                    .type = property->type,
                                    .fallback = property->fallback};
        VECTOR_ADD(comparison->arena, surface->inputs, field);
    }
}

static void add_guards(struct comparison *comparison, struct surface *surface, const struct use *uses,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (uses[i].kind != USE_GUARD)
            continue;
        const struct guard *const guard = uses[i].guard;
        add_guards(comparison, surface, guard->uses, guard->uses_count);
        for (size_t k = 0; k < guard->inputs_count; k++) {
            add_input(comparison, surface, &guard->inputs[k]);
            if (guard->inputs[k].kind == INPUT_PATH)
                VECTOR_ADD(comparison->arena, surface->guarded, guard->inputs[k]);
        }
        for (size_t k = 0; k < guard->replies_count; k++)
            VECTOR_ADD(comparison->arena, surface->replies, guard->replies[k]);
    }
}

static struct surface surface_of(struct comparison *comparison, const struct route *route)
{
    struct surface surface = {.route = route};

    for (size_t i = 0; i < route->inputs_count; i++)
        add_input(comparison, &surface, &route->inputs[i]);
    for (size_t i = 0; i < route->replies_count; i++)
        VECTOR_ADD(comparison->arena, surface.replies, route->replies[i]);
    add_guards(comparison, &surface, route->uses, route->uses_count);
    if (route->handler == HANDLER_FIXED || route->handler == HANDLER_REDIRECT) {
        const struct reply reply = {.status = route->fixed_status,
                                    .reason = route->fixed_reason,
                                    .place = route->place,
                                    .content = route->fixed_length != 0 && route->handler == HANDLER_FIXED
                                                   ? CONTENT_BYTES
                                                   : CONTENT_EMPTY,
                                    .media_type = route->fixed_media_type};
        VECTOR_ADD(comparison->arena, surface.replies, reply);
    }
    return surface;
}

/* ---- inputs ------------------------------------------------------------------------------------ */

static const char *input_words(struct comparison *comparison, const struct input *input)
{
    static const char *const places[] = {
        [INPUT_PATH] = "path", [INPUT_QUERY] = "query", [INPUT_HEADER] = "header", [INPUT_COOKIE] = "cookie"};

    return arena_format(comparison->arena, "%s %s", places[input->kind], input->name);
}

static const struct input *find_input(const struct surface *surface, const struct input *input)
{
    for (size_t i = 0; i < surface->inputs.count; i++) {
        const struct input *const other = &surface->inputs.items[i];
        if (other->kind == input->kind &&
            (input->kind == INPUT_HEADER ? strcasecmp(other->name, input->name)
                                         : strcmp(other->name, input->name)) == 0)
            return other;
    }
    return NULL;
}

static bool input_may_be_absent(const struct input *input)
{
    const struct constraints *const constraints = &input->type->constraints;

    return input->type->optional || input->fallback != NULL ||
           (input->type->kind == TYPE_ARRAY &&
            (!constraints->has_length_min || constraints->length_min == 0));
}

static void compare_input(struct comparison *comparison, const struct input *from, const struct input *to)
{
    const char *const where = input_words(comparison, to);
    struct type from_type = *from->type, to_type = *to->type;

    if (input_may_be_absent(from) && !input_may_be_absent(to))
        difference_add(comparison, VERDICT_BREAKING, to->place, where, "it was made required");
    else if (!input_may_be_absent(from) && input_may_be_absent(to))
        difference_add(comparison, VERDICT_COMPATIBLE, to->place, where, "it was made optional");
    if (from->fallback != NULL && to->fallback != NULL &&
        strcmp(from->fallback->written, to->fallback->written) != 0)
        difference_add(comparison, VERDICT_COMPATIBLE, to->place, where,
                       "the default was changed from %s to %s", from->fallback->written,
                       to->fallback->written);
    if (strcmp(from->c_name, to->c_name) != 0)
        difference_add(comparison, VERDICT_C_ONLY, to->place, where, "in->%s is in->%s now", from->c_name,
                       to->c_name);
    from_type.optional = to_type.optional = false;
    comparison->repeats = to->kind == INPUT_QUERY;
    types_compare(comparison, DIRECTION_INPUT, where, &from_type, &to_type);
    comparison->repeats = false;
}

/* The segment that a path's input is taken from; their number where there is none. */
static size_t segment_of(const struct route *route, const struct input *input)
{
    size_t at = 0;

    while (at < route->segments_count && (route->segments[at].kind != SEGMENT_PARAMETER ||
                                          strcmp(route->segments[at].text, input->name) != 0))
        at++;
    return at;
}

static bool fits(const struct comparison *comparison, const struct input *from, const struct input *to)
{
    struct comparison trial = {.arena = comparison->arena, .route = comparison->route};

    types_compare(&trial, DIRECTION_INPUT, "", from->type, to->type);
    for (size_t i = 0; i < trial.count; i++) {
        if (trial.items[i].verdict == VERDICT_BREAKING)
            return false;
    }
    return true;
}

/* What a guard reads of the path must hold for all that the route, or a guard, took there before. */
static void compare_guarded(struct comparison *comparison, const struct surface *from,
                            const struct surface *to)
{
    for (size_t i = 0; i < to->guarded.count; i++) {
        const struct input *const input = &to->guarded.items[i];
        const size_t at = segment_of(to->route, input);
        const struct input *const before =
            at < from->route->segments_count ? from->route->segments[at].input : NULL;
        bool good = before == NULL || fits(comparison, before, input);

        for (size_t k = 0; k < from->guarded.count && !good; k++)
            good = segment_of(from->route, &from->guarded.items[k]) == at &&
                   fits(comparison, &from->guarded.items[k], input);
        if (!good)
            compare_input(comparison, before, input);
    }
}

static void compare_inputs(struct comparison *comparison, const struct surface *from,
                           const struct surface *to)
{
    for (size_t i = 0; i < from->route->segments_count; i++) {
        const struct input *const old_input = from->route->segments[i].input;
        const struct input *const new_input = to->route->segments[i].input;
        if (old_input != NULL && new_input != NULL)
            compare_input(comparison, old_input, new_input);
    }
    compare_guarded(comparison, from, to);
    for (size_t i = 0; i < from->inputs.count; i++) {
        const struct input *const input = &from->inputs.items[i];
        if (find_input(to, input) == NULL)
            difference_add(comparison, VERDICT_COMPATIBLE, input->place, input_words(comparison, input),
                           "it was removed: it is ignored");
    }
    for (size_t i = 0; i < to->inputs.count; i++) {
        const struct input *const input = &to->inputs.items[i];
        const struct input *const other = find_input(from, input);
        if (other != NULL)
            compare_input(comparison, other, input);
        else if (input_may_be_absent(input))
            difference_add(comparison, VERDICT_COMPATIBLE, input->place, input_words(comparison, input),
                           "an optional input was added");
        else
            difference_add(comparison, VERDICT_BREAKING, input->place, input_words(comparison, input),
                           "a required input was added");
    }
}

/* ---- bodies ------------------------------------------------------------------------------------ */

#define BODY_DEFAULT_BYTES ((uint64_t)1 << 20)
#define DEPTH_DEFAULT      64

static uint64_t body_max(const struct route *route)
{
    return route->body.max_bytes != 0 ? route->body.max_bytes : BODY_DEFAULT_BYTES;
}

static uint64_t inflated_max(const struct route *route)
{
    return route->body.inflated_max_bytes != 0 ? route->body.inflated_max_bytes : body_max(route);
}

static uint64_t depth_max(const struct route *route)
{
    const struct limit *const depth = &route->limits[LIMIT_DEPTH];

    return depth->set ? depth->value : DEPTH_DEFAULT;
}

/* What a body may be once it is read: decoded, and of JSON how deep. */
static void compare_read_limits(struct comparison *comparison, const struct route *from,
                                const struct route *to)
{
    const bool said = from->body.inflated_max_bytes != 0 || to->body.inflated_max_bytes != 0;
    const bool json = to->body.kind == BODY_JSON || to->body.kind == BODY_NDJSON;

    if (said && route_inflates(from) && route_inflates(to) && inflated_max(to) < inflated_max(from))
        difference_add(comparison, VERDICT_BREAKING, to->body.place, "body",
                       "what it may be inflated to was lowered from %llu to %llu bytes",
                       (unsigned long long)inflated_max(from), (unsigned long long)inflated_max(to));
    if (json && depth_max(to) < depth_max(from))
        difference_add(comparison, VERDICT_BREAKING, to->body.place, "body",
                       "how deep its JSON may be was lowered from %llu to %llu containers",
                       (unsigned long long)depth_max(from), (unsigned long long)depth_max(to));
}

static bool takes_media_type(const struct body *body, const char *media_type)
{
    for (size_t i = 0; i < body->media_types_count; i++) {
        const char *const own = body->media_types[i];
        const size_t length = strlen(own);
        if (strcmp(own, media_type) == 0 || strcmp(own, "*/*") == 0 ||
            (length > 2 && strcmp(own + length - 2, "/*") == 0 && strncmp(own, media_type, length - 1) == 0))
            return true;
    }
    return body->media_types_count == 0;
}

static void compare_bodies(struct comparison *comparison, const struct route *from, const struct route *to)
{
    const struct body *const old_body = &from->body, *const new_body = &to->body;

    if (old_body->kind == BODY_NONE && new_body->kind == BODY_NONE)
        return;
    if (new_body->kind == BODY_NONE) {
        difference_add(comparison, VERDICT_COMPATIBLE, to->place, "body", "it was removed: it is ignored");
        return;
    }
    if (old_body->kind == BODY_NONE) {
        difference_add(comparison, VERDICT_BREAKING, new_body->place, "body", "a body was added");
        return;
    }
    if (old_body->kind != new_body->kind) {
        difference_add(comparison, VERDICT_BREAKING, new_body->place, "body", "it is of another kind");
        return;
    }
    if (body_max(to) < body_max(from))
        difference_add(comparison, VERDICT_BREAKING, new_body->place, "body",
                       "the limit was lowered from %llu to %llu bytes", (unsigned long long)body_max(from),
                       (unsigned long long)body_max(to));
    compare_read_limits(comparison, from, to);
    if (old_body->media_types_count == 0 && new_body->media_types_count != 0)
        difference_add(comparison, VERDICT_BREAKING, new_body->place, "body",
                       "the media types were narrowed");
    for (size_t i = 0; i < old_body->media_types_count; i++) {
        if (!takes_media_type(new_body, old_body->media_types[i]))
            difference_add(comparison, VERDICT_BREAKING, new_body->place, "body", "%s is no longer taken",
                           old_body->media_types[i]);
    }
    comparison->repeats = new_body->kind == BODY_FORM || new_body->kind == BODY_MULTIPART;
    if (old_body->type != NULL && new_body->type != NULL)
        types_compare(comparison, DIRECTION_INPUT, "body", old_body->type, new_body->type);
    comparison->repeats = false;
}

/* ---- replies ----------------------------------------------------------------------------------- */

/* A reply that a client could take for this one: of its status, content and problem. */
static const struct reply *find_reply(const struct surface *surface, const struct reply *reply, bool whole)
{
    for (size_t i = 0; i < surface->replies.count; i++) {
        const struct reply *const other = &surface->replies.items[i];
        if (other->status != reply->status)
            continue;
        if (!whole)
            return other;
        const bool same_slug = reply->slug == NULL
                                   ? other->slug == NULL
                                   : other->slug != NULL && strcmp(reply->slug, other->slug) == 0;
        const bool same_media =
            reply->media_type == NULL
                ? other->media_type == NULL
                : other->media_type != NULL && strcmp(reply->media_type, other->media_type) == 0;
        if (same_slug && same_media && other->content == reply->content)
            return other;
    }
    return NULL;
}

static void compare_headers(struct comparison *comparison, const char *where, const struct reply *from,
                            const struct reply *to)
{
    for (size_t i = 0; i < from->headers_count; i++) {
        const struct reply_header *const header = &from->headers[i], *other = NULL;
        for (size_t k = 0; k < to->headers_count; k++)
            other = strcasecmp(to->headers[k].name, header->name) == 0 ? &to->headers[k] : other;
        const char *const name = arena_format(comparison->arena, "%s header %s", where, header->name);
        if (other == NULL)
            difference_add(comparison, VERDICT_BREAKING, to->place, name, "it was removed");
        else if (header->type != NULL && other->type != NULL)
            types_compare(comparison, DIRECTION_OUTPUT, name, header->type, other->type);
        else if (other->type != NULL && other->type->optional)
            difference_add(comparison, VERDICT_BREAKING, other->place, name, "it was made optional");
        else if (header->constant != NULL && other->constant != NULL &&
                 strcmp(header->constant->text, other->constant->text) != 0)
            difference_add(comparison, VERDICT_COMPATIBLE, other->place, name, "its value was changed");
    }
}

/* From the narrowest: the requests of which sites carry it. */
static int sites_of(const struct reply_cookie *cookie)
{
    return strcmp(cookie->same_site, "Strict") == 0 ? 0 : strcmp(cookie->same_site, "Lax") == 0 ? 1 : 2;
}

static bool same_domain(const struct reply_cookie *left, const struct reply_cookie *right)
{
    return left->domain == NULL || right->domain == NULL ? left->domain == right->domain
                                                         : strcasecmp(left->domain, right->domain) == 0;
}

static void compare_cookie(struct comparison *comparison, const char *where, const struct reply_cookie *from,
                           const struct reply_cookie *to)
{
    const char *const what =
        (from->type == NULL) != (to->type == NULL)
            ? to->type == NULL ? "it is removed in place of set" : "it is set in place of removed"
        : strncmp(from->path, to->path, strlen(to->path)) != 0 ? "it is sent for other paths"
        : !same_domain(from, to)                               ? "it is sent to other hosts"
        : sites_of(to) < sites_of(from)                        ? "requests of other sites carry it no more"
        : to->secure && !from->secure                          ? "it is sent over TLS alone"
        : to->http_only && !from->http_only                    ? "scripts can't read it any more"
                                                               : NULL;

    if (what != NULL)
        difference_add(comparison, VERDICT_BREAKING, to->place, where, "%s", what);
    else if (from->has_max_age != to->has_max_age || from->max_age_seconds != to->max_age_seconds)
        difference_add(comparison, VERDICT_COMPATIBLE, to->place, where, "it is kept for another time");
    if (from->type != NULL && to->type != NULL)
        types_compare(comparison, DIRECTION_OUTPUT, where, from->type, to->type);
}

static void compare_cookies(struct comparison *comparison, const char *where, const struct reply *from,
                            const struct reply *to)
{
    for (size_t i = 0; i < from->cookies_count; i++) {
        const char *const name =
            arena_format(comparison->arena, "%s cookie %s", where, from->cookies[i].name);
        const struct reply_cookie *other = NULL;
        for (size_t k = 0; k < to->cookies_count; k++)
            other = strcmp(to->cookies[k].name, from->cookies[i].name) == 0 ? &to->cookies[k] : other;
        if (other == NULL)
            difference_add(comparison, VERDICT_BREAKING, to->place, name, "it was removed");
        else
            compare_cookie(comparison, name, &from->cookies[i], other);
    }
}

static void compare_replies(struct comparison *comparison, const struct surface *from,
                            const struct surface *to)
{
    for (size_t i = 0; i < to->replies.count; i++) {
        const struct reply *const reply = &to->replies.items[i];
        const struct reply *const other = find_reply(from, reply, true);
        const char *const where = arena_format(comparison->arena, "reply %u", reply->status);

        if (other == NULL) {
            difference_add(comparison, VERDICT_BREAKING, reply->place, where,
                           find_reply(from, reply, false) == NULL ? "a status was added"
                           : reply->slug != NULL                  ? "the problem %s was added"
                                                                  : "it has other content now",
                           reply->slug);
            continue;
        }
        if (reply->content == CONTENT_JSON || reply->content == CONTENT_SSE)
            types_compare(comparison, DIRECTION_OUTPUT, where, other->type, reply->type);
        compare_headers(comparison, where, other, reply);
        compare_cookies(comparison, where, other, reply);
        if (strcmp(other->c_name != NULL ? other->c_name : "", reply->c_name != NULL ? reply->c_name : "") !=
            0)
            difference_add(comparison, VERDICT_C_ONLY, reply->place, where, "the constructor %s is %s now",
                           other->c_name, reply->c_name);
    }
    for (size_t i = 0; i < from->replies.count; i++) {
        const struct reply *const reply = &from->replies.items[i];
        if (find_reply(to, reply, true) == NULL && find_reply(to, reply, false) == NULL)
            difference_add(comparison, VERDICT_COMPATIBLE, to->route->place,
                           arena_format(comparison->arena, "reply %u", reply->status), "it no longer comes");
    }
}

/* ---- routes ------------------------------------------------------------------------------------ */

static const char *method_of(const struct route *route)
{
    return route->word;
}

/* Parameters match whatever their name. */
static bool same_path(const struct route *left, const struct route *right)
{
    if (left->segments_count != right->segments_count)
        return false;
    for (size_t i = 0; i < left->segments_count; i++) {
        const struct segment *const a = &left->segments[i], *const b = &right->segments[i];
        if (a->kind != b->kind || (a->kind == SEGMENT_STATIC && strcmp(a->text, b->text) != 0))
            return false;
    }
    return true;
}

static const struct route *find_route(const struct model *model, const struct route *route, bool any)
{
    for (size_t i = 0; i < model->routes_count; i++) {
        if (same_path(&model->routes[i], route) &&
            strcmp(method_of(&model->routes[i]), method_of(route)) == 0)
            return &model->routes[i];
    }
    for (size_t i = 0; any && i < model->routes_count; i++) {
        if (same_path(&model->routes[i], route) && model->routes[i].method == NULL)
            return &model->routes[i];
    }
    return NULL;
}

static void compare_routes(struct comparison *comparison, const struct route *from, const struct route *to)
{
    struct surface old_surface, new_surface;

    comparison->route = arena_format(comparison->arena, "%s %s", method_of(from), from->path);
    if ((from->handler == HANDLER_DOCS || from->handler == HANDLER_FILES || from->handler == HANDLER_PROXY) &&
        to->handler == from->handler)
        return;
    old_surface = surface_of(comparison, from);
    new_surface = surface_of(comparison, to);
    compare_inputs(comparison, &old_surface, &new_surface);
    compare_bodies(comparison, from, to);
    if ((from->replies_count == 0) != (to->replies_count == 0) && from->handler == HANDLER_FUNCTION &&
        to->handler == HANDLER_FUNCTION)
        difference_add(comparison, VERDICT_C_ONLY, to->place, "", "%s",
                       to->replies_count != 0 ? "its replies are declared now"
                                              : "its replies are no longer declared");
    else
        compare_replies(comparison, &old_surface, &new_surface);
    if (from->handler == HANDLER_REDIRECT && to->handler == HANDLER_REDIRECT &&
        strcmp(from->fixed_body, to->fixed_body) != 0)
        difference_add(comparison, VERDICT_BREAKING, to->place, "", "it redirects to %s, not to %s",
                       to->fixed_body, from->fixed_body);
    if (from->handler_c_name != NULL && to->handler_c_name != NULL &&
        strcmp(from->handler_c_name, to->handler_c_name) != 0)
        difference_add(comparison, VERDICT_C_ONLY, to->handler_place, "", "the handler %s is %s now",
                       from->handler_c_name, to->handler_c_name);
}

static void compare_limits(struct comparison *comparison)
{
    static const struct {
        enum limit_key key;
        const char *name;
        uint64_t standard;
    } limits[] = {{LIMIT_HEAD, "head", 16384}, {LIMIT_URI, "uri", 8192}, {LIMIT_HEADERS, "headers", 100}};

    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        const struct limit *const from = &comparison->from->limits[limits[i].key];
        const struct limit *const to = &comparison->to->limits[limits[i].key];
        const uint64_t before = from->set ? from->value : limits[i].standard;
        const uint64_t after = to->set ? to->value : limits[i].standard;
        if (after < before)
            difference_add(comparison, VERDICT_BREAKING, to->set ? to->place : comparison->to->place,
                           arena_format(comparison->arena, "limit %s", limits[i].name),
                           "it was lowered from %llu to %llu", (unsigned long long)before,
                           (unsigned long long)after);
    }
}

static const struct error_page *page_of(const struct model *model, unsigned status)
{
    for (size_t i = 0; i < model->error_pages_count; i++) {
        if (model->error_pages[i].status == status || model->error_pages[i].status == 0)
            return &model->error_pages[i];
    }
    return NULL;
}

/* Errors are problems of JSON, or what a function of the service makes. */
static void compare_pages(struct comparison *comparison)
{
    const struct model *const from = comparison->from, *const to = comparison->to;

    for (unsigned status = 400; status <= 599; status++) {
        const struct error_page *const before = page_of(from, status), *const after = page_of(to, status);
        if ((before == NULL) == (after == NULL))
            continue;
        difference_add(comparison, VERDICT_BREAKING, after != NULL ? after->place : to->place, "errors",
                       after != NULL ? "they are a page of the service's now, from %u on"
                                     : "they are problems of JSON now, from %u on",
                       status);
        return;
    }
}

void models_compare(struct comparison *comparison)
{
    const struct model *const from = comparison->from, *const to = comparison->to;

    comparison->route = "";
    compare_limits(comparison);
    compare_pages(comparison);
    if (strcmp(from->c_name, to->c_name) != 0)
        difference_add(comparison, VERDICT_C_ONLY, to->place, "", "the service %s is %s now", from->name,
                       to->name);
    for (size_t i = 0; i < from->routes_count; i++) {
        const struct route *const other = find_route(to, &from->routes[i], true);
        if (other != NULL) {
            compare_routes(comparison, &from->routes[i], other);
            continue;
        }
        comparison->route =
            arena_format(comparison->arena, "%s %s", method_of(&from->routes[i]), from->routes[i].path);
        difference_add(comparison, VERDICT_BREAKING, from->routes[i].place, "", "the route was removed");
    }
    for (size_t i = 0; i < to->routes_count; i++) {
        if (find_route(from, &to->routes[i], false) != NULL)
            continue;
        comparison->route =
            arena_format(comparison->arena, "%s %s", method_of(&to->routes[i]), to->routes[i].path);
        difference_add(comparison, VERDICT_COMPATIBLE, to->routes[i].place, "", "the route was added");
    }
}
