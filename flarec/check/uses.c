/* uses.c - built-ins and guards that routes use, and built-in handlers. */
#include <string.h>

#include "check/check.h"

static void top_check(struct check *check, const struct statement *statement, struct use *use)
{
    static const char *const none[] = {NULL};

    (void)use;
    arguments_known(check, &statement->args, arena_format(check->arena, "%s()", statement->name.text), none);
}

static const struct {
    const char *name;
    enum use_kind kind;
    void (*settings)(struct check *check, const struct statement *statement, struct use *use);
} builtins[] = {
    {"request_id", USE_REQUEST_ID, NULL},
    {"log", USE_LOG, log_check},
    {"compress", USE_COMPRESS, compress_check},
    {"cors", USE_CORS, cors_check},
    {"rate_limit", USE_RATE_LIMIT, rate_limit_check},
    {"etag", USE_ETAG, etag_check},
    {"deflate", USE_DEFLATE, deflate_check},
    {"subprotocol", USE_SUBPROTOCOL, subprotocol_check},
    {"inflate", USE_INFLATE, inflate_check},
    {"metrics", USE_METRICS, top_check},
    {"trace", USE_TRACE, NULL},
    {"server_timing", USE_SERVER_TIMING, NULL},
    {"cache", USE_CACHE, cache_check},
    {"csrf", USE_CSRF, csrf_check},
    {"security_headers", USE_SECURITY_HEADERS, security_headers_check},
};

#define BUILTINS_COUNT (sizeof builtins / sizeof *builtins)

static void unknown_builtin(struct check *check, const struct statement *statement)
{
    const char *names[BUILTINS_COUNT];
    const char *near;
    struct diagnostic *diagnostic;

    for (size_t i = 0; i < BUILTINS_COUNT; i++)
        names[i] = builtins[i].name;
    diagnostic = diag_report(check->diags, CODE_UNKNOWN_BUILTIN, statement->name.place,
                             "there is no built-in '%s()' to use", statement->name.text);
    near = diag_nearest(statement->name.text, names, BUILTINS_COUNT);
    if (table_find(&check->guards, statement->name.text) != NULL)
        diag_help(diagnostic, "the guard of that name is used without parentheses");
    else if (near != NULL)
        diag_help(diagnostic, "did you mean '%s()'?", near);
}

struct entity *guard_find(struct check *check, const struct statement *statement)
{
    struct entity *const guard = table_find(&check->guards, statement->name.text);
    struct diagnostic *diagnostic;

    if (statement->args.written || check->broken)
        return guard;
    if (statement->module.text != NULL)
        return import_guard(check, &statement->module, &statement->name);
    if (guard != NULL)
        return guard;
    diagnostic = diag_report(check->diags, CODE_UNKNOWN_GUARD, statement->name.place,
                             "nothing declares the guard '%s'", statement->name.text);
    for (size_t i = 0; i < BUILTINS_COUNT; i++) {
        if (strcmp(builtins[i].name, statement->name.text) == 0)
            diag_help(diagnostic, "the built-in is used with parentheses: use %s();", builtins[i].name);
    }
    return NULL;
}

static bool used_before(struct check *check, const struct statement *statement, const struct use *use,
                        const struct scope *scope)
{
    for (; scope != NULL; scope = scope->parent) {
        for (size_t i = 0; i < scope->uses.count; i++) {
            if (scope->uses.items[i].kind != use->kind || scope->uses.items[i].guard != use->guard)
                continue;
            struct diagnostic *const diagnostic =
                diag_report(check->diags, CODE_USE_TWICE, statement->place, "'%s%s' is in use here already",
                            statement->name.text, use->kind == USE_GUARD ? "" : "()");
            diag_also(diagnostic, scope->uses.items[i].place, "used for all routes below this");
            diag_help(diagnostic, "remove one of them");
            return true;
        }
    }
    return false;
}

