/* check.c - the checks in order: tree to model. */
#include "check/check.h"

#include <string.h>

#include "passes.h"

static void read_service(struct check *check)
{
    static const char *const labels[] = {"version", NULL};
    const struct statement *const service = check->service;
    const struct name none = {0};
    struct model *const model = check->model;
    const struct argument *version;

    model->source = check->tree->source;
    model->version = "";
    model->name = model->c_name = "service";
    if (service == NULL)
        return;
    model->is_library = service->kind == STATEMENT_LIBRARY;
    model->name = service->name.text;
    model->place = service->place;
    const char *const c_name = name_in_c(check, &service->name, &none);
    if (c_name != NULL)
        model->c_name = name_snake(check->arena, service->name.text);
    name_reserved(check, &service->name, model->c_name);
    if (service->doc != NULL)
        model->doc = service->doc->text;
    else if (check->tree->first->kind == STATEMENT_FLARE && check->tree->first->doc != NULL)
        model->doc = check->tree->first->doc->text;
    arguments_known(check, &service->args, "a service", labels);
    version = argument_find(check, &service->args, "version");
    if (version != NULL && version->value->kind != VALUE_STRING)
        diag_help(
            diag_report(check->diags, CODE_BAD_ARGUMENT, version->value->place, "a version is a string"),
            "write it in double quotes");
    else if (version != NULL)
        model->version = version->value->text;
}

/* Is it one of each worker? */
static bool is_per_worker(struct check *check, const struct statement *statement)
{
    static const char *const labels[] = {"per", NULL};
    const struct argument *per;

    arguments_known(check, &statement->args, "a state", labels);
    per = argument_find(check, &statement->args, "per");
    if (per == NULL || (per->value->kind == VALUE_NAME && strcmp(per->value->text, "service") == 0))
        return false;
    if (per->value->kind == VALUE_NAME && strcmp(per->value->text, "worker") == 0)
        return true;
    diag_help(diag_report(check->diags, CODE_BAD_ARGUMENT, per->value->place,
                          "a state is the service's, or one of each worker"),
              "write 'per: worker', or leave it out");
    return false;
}

static void read_state(struct check *check)
{
    const struct statement *first[2] = {NULL, NULL};

    for (const struct statement *statement = check->tree->first; statement != NULL;
         statement = statement->next) {
        if (statement->kind != STATEMENT_STATE)
            continue;
        const struct name none = {0};
        const bool worker = is_per_worker(check, statement);
        const char **const state = worker ? &check->model->worker_state : &check->model->state;
        if (first[worker] != NULL) {
            diag_also(diag_report(check->diags, CODE_STATE_TWICE, statement->place,
                                  worker ? "a worker has one state" : "a service has one state"),
                      first[worker]->place, "declared here");
            continue;
        }
        first[worker] = statement;
        if (strchr(statement->name.text, '-') != NULL)
            diag_help(diag_report(check->diags, CODE_BAD_NAME, statement->name.place,
                                  "'%s' can't be a struct in C", statement->name.text),
                      "it is the tag of a struct of your own");
        else if (name_in_c(check, &statement->name, &none) != NULL)
            *state = statement->name.text;
    }
}

/* ---- error pages --------------------------------------------------------------------------------------- */

static void read_page(struct check *check, const struct statement *statement, struct error_page *page)
{
    page->name = statement->name.text;
    page->place = statement->name.place;
    page->c_name = name_complete(check, &statement->name, check->model->c_name);
    if (statement->value == NULL)
        return;
    page->status = statement->value->whole > 599 ? 599 : (unsigned)statement->value->whole;
    if (statement->value->negative || statement->value->whole < 400 || statement->value->whole > 599)
        diag_help(diag_report(check->diags, CODE_STATUS, statement->value->place, "%s is no error's status",
                              statement->value->text),
                  "errors are from 400 to 599");
}

static void read_pages(struct check *check)
{
    struct error_page *pages;
    size_t count = 0;

    for (const struct statement *at = check->tree->first; at != NULL; at = at->next)
        count += at->kind == STATEMENT_ERROR;
    pages = ARENA_ARRAY(check->arena, count + 1, struct error_page);
    count = 0;
    for (const struct statement *at = check->tree->first; at != NULL; at = at->next) {
        if (at->kind != STATEMENT_ERROR)
            continue;
        read_page(check, at, &pages[count]);
        for (size_t i = 0; i < count; i++) {
            pages[count].repeated = pages[count].repeated || strcmp(pages[i].name, pages[count].name) == 0;
            if (pages[i].status == pages[count].status)
                diag_also(diag_report(check->diags, CODE_DUPLICATE, at->place, "an error has one page"),
                          pages[i].place, "its page is declared here");
        }
        count++;
    }
    check->model->error_pages = pages;
    check->model->error_pages_count = count;
}

/* ---- what is used where ------------------------------------------------------------------------ */

struct worklist {
    struct declaration **items;
    size_t count, capacity;
};

static void mark_type(struct check *check, struct worklist *work, const struct type *type, bool reply)
{
    while (type != NULL && (type->kind == TYPE_ARRAY || type->kind == TYPE_MAP))
        type = type->element;
    if (type == NULL || type->declaration == NULL)
        return;
    const struct entity *const entity = entity_of(check, type->declaration);
    bool *const flag = reply ? &entity->declaration->used_in_reply : &entity->declaration->used_in_input;
    if (!*flag)
        VECTOR_ADD(check->arena, *work, entity->declaration);
    *flag = true;
}

