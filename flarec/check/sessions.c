/* sessions.c - how a session is kept; what reads it is a guard that the runtime brings. */
#include <string.h>

#include "check/check.h"

static void refused(struct check *check, struct place place, const char *why, const char *help)
{
    diag_help(diag_report(check->diags, CODE_SESSION, place, "%s", why), "%s", help);
}

static bool is_word(const struct argument *argument, const char *word)
{
    return argument->value->kind == VALUE_NAME && strcmp(argument->value->text, word) == 0;
}

static void read_cookie(struct check *check, const struct statement *statement, struct session *session)
{
    const struct argument *const argument = argument_find(check, &statement->args, "cookie");

    session->cookie.name = "session";
    session->cookie.place = statement->name.place;
    if (argument == NULL) {
        refused(check, statement->name.place, "a session has a cookie", "name it: 'cookie: cart'");
        return;
    }
    session->cookie.place = argument->value->place;
    if (argument->value->kind != VALUE_NAME && argument->value->kind != VALUE_STRING)
        diag_help(diag_report(check->diags, CODE_BAD_ARGUMENT, argument->value->place, "a cookie has a name"),
                  "write 'cookie: cart'");
    else if (!is_http_token(argument->value->text))
        diag_report(check->diags, CODE_HEADER_NAME, argument->value->place,
                    "'%s' can't be the name of a cookie", argument->value->text);
    else
        session->cookie.name = argument->value->text;
}

static void read_store(struct check *check, const struct statement *statement, struct session *session)
{
    static const char *const help = "write 'store: cookie', 'store: memory' or 'store: redis'";
    const struct argument *const argument = argument_find(check, &statement->args, "store");

    if (argument == NULL)
        refused(check, statement->name.place, "a session is kept somewhere", help);
    else if (is_word(argument, "cookie"))
        session->store = SESSION_COOKIE;
    else if (is_word(argument, "memory"))
        session->store = SESSION_MEMORY;
    else if (is_word(argument, "redis"))
        session->store = SESSION_REDIS;
    else
        refused(check, argument->value->place, "sessions are not kept there", help);
}

static void read_times(struct check *check, const struct statement *statement, struct session *session)
{
    const struct argument *const max_age = argument_find(check, &statement->args, "max_age");
    const struct argument *const idle = argument_find(check, &statement->args, "idle");

    if (max_age == NULL)
        refused(check, statement->name.place, "a session ends at some time", "say when: 'max_age: 30d'");
    else if (session->cookie.has_max_age && session->cookie.max_age_seconds == 0)
        refused(check, max_age->value->place, "a session lives for some time", "write 'max_age: 30d'");
    if (idle == NULL)
        return;
    if (idle->value->kind != VALUE_DURATION || idle->value->whole % 1000 != 0 || idle->value->whole == 0)
        refused(check, idle->value->place, "this is not a time that a session may be unused",
                "it is whole seconds, such as 2h");
    else if (session->cookie.has_max_age && idle->value->whole / 1000 >= session->cookie.max_age_seconds)
        refused(check, idle->value->place, "a session ends by max_age before it could be unused for so long",
                "make 'idle' shorter than 'max_age', or remove it");
    else
        session->idle_seconds = idle->value->whole / 1000;
}

/* Sessions that are kept at once. */
#define SESSIONS_USUAL 100000u
#define SESSIONS_MAX   100000000u

static void read_max(struct check *check, const struct statement *statement, struct session *session)
{
    const struct argument *const max = argument_find(check, &statement->args, "max");

    session->max = SESSIONS_USUAL;
    if (max == NULL)
        return;
    if (session->store != SESSION_MEMORY)
        refused(check, max->place, "only sessions in memory are counted", "remove 'max'");
    else if (max->value->kind != VALUE_INTEGER || max->value->negative || max->value->whole == 0 ||
             max->value->whole > SESSIONS_MAX)
        refused(check, max->value->place, "this is not a number of sessions",
                "it is from 1 to 100000000, and 100000 where nothing is said");
    else
        session->max = max->value->whole;
}

/* The first secret that a type holds, so deep as a reader would look; or NULL. */
static const struct property *secret_of(const struct declaration *declaration, unsigned depth)
{
    for (size_t i = 0; depth != 0 && i < declaration->properties_count; i++) {
        const struct property *const property = &declaration->properties[i];
        const struct type *type = property->type;

        while (type->kind == TYPE_ARRAY || type->kind == TYPE_MAP)
            type = type->element;
        if (type->constraints.secret || property->type->constraints.secret ||
            ((type->kind == TYPE_OBJECT || type->kind == TYPE_UNION) &&
             secret_of(type->declaration, depth - 1) != NULL))
            return property;
    }
    return NULL;
}

static void check_secret(struct check *check, const struct session *session)
{
    const struct property *const secret =
        session->store == SESSION_COOKIE ? secret_of(session->declaration, 6) : NULL;

    if (secret == NULL)
        return;
    diag_help(diag_report(check->diags, CODE_SESSION_SECRET, secret->place,
                          "'%s' is secret, and a session in its cookie can be read by whoever has that",
                          secret->name),
              "write 'store: memory'");
}

/* What a route sees of it: a value that may be absent, and in the published documents a cookie. */
static void make_guard(struct check *check, const struct entity *entity, const struct session *session)
{
    const struct statement *const statement = entity->statement;
    const struct name none = {0};
    struct guard *const guard = entity->guard;
    struct given *const given = ARENA_NEW(check->arena, struct given);
    struct input *const input = ARENA_NEW(check->arena, struct input);
    struct type *const type = ARENA_NEW(check->arena, struct type);
    struct type *const text = ARENA_NEW(check->arena, struct type);

    *type = (struct type){.kind = TYPE_OBJECT,
                          .optional = true,
                          .place = statement->name.place,
                          .written = arena_format(check->arena, "%s?", statement->name.text),
                          .declaration = session->declaration};
    *text = (struct type){
        .kind = TYPE_STRING, .optional = true, .place = statement->name.place, .written = "string?"};
    text->constraints.secret = true;
    *given = (struct given){.name = statement->name.text,
                            .c_name = name_in_c(check, &statement->name, &none),
                            .place = statement->name.place,
                            .type = type};
    *input = (struct input){.kind = INPUT_COOKIE,
                            .name = session->cookie.name,
                            .c_name = given->c_name,
                            .doc = guard->doc,
                            .place = session->cookie.place,
                            .type = text};
    guard->session = session;
    guard->waits = session->store == SESSION_REDIS;
    guard->gives = given;
    guard->gives_count = 1;
    guard->inputs = input;
    guard->inputs_count = 1;
}

void session_check(struct check *check, const struct entity *entity)
{
    static const char *const labels[] = {"cookie", "store",  "max_age",   "idle",      "max", "path",
                                         "domain", "secure", "http_only", "same_site", NULL};
    const struct statement *const statement = entity->statement;
    struct session *const session = ARENA_NEW(check->arena, struct session);

    session->declaration =
        ((const struct entity *)table_find(&check->entities, statement->name.text))->declaration;
    arguments_known(check, &statement->args, "a session", labels);
    read_cookie(check, statement, session);
    read_store(check, statement, session);
    cookie_attributes(check, &statement->args, &session->cookie);
    read_times(check, statement, session);
    read_max(check, statement, session);
    check_secret(check, session);
    make_guard(check, entity, session);
}
