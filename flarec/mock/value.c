/* value.c - a value of JSON as an initialiser in C. */
#include <stdlib.h>
#include <string.h>

#include "mock/mock.h"

/* ---- scalars ------------------------------------------------------------------------------------------- */

static int base64_digit(char c)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *const at = c != '\0' ? strchr(letters, c) : NULL;

    return at != NULL ? (int)(at - letters) : -1;
}

/* The bytes that base64 text holds. */
static void read_base64(struct mock *mock, const struct json_value *value, struct constant *constant)
{
    char *const bytes = arena_alloc(mock->arena, value->length / 4 * 3 + 3);
    unsigned bits = 0, count = 0;

    for (size_t i = 0; i < value->length && base64_digit(value->text[i]) >= 0; i++) {
        bits = (bits << 6 | (unsigned)base64_digit(value->text[i])) & 0xffff;
        count += 6;
        if (count >= 8) {
            count -= 8;
            bytes[constant->length++] = (char)(bits >> count & 0xff);
        }
    }
    constant->text = bytes;
}

static struct constant constant_of_value(struct mock *mock, const struct type *type,
                                         const struct json_value *value, enum standing standing)
{
    struct constant constant = {.boolean = value->boolean};

    if (type->kind == TYPE_BYTES && standing == STANDING_JSON) {
        read_base64(mock, value, &constant);
        return constant;
    }
    constant.text = value->text;
    constant.length = value->length;
    constant.number.negative = *value->text == '-';
    constant.number.magnitude = strtoull(value->text + constant.number.negative, NULL, 10);
    constant.number.real = strtod(value->text, NULL);
    return constant;
}

/* An open enum's example may be a member that it does not know; that can't be sent. */
static const char *enumerator(const struct declaration *declaration, const struct json_value *value)
{
    for (size_t i = 0; i < declaration->members_count; i++) {
        if (strcmp(declaration->members[i].name, value->text) == 0)
            return declaration->members[i].c_name;
    }
    return declaration->members[0].c_name;
}

static const char *string_initializer(struct mock *mock, struct text *before, const char *text, size_t length)
{
    return str_initializer(mock->emitter, before, text, length);
}

/* In an initialiser a string or struct stands without its type. */
static const char *scalar(struct mock *mock, struct text *before, const struct type *type,
                          const struct json_value *value, enum standing standing)
{
    const struct constant constant = constant_of_value(mock, type, value, standing);
    const char *expression;

    if (type->kind == TYPE_STRING || type->kind == TYPE_BYTES || type->kind == TYPE_EMAIL ||
        type->kind == TYPE_URL || type->kind == TYPE_ETAG)
        return string_initializer(mock, before, constant.text, constant.length);
    if (type->kind == TYPE_ENUM)
        return enumerator(type->declaration, value);
    expression = c_constant(mock->emitter, before, type, &constant);
    return expression[0] == '(' ? expression + strcspn(expression, ")") + 1 : expression;
}

/* ---- JSON as it is ------------------------------------------------------------------------------------ */

static void write_json(struct text *out, const struct json_value *value)
{
    static const char *const ends[] = {[JSON_ARRAY] = "[]", [JSON_OBJECT] = "{}"};

    switch (value->kind) {
    case JSON_NULL:
        text_add(out, "null");
        break;
    case JSON_BOOL:
        text_add(out, value->boolean ? "true" : "false");
        break;
    case JSON_NUMBER:
        text_add(out, value->text);
        break;
    case JSON_STRING:
        json_string(out, value->text);
        break;
    case JSON_ARRAY:
    case JSON_OBJECT:
        text_add_bytes(out, ends[value->kind], 1);
        for (const struct json_value *item = value->items; item != NULL; item = item->next) {
            if (item != value->items)
                text_add(out, ",");
            if (value->kind == JSON_OBJECT) {
                json_string(out, item->key);
                text_add(out, ":");
            }
            write_json(out, item);
        }
        text_add(out, ends[value->kind] + 1);
        break;
    }
}

/* ---- what holds others -------------------------------------------------------------------------- */

static const char *indented(struct mock *mock, const char *lines)
{
    struct text text = {.arena = mock->arena};

    while (*lines != '\0') {
        const size_t length = strcspn(lines, "\n");

        text_add(&text, "    ");
        text_add_bytes(&text, lines, length);
        lines += length + (lines[length] == '\n');
        text_add(&text, *lines != '\0' ? "\n" : "");
    }
    return text_of(&text);
}

/* Lines, each ending in a comma, as an initialiser. */
static const char *in_braces(struct mock *mock, const char *lines)
{
    return arena_format(mock->arena, "{\n%s\n}", indented(mock, lines));
}

/* The line, or lines, of a member. */
static const char *member_line(struct mock *mock, const char *name, const char *initializer)
{
    return strchr(initializer, '\n') == NULL
               ? arena_format(mock->arena, ".%s = %s,\n", name, initializer)
               : arena_format(mock->arena, ".%s =\n%s,\n", name, indented(mock, initializer));
}

static const char *own_name(struct mock *mock, const char *what)
{
    return arena_format(mock->arena, "%s_%u", what, ++mock->emitter->texts_count);
}

