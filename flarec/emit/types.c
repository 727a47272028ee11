/* types.c - what types and constants of the spec are in C. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/check.h"
#include "emit/emit.h"
#include "letters.h"

struct scalar {
    const char *word; /* in flarei_take_…, flarei_put_… */
    const char *stem; /* of its _opt and _array */
    const char *name; /* of the type */
};

static const struct scalar scalars[] = {
    [TYPE_BOOL] = {"bool", "flare_bool", "bool"},
    [TYPE_I8] = {"i8", "flare_i8", "int8_t"},
    [TYPE_I16] = {"i16", "flare_i16", "int16_t"},
    [TYPE_I32] = {"i32", "flare_i32", "int32_t"},
    [TYPE_I64] = {"i64", "flare_i64", "int64_t"},
    [TYPE_U8] = {"u8", "flare_u8", "uint8_t"},
    [TYPE_U16] = {"u16", "flare_u16", "uint16_t"},
    [TYPE_U32] = {"u32", "flare_u32", "uint32_t"},
    [TYPE_U64] = {"u64", "flare_u64", "uint64_t"},
    [TYPE_F32] = {"f32", "flare_f32", "float"},
    [TYPE_F64] = {"f64", "flare_f64", "double"},
    [TYPE_STRING] = {"string", "flare_str", "flare_str"},
    [TYPE_BYTES] = {"bytes", "flare_str", "flare_str"},
    [TYPE_UUID] = {"uuid", "flare_uuid", "flare_uuid"},
    [TYPE_DATE] = {"date", "flare_date", "flare_date"},
    [TYPE_DATETIME] = {"datetime", "flare_time", "flare_time"},
    [TYPE_EMAIL] = {"email", "flare_str", "flare_str"},
    [TYPE_URL] = {"url", "flare_str", "flare_str"},
    [TYPE_IPV4] = {"ipv4", "flare_ipv4", "flare_ipv4"},
    [TYPE_IPV6] = {"ipv6", "flare_ipv6", "flare_ipv6"},
    [TYPE_RAW_JSON] = {"raw", "flare_str", "flare_str"},
    [TYPE_FILE] = {"file", "flare_file", "flare_file"},
    [TYPE_BEARER] = {"bearer", "flare_str", "flare_str"},
    [TYPE_ETAG] = {"etag", "flare_str", "flare_str"},
    [TYPE_BASIC] = {"basic", "flare_basic", "flare_basic"},
};

const char *scalar_word(enum type_kind kind)
{
    return scalars[kind].word;
}

/* The prefix of the file that the type is written in. */
static const char *prefix_of(const struct emitter *emitter, const struct type *type)
{
    const struct model *const model = emitter->model;

    for (size_t i = 0; i < model->libraries_count; i++) {
        if (type->place.source == model->libraries[i]->source)
            return model->libraries[i]->c_name;
    }
    return model->c_name;
}

/* What its _opt, _array, … are called after. */
static const char *stem(struct emitter *emitter, const struct type *type)
{
    if (type->declaration != NULL)
        return type->declaration->c_name;
    if (type->kind == TYPE_ARRAY || type->kind == TYPE_MAP)
        return c_type_plain(emitter, type);
    return scalars[type->kind].stem;
}

/* The runtime has what is made of plain scalars, and a library what is made of its types; what goes deeper is
 * of the file that writes it. */
static const char *owned(struct emitter *emitter, const struct type *type, const char *name)
{
    const char *const prefix = prefix_of(emitter, type);
    const size_t length = strlen(prefix);

    if (strncmp(name, "flare_", 6) == 0)
        return arena_format(emitter->arena, "%s_%s", prefix, name + 6);
    if (strncmp(name, prefix, length) == 0 && name[length] == '_')
        return name;
    return arena_format(emitter->arena, "%s_%s", prefix, name);
}

const char *c_type_plain(struct emitter *emitter, const struct type *type)
{
    if (type->declaration != NULL)
        return type->declaration->c_name;
    if (type->kind == TYPE_STRUCT)
        return arena_format(emitter->arena, "struct %s *", type->struct_tag);
    if (type->kind == TYPE_ARRAY || type->kind == TYPE_MAP) {
        const struct type *const element = type->element;
        const char *name = stem(emitter, element);

        if (element->kind == TYPE_ARRAY || element->kind == TYPE_MAP)
            name = owned(emitter, type, name);
        return arena_format(emitter->arena, "%s_%s", name, type->kind == TYPE_ARRAY ? "array" : "map");
    }
    return scalars[type->kind].name;
}

