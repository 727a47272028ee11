/* shape.c - does each statement stand where it has a meaning, and is there one service? */
#include <string.h>

#include "check/check.h"

enum room { ROOM_TOP, ROOM_LIBRARY, ROOM_GROUP, ROOM_ROUTE, ROOM_GUARD, ROOM_REPLY };

static const char *const room_words[] = {
    [ROOM_TOP] = "at the top of a service",
    [ROOM_LIBRARY] = "in a library",
    [ROOM_GROUP] = "in a group",
    [ROOM_ROUTE] = "in a route",
    [ROOM_GUARD] = "in a guard",
    [ROOM_REPLY] = "in a reply",
};

#define IN(room) (1u << (room))

static unsigned rooms_of(enum statement_kind kind)
{
    switch (kind) {
    case STATEMENT_FLARE:
    case STATEMENT_SERVICE: /* a second one has a message of its own */
    case STATEMENT_LIBRARY:
    case STATEMENT_IMPORT:
    case STATEMENT_ENUM:
    case STATEMENT_TYPE:
    case STATEMENT_ALIAS:
    case STATEMENT_UNION:
    case STATEMENT_GUARD:
        return IN(ROOM_TOP) | IN(ROOM_LIBRARY);
    case STATEMENT_STATE:
    case STATEMENT_ERROR:
    case STATEMENT_SESSION:
        return IN(ROOM_TOP);
    case STATEMENT_GROUP:
    case STATEMENT_ROUTE:
        return IN(ROOM_TOP) | IN(ROOM_GROUP);
    case STATEMENT_LIMITS:
        return IN(ROOM_TOP) | IN(ROOM_GROUP) | IN(ROOM_ROUTE);
    case STATEMENT_USE:
        return IN(ROOM_TOP) | IN(ROOM_GROUP) | IN(ROOM_ROUTE) | IN(ROOM_GUARD);
    case STATEMENT_PATH:
    case STATEMENT_QUERY:
        return IN(ROOM_GROUP) | IN(ROOM_ROUTE) | IN(ROOM_GUARD);
    case STATEMENT_HEADER:
    case STATEMENT_COOKIE:
        return IN(ROOM_GROUP) | IN(ROOM_ROUTE) | IN(ROOM_GUARD) | IN(ROOM_REPLY);
    case STATEMENT_TRAILER:
        return IN(ROOM_REPLY);
    case STATEMENT_GIVES:
    case STATEMENT_AFTER:
        return IN(ROOM_GUARD);
    case STATEMENT_BODY:
    case STATEMENT_RECEIVE:
    case STATEMENT_SEND:
        return IN(ROOM_ROUTE);
    case STATEMENT_REPLY:
        return IN(ROOM_ROUTE) | IN(ROOM_GUARD);
    }
    return 0;
}

static void misplaced(struct check *check, const struct statement *statement, enum room room)
{
    const unsigned rooms = rooms_of(statement->kind);
    const char *const word = statement_word(statement);
    struct diagnostic *const diagnostic = diag_report(check->diags, CODE_MISPLACED, statement->keyword,
                                                      "'%s' has no meaning %s", word, room_words[room]);
    const char *where = "";

    for (size_t i = 0; i < sizeof room_words / sizeof *room_words; i++) {
        if (rooms & IN(i))
            where = arena_format(check->arena, "%s%s%s", where, *where == '\0' ? "" : " or ", room_words[i]);
    }
    diag_help(diagnostic, "it stands %s", where);
}

/* Statements that are documented by nothing but a comment for the reader of the spec. */
static bool documentable(const struct statement *statement)
{
    switch (statement->kind) {
    case STATEMENT_FLARE: /* passed on to the service */
        return true;
    case STATEMENT_IMPORT:
    case STATEMENT_LIMITS:
    case STATEMENT_USE:
    case STATEMENT_AFTER:
        return false;
    case STATEMENT_SERVICE:
    case STATEMENT_LIBRARY:
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
    case STATEMENT_PATH:
    case STATEMENT_QUERY:
    case STATEMENT_COOKIE:
    case STATEMENT_HEADER:
    case STATEMENT_TRAILER:
    case STATEMENT_GIVES:
    case STATEMENT_BODY:
    case STATEMENT_RECEIVE:
    case STATEMENT_SEND:
    case STATEMENT_REPLY:
        break;
    }
    return true;
}

static void check_block(struct check *check, const struct statement *first, enum room room)
{
    for (const struct statement *statement = first; statement != NULL; statement = statement->next) {
        if (!(rooms_of(statement->kind) & IN(room)))
            misplaced(check, statement, room);
        if (statement->doc != NULL && !documentable(statement))
            diag_help(diag_report(check->diags, CODE_DOC_NOTHING, statement->doc->place,
                                  "this doc comment documents nothing"),
                      "use '//' above '%s'", statement_word(statement));
        if (statement->block == NULL)
            continue;
        if (statement->kind == STATEMENT_GROUP)
            check_block(check, statement->block->first, ROOM_GROUP);
        else if (statement->kind == STATEMENT_GUARD)
            check_block(check, statement->block->first, ROOM_GUARD);
        else
            check_block(check, statement->block->first,
                        statement->kind == STATEMENT_REPLY ? ROOM_REPLY : ROOM_ROUTE);
    }
}

static void check_version(struct check *check, const struct statement *statement)
{
    struct diagnostic *diagnostic;

    if (statement != check->tree->first) {
        diagnostic =
            diag_report(check->diags, CODE_MISPLACED, statement->keyword, "'flare' stands first in a file");
        diag_help(diagnostic, "move it to the top, or remove it");
    }
    if (statement->value->negative || statement->value->whole != 1) {
        diagnostic =
            diag_report(check->diags, CODE_BAD_VERSION, statement->value->place,
                        "this compiler does not know version %s of the language", statement->value->text);
        diag_help(diagnostic, "it knows version 1");
    }
}

static void second_service(struct check *check, const struct statement *statement)
{
    struct diagnostic *const diagnostic =
        diag_report(check->diags, CODE_SERVICE, statement->place, "a file declares one service or library");

    diag_label(diagnostic, "declared again here");
    diag_also(diagnostic, check->service->place, "first declared here");
}

void check_shape(struct check *check)
{
    for (const struct statement *statement = check->tree->first; statement != NULL;
         statement = statement->next) {
        if (statement->kind == STATEMENT_FLARE)
            check_version(check, statement);
        if (statement->kind == STATEMENT_SERVICE || statement->kind == STATEMENT_LIBRARY) {
            if (check->service != NULL)
                second_service(check, statement);
            else
                check->service = statement;
        }
    }
    if (check->service == NULL && !check->broken) {
        const struct place place = {check->tree->source, 0, 0};
        diag_help(diag_report(check->diags, CODE_SERVICE, place, "the file declares no service"),
                  "start it with 'service NAME;'");
    }
    check_block(check, check->tree->first,
                check->service != NULL && check->service->kind == STATEMENT_LIBRARY ? ROOM_LIBRARY
                                                                                    : ROOM_TOP);
}