static void use_guard(struct check *check, const struct statement *statement, struct scope *scope)
{
    const struct entity *const entity = guard_find(check, statement);

    if (entity == NULL)
        return;
    const struct use use = {.kind = USE_GUARD, .place = statement->place, .guard = entity->guard};
    if (!used_before(check, statement, &use, scope))
        VECTOR_ADD(check->arena, scope->uses, use);
}

void use_add(struct check *check, const struct statement *statement, struct scope *scope)
{
    static const char *const none[] = {NULL};
    size_t at = 0;

    if (!statement->args.written) {
        use_guard(check, statement, scope);
        return;
    }
    while (at < BUILTINS_COUNT && strcmp(builtins[at].name, statement->name.text) != 0)
        at++;
    if (at == BUILTINS_COUNT || statement->module.text != NULL) {
        unknown_builtin(check, statement);
        return;
    }
    struct use use = {.kind = builtins[at].kind, .place = statement->place};
    if (used_before(check, statement, &use, scope))
        return;
    if (use.kind == USE_METRICS && scope->parent != NULL)
        diag_help(diag_report(check->diags, CODE_USE_PLACE, statement->place,
                              "%s() is for all requests of a service", builtins[at].name),
                  "write it at the top, before groups and routes");
    if (builtins[at].settings != NULL)
        builtins[at].settings(check, statement, &use);
    else
        arguments_known(check, &statement->args, arena_format(check->arena, "%s()", builtins[at].name), none);
    VECTOR_ADD(check->arena, scope->uses, use);
}

/* ---- arguments --------------------------------------------------------------------------------------- */

void arguments_known(struct check *check, const struct arguments *args, const char *thing,
                     const char *const *labels)
{
    size_t count = 0;

    while (labels[count] != NULL)
        count++;
    for (const struct argument *argument = args->first; argument != NULL; argument = argument->next) {
        bool known = false;
        for (size_t i = 0; i < count && argument->label.text != NULL; i++)
            known = known || strcmp(labels[i], argument->label.text) == 0;
        if (known)
            continue;
        struct diagnostic *const diagnostic = diag_report(check->diags, CODE_UNKNOWN_ARGUMENT,
                                                          argument->place, "%s has no such setting", thing);
        if (argument->label.text != NULL &&
            diag_help_nearest(diagnostic, argument->label.text, labels, count))
            continue;
        if (count == 0)
            diag_help(diagnostic, "it has none");
        else
            diag_help(diagnostic, "its settings are written 'name: value', such as '%s: …'", labels[0]);
    }
}

const struct argument *argument_find(struct check *check, const struct arguments *args, const char *label)
{
    const struct argument *found = NULL;

    for (const struct argument *argument = args->first; argument != NULL; argument = argument->next) {
        if (argument->label.text == NULL || strcmp(argument->label.text, label) != 0)
            continue;
        if (found != NULL)
            diag_also(diag_report(check->diags, CODE_DUPLICATE, argument->place, "'%s' is set twice", label),
                      found->place, "first set here");
        else
            found = argument;
    }
    return found;
}

/* ---- built-in handlers --------------------------------------------------------------------------------- */

static const char *const known_handlers[] = {"fixed",   "redirect", "files", "proxy",
                                             "metrics", "health",   "ready", "docs"};

static void wrong_arguments(struct check *check, const struct target *target, struct place place,
                            const char *why)
{
    const bool fixed = strcmp(target->name.text, "fixed") == 0;

    diag_help(diag_report(check->diags, CODE_HANDLER_ARGUMENTS, place, "%s", why), "write %s",
              fixed ? "fixed(200, \"text/plain\", \"Hello\")" : "redirect(308, \"/elsewhere\")");
}