/* With a suffix behind it, such as _opt. */
static const char *derived(struct emitter *emitter, const struct type *type, const char *suffix, bool ready)
{
    const bool container = type->kind == TYPE_ARRAY || type->kind == TYPE_MAP;
    const struct type *const inner = container ? type->element : type;
    const char *name = stem(emitter, type);

    /* Of a library's type only what its own header declares: that is ready for all services. */
    if (!ready && inner->declaration != NULL && inner->declaration->library != NULL)
        name = owned(emitter, type, name);
    return arena_format(emitter->arena, "%s_%s", name, suffix);
}

const char *c_type(struct emitter *emitter, const struct type *type)
{
    if (!type->optional || type->kind == TYPE_STRUCT)
        return c_type_plain(emitter, type);
    return derived(emitter, type, "opt", true);
}

const char *c_patch(struct emitter *emitter, const struct type *type)
{
    return derived(emitter, type, "patch", false);
}

const char *c_property(struct emitter *emitter, const struct declaration *declaration,
                       const struct property *property)
{
    struct type type = *property->type;

    if (property->by_pointer)
        return arena_format(emitter->arena, "const %s *", c_type_plain(emitter, &type));
    if (!declaration->patch)
        return c_type(emitter, &type);
    if (type.optional)
        return c_patch(emitter, &type);
    type.optional = true;
    return c_type(emitter, &type);
}

const char *c_member(struct emitter *emitter, const char *type, const char *name)
{
    const size_t length = strlen(type);

    return arena_format(emitter->arena, "%s%s%s", type, length > 0 && type[length - 1] == '*' ? "" : " ",
                        name);
}

const char *tag_name(struct emitter *emitter, const struct declaration *declaration,
                     const struct property *arm)
{
    char *const name = arena_format(emitter->arena, "%s_%s", declaration->c_name, arm->c_name);

    for (char *c = name; *c != '\0'; c++)
        *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 32) : *c;
    return name;
}

/* ---- constants --------------------------------------------------------------------------------- */

static unsigned digits(const char **at, unsigned count)
{
    unsigned value = 0;

    while (count-- > 0 && **at >= '0' && **at <= '9')
        value = value * 10 + (unsigned)(*(*at)++ - '0');
    return value;
}

static const char *c_bytes(struct emitter *emitter, const unsigned char *bytes, size_t count)
{
    struct text text = {.arena = emitter->arena};

    for (size_t i = 0; i < count; i++)
        text_format(&text, "%s%u", i == 0 ? "" : ", ", bytes[i]);
    return text_of(&text);
}

static const char *c_uuid(struct emitter *emitter, const char *at)
{
    unsigned char bytes[16] = {0};
    size_t count = 0;

    for (; *at != '\0' && count < 32; at++) {
        if (*at == '-')
            continue;
        bytes[count / 2] = (unsigned char)(bytes[count / 2] << 4 | hex_value(*at));
        count++;
    }
    return c_bytes(emitter, bytes, 16);
}

/* Four numbers with dots. */
static const char *read_ipv4(const char *at, unsigned char bytes[4])
{
    for (size_t i = 0; i < 4; i++) {
        bytes[i] = (unsigned char)digits(&at, 3);
        at += i < 3 && *at == '.';
    }
    return at;
}

static const char *c_ipv6(struct emitter *emitter, const char *at)
{
    unsigned char bytes[16] = {0}, tail[16] = {0};
    size_t count = 0, tail_count = 0;
    bool gap = false;

    while (*at != '\0') {
        unsigned char *const to = gap ? tail + tail_count : bytes + count;
        unsigned value = 0;

        if (*at == ':') {
            gap = gap || at[1] == ':';
            at += at[1] == ':' ? 2 : 1;
            continue;
        }
        if (strcspn(at, ".") < strcspn(at, ":")) {
            at = read_ipv4(at, to);
            *(gap ? &tail_count : &count) += 4;
            continue;
        }
        for (; *at != '\0' && *at != ':'; at++)
            value = value << 4 | (unsigned)hex_value(*at);
        to[0] = (unsigned char)(value >> 8 & 255);
        to[1] = (unsigned char)(value & 255);
        *(gap ? &tail_count : &count) += 2;
    }
    memcpy(bytes + 16 - tail_count, tail, tail_count);
    return c_bytes(emitter, bytes, 16);
}

