/* decode_object.c - readers of objects. Members are tried in the order they are declared in, each guess one
 * compare of constants; any other order goes through the names' hash, and the guessing goes on from there. */
#include "emit/decode.h"

#include <string.h>

/* Members whose presence one word keeps. */
#define WORD_BITS 64

/* What may stand in the object: a field, or the tag of the union around it (property is NULL). */
struct slot {
    const char *name;
    const struct property *property;
};

struct object {
    struct emitter *emitter;
    const struct declaration *declaration;
    struct slot *slots;
    size_t count;
    struct text members, guesses, cases;
};

/* ---- presence ---------------------------------------------------------------------------------------- */

static const char *seen_word(const struct object *object, size_t member)
{
    return object->count <= WORD_BITS ? "seen"
                                      : arena_format(object->emitter->arena, "seen[%zu]", member / WORD_BITS);
}

static const char *mask(const struct object *object, uint64_t bits)
{
    return arena_format(object->emitter->arena, object->count <= 32 ? "0x%llxu" : "UINT64_C(0x%llx)",
                        (unsigned long long)bits);
}

static const char *seen_declaration(const struct object *object)
{
    if (object->count <= WORD_BITS)
        return object->count <= 32 ? "unsigned seen = 0;\n" : "uint64_t seen = 0;\n";
    return arena_format(object->emitter->arena, "uint64_t seen[%zu] = {0};\n",
                        (object->count + WORD_BITS - 1) / WORD_BITS);
}

static bool is_required(const struct object *object, const struct property *property)
{
    return property != NULL && !object->declaration->patch && !property->type->optional &&
           property->fallback == NULL;
}

/* What says which members that must be there are not. */
static const char *required_checks(const struct object *object, const char *keys)
{
    struct emitter *const emitter = object->emitter;
    struct text out = {.arena = emitter->arena};

    for (size_t start = 0; start < object->count; start += WORD_BITS) {
        uint64_t bits = 0;

        for (size_t i = start; i < object->count && i < start + WORD_BITS; i++) {
            if (is_required(object, object->slots[i].property))
                bits |= UINT64_C(1) << (i - start);
        }
        if (bits != 0)
            FILL(&out, "decode/required", {"seen", seen_word(object, start)}, {"mask", mask(object, bits)},
                 {"keys", start == 0 ? keys : arena_format(emitter->arena, "%s + %zu", keys, start)});
    }
    return text_of(&out);
}

/* ---- members ----------------------------------------------------------------------------------------- */

/* The statements that read a field. */
static void read_property(const struct object *object, struct text *out, const struct property *property,
                          const char *key)
{
    struct emitter *const emitter = object->emitter;
    const bool patch = object->declaration->patch;
    const char *const member = arena_format(emitter->arena, "out->%s", property->c_name);
    struct text read = {.arena = emitter->arena};
    struct type plain = *property->type;

    plain.optional = false;
    if (property->by_pointer) {
        decode_value(emitter, &read, &plain, "path", key, "(*held)");
        FILL(out, "decode/held", {"type", c_type(emitter, &plain)}, {"read", text_of(&read)},
             {"member", member});
        return;
    }
    if (!patch) {
        decode_value(emitter, out, property->type, "path", key, member);
        return;
    }
    decode_value(emitter, &read, &plain, "path", key, arena_format(emitter->arena, "%s.value", member));
    FILL(out, property->type->optional ? "decode/patch_or_null" : "decode/patch", {"read", text_of(&read)},
         {"member", member});
}

static void add_member(struct object *object, size_t index)
{
    struct emitter *const emitter = object->emitter;
    struct arena *const arena = emitter->arena;
    const struct slot *const slot = &object->slots[index];
    const char *const key = decode_key(emitter, slot->name);
    const char *const number = arena_format(arena, "%zu", index + 1);
    const struct hole label = {
        "label", slot->property != NULL ? arena_format(arena, "at_%s", slot->property->c_name) : "tag"};
    struct text literal = {.arena = arena}, read = {.arena = arena};
    const char *text;

    json_string(&literal, slot->name);
    text_add(&literal, ":");
    text = c_string(arena, text_of(&literal), literal.length);
    if (slot->property != NULL)
        read_property(object, &read, slot->property, key);
    else
        text_add(&read, "at = flarei_json_unknown(json, at, path);\n");
    FILL(&object->members, "decode/member", label, {"literal", text}, {"key", key},
         {"seen", seen_word(object, index)}, {"bit", mask(object, UINT64_C(1) << index % WORD_BITS)},
         {"rule", slot->property != NULL ? "REPEATED" : "TAG"}, {"read", text_of(&read)});
    FILL(&object->guesses, "decode/guess", label, {"literal", text}, {"number", number});
    FILL(&object->cases, "decode/case", label, {"number", number});
}