static bool positional(struct check *check, const struct target *target, const struct value **values,
                       size_t count)
{
    size_t given = 0;

    for (const struct argument *argument = target->args.first; argument != NULL; argument = argument->next) {
        const enum value_kind wanted = given == 0 ? VALUE_INTEGER : VALUE_STRING;
        if (argument->label.text != NULL || given == count || argument->value->kind != wanted) {
            wrong_arguments(check, target, argument->place,
                            given == 0       ? "a status is expected here"
                            : given == count ? "one argument too many"
                                             : "a string is expected here");
            return false;
        }
        values[given++] = argument->value;
    }
    if (given < count)
        wrong_arguments(check, target, target->args.place, "an argument is missing");
    return given == count;
}

static bool is_location(const struct value *value)
{
    for (size_t i = 0; i < value->length; i++) {
        if ((unsigned char)value->text[i] <= ' ' || (unsigned char)value->text[i] >= 0x7f)
            return false;
    }
    return value->length > 0;
}

static void fixed_handler(struct check *check, const struct target *target, struct route *route)
{
    const struct value *values[3];

    route->handler = HANDLER_FIXED;
    if (!positional(check, target, values, 3))
        return;
    const uint64_t status = values[0]->whole;
    if (values[0]->negative || status < 200 || status > 599)
        diag_help(diag_report(check->diags, CODE_STATUS, values[0]->place, "%s is not a final status",
                              values[0]->text),
                  "a status is from 200 to 599");
    else if ((status == 204 || status == 205 || status == 304) && values[2]->length > 0)
        diag_report(check->diags, CODE_REPLY_NO_CONTENT, values[2]->place,
                    "a reply of status %s has no content", values[0]->text);
    route->fixed_status = status > 599 ? 599 : (unsigned)status;
    route->fixed_reason = status_reason(status) != NULL ? status_reason(status) : "";
    route->fixed_media_type = media_type_of(check, values[1]);
    route->fixed_body = values[2]->text;
    route->fixed_length = values[2]->length;
}

static void redirect_handler(struct check *check, const struct target *target, struct route *route)
{
    const struct value *values[2];

    route->handler = HANDLER_REDIRECT;
    if (!positional(check, target, values, 2))
        return;
    const uint64_t status = values[0]->whole;
    if (values[0]->negative ||
        (status != 301 && status != 302 && status != 303 && status != 307 && status != 308))
        diag_help(
            diag_report(check->diags, CODE_STATUS, values[0]->place, "%s does not redirect", values[0]->text),
            "the statuses are 301, 302, 303, 307 and 308");
    if (!is_location(values[1]))
        wrong_arguments(check, target, values[1]->place, "this can't be a Location");
    route->fixed_status = status > 599 ? 599 : (unsigned)status;
    route->fixed_reason = status_reason(status) != NULL ? status_reason(status) : "";
    route->fixed_body = values[1]->text;
    route->fixed_length = values[1]->length;
}

/* The page and the document are below one path. */
static void docs_handler(struct check *check, const struct statement *statement, struct route *route)
{
    const struct target *const target = statement->target;
    const struct name *const path = &statement->path;
    const size_t length = path->text != NULL ? strlen(path->text) : 0;

    route->handler = HANDLER_DOCS;
    if (target->args.first != NULL)
        diag_help(diag_report(check->diags, CODE_HANDLER_ARGUMENTS, target->args.place,
                              "docs() takes no arguments"),
                  "write docs()");
    else if (length < 2 || strcmp(path->text + length - 2, "/*") != 0)
        diag_help(diag_report(check->diags, CODE_HANDLER_ARGUMENTS, path->place,
                              "docs() serves more than one path"),
                  "end the path in '/*', as in GET /docs/*");
    else if (strcmp(statement->name.text, "GET") != 0)
        diag_help(diag_report(check->diags, CODE_HANDLER_ARGUMENTS, statement->name.place,
                              "docs() answers GET only"),
                  "write GET");
}

