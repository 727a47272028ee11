/* guards.c - what each guard reads, gives and answers; and which guards a route runs, in which order. */
#include <string.h>
#include <strings.h>

#include "check/check.h"

static struct place *place_kept(struct check *check, struct place place)
{
    struct place *const kept = ARENA_NEW(check->arena, struct place);

    *kept = place;
    return kept;
}

/* ---- one guard ---------------------------------------------------------------------------------------- */

/* A struct is given by pointer, so that its members are nobody's business. */
static const struct type *given_type(struct check *check, const struct type_node *node)
{
    const struct type *const type = type_resolve(check, node);

    if (type != NULL && type->parse != NULL)
        diag_help(diag_report(check->diags, CODE_UNKNOWN_ARGUMENT, node->args.place,
                              "a struct that is given is not parsed"),
                  "remove it: the guard makes the struct as it likes");
    return type;
}

static void add_given(struct check *check, const struct statement *statement, struct table *names,
                      struct given *given)
{
    const struct name none = {0};

    given->name = statement->name.text;
    given->place = statement->name.place;
    given->doc = statement->doc != NULL ? statement->doc->text : NULL;
    given->c_name = name_in_c(check, &statement->name, &none);
    given->type = given_type(check, statement->type);
    if (given->type == NULL)
        given->c_name = NULL;
    if (given->c_name != NULL)
        name_taken(check, names, given->c_name, &statement->name, "the value");
}

static bool has_use(const struct use_vector *uses, const struct guard *guard)
{
    for (size_t i = 0; i < uses->count; i++) {
        if (uses->items[i].kind == USE_GUARD && uses->items[i].guard == guard)
            return true;
    }
    return false;
}

void uses_expand(struct check *check, struct use_vector *all, const struct use *use)
{
    if (use->kind != USE_GUARD) {
        VECTOR_ADD(check->arena, *all, *use);
        return;
    }
    for (size_t i = 0; i < use->guard->uses_count; i++) {
        struct use needed = use->guard->uses[i];
        needed.place = use->place;
        if (!has_use(all, needed.guard))
            VECTOR_ADD(check->arena, *all, needed);
    }
    if (!has_use(all, use->guard))
        VECTOR_ADD(check->arena, *all, *use);
}

static void resolve(struct check *check, struct entity *entity);

/* A guard used by another: it is resolved first. */
static void add_use(struct check *check, const struct statement *statement, struct use_vector *all)
{
    struct entity *const entity = guard_find(check, statement);

    if (statement->args.written) {
        diag_help(diag_report(check->diags, CODE_GUARD_USE, statement->place,
                              "a guard uses guards only, and '%s()' is built in", statement->name.text),
                  "use it beside the guard");
        return;
    }
    if (entity == NULL)
        return;
    if (entity->state == ENTITY_BUSY) {
        struct diagnostic *const diagnostic = diag_report(check->diags, CODE_GUARD_CYCLE, statement->place,
                                                          "'%s' needs itself to run", entity->guard->name);
        diag_also(diagnostic, entity->guard->place, "declared here");
        return;
    }
    resolve(check, entity);
    const struct use use = {.kind = USE_GUARD, .place = statement->place, .guard = entity->guard};
    uses_expand(check, all, &use);
}

/* Two members of a struct that C code reads. */
static void given_clash(struct check *check, const char *c_name, struct place place, struct place other,
                        const char *where)
{
    struct diagnostic *const diagnostic = diag_report(check->diags, CODE_C_NAME_CLASH, place,
                                                      "%s has two values that are '%s' in C", where, c_name);

    diag_also(diagnostic, other, "the other one");
    diag_help(diagnostic, "name one of them otherwise");
}

/* What a guard reads: its inputs, and what the guards that it uses give. */
static void check_members(struct check *check, const struct guard *guard)
{
    struct table members = {0};

    for (size_t i = 0; i < guard->inputs_count; i++)
        table_add(&members, check->arena, guard->inputs[i].c_name, place_kept(check, guard->inputs[i].place));
    for (size_t i = 0; i < guard->uses_count; i++) {
        const struct guard *const used = guard->uses[i].guard;
        for (size_t k = 0; k < used->gives_count; k++) {
            const struct given *const given = &used->gives[k];
            const struct place *other = NULL;
            if (given->c_name != NULL)
                other = table_add(&members, check->arena, given->c_name, place_kept(check, given->place));
            if (other != NULL)
                given_clash(check, given->c_name, given->place, *other,
                            arena_format(check->arena, "the guard '%s'", guard->name));
        }
    }
}