/* What the value is before its members are read. */
static const char *begin_of(const struct object *object, struct text *before)
{
    struct emitter *const emitter = object->emitter;
    struct text rows = {.arena = emitter->arena}, out = {.arena = emitter->arena};

    for (size_t i = 0; i < object->declaration->properties_count; i++) {
        const struct property *const property = &object->declaration->properties[i];

        if (property->fallback != NULL)
            text_format(&rows, ".%s = %s,\n", property->c_name,
                        c_constant(emitter, before, property->type, property->fallback));
    }
    if (rows.length == 0)
        text_format(&out, "*out = (%s){0};\n", object->declaration->c_name);
    else
        FILL(&out, "decode/defaults", {"type", object->declaration->c_name}, {"rows", text_of(&rows)});
    return text_of(&out);
}

const char *decode_limit(struct emitter *emitter, const struct route *route, unsigned around)
{
    const struct limit *const depth = &route->limits[LIMIT_DEPTH];

    return depth->set
               ? arena_format(emitter->arena, "state.depth_max = %u;\n", (unsigned)depth->value + around)
               : "";
}

/* Of a type that holds itself the levels between its turns count too, where a limit is to be met exactly. */
static bool is_looked_at(struct emitter *emitter, const struct type *type)
{
    bool limited = false;

    if (holds_itself(emitter, type))
        return true;
    for (size_t i = 0; i < emitter->model->routes_count && !limited; i++)
        limited = emitter->model->routes[i].limits[LIMIT_DEPTH].set;
    for (size_t i = 0; i < emitter->model->declarations_count && limited; i++) {
        const struct declaration *const declaration = emitter->model->declarations[i];
        const struct type own = {.kind = TYPE_OBJECT, .declaration = declaration};

        if (declaration->kind == DECLARATION_OBJECT && holds_itself(emitter, &own))
            return true;
    }
    return false;
}

const char *decode_depth(struct emitter *emitter, const struct type *type)
{
    struct text out = {.arena = emitter->arena};

    if (is_looked_at(emitter, type))
        FILL_PLAIN(&out, "decode/depth");
    return text_of(&out);
}

static void fill_slots(struct object *object, const char *tag)
{
    const struct declaration *const declaration = object->declaration;

    object->slots = ARENA_ARRAY(object->emitter->arena, declaration->properties_count + 1, struct slot);
    if (tag != NULL)
        object->slots[object->count++].name = tag;
    for (size_t i = 0; i < declaration->properties_count; i++)
        object->slots[object->count++] =
            (struct slot){declaration->properties[i].name, &declaration->properties[i]};
}

void decode_object(struct emitter *emitter, struct symbol *symbol, const struct declaration *declaration,
                   const char *tag)
{
    struct arena *const arena = emitter->arena;
    struct object object = {emitter,          declaration,     NULL, 0, {.arena = arena},
                            {.arena = arena}, {.arena = arena}};
    const char *const bare = bare_name(emitter, declaration->c_name);
    const struct type own = {.kind = TYPE_OBJECT, .declaration = declaration};
    const char **names;
    struct text before = {.arena = arena}, keys = {.arena = arena};
    const char *begin, *keys_name, *names_name;

    fill_slots(&object, tag);
    names = ARENA_ARRAY(arena, object.count, const char *);
    for (size_t i = 0; i < object.count; i++) {
        names[i] = object.slots[i].name;
        text_format(&keys, "%s,\n", decode_key(emitter, names[i]));
        add_member(&object, i);
    }
    begin = begin_of(&object, &before);
    keys_name = own_static(emitter, arena_format(arena, "keys_of_%s", bare));
    FILL(body(emitter), "decode/keys", {"name", c_comment(arena, declaration->name)},
         {"place", place_of(emitter, declaration->place)}, {"keys", keys_name}, {"rows", text_of(&keys)});
    names_name = own_static(emitter, arena_format(arena, "member_of_%s", bare));
    decode_names(emitter, names_name, names, object.count);
    FILL(body(emitter), "decode/object", {"linkage", linkage(emitter, symbol)},
         {"prototype", symbol->prototype}, {"before", text_of(&before)}, {"seen", seen_declaration(&object)},
         {"begin", begin}, {"depth", decode_depth(emitter, &own)}, {"members", text_of(&object.members)},
         {"member_of", names_name}, {"keys", keys_name}, {"guesses", text_of(&object.guesses)},
         {"cases", text_of(&object.cases)},
         {"unknown", declaration->strict ? "flarei_json_fail(json, path, NULL, FLAREI_RULE_UNKNOWN);\n" : ""},
         {"required", required_checks(&object, keys_name)});
}