/* ready(check: database_up): a function of the user's has a say, too. */
static void ready_check(struct check *check, const struct target *target, struct route *route)
{
    static const char *const labels[] = {"check", NULL};
    const struct argument *const argument = argument_find(check, &target->args, "check");

    arguments_known(check, &target->args, "ready()", labels);
    if (argument == NULL)
        return;
    const struct name name = {.text = argument->value->text, .place = argument->value->place};
    if (argument->value->kind == VALUE_NAME && name_is_c(name.text)) {
        route->ready_name = name.text;
        route->ready_place = name.place;
        route->ready_c_name = name_complete(check, &name, check->model->c_name);
    } else {
        setting_wrong(
            check, argument->value, "check", "a function's name",
            "write it as ready(check: database_up), and the function with the service's name before it");
    }
}

/* Those that say how the program is: GET, without arguments but for the one of ready(). */
static bool state_handler(struct check *check, const struct statement *statement, struct route *route)
{
    static const struct {
        const char *name;
        enum handler_kind kind;
    } handlers[] = {{"metrics", HANDLER_METRICS}, {"health", HANDLER_HEALTH}, {"ready", HANDLER_READY}};
    const struct target *const target = statement->target;
    size_t at = 0;

    while (at < sizeof handlers / sizeof *handlers && strcmp(target->name.text, handlers[at].name) != 0)
        at++;
    if (at == sizeof handlers / sizeof *handlers)
        return false;
    route->handler = handlers[at].kind;
    route->fixed_status = 200;
    route->fixed_reason = "OK";
    route->fixed_media_type = "text/plain";
    route->fixed_body = "ok\n";
    route->fixed_length = 3;
    if (route->handler == HANDLER_READY)
        ready_check(check, target, route);
    if (route->handler != HANDLER_READY && target->args.first != NULL)
        diag_help(diag_report(check->diags, CODE_HANDLER_ARGUMENTS, target->args.place,
                              "%s() takes no arguments", handlers[at].name),
                  "write %s()", handlers[at].name);
    else if (strcmp(statement->name.text, "GET") != 0)
        diag_help(diag_report(check->diags, CODE_HANDLER_ARGUMENTS, statement->name.place,
                              "%s() answers GET only", handlers[at].name),
                  "write GET");
    return true;
}

void handler_needs(struct check *check, const struct statement *statement, const struct route *route)
{
    bool counted = false;

    cache_settle(check, route);
    for (size_t i = 0; i < route->uses_count; i++)
        counted = counted || route->uses[i].kind == USE_METRICS;
    if (route->handler == HANDLER_METRICS && !counted)
        diag_help(diag_report(check->diags, CODE_USE_MISSING, statement->target->place,
                              "metrics() shows what 'use metrics()' counts"),
                  "write 'use metrics();' at the top");
}

void handler_builtin(struct check *check, const struct statement *statement, struct route *route)
{
    const struct target *const target = statement->target;
    const char *near;
    struct diagnostic *diagnostic;

    if (strcmp(target->name.text, "fixed") == 0) {
        fixed_handler(check, target, route);
        return;
    }
    if (strcmp(target->name.text, "redirect") == 0) {
        redirect_handler(check, target, route);
        return;
    }
    if (strcmp(target->name.text, "docs") == 0) {
        docs_handler(check, statement, route);
        return;
    }
    if (strcmp(target->name.text, "files") == 0) {
        files_handler(check, statement, route);
        return;
    }
    if (strcmp(target->name.text, "proxy") == 0) {
        proxy_handler(check, statement, route);
        return;
    }
    if (state_handler(check, statement, route))
        return;
    diagnostic = diag_report(check->diags, CODE_UNKNOWN_BUILTIN, target->name.place,
                             "there is no built-in handler '%s()'", target->name.text);
    near = diag_nearest(target->name.text, known_handlers, sizeof known_handlers / sizeof *known_handlers);
    if (near != NULL)
        diag_help(diagnostic, "did you mean '%s()'?", near);
    else
        diag_help(diagnostic, "a handler of your own is named without parentheses");
}