static bool declares_header(const struct reply *reply, const char *name)
{
    for (size_t i = 0; i < reply->headers_count; i++) {
        if (strcasecmp(reply->headers[i].name, name) == 0)
            return true;
    }
    return false;
}

/* A 401 says what it asks for (RFC 9110 section 15.5.2): where a token is read, that is known. */
static void add_challenge(struct check *check, struct reply *reply, const struct type *type,
                          struct place place)
{
    const char *const realm = type->constraints.realm != NULL ? type->constraints.realm : check->model->name;
    const char *const text = type->kind == TYPE_BEARER
                                 ? "Bearer"
                                 : arena_format(check->arena, "Basic realm=\"%s\", charset=\"UTF-8\"", realm);
    struct reply_header *const headers =
        ARENA_ARRAY(check->arena, reply->headers_count + 1, struct reply_header);
    struct constant *const value = ARENA_NEW(check->arena, struct constant);

    if (reply->status != 401 || declares_header(reply, "WWW-Authenticate"))
        return;
    *value = (struct constant){.place = place, .written = text, .text = text, .length = strlen(text)};
    if (reply->headers_count != 0)
        memcpy(headers, reply->headers, reply->headers_count * sizeof *headers);
    headers[reply->headers_count++] = (struct reply_header){
        .name = "WWW-Authenticate", .c_name = "www_authenticate", .place = place, .constant = value};
    reply->headers = headers;
}

static void add_challenges(struct check *check, struct guard *guard, struct reply *replies)
{
    for (size_t i = 0; i < guard->inputs_count; i++) {
        const struct type *const type = guard->inputs[i].type;

        if (type == NULL || (type->kind != TYPE_BEARER && type->kind != TYPE_BASIC))
            continue;
        for (size_t k = 0; k < guard->replies_count; k++)
            add_challenge(check, &replies[k], type, guard->inputs[i].place);
        return;
    }
}

static void read_block(struct check *check, const struct statement *first, struct guard *guard)
{
    struct scope scope = {.path = ""};
    struct use_vector uses = {0};
    struct table names = {0};
    size_t count = 0;
    struct given *gives;

    for (const struct statement *inner = first; inner != NULL; inner = inner->next)
        count += inner->kind == STATEMENT_GIVES;
    gives = ARENA_ARRAY(check->arena, count + 1, struct given);
    for (const struct statement *inner = first; inner != NULL; inner = inner->next) {
        if (inner->kind == STATEMENT_USE)
            add_use(check, inner, &uses);
        else if (inner->kind == STATEMENT_GIVES)
            add_given(check, inner, &names, &gives[guard->gives_count++]);
        else if (inner->kind == STATEMENT_PATH || inner->kind == STATEMENT_QUERY ||
                 inner->kind == STATEMENT_HEADER || inner->kind == STATEMENT_COOKIE)
            input_add(check, inner, &scope);
        else if (inner->kind == STATEMENT_AFTER)
            guard->after = true;
    }
    for (size_t i = 0; i < uses.count; i++)
        guard->waits = guard->waits || uses.items[i].guard->waits;
    guard->inputs = scope.inputs.items;
    guard->inputs_count = scope.inputs.count;
    guard->gives = gives;
    guard->uses = uses.items;
    guard->uses_count = uses.count;
    struct reply *const replies = replies_check(check, first, guard->c_name, "guard", &guard->replies_count);
    add_challenges(check, guard, replies);
    guard->replies = replies;
    streams_refuse(check, guard);
    waits_refuse(check, guard);
}

static void resolve(struct check *check, struct entity *entity)
{
    struct guard *const guard = entity->guard;
    const struct statement *const statement = entity->statement;

    if (entity->state != ENTITY_NEW)
        return;
    if (statement->kind == STATEMENT_SESSION) {
        entity->state = ENTITY_DONE;
        session_check(check, entity);
        guard->index = (unsigned)check->guard_list.count;
        VECTOR_ADD(check->arena, check->guard_list, guard);
        return;
    }
    entity->state = ENTITY_BUSY;
    read_block(check, statement->block->first, guard);
    entity->state = ENTITY_DONE;
    check_members(check, guard);
    guard->index = (unsigned)check->guard_list.count;
    VECTOR_ADD(check->arena, check->guard_list, guard);
    if (statement->block->first == NULL && !check->broken)
        diag_help(diag_report(check->diags, CODE_EMPTY_TYPE, statement->name.place, "'%s' has nothing in it",
                              guard->name),
                  "declare what it reads, gives or replies");
}