/* The type and all that it reaches. */
static void mark(struct check *check, const struct type *type, bool reply)
{
    struct worklist work = {0};

    mark_type(check, &work, type, reply);
    while (work.count > 0) {
        const struct declaration *const declaration = work.items[--work.count];
        for (size_t i = 0; i < declaration->properties_count; i++)
            mark_type(check, &work, declaration->properties[i].type, reply);
    }
}

static void mark_replies(struct check *check, const struct reply *replies, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        mark(check, replies[i].type, true);
        for (size_t h = 0; h < replies[i].headers_count; h++)
            mark(check, replies[i].headers[h].type, true);
        for (size_t h = 0; h < replies[i].cookies_count; h++)
            mark(check, replies[i].cookies[h].type, true);
    }
}

static void mark_used(struct check *check)
{
    const struct model *const model = check->model;

    for (size_t i = 0; i < model->routes_count; i++) {
        const struct route *const route = &model->routes[i];
        for (size_t k = 0; k < route->inputs_count; k++)
            mark(check, route->inputs[k].type, false);
        for (size_t k = 0; k < route->uses_count; k++) {
            if (route->uses[k].guard != NULL)
                check->guard_list.items[route->uses[k].guard->index]->used = true;
        }
        mark(check, route->body.type, false);
        mark(check, route->receive.type, false);
        mark(check, route->send.type, true);
        mark_replies(check, route->replies, route->replies_count);
    }
    for (size_t i = 0; i < model->guards_count; i++) {
        const struct guard *const guard = model->guards[i];
        if (guard->session != NULL) {
            mark(check, guard->gives[0].type, false);
            mark(check, guard->gives[0].type, true);
        }
        for (size_t k = 0; k < guard->inputs_count && guard->used; k++)
            mark(check, guard->inputs[k].type, false);
        mark_replies(check, guard->replies, guard->replies_count);
    }
}

/* Does another guard use it? Then that one is told of. */
static bool guard_is_needed(const struct check *check, const struct guard *guard)
{
    for (size_t i = 0; i < check->guard_list.count; i++) {
        const struct guard *const other = check->guard_list.items[i];
        for (size_t k = 0; k < other->uses_count; k++) {
            if (other->uses[k].guard == guard)
                return true;
        }
    }
    return false;
}

static void warn_unused_guards(struct check *check)
{
    if (check->model->is_library || check->broken || check->diags->errors != 0)
        return;
    for (size_t i = 0; i < check->guard_list.count; i++) {
        const struct guard *const guard = check->guard_list.items[i];
        if (!guard->used && guard->library == NULL && !guard_is_needed(check, guard))
            diag_help(diag_report(check->diags, CODE_UNUSED_GUARD, guard->place, "no route uses the %s '%s'",
                                  guard->session != NULL ? "session" : "guard", guard->name),
                      "write 'use %s;' where it is to run, or remove it", guard->name);
    }
}

static void warn_unused(struct check *check)
{
    warn_unused_guards(check);
    for (size_t i = 0; i < check->order.count && !check->model->is_library; i++) {
        const struct entity *const entity = check->order.items[i];
        if (!entity->used && !check->broken)
            diag_help(diag_report(check->diags, CODE_UNUSED_TYPE, entity->statement->name.place,
                                  "nothing uses the type '%s'", entity->statement->name.text),
                      "remove it");
    }
    if (check->model->routes_count == 0 && check->service != NULL &&
        check->service->kind == STATEMENT_SERVICE && !check->broken)
        diag_help(diag_report(check->diags, CODE_NO_ROUTES, check->service->name.place,
                              "the service '%s' has no routes", check->service->name.text),
                  "add one: GET / -> home;");
}

static void add_file(void *context, const char *path)
{
    struct check *const check = context;

    VECTOR_ADD(check->arena, check->files, path);
}

static void finish(struct check *check)
{
    struct model *const model = check->model;
    template_files(&check->templates, add_file, check);
    model->files = check->files.items;
    model->files_count = check->files.count;
    model->libraries = check->libraries.items;
    model->libraries_count = check->libraries.count;
    model->imports = check->imports.items;
    model->imports_count = check->imports.count;
    model->declarations = check->layout.items;
    model->declarations_count = check->layout.count;
    model->patterns = check->pattern_list.items;
    model->patterns_count = check->pattern_list.count;
    model->patterned = check->patterned.items;
    model->patterned_count = check->patterned.count;
    model->calls = check->calls.items;
    model->calls_count = check->calls.count;
}

const struct model *check_tree(struct arena *arena, const struct tree *tree, struct diags *diags)
{
    struct check check = {.arena = arena, .diags = diags, .tree = tree, .broken = tree->broken};

    check.templates = (struct templates){.arena = arena, .diags = diags};
    check.model = ARENA_NEW(arena, struct model);
    check_shape(&check);
    read_service(&check);
    read_state(&check);
    check.prefix = check.model->c_name;
    check_imports(&check);
    check_names(&check);
    check_types(&check);
    check_recursion(&check);
    check_guards(&check);
    read_pages(&check);
    check_routes(&check);
    check_files(&check);
    check_symbols(&check);
    mark_used(&check);
    warn_unused(&check);
    check_warnings(&check);
    finish(&check);
    return diags->errors == 0 ? check.model : NULL;
}
