/* hover.c - tells of what stands at an offset: its text, its doc, its resolved type, its C. */
#include <string.h>

#include "check/check.h"
#include "lsp/answer.h"

/* Aliases that are followed. */
#define ALIASES_MAX 20
/* Longer declarations are shown by their first line. */
#define SHOWN_MAX_BYTES 1200

const struct lsp_builtin lsp_builtins[] = {
    {"bool", "bool", "flare_bool", "`true` or `false`"},
    {"i8", "int8_t", "flare_i8", "a whole number from -128 to 127"},
    {"i16", "int16_t", "flare_i16", "a whole number from -32768 to 32767"},
    {"i32", "int32_t", "flare_i32", "a whole number of 32 bits"},
    {"i64", "int64_t", "flare_i64", "a whole number of 64 bits"},
    {"u8", "uint8_t", "flare_u8", "a whole number from 0 to 255"},
    {"u16", "uint16_t", "flare_u16", "a whole number from 0 to 65535"},
    {"u32", "uint32_t", "flare_u32", "a whole number from 0 of 32 bits"},
    {"u64", "uint64_t", "flare_u64", "a whole number from 0 of 64 bits"},
    {"f32", "float", "flare_f32", "a finite number of 32 bits"},
    {"f64", "double", "flare_f64", "a finite number of 64 bits"},
    {"string", "flare_str", "flare_str", "UTF-8 text; lengths count code points"},
    {"bytes", "flare_str", "flare_str", "bytes, base64 where they are text; lengths count bytes"},
    {"uuid", "flare_uuid", "flare_uuid", "a UUID (RFC 9562)"},
    {"date", "flare_date", "flare_date", "a date, `2024-02-29` (RFC 3339)"},
    {"datetime", "flare_time", "flare_time", "a time with its offset (RFC 3339)"},
    {"email", "flare_str", "flare_str", "an e-mail address"},
    {"url", "flare_str", "flare_str", "a URL of http or https"},
    {"uri", "flare_str", "flare_str", "the same as `url`"},
    {"ipv4", "flare_ipv4", "flare_ipv4", "an IPv4 address"},
    {"ipv6", "flare_ipv6", "flare_ipv6", "an IPv6 address"},
    {"json", "flare_str", "flare_str", "any JSON, as its text"},
    {"file", NULL, NULL, "a file of a multipart body"},
    {"bearer", NULL, NULL, "the token of an Authorization field (RFC 6750)"},
    {"basic", "flare_basic", "flare_basic", "a user and a password of an Authorization field (RFC 7617)"},
    {"etag", NULL, NULL, "an entity tag (RFC 9110 section 8.8.3)"},
    {NULL, NULL, NULL, NULL},
};

static const struct lsp_builtin *builtin_of(const struct type_node *type)
{
    const struct lsp_builtin *builtin = lsp_builtins;

    if (type->form != FORM_NAME || type->module.text != NULL)
        return NULL;
    while (builtin->word != NULL && strcmp(builtin->word, type->name.text) != 0)
        builtin++;
    return builtin->word != NULL ? builtin : NULL;
}

/* ---- types ------------------------------------------------------------------------------------- */

static const char *arguments_text(struct arena *arena, const struct type_node *type)
{
    return type->args.written ? place_text(arena, type->args.place) : "";
}

static const char *resolve(struct lsp_document *document, const struct type_node *type, unsigned depth,
                           bool *optional)
{
    struct arena *const arena = &document->arena;
    bool inner = false;

    *optional = *optional || type->optional;
    if (depth == ALIASES_MAX)
        return "…";
    if (type->form == FORM_ARRAY || type->form == FORM_MAP) {
        const char *const element = resolve(document, type->element, depth + 1, &inner);
        return arena_format(arena, "%s[%s%s]%s", type->form == FORM_MAP ? "map" : "", element,
                            inner ? "?" : "", arguments_text(arena, type));
    }
    const struct statement *const declaration =
        builtin_of(type) == NULL ? lsp_referred(document, type) : NULL;
    if (declaration != NULL && declaration->kind == STATEMENT_ALIAS)
        return arena_format(arena, "%s%s", resolve(document, declaration->type, depth + 1, optional),
                            arguments_text(arena, type));
    return arena_format(arena, "%s%s%s%s%s", type->form == FORM_STRUCT ? "struct " : "",
                        type->module.text != NULL ? type->module.text : "",
                        type->module.text != NULL ? "." : "", type->name.text, arguments_text(arena, type));
}

const char *lsp_resolved(struct lsp_document *document, const struct type_node *type)
{
    bool optional = false;
    const char *const text = resolve(document, type, 0, &optional);

    return optional ? arena_format(&document->arena, "%s?", text) : text;
}

/* What begins every symbol; NULL where the file has no service or library yet. */
static const char *prefix_of(struct lsp_document *document)
{
    for (const struct statement *at = document->tree->first; at != NULL; at = at->next) {
        if (at->kind == STATEMENT_SERVICE || at->kind == STATEMENT_LIBRARY)
            return name_snake(&document->arena, at->name.text);
    }
    return NULL;
}

