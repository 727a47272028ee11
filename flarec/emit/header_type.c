/* header_type.c - the types of X.flare.h, each declared before what needs it. */
#include <string.h>

#include "emit/header.h"

struct noted {
    struct noted *next;
    const char *name;
};

/* FLARE_MAP_ENTRY(map, type) */
struct entry {
    struct entry *next;
    const char *map;
    const char *type;
};

/* ---- declarations when they are first needed ---------------------------------------------------- */

bool header_note(struct header *header, const char *name)
{
    struct noted **end, *noted;
    uint32_t hash = 2166136261u;

    for (const char *c = name; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    for (end = &header->noted[hash % 1024]; *end != NULL; end = &(*end)->next) {
        if (strcmp((*end)->name, name) == 0)
            return false;
    }
    noted = ARENA_NEW(header->emitter->arena, struct noted);
    noted->name = name;
    *end = noted;
    return true;
}

/* The runtime's own: _opt, _array and _array_opt of scalars. */
static bool is_ready(const char *name)
{
    return strncmp(name, "flare_", 6) == 0;
}

static bool is_noted(const struct header *header, const char *name)
{
    uint32_t hash = 2166136261u;

    for (const char *c = name; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    for (const struct noted *noted = header->noted[hash % 1024]; noted != NULL; noted = noted->next) {
        if (strcmp(noted->name, name) == 0)
            return true;
    }
    return false;
}

static bool is_aggregate(const struct type *type)
{
    return type->kind == TYPE_OBJECT || type->kind == TYPE_UNION;
}

/* A struct that is only pointed at so far. */
static void need_forward(struct header *header, const char *name)
{
    if (header_note(header, arena_format(header->emitter->arena, "struct %s", name)))
        text_format(header->out, "typedef struct %s %s;\n", name, name);
}

static void need_map(struct header *header, const char *name, const struct type *element)
{
    const char *const item = c_type_plain(header->emitter, element);
    struct entry *entry;

    if (!is_aggregate(element) || is_noted(header, item)) {
        text_format(header->out, "FLARE_MAP(%s, %s);\n", name, item);
        return;
    }
    text_format(header->out, "FLARE_MAP_OF(%s);\n", name);
    entry = ARENA_NEW(header->emitter->arena, struct entry);
    *entry = (struct entry){header->entries, name, item};
    header->entries = entry;
}

/* The type is complete: what waits for it. */
static void settle(struct header *header, const char *name)
{
    for (struct entry **at = &header->entries; *at != NULL;) {
        if (strcmp((*at)->type, name) == 0) {
            text_format(header->out, "FLARE_MAP_ENTRY(%s, %s);\n", (*at)->map, name);
            *at = (*at)->next;
        } else {
            at = &(*at)->next;
        }
    }
}

/* Declares what a use of the type without its `?` needs: forward for structs that it only points at. */
static void need_plain(struct header *header, const struct type *type)
{
    struct emitter *const emitter = header->emitter;
    const char *const plain = c_type_plain(emitter, type);

    if (type->kind != TYPE_ARRAY && type->kind != TYPE_MAP)
        return;
    if (!is_aggregate(type->element))
        header_need_type(header, type->element);
    else if (type->kind == TYPE_ARRAY && !is_noted(header, c_type_plain(emitter, type->element)))
        need_forward(header, c_type_plain(emitter, type->element));
    if (is_ready(plain) || !header_note(header, plain))
        return;
    if (type->kind == TYPE_MAP)
        need_map(header, plain, type->element);
    else
        text_format(header->out, "FLARE_ARRAY(%s, %s);\n", plain, c_type_plain(emitter, type->element));
}

void header_need_type(struct header *header, const struct type *type)
{
    const char *const name = c_type(header->emitter, type);

    need_plain(header, type);
    if (type->optional && type->kind != TYPE_STRUCT && !is_ready(name) && header_note(header, name))
        text_format(header->out, "FLARE_OPTIONAL(%s, %s);\n", name, c_type_plain(header->emitter, type));
}

static void need_property(struct header *header, const struct declaration *declaration,
                          const struct property *property)
{
    struct type type = *property->type;

    if (property->by_pointer) {
        if (!is_noted(header, type.declaration->c_name))
            need_forward(header, type.declaration->c_name);
        return;
    }
    if (!declaration->patch) {
        header_need_type(header, &type);
    } else if (type.optional) {
        const char *const name = c_patch(header->emitter, &type);
        need_plain(header, &type);
        if (!is_ready(name) && header_note(header, name))
            text_format(header->out, "FLARE_PATCHED(%s, %s);\n", name, c_type_plain(header->emitter, &type));
    } else {
        type.optional = true;
        header_need_type(header, &type);
    }
}

/* ---- enums and types -------------------------------------------------------------------------------- */

static void emit_enum(struct header *header, const struct declaration *declaration)
{
    struct emitter *const emitter = header->emitter;
    struct text members = {.arena = emitter->arena};

    for (size_t i = 0; i < declaration->members_count; i++) {
        const struct member *const member = &declaration->members[i];
        const char *const plain = c_identifier(emitter->arena, member->name);
        const char *const wire =
            strcmp(plain, member->name) == 0
                ? ""
                : arena_format(emitter->arena, " /* %s */",
                               c_string(emitter->arena, member->name, strlen(member->name)));

        text_format(&members, "%s%s%s,%s\n", doc_comment(emitter, member->doc), member->c_name,
                    i == 0 ? " = 1" : "", wire);
    }
    if (declaration->open)
        text_format(&members, "%s, /* any other; read only */\n", declaration->c_unknown);
    FILL(header->out, "header/enum", {"doc", doc_comment(emitter, declaration->doc)},
         {"name", c_comment(emitter->arena, declaration->name)},
         {"place", place_of(emitter, declaration->place)}, {"type", declaration->c_name},
         {"members", text_of(&members)});
}

static void emit_object(struct header *header, const struct declaration *declaration)
{
    struct emitter *const emitter = header->emitter;
    struct text members = {.arena = emitter->arena};

    for (size_t i = 0; i < declaration->properties_count; i++)
        need_property(header, declaration, &declaration->properties[i]);
    for (size_t i = 0; i < declaration->properties_count; i++) {
        const struct property *const property = &declaration->properties[i];
        const char *wire = "";

        if (strcmp(property->name, property->c_name) != 0)
            wire = arena_format(emitter->arena, "\"%s\" ", c_comment(emitter->arena, property->name));
        text_format(&members, "%s%s; /* %s%s%s */\n", doc_comment(emitter, property->doc),
                    c_member(emitter, c_property(emitter, declaration, property), property->c_name), wire,
                    type_words_of(emitter, property->type, property->fallback),
                    property->by_pointer ? "; NULL: absent" : "");
    }
    header_note(header, declaration->c_name);
    FILL(header->out, declaration->patch ? "header/patch" : "header/object",
         {"doc", doc_comment(emitter, declaration->doc)},
         {"name", c_comment(emitter->arena, declaration->name)},
         {"place", place_of(emitter, declaration->place)}, {"type", declaration->c_name},
         {"members", text_of(&members)});
}

static void emit_union(struct header *header, const struct declaration *declaration)
{
    struct emitter *const emitter = header->emitter;
    struct text tags = {.arena = emitter->arena}, arms = {.arena = emitter->arena};

    for (size_t i = 0; i < declaration->properties_count; i++) {
        const struct property *const arm = &declaration->properties[i];
        const char *wire = "";

        if (strcmp(arm->name, arm->c_name) != 0)
            wire = arena_format(emitter->arena, " /* %s */",
                                c_string(emitter->arena, arm->name, strlen(arm->name)));
        text_format(&tags, "%s%s,%s\n", tag_name(emitter, declaration, arm), i == 0 ? " = 1" : "", wire);
        text_format(&arms, "%s%s %s;\n", doc_comment(emitter, arm->doc), arm->type->declaration->c_name,
                    arm->c_name);
    }
    header_note(header, declaration->c_name);
    FILL(header->out, "header/union", {"doc", doc_comment(emitter, declaration->doc)},
         {"name", c_comment(emitter->arena, declaration->name)},
         {"place", place_of(emitter, declaration->place)}, {"type", declaration->c_name},
         {"tags", text_of(&tags)}, {"arms", text_of(&arms)});
    for (size_t i = 0; i < declaration->properties_count; i++) {
        const struct property *const arm = &declaration->properties[i];

        FILL(header->out, "header/maker", {"type", declaration->c_name}, {"arm", arm->c_name},
             {"of", arm->type->declaration->c_name}, {"tag", tag_name(emitter, declaration, arm)});
    }
    text_add(header->out, "\n");
}

void header_emit_calls(struct header *header, const struct library *library)
{
    const struct model *const model = header->emitter->model;
    bool any = false;

    for (size_t i = 0; i < model->calls_count; i++) {
        const struct call *const call = model->calls[i];

        if (call->library != library)
            continue;
        if (!any)
            FILL_PLAIN(header->out, "header/checks");
        any = true;
        text_format(header->out, "bool %s(%s value); /* yours */\n", call->name,
                    c_type_plain(header->emitter, call->type));
    }
}

/* What is made of a library's type is one type for all that import it: noted where another header has it. */
static void emit_made_of(struct header *header, const struct declaration *declaration, bool declared)
{
    static const char *const suffixes[] = {"_opt", "_array", "_map", "_array_opt", "_map_opt"};
    struct arena *const arena = header->emitter->arena;
    const char *const type = declaration->c_name;

    if (declaration->kind == DECLARATION_ALIAS)
        return;
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        const char *const name = arena_format(arena, "%s%s", type, suffixes[i]);

        if (!header_note(header, name) || declared)
            continue;
        if (i == 1)
            text_format(header->out, "FLARE_ARRAY(%s, %s);\n", name, type);
        else if (i == 2)
            text_format(header->out, "FLARE_MAP(%s, %s);\n", name, type);
        else
            text_format(header->out, "FLARE_OPTIONAL(%s, %.*s);\n", name, (int)strlen(name) - 4, name);
    }
    if (declared)
        header_note(header, type);
}

void header_emit_types(struct header *header)
{
    const struct model *const model = header->emitter->model;
    bool any = false;

    for (size_t i = 0; i < model->declarations_count; i++) {
        const struct declaration *const declaration = model->declarations[i];

        if (declaration->library != header->library)
            emit_made_of(header, declaration, true);
        else
            any = any || declaration->kind != DECLARATION_ALIAS;
    }
    if (!any)
        return;
    section(header->emitter, header->out,
            "Types. Enumerators start at 1: 0 is \"not set\", and no constructor writes it");
    for (size_t i = 0; i < model->declarations_count; i++) {
        const struct declaration *const declaration = model->declarations[i];

        if (declaration->library != header->library)
            continue;
        if (declaration->kind == DECLARATION_ENUM)
            emit_enum(header, declaration);
        else if (declaration->kind == DECLARATION_OBJECT)
            emit_object(header, declaration);
        else if (declaration->kind == DECLARATION_UNION)
            emit_union(header, declaration);
        settle(header, declaration->c_name);
        if (header->shared)
            emit_made_of(header, declaration, false);
    }
}
