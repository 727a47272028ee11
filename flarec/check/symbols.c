/* symbols.c - are the C names that will be written distinct? */
#include <string.h>

#include "check/check.h"

struct symbol {
    struct place place;
    const char *what;
};

static const char route_handler[] = "this route's handler";

bool symbol_add(struct check *check, const char *c_name, struct place place, const char *what)
{
    struct symbol *const symbol = ARENA_NEW(check->arena, struct symbol);
    const struct symbol *first;
    struct diagnostic *diagnostic;

    symbol->place = place;
    symbol->what = what;
    first = table_add(&check->symbols, check->arena, c_name, symbol);
    if (first == NULL)
        return true;
    if (first->place.source == NULL) {
        diagnostic =
            diag_report(check->diags, CODE_RESERVED_NAME, place, "'%s' is kept for %s", c_name, first->what);
        diag_help(diagnostic, "give it another name");
        return false;
    }
    diagnostic = diag_report(check->diags, CODE_C_NAME_CLASH, place, "two things are '%s' in C", c_name);
    diag_label(diagnostic, "%s", what);
    diag_also(diagnostic, first->place, "%s", first->what);
    if (strcmp(what, route_handler) == 0 && strcmp(first->what, route_handler) != 0)
        diag_help(diagnostic, "name the handler another way, such as 'handle_%s'",
                  c_name + strlen(check->model->c_name) + 1);
    else
        diag_help(diagnostic, "rename one of them");
    return false;
}

/* Until one is taken: the others tell of the same mistake. */
static void add_suffixed(struct check *check, const char *c_name, struct place place,
                         const char *const *suffixes, const char *what)
{
    for (size_t i = 0; suffixes[i] != NULL; i++) {
        if (!symbol_add(check, arena_format(check->arena, "%s%s", c_name, suffixes[i]), place, what))
            return;
    }
}

static void add_members(struct check *check, const struct declaration *declaration)
{
    for (size_t i = 0; i < declaration->members_count; i++) {
        if (declaration->members[i].c_name != NULL)
            symbol_add(check, declaration->members[i].c_name, declaration->members[i].place, "this member");
    }
    if (declaration->c_unknown != NULL)
        symbol_add(check, declaration->c_unknown, declaration->place, "the unknown member of this open enum");
}

/* Its tag, and for each arm an enumerator and a maker. */
static void add_arms(struct check *check, const struct declaration *declaration)
{
    symbol_add(check, arena_format(check->arena, "%s_tag", declaration->c_name), declaration->place,
               "this union's tag");
    for (size_t i = 0; i < declaration->properties_count; i++) {
        const struct property *const arm = &declaration->properties[i];
        if (arm->c_name == NULL)
            continue;
        char *const maker = arena_format(check->arena, "%s_%s", declaration->c_name, arm->c_name);
        symbol_add(check, maker, arm->place, "the maker of this arm");
        symbol_add(check, name_upper(check->arena, maker), arm->place, "the tag of this arm");
    }
}

/* The types of members that a patch may set to null: only where there are some, since `Product` and
 * `ProductPatch` often stand side by side. */
static void add_patched(struct check *check, const struct declaration *patch, struct table *noted)
{
    for (size_t i = 0; patch->patch && i < patch->properties_count; i++) {
        const struct type *const type = patch->properties[i].type;
        const bool plain = type->kind != TYPE_ARRAY && type->kind != TYPE_MAP;
        const struct declaration *const declaration = plain ? type->declaration : type->element->declaration;
        const char *name;
        if (!type->optional || declaration == NULL || declaration->c_name == NULL ||
            declaration->library != patch->library)
            continue;
        name = arena_format(check->arena, "%s%s_patch", declaration->c_name,
                            plain                      ? ""
                            : type->kind == TYPE_ARRAY ? "_array"
                                                       : "_map");
        if (table_add(noted, check->arena, name, &check->symbols) == NULL)
            symbol_add(check, name, type->place, "what this is in a patch");
    }
}

static void add_declaration(struct check *check, const struct declaration *declaration)
{
    static const char *const suffixes[] = {"",     "_opt",     "_array",     "_array_opt",
                                           "_map", "_map_opt", "_map_entry", NULL};

    /* An alias has no C type of its own. */
    if (declaration->c_name == NULL || declaration->kind == DECLARATION_ALIAS)
        return;
    add_suffixed(check, declaration->c_name, declaration->place, suffixes,
                 declaration->kind == DECLARATION_ENUM    ? "this enum"
                 : declaration->kind == DECLARATION_UNION ? "this union"
                                                          : "this type");
    add_members(check, declaration);
    if (declaration->kind == DECLARATION_UNION)
        add_arms(check, declaration);
}

