/* bodies.c - what a route reads as its body. */
#include <string.h>

#include "check/check.h"

static const char *const known_kinds[] = {"bytes", "json", "ndjson", "form", "multipart", "text", "stream"};

/* type "/" subtype, and parameters after `;` without quotes. */
static bool is_media_type(struct arena *arena, const char *text)
{
    const char *const slash = strchr(text, '/');
    const char *const end = text + strcspn(text, "; ");

    if (slash == NULL || slash > end)
        return false;
    if (!is_http_token(arena_copy(arena, text, (size_t)(slash - text))) ||
        !is_http_token(arena_copy(arena, slash + 1, (size_t)(end - slash - 1))))
        return false;
    for (const char *at = end; *at != '\0'; at++) {
        if ((unsigned char)*at < ' ' || (unsigned char)*at >= 0x7f)
            return false;
    }
    return *end == '\0' || *end == ';';
}

const char *media_type_of(struct check *check, const struct value *value)
{
    char *text;

    if (value->kind != VALUE_STRING || !is_media_type(check->arena, value->text)) {
        diag_help(diag_report(check->diags, CODE_BAD_ARGUMENT, value->place, "this is not a media type"),
                  "write one such as \"text/plain\"");
        return NULL;
    }
    text = arena_copy(check->arena, value->text, value->length);
    for (char *at = text; *at != '\0' && *at != ';'; at++) {
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at + 32);
    }
    return text;
}

static void body_limit(struct check *check, const struct value *value, struct body *body)
{
    const struct value *const high = value->kind == VALUE_RANGE ? value->high : NULL;

    if (body->has_max || high == NULL || value->low != NULL || high->kind != VALUE_SIZE || high->whole == 0) {
        diag_help(diag_report(check->diags, CODE_BAD_ARGUMENT, value->place, "this does not limit a body"),
                  "write one limit, such as '..1MiB'");
        return;
    }
    body->has_max = true;
    body->max_bytes = high->whole;
}

/* A limit and media types. */
static void settings(struct check *check, const struct content *content, struct body *body)
{
    size_t count = 0;
    const char **types;

    for (const struct argument *argument = content->args.first; argument != NULL; argument = argument->next)
        count++;
    types = ARENA_ARRAY(check->arena, count + 1, const char *);
    for (const struct argument *argument = content->args.first; argument != NULL; argument = argument->next) {
        const char *type;
        if (argument->label.text != NULL)
            diag_report(check->diags, CODE_UNKNOWN_ARGUMENT, argument->label.place,
                        "a body has no setting '%s'", argument->label.text);
        else if (argument->value->kind != VALUE_STRING)
            body_limit(check, argument->value, body);
        else if ((type = media_type_of(check, argument->value)) != NULL)
            types[body->media_types_count++] = type;
    }
    body->media_types = types;
}

/* The type of what is read, or that there is none. */
static void body_type(struct check *check, const struct content *content, struct body *body)
{
    const bool typed = body->kind != BODY_BYTES && body->kind != BODY_TEXT && body->kind != BODY_STREAM;

    if (content->type == NULL && typed)
        diag_help(diag_report(check->diags, CODE_BODY_KIND, content->kind.place, "a body of %s has a type",
                              content->kind.text),
                  "name it: body %s T;", content->kind.text);
    else if (content->type != NULL && !typed)
        diag_help(diag_report(check->diags, CODE_BODY_KIND, content->type->place, "a body of %s has no type",
                              content->kind.text),
                  "remove it");
    else if (content->type != NULL)
        body->type = type_resolve(check, content->type);
    if ((body->kind == BODY_JSON || body->kind == BODY_NDJSON) && body->type != NULL &&
        type_is_of_head(body->type)) {
        value_misplaced(check, body->type, "a body of JSON");
        body->type = NULL;
    }
}

void body_check(struct check *check, const struct statement *statement, struct body *body)
{
    static const enum body_kind kinds[] = {BODY_BYTES,     BODY_JSON, BODY_NDJSON, BODY_FORM,
                                           BODY_MULTIPART, BODY_TEXT, BODY_STREAM};
    const struct content *const content = statement->content;
    struct diagnostic *diagnostic;

    body->place = statement->place;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(content->kind.text, known_kinds[i]) == 0) {
            body->kind = kinds[i];
            body_type(check, content, body);
            settings(check, content, body);
            if (body->kind == BODY_FORM || body->kind == BODY_MULTIPART)
                form_check(check, content, body);
            return;
        }
    }
    diagnostic = diag_report(check->diags, CODE_BODY_KIND, content->kind.place, "a body can't be '%s'",
                             content->kind.text);
    if (!diag_help_nearest(diagnostic, content->kind.text, known_kinds,
                           sizeof known_kinds / sizeof *known_kinds))
        diag_help(diagnostic, "name the kind first: body json %s;", content->kind.text);
}
