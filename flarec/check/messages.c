/* messages.c - what a WebSocket route receives and sends. */
#include <string.h>

#include "check/check.h"

static const char *const known_kinds[] = {"json", "text", "bytes"};

static void message_type(struct check *check, const struct content *content, struct messages *message)
{
    if (content->type == NULL) {
        if (message->kind == MESSAGE_JSON)
            diag_help(
                diag_report(check->diags, CODE_MESSAGE, content->kind.place, "JSON messages have a type"),
                "name it: json T");
        return;
    }
    if (message->kind != MESSAGE_JSON) {
        diag_help(diag_report(check->diags, CODE_MESSAGE, content->type->place,
                              "messages of kind '%s' have no type", content->kind.text),
                  "remove it, or write 'json'");
        return;
    }
    message->type = type_resolve(check, content->type);
    if (message->type != NULL && message->type->kind == TYPE_STRUCT) {
        value_misplaced(check, message->type, "a message");
        message->type = NULL;
    } else if (message->type != NULL && message->type->optional) {
        diag_help(diag_report(check->diags, CODE_MESSAGE, content->type->place, "a message is not optional"),
                  "remove the '?'");
    }
}

void message_check(struct check *check, const struct statement *route, const struct statement *statement,
                   struct messages *message)
{
    static const enum message_kind kinds[] = {MESSAGE_JSON, MESSAGE_TEXT, MESSAGE_BYTES};
    static const char *const none[] = {NULL};
    const struct content *const content = statement->content;
    struct diagnostic *diagnostic;

    if (strcmp(route->name.text, "WS") != 0) {
        diagnostic = diag_report(check->diags, CODE_MESSAGE, statement->keyword,
                                 "only a WebSocket has messages to %s", statement_word(statement));
        diag_help(diagnostic, "write 'WS' for '%s', or declare a body or a reply", route->name.text);
        return;
    }
    if (message->kind != MESSAGE_NONE) {
        diagnostic = diag_report(check->diags, CODE_DUPLICATE, statement->place,
                                 "a route has one kind of message to %s", statement_word(statement));
        diag_also(diagnostic, message->place, "first declared here");
        diag_help(diagnostic, "a union tells kinds of JSON apart");
        return;
    }
    message->place = statement->place;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(content->kind.text, known_kinds[i]) != 0)
            continue;
        message->kind = kinds[i];
        message_type(check, content, message);
        arguments_known(check, &content->args, arena_format(check->arena, "'%s'", content->kind.text), none);
        return;
    }
    diagnostic = diag_report(check->diags, CODE_MESSAGE, content->kind.place, "a message can't be '%s'",
                             content->kind.text);
    if (!diag_help_nearest(diagnostic, content->kind.text, known_kinds,
                           sizeof known_kinds / sizeof *known_kinds))
        diag_help(diagnostic, "it is 'json T', 'text' or 'bytes'");
}

static bool is_boolean(const struct value *value)
{
    return value->kind == VALUE_NAME &&
           (strcmp(value->text, "true") == 0 || strcmp(value->text, "false") == 0);
}

void deflate_check(struct check *check, const struct statement *statement, struct use *use)
{
    static const char *const labels[] = {"context", "window", NULL};
    const struct argument *const context = argument_find(check, &statement->args, "context");
    const struct argument *const window = argument_find(check, &statement->args, "window");

    arguments_known(check, &statement->args, "deflate()", labels);
    use->window_bits = 15;
    if (context != NULL && !is_boolean(context->value))
        diag_help(
            diag_report(check->diags, CODE_BAD_ARGUMENT, context->value->place, "'context' is kept or not"),
            "write 'true' or 'false'");
    else if (context != NULL)
        use->context = context->value->text[0] == 't';
    if (window == NULL)
        return;
    if (window->value->kind != VALUE_INTEGER || window->value->negative || window->value->whole < 9 ||
        window->value->whole > 15)
        diag_help(diag_report(check->diags, CODE_BAD_ARGUMENT, window->value->place,
                              "'window' is not the bits of a window"),
                  "write 9 to 15: 2 to that power are its bytes");
    else
        use->window_bits = (unsigned)window->value->whole;
}

static bool is_named(const struct use *use, const char *name)
{
    for (size_t i = 0; i < use->names_count; i++) {
        if (strcmp(use->names[i], name) == 0)
            return true;
    }
    return false;
}

void subprotocol_check(struct check *check, const struct statement *statement, struct use *use)
{
    struct {
        const char **items;
        size_t count, capacity;
    } names = {0};

    for (const struct argument *argument = statement->args.first; argument != NULL;
         argument = argument->next) {
        const struct value *const value = argument->value;

        if (argument->label.text != NULL || value->kind != VALUE_STRING) {
            diag_help(diag_report(check->diags, CODE_BAD_ARGUMENT, argument->place,
                                  "a subprotocol is a name in quotes"),
                      "write subprotocol(\"chat.v2\", \"chat.v1\"), the best first");
        } else if (strlen(value->text) != value->length || !is_http_token(value->text)) {
            diag_help(diag_report(check->diags, CODE_BAD_ARGUMENT, value->place,
                                  "this can't be the name of a subprotocol"),
                      "it is a token of HTTP: letters, digits, and !#$%%&'*+-.^_`|~");
        } else if (is_named(use, value->text)) {
            diag_report(check->diags, CODE_DUPLICATE, value->place, "'%s' is named twice", value->text);
        } else {
            VECTOR_ADD(check->arena, names, value->text);
            use->names = names.items;
            use->names_count = names.count;
        }
    }
    if (statement->args.first == NULL)
        diag_help(diag_report(check->diags, CODE_BAD_ARGUMENT, statement->place, "subprotocol() names none"),
                  "write subprotocol(\"chat.v2\", \"chat.v1\"), the best first");
}