static void add_reply(struct check *check, const struct reply *reply)
{
    if (reply->c_name == NULL)
        return;
    symbol_add(check, reply->c_name, reply->place, "this reply's constructor");
    if (reply->headers_count + reply->cookies_count > 0)
        symbol_add(check, arena_format(check->arena, "%s_headers", reply->c_name), reply->place,
                   "the headers of this reply");
}

static void add_route(struct check *check, const struct route *route)
{
    static const char *const replying[] = {"", "_in", "_reply", "_fail", NULL};
    static const char *const plain[] = {"", "_in", NULL};
    static const char *const taking_time[] = {"_cancelled", "_deliver", NULL};
    static const char *const streaming[] = {"_open", "_send", "_stream", NULL};
    static const char *const eventful[] = {"_open", "_send", "_send_event", "_stream", NULL};
    static const char *const socket[] = {"_open", "_accept", "_message", "_close", "_send", "_frame", NULL};

    if (route->handler != HANDLER_FUNCTION || route->handler_c_name == NULL || route->handler_repeated)
        return;
    add_suffixed(check, route->handler_c_name, route->handler_place,
                 route->replies_count > 0 ? replying : plain, route_handler);
    if (route->way != WAY_PLAIN && route->replies_count > 0)
        add_suffixed(check, route->handler_c_name, route->handler_place, taking_time, route_handler);
    for (size_t i = 0; i < route->replies_count; i++)
        if (reply_streams(&route->replies[i]) && route->replies[i].c_name != NULL)
            add_suffixed(check, route->replies[i].c_name, route->replies[i].place,
                         route->replies[i].content == CONTENT_SSE ? eventful : streaming, "this reply");
    if (route->websocket)
        add_suffixed(check, route->handler_c_name, route->handler_place, socket, route_handler);
    if (route->body.kind == BODY_NDJSON)
        symbol_add(check, arena_format(check->arena, "%s_next", route->handler_c_name), route->body.place,
                   "what reads this route's body");
    for (size_t i = 0; i < route->replies_count; i++)
        add_reply(check, &route->replies[i]);
}

static void add_guard(struct check *check, const struct guard *guard)
{
    static const char *const suffixes[] = {"", "_in", "_gives", "_verdict", "_pass", "_fail", "_after", NULL};

    static const char *const session[] = {"_gives", "_verdict", "_save", "_renew", "_end", NULL};

    if (guard->c_name == NULL)
        return;
    if (guard->session != NULL) {
        add_suffixed(check, guard->c_name, guard->place, session, "this session");
        return;
    }
    add_suffixed(check, guard->c_name, guard->place, suffixes, "this guard");
    for (size_t i = 0; i < guard->replies_count; i++)
        add_reply(check, &guard->replies[i]);
}

void check_symbols(struct check *check)
{
    static const char *const own[] = {"service",   "state_of",    "state_open",   "state_close",
                                      "worker_of", "worker_open", "worker_close", "dispatch"};
    const struct place none = {0};
    struct table patched = {0};

    for (size_t i = 0; i < sizeof own / sizeof *own && !check->model->is_library; i++)
        symbol_add(check, arena_format(check->arena, "%s_%s", check->model->c_name, own[i]), none,
                   "the service itself");
    for (size_t i = 0; i < check->declared.count; i++)
        add_declaration(check, check->declared.items[i]->declaration);
    for (size_t i = 0; i < check->declared.count; i++)
        add_patched(check, check->declared.items[i]->declaration, &patched);
    for (size_t i = 0; i < check->calls.count; i++)
        symbol_add(check, check->calls.items[i]->name, check->calls.items[i]->place,
                   "this function of yours");
    for (size_t i = 0; i < check->model->error_pages_count; i++) {
        const struct error_page *const page = &check->model->error_pages[i];
        if (page->c_name != NULL && !page->repeated)
            symbol_add(check, page->c_name, page->place, "this error page");
    }
    for (size_t i = 0; i < check->model->routes_count; i++) {
        if (ready_first(check->model, i) != NULL)
            symbol_add(check, check->model->routes[i].ready_c_name, check->model->routes[i].ready_place,
                       "this function of yours");
    }
    for (size_t i = 0; i < check->model->guards_count; i++)
        add_guard(check, check->model->guards[i]);
    for (size_t i = 0; i < check->model->routes_count; i++)
        add_route(check, &check->model->routes[i]);
}