void check_guards(struct check *check)
{
    for (const struct statement *statement = check->tree->first; statement != NULL;
         statement = statement->next) {
        if (statement->kind != STATEMENT_GUARD && statement->kind != STATEMENT_SESSION)
            continue;
        struct entity *const entity = table_find(&check->guards, statement->name.text);
        if (entity->statement == statement)
            resolve(check, entity);
    }
    check->model->guards = (const struct guard *const *)check->guard_list.items;
    check->model->guards_count = check->guard_list.count;
}

/* ---- on a route -------------------------------------------------------------------------------- */

static const struct segment *segment_named(const struct route *route, const char *name)
{
    for (size_t i = 0; i < route->segments_count; i++) {
        if (route->segments[i].kind == SEGMENT_PARAMETER && strcmp(route->segments[i].text, name) == 0)
            return &route->segments[i];
    }
    return NULL;
}

/* One message for a `use`, however many routes stand under it. */
static bool reported(struct check *check, const char *words, struct place place)
{
    const char *const key = arena_format(check->arena, "%s %zu", words, (size_t)place.start);

    return table_add(&check->reported, check->arena, key, check) != NULL;
}

void guards_in_path(struct check *check, const struct route *route)
{
    for (size_t i = 0; i < route->uses_count; i++) {
        const struct use *const use = &route->uses[i];
        for (size_t k = 0; use->kind == USE_GUARD && k < use->guard->inputs_count; k++) {
            const struct input *const input = &use->guard->inputs[k];
            if (input->kind != INPUT_PATH || segment_named(route, input->name) != NULL ||
                reported(check, arena_format(check->arena, "path %s %s", use->guard->name, input->name),
                         use->place))
                continue;
            struct diagnostic *const diagnostic = diag_report(
                check->diags, CODE_GUARD_PATH, route->path_place,
                "the guard '%s' reads ':%s', which this path does not have", use->guard->name, input->name);
            diag_also(diagnostic, input->place, "read here");
            diag_also(diagnostic, use->place, "used for the route here");
            diag_help(diagnostic, "use the guard only where the path has '/:%s'", input->name);
        }
    }
}

void guards_adopt_path(struct check *check, const struct use_vector *uses,
                       const struct segment_vector *segments, struct scope *scope)
{
    for (size_t i = 0; i < segments->count; i++) {
        const struct segment *const segment = &segments->items[i];
        if (segment->kind != SEGMENT_PARAMETER || path_input_find(scope, segment->text) != NULL)
            continue;
        for (size_t u = 0; u < uses->count && path_input_find(scope, segment->text) == NULL; u++) {
            const struct guard *const guard = uses->items[u].guard;
            for (size_t k = 0; guard != NULL && k < guard->inputs_count; k++) {
                if (guard->inputs[k].kind == INPUT_PATH && strcmp(guard->inputs[k].name, segment->text) == 0)
                    input_adopt(check, &guard->inputs[k], scope);
            }
        }
    }
}

void guards_members(struct check *check, const struct route *route)
{
    struct table members = {0};

    for (size_t i = 0; i < route->inputs_count; i++)
        table_add(&members, check->arena, route->inputs[i].c_name, place_kept(check, route->inputs[i].place));
    for (size_t i = 0; i < route->uses_count; i++) {
        const struct guard *const guard = route->uses[i].guard;
        for (size_t k = 0; guard != NULL && k < guard->gives_count; k++) {
            const struct given *const given = &guard->gives[k];
            if (given->c_name == NULL)
                continue;
            const struct place *const other =
                table_add(&members, check->arena, given->c_name, place_kept(check, given->place));
            const bool rest = route->wildcard && strcmp(given->c_name, "rest") == 0;
            const bool body = route->body.kind != BODY_NONE && strcmp(given->c_name, "body") == 0;
            if (other != NULL && !reported(check,
                                           arena_format(check->arena, "clash %s %zu", given->c_name,
                                                        (size_t)given->place.start),
                                           *other))
                given_clash(check, given->c_name, *other, given->place,
                            arena_format(check->arena, "%s %s", route->method != NULL ? route->method : "ANY",
                                         route->path));
            if ((rest || body) && !reported(check, "kept", given->place))
                diag_help(diag_report(check->diags, CODE_RESERVED_NAME, given->place,
                                      "in->%s is the %s of a route that uses this guard", given->c_name,
                                      rest ? "text that '*' takes" : "body"),
                          "give it another name");
        }
    }
}