static const char *declared_in_c(struct lsp_document *document, const char *prefix, const char *name)
{
    if (prefix == NULL)
        return NULL;
    return arena_format(&document->arena, "%s_%s", prefix, name_snake(&document->arena, name));
}

/* What `_opt` and `_array` are added to, or the type's own name. */
static const char *c_type(struct lsp_document *document, const struct type_node *type, bool stem,
                          unsigned depth)
{
    struct arena *const arena = &document->arena;
    const struct lsp_builtin *const builtin = builtin_of(type);
    const char *name = NULL;

    if (depth == ALIASES_MAX)
        return NULL;
    if (type->form == FORM_ARRAY || type->form == FORM_MAP) {
        name = c_type(document, type->element, true, depth + 1);
        if (name != NULL)
            name = arena_format(arena, "%s_%s", name, type->form == FORM_MAP ? "map" : "array");
    } else if (type->form == FORM_STRUCT) {
        return arena_format(arena, "struct %s", type->name.text);
    } else if (builtin != NULL) {
        name = stem || type->optional ? builtin->stem : builtin->c_type;
    } else {
        const struct statement *const declaration = lsp_referred(document, type);
        if (declaration == NULL)
            return NULL;
        if (declaration->kind == STATEMENT_ALIAS)
            name = c_type(document, declaration->type, stem || type->optional, depth + 1);
        else
            name = declared_in_c(document,
                                 type->module.text != NULL ? name_snake(arena, type->module.text)
                                                           : prefix_of(document),
                                 type->name.text);
    }
    return name != NULL && type->optional ? arena_format(arena, "%s_opt", name) : name;
}

const char *lsp_c_type(struct lsp_document *document, const struct type_node *type)
{
    return c_type(document, type, false, 0);
}

/* ---- the text ------------------------------------------------------------------------------------ */

static void put_code(struct text *out, const char *code, size_t length)
{
    text_add(out, "```flare\n");
    text_add_bytes(out, code, length);
    text_add(out, "\n```\n");
}

static void put_doc(struct text *out, const struct doc *doc)
{
    if (doc != NULL)
        text_format(out, "\n%s\n", doc->text);
}

static void put_c(struct text *out, const char *c)
{
    if (c != NULL)
        text_format(out, "\nC: `%s`\n", c);
}

static void put_place(struct text *out, struct place place)
{
    const char *const code = place.source->text + place.start;
    size_t length = place.length;

    if (length > SHOWN_MAX_BYTES) {
        const char *const line = memchr(code, '\n', length);
        length = line != NULL && line - code < SHOWN_MAX_BYTES ? (size_t)(line - code) : SHOWN_MAX_BYTES;
    }
    put_code(out, code, length);
}

static void put_typed(struct text *out, struct lsp_document *document, const struct type_node *type)
{
    const char *const resolved = lsp_resolved(document, type);

    if (strcmp(resolved, place_text(&document->arena, type->place)) != 0)
        text_format(out, "\nresolved: `%s`\n", resolved);
    put_c(out, lsp_c_type(document, type));
}

static const char *upper(struct arena *arena, const char *name)
{
    char *const text = arena_copy(arena, name, strlen(name));

    for (char *at = text; *at != '\0'; at++)
        *at = *at >= 'a' && *at <= 'z' ? (char)(*at - 32) : *at;
    return text;
}

static bool has_setting(const struct statement *statement, const char *word)
{
    for (const struct argument *at = statement->args.first; at != NULL; at = at->next) {
        if (at->value != NULL && at->value->kind == VALUE_NAME && strcmp(at->value->text, word) == 0)
            return true;
    }
    return false;
}

/* What a patch says of a member: `{has, value}`, or `{has, clear, value}` of one that may be null. */
static void put_patched(struct text *out, struct lsp_document *document, const struct field *field)
{
    struct type_node plain = *field->type;
    bool optional = false;

    (void)resolve(document, field->type, 0, &optional);
    plain.optional = true;
    const char *const name = lsp_c_type(document, &plain);
    const size_t length = name != NULL ? strlen(name) : 0;
    if (optional && length > 4)
        put_c(out, arena_format(&document->arena, "%.*s_patch", (int)(length - 4), name));
    else
        put_c(out, name);
}

/* The enumerator that a union's tag has for an arm, and what makes one. */
static void put_arm(struct text *out, struct lsp_document *document, const char *prefix,
                    const struct field *arm)
{
    struct arena *const arena = &document->arena;
    const char *const name = name_snake(arena, arm->c_name.text != NULL ? arm->c_name.text : arm->name.text);
    const char *const maker = arena_format(arena, "%s_%s", prefix, name);

    text_format(out, "\ntag: `%s`, made by `%s()`, read as `as.%s`\n", upper(arena, maker), maker, name);
}