static const char *c_date(struct emitter *emitter, const char *at)
{
    const unsigned year = digits(&at, 4), month = (at++, digits(&at, 2)), day = (at++, digits(&at, 2));

    return arena_format(emitter->arena, "%u, %u, %u", year, month, day);
}

static const char *c_array(struct emitter *emitter, struct text *before, const struct type *type,
                           const struct constant *constant)
{
    struct text items = {.arena = emitter->arena};
    const char *const element = c_type(emitter, type->element);
    const char *name;

    if (constant->items_count == 0)
        return arena_format(emitter->arena, "(%s){NULL, 0}", c_type_plain(emitter, type));
    name = arena_format(emitter->arena, "items_%u", ++emitter->texts_count);
    for (size_t i = 0; i < constant->items_count; i++) {
        const char *item = c_constant(emitter, before, type->element, &constant->items[i]);
        const size_t cast = item[0] == '(' ? strcspn(item, ")") + 1 : 0;

        /* In an initialiser a string or struct stands without its type. */
        if (strncmp(item, "FLARE_STR(", 10) == 0)
            item = arena_format(emitter->arena, "FLARE_STR_INIT(%s", item + 10);
        text_format(&items, "%s,\n", item + cast);
    }
    FILL(before, "route/constant_array", {"type", element}, {"name", name}, {"items", text_of(&items)});
    return arena_format(emitter->arena, "(%s){%s, %zu}", c_type_plain(emitter, type), name,
                        constant->items_count);
}

const char *c_constant(struct emitter *emitter, struct text *before, const struct type *type,
                       const struct constant *constant)
{
    struct arena *const arena = emitter->arena;
    const char *const name = c_type_plain(emitter, type);
    int64_t nanoseconds = 0;
    unsigned char address[4];

    switch (type->kind) {
    case TYPE_BOOL:
        return constant->boolean ? "true" : "false";
    case TYPE_I8:
    case TYPE_I16:
    case TYPE_I32:
    case TYPE_I64:
    case TYPE_U8:
    case TYPE_U16:
    case TYPE_U32:
    case TYPE_U64:
    case TYPE_F32:
    case TYPE_F64:
        return c_number(arena, type->kind, constant->number);
    case TYPE_STRING:
    case TYPE_BYTES:
    case TYPE_EMAIL:
    case TYPE_URL:
        return str_expression(emitter, before, constant->text, constant->length);
    case TYPE_UUID:
        return arena_format(arena, "(%s){{%s}}", name, c_uuid(emitter, constant->text));
    case TYPE_DATE:
        return arena_format(arena, "(%s){%s}", name, c_date(emitter, constant->text));
    case TYPE_DATETIME:
        datetime_read(constant->text, &nanoseconds);
        return c_number(arena, TYPE_I64,
                        (struct number){.negative = nanoseconds < 0,
                                        .magnitude = nanoseconds < 0 ? 0 - (uint64_t)nanoseconds
                                                                     : (uint64_t)nanoseconds});
    case TYPE_IPV4:
        read_ipv4(constant->text, address);
        return arena_format(arena, "(%s){{%s}}", name, c_bytes(emitter, address, 4));
    case TYPE_IPV6:
        return arena_format(arena, "(%s){{%s}}", name, c_ipv6(emitter, constant->text));
    case TYPE_ENUM:
        return constant->member->c_name;
    case TYPE_ARRAY:
        return c_array(emitter, before, type, constant);
    case TYPE_OBJECT:
    case TYPE_UNION:
    case TYPE_MAP:
    case TYPE_RAW_JSON:
    case TYPE_STRUCT:
    case TYPE_FILE:
    case TYPE_BEARER:
    case TYPE_ETAG:
    case TYPE_BASIC:
        break;
    }
    return "0";
}

const char *type_words_of(struct emitter *emitter, const struct type *type, const struct constant *fallback)
{
    const char *written = type->written;

    if (fallback != NULL && strlen(fallback->written) <= 40)
        written = arena_format(emitter->arena, "%s = %s", written, fallback->written);
    return c_comment(emitter->arena, written);
}
