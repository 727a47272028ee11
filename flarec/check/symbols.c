/* symbols.c - are the C names that will be written distinct? */
#include <string.h>

#include "check/check.h"

struct symbol {
    struct place place;
    const char *what;
};

void symbol_add(struct check *check, const char *c_name, struct place place, const char *what)
{
    struct symbol *const symbol = ARENA_NEW(check->arena, struct symbol);
    const struct symbol *first;
    struct diagnostic *diagnostic;

    symbol->place = place;
    symbol->what = what;
    first = table_add(&check->symbols, check->arena, c_name, symbol);
    if (first == NULL)
        return;
    if (first->place.source == NULL) {
        diagnostic =
            diag_report(check->diags, CODE_RESERVED_NAME, place, "'%s' is kept for %s", c_name, first->what);
        diag_help(diagnostic, "give it another name");
        return;
    }
    diagnostic = diag_report(check->diags, CODE_C_NAME_CLASH, place, "two things are '%s' in C", c_name);
    diag_label(diagnostic, "%s", what);
    diag_also(diagnostic, first->place, "%s", first->what);
    diag_help(diagnostic, "rename one of them");
}

static void add_suffixed(struct check *check, const char *c_name, struct place place,
                         const char *const *suffixes, const char *what)
{
    for (size_t i = 0; suffixes[i] != NULL; i++)
        symbol_add(check, arena_format(check->arena, "%s%s", c_name, suffixes[i]), place, what);
}

static void add_declaration(struct check *check, const struct declaration *declaration)
{
    static const char *const suffixes[] = {"", "_opt", "_array", "_array_opt", NULL};
    static const char *const none[] = {"", NULL};

    if (declaration->c_name == NULL)
        return;
    /* An alias has no C type of its own. */
    if (declaration->kind == DECLARATION_ALIAS)
        return;
    add_suffixed(check, declaration->c_name, declaration->place, suffixes,
                 declaration->kind == DECLARATION_ENUM ? "this enum" : "this type");
    for (size_t i = 0; i < declaration->members_count; i++) {
        if (declaration->members[i].c_name != NULL)
            add_suffixed(check, declaration->members[i].c_name, declaration->members[i].place, none,
                         "this member");
    }
}

static void add_route(struct check *check, const struct route *route)
{
    static const char *const replying[] = {"", "_in", "_reply", "_fail", NULL};
    static const char *const plain[] = {"", "_in", NULL};

    if (route->handler != HANDLER_FUNCTION || route->handler_c_name == NULL || route->handler_repeated)
        return;
    add_suffixed(check, route->handler_c_name, route->handler_place,
                 route->replies_count > 0 ? replying : plain, "this route's handler");
    if (route->body.kind == BODY_NDJSON)
        symbol_add(check, arena_format(check->arena, "%s_next", route->handler_c_name), route->body.place,
                   "what reads this route's body");
    for (size_t i = 0; i < route->replies_count; i++) {
        if (route->replies[i].c_name != NULL)
            symbol_add(check, route->replies[i].c_name, route->replies[i].place, "this reply's constructor");
    }
}

void check_symbols(struct check *check)
{
    static const char *const own[] = {"service", "state_of", "dispatch"};
    const struct place none = {0};

    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        symbol_add(check, arena_format(check->arena, "%s_%s", check->model->c_name, own[i]), none,
                   "the service itself");
    for (size_t i = 0; i < check->order.count; i++) {
        if (check->order.items[i]->declaration != NULL)
            add_declaration(check, check->order.items[i]->declaration);
    }
    for (size_t i = 0; i < check->model->routes_count; i++)
        add_route(check, &check->model->routes[i]);
}