static void put_member(struct text *out, struct lsp_document *document, const struct statement *declaration,
                       const struct field *field)
{
    struct arena *const arena = &document->arena;
    const char *const prefix = declared_in_c(document, prefix_of(document), declaration->name.text);

    put_place(out, field->place);
    put_doc(out, field->doc);
    if (field->type != NULL && has_setting(declaration, "patch"))
        put_patched(out, document, field);
    else if (field->type != NULL)
        put_typed(out, document, field->type);
    if (declaration->kind == STATEMENT_UNION && prefix != NULL)
        put_arm(out, document, prefix, field);
    else if (field->type == NULL && prefix != NULL)
        put_c(out,
              upper(arena, arena_format(arena, "%s_%s", prefix,
                                        name_snake(arena, field->c_name.text != NULL ? field->c_name.text
                                                                                     : field->name.text))));
}

static void put_declaration(struct text *out, struct lsp_document *document,
                            const struct statement *declaration)
{
    put_place(out, declaration->place);
    put_doc(out, declaration->doc);
    if (declaration->kind == STATEMENT_ALIAS)
        put_typed(out, document, declaration->type);
    else if (declaration->place.source == document->source)
        put_c(out, declared_in_c(document, prefix_of(document), declaration->name.text));
}

static void put_reference(struct text *out, struct lsp_document *document, const struct type_node *type)
{
    const struct lsp_builtin *const builtin = builtin_of(type);
    const struct statement *const declaration = builtin == NULL ? lsp_referred(document, type) : NULL;

    if (declaration != NULL) {
        put_place(out, declaration->place);
        put_doc(out, declaration->doc);
    } else if (builtin != NULL) {
        put_place(out, type->place);
        text_format(out, "\n%s\n", builtin->meaning);
    } else {
        return;
    }
    put_typed(out, document, type);
}

static void put_statement(struct text *out, struct lsp_document *document, const struct statement *statement)
{
    if (lsp_declares_type(statement) || statement->kind == STATEMENT_GUARD) {
        put_declaration(out, document, statement);
    } else if (statement->type != NULL) {
        put_place(out, statement->place);
        put_doc(out, statement->doc);
        put_typed(out, document, statement->type);
    }
}

static void put_handler(struct text *out, struct lsp_document *document, const struct statement *route)
{
    put_place(out, place_join(route->keyword, route->target->place));
    put_doc(out, route->doc);
    if (!route->target->args.written)
        put_c(out, declared_in_c(document, prefix_of(document), route->target->name.text));
}

static void describe(struct text *out, struct lsp_document *document, size_t offset)
{
    const struct lsp_spot spot = lsp_find(document, offset);
    const struct statement *declaration = NULL;

    if (spot.type != NULL) {
        put_reference(out, document, spot.type);
        return;
    }
    if (spot.value != NULL) {
        declaration = lsp_referred(document, spot.value_type);
        const struct field *const member =
            declaration != NULL ? lsp_field(declaration, spot.value->text) : NULL;
        if (member != NULL)
            put_member(out, document, declaration, member);
        return;
    }
    if (spot.field != NULL && spot.on_name) {
        put_member(out, document, spot.statement, spot.field);
        return;
    }
    if (spot.statement != NULL && spot.statement->kind == STATEMENT_USE && !spot.statement->args.written) {
        declaration = lsp_used(document, spot.statement);
        if (declaration != NULL)
            put_declaration(out, document, declaration);
        if (declaration != NULL && spot.statement->module.text != NULL)
            put_c(out, declared_in_c(document, name_snake(&document->arena, spot.statement->module.text),
                                     declaration->name.text));
        return;
    }
    if (spot.on_name && spot.statement->kind == STATEMENT_ERROR) {
        put_place(out, spot.statement->place);
        put_doc(out, spot.statement->doc);
        put_c(out, declared_in_c(document, prefix_of(document), spot.statement->name.text));
        return;
    }
    if (spot.on_name) {
        put_statement(out, document, spot.statement);
        return;
    }
    if (spot.statement != NULL && spot.statement->target != NULL &&
        offset >= spot.statement->target->place.start &&
        offset <=
            (size_t)spot.statement->target->name.place.start + spot.statement->target->name.place.length) {
        put_handler(out, document, spot.statement);
        return;
    }
    const struct place word = lsp_word(document, offset);
    const char *const name = arena_copy(&document->arena, word.source->text + word.start, word.length);
    declaration = lsp_declaration(document->tree, name);
    if (declaration == NULL)
        declaration = lsp_guard(document->tree, name);
    if (declaration != NULL)
        put_declaration(out, document, declaration);
}

void lsp_put_hover(struct text *text, const char *key, struct lsp_document *document, size_t offset)
{
    struct text out = {.arena = text->arena};

    describe(&out, document, offset);
    if (out.length == 0) {
        json_raw(text, key, "null", 4);
        return;
    }
    json_open(text, key, '{');
    json_open(text, "contents", '{');
    json_text(text, "kind", "markdown");
    json_text(text, "value", text_of(&out));
    json_close(text, '}');
    lsp_put_range(text, "range", lsp_word(document, offset));
    json_close(text, '}');
}