static const char *items(struct mock *mock, struct text *before, const struct type *type,
                         const struct json_value *value, enum standing standing)
{
    const bool is_map = type->kind == TYPE_MAP;
    const char *const plain = c_type_plain(mock->emitter, type);
    struct text rows = {.arena = mock->arena};
    const char *name;

    if (value->count == 0)
        return "{NULL, 0}";
    for (const struct json_value *item = value->items; item != NULL; item = item->next) {
        const char *const own = mock_initializer(mock, before, type->element, item, standing);

        if (!is_map) {
            text_format(&rows, "%s,\n", own);
            continue;
        }
        const char *const key = string_initializer(mock, before, item->key, strlen(item->key));
        if (strchr(own, '\n') == NULL)
            text_format(&rows, "{%s, %s},\n", key, own);
        else
            text_format(&rows, "%s,\n",
                        in_braces(mock, arena_format(mock->arena, "%s%s", member_line(mock, "key", key),
                                                     member_line(mock, "value", own))));
    }
    name = own_name(mock, "items");
    FILL(before, "route/constant_array",
         {"type",
          is_map ? arena_format(mock->arena, "%s_entry", plain) : c_type_plain(mock->emitter, type->element)},
         {"name", name}, {"items", text_of(&rows)});
    return arena_format(mock->arena, "{%s, %zu}", name, value->count);
}

static const struct json_value *member_of(const struct json_value *object, const char *key)
{
    const struct json_value *item = object->items;

    while (item != NULL && strcmp(item->key, key) != 0)
        item = item->next;
    return item;
}

static const char *by_pointer(struct mock *mock, struct text *before, const struct property *property,
                              const struct json_value *member)
{
    struct type type = *property->type;
    const char *name;

    if (member == NULL || member->kind == JSON_NULL)
        return "NULL";
    type.optional = false;
    name = own_name(mock, "value");
    mock_declare(mock, before, &type, name, member, STANDING_JSON);
    return arena_format(mock->arena, "&%s", name);
}

static const char *property_initializer(struct mock *mock, struct text *before,
                                        const struct declaration *declaration,
                                        const struct property *property, const struct json_value *member)
{
    struct type type = *property->type;

    if (property->by_pointer)
        return by_pointer(mock, before, property, member);
    if (declaration->patch && type.optional && member != NULL && member->kind == JSON_NULL)
        return "{.clear = true}";
    type.optional = type.optional || declaration->patch;
    if (member == NULL && property->fallback != NULL) {
        const struct sampled sampled = {NULL, property->fallback, STANDING_JSON};

        member = mock_sample(mock, property->type, &sampled, 0);
    }
    if (member == NULL)
        return type.optional ? "{.has = false}" : "{NULL, 0}";
    return mock_initializer(mock, before, &type, member, STANDING_JSON);
}

static const char *object(struct mock *mock, struct text *before, const struct declaration *declaration,
                          const struct json_value *value)
{
    struct text members = {.arena = mock->arena};

    for (size_t i = 0; i < declaration->properties_count; i++) {
        const struct property *const property = &declaration->properties[i];

        text_add(&members, member_line(mock, property->c_name,
                                       property_initializer(mock, before, declaration, property,
                                                            member_of(value, property->name))));
    }
    return members.length != 0 ? in_braces(mock, text_of(&members)) : "{0}";
}

static const char *union_initializer(struct mock *mock, struct text *before,
                                     const struct declaration *declaration, const struct json_value *value)
{
    const struct json_value *const tag = member_of(value, declaration->tag);
    const struct property *arm = &declaration->properties[0];

    for (size_t i = 0; tag != NULL && i < declaration->properties_count; i++) {
        if (strcmp(declaration->properties[i].name, tag->text) == 0)
            arm = &declaration->properties[i];
    }
    const char *const own = object(mock, before, arm->type->declaration, value);
    return in_braces(mock,
                     arena_format(mock->arena, ".tag = %s,\n%s", tag_name(mock->emitter, declaration, arm),
                                  member_line(mock, arena_format(mock->arena, "as.%s", arm->c_name), own)));
}

static const char *plain_initializer(struct mock *mock, struct text *before, const struct type *type,
                                     const struct json_value *value, enum standing standing)
{
    struct text json = {.arena = mock->arena};

    if (type->kind == TYPE_OBJECT)
        return object(mock, before, type->declaration, value);
    if (type->kind == TYPE_UNION)
        return union_initializer(mock, before, type->declaration, value);
    if (type->kind == TYPE_ARRAY || type->kind == TYPE_MAP)
        return items(mock, before, type, value, standing);
    if (type->kind != TYPE_RAW_JSON)
        return scalar(mock, before, type, value, standing);
    write_json(&json, value);
    return string_initializer(mock, before, text_of(&json), json.length);
}

const char *mock_initializer(struct mock *mock, struct text *before, const struct type *type,
                             const struct json_value *value, enum standing standing)
{
    const char *plain;

    if (type->optional && value->kind == JSON_NULL && type->kind != TYPE_RAW_JSON)
        return "{.has = false}";
    plain = plain_initializer(mock, before, type, value, standing);
    if (!type->optional)
        return plain;
    return strchr(plain, '\n') == NULL ? arena_format(mock->arena, "{.has = true, .value = %s}", plain)
                                       : in_braces(mock, arena_format(mock->arena, ".has = true,\n%s",
                                                                      member_line(mock, "value", plain)));
}

void mock_declare(struct mock *mock, struct text *out, const struct type *type, const char *name,
                  const struct json_value *value, enum standing standing)
{
    struct text before = {.arena = mock->arena};
    const char *const initializer = mock_initializer(mock, &before, type, value, standing);

    text_add(out, text_of(&before));
    text_format(out, "static const %s = %s;\n", c_member(mock->emitter, c_type(mock->emitter, type), name),
                initializer);
}
