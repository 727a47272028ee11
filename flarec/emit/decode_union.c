/* decode_union.c - readers of unions: the tag is found first, wherever it stands; then its arm is read as the
 * object that it is, which knows the tag for a member that it passes over. */
#include "emit/decode.h"

#include <string.h>

/* The reader of one arm: its type's, but for the tag. */
static const char *arm_reader(struct emitter *emitter, const struct declaration *declaration,
                              const struct property *arm)
{
    const char *const key =
        arena_format(emitter->arena, "arm %s %s", declaration->tag, arm->type->declaration->c_name);
    struct symbol *symbol = symbol_find(emitter, key);

    if (symbol != NULL) {
        if (!symbol->complete && emitter->parts == 1 && !symbol->declared) {
            text_format(body(emitter), "\nstatic %s;\n", symbol->prototype);
            symbol->declared = true;
        }
        return symbol_use(emitter, symbol);
    }
    symbol = symbol_make(emitter, key,
                         arena_format(emitter->arena, "read_%s_by_%s",
                                      bare_name(emitter, arm->type->declaration->c_name),
                                      c_identifier(emitter->arena, declaration->tag)),
                         decode_prototype(emitter, arm->type));
    decode_object(emitter, symbol, arm->type->declaration, declaration->tag);
    symbol->complete = true;
    return symbol_use(emitter, symbol);
}

static const char *upper(struct emitter *emitter, const char *name)
{
    char *const text = arena_copy(emitter->arena, name, strlen(name));

    for (char *at = text; *at != '\0'; at++)
        *at = *at >= 'a' && *at <= 'z' ? (char)(*at - 32) : *at;
    return text;
}

void decode_union(struct emitter *emitter, struct symbol *symbol, const struct declaration *declaration)
{
    struct arena *const arena = emitter->arena;
    struct text arms = {.arena = arena};

    for (size_t i = 0; i < declaration->properties_count; i++) {
        const struct property *const arm = &declaration->properties[i];

        FILL(&arms, "decode/arm", {"name", c_string(arena, arm->name, strlen(arm->name))},
             {"tag", upper(emitter, arena_format(arena, "%s_%s", declaration->c_name, arm->c_name))},
             {"reader", arm_reader(emitter, declaration, arm)}, {"arm", arm->c_name});
    }
    FILL(body(emitter), "decode/union", {"name", c_comment(arena, declaration->name)},
         {"place", place_of(emitter, declaration->place)}, {"linkage", linkage(emitter, symbol)},
         {"prototype", symbol->prototype}, {"type", declaration->c_name},
         {"tag", c_string(arena, declaration->tag, strlen(declaration->tag))},
         {"key", decode_key(emitter, declaration->tag)}, {"arms", text_of(&arms)});
}
