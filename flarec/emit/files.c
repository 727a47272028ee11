/* files.c - files(): a folder that is found at run time, or its files as constants. */
#include <string.h>

#include "emit/emit.h"

bool has_files(const struct model *model)
{
    for (size_t i = 0; i < model->routes_count; i++) {
        if (model->routes[i].handler == HANDLER_FILES)
            return true;
    }
    return false;
}

/* FNV-1a: tells one content from another, which is all that an entity tag is for. */
static unsigned long long tag_of(const struct held_file *held)
{
    uint64_t value = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < held->length; i++)
        value = (value ^ (unsigned char)held->bytes[i]) * UINT64_C(1099511628211);
    return (unsigned long long)value;
}

static void add_members(struct emitter *emitter, const struct files *files, struct text *members)
{
    text_format(members, ".folder = %s,\n", c_string(emitter->arena, files->folder, strlen(files->folder)));
    member_text(members, "index", files->index);
    member_text(members, "cache", files->cache);
    member_true(members, "listing", files->listing);
    member_true(members, "hidden", files->hidden);
    member_true(members, "precompressed", files->precompressed);
    member_true(members, "embed", files->embed);
    if (files->embed)
        text_format(members, ".held = held,\n.held_count = %zu,\n", files->held_count);
}

/* What is to be found, as it stands in a path. */
static const char *rest_of(struct emitter *emitter, const struct files *files)
{
    struct text text = {.arena = emitter->arena};

    if (files->only == NULL)
        return "raw_rest";
    for (const char *at = files->only; *at != '\0'; at++) {
        if (*at == '%')
            text_add(&text, "%25");
        else
            text_add_bytes(&text, at, 1);
    }
    return arena_format(emitter->arena, "FLARE_STR(%s)",
                        c_string(emitter->arena, text_of(&text), strlen(text_of(&text))));
}

void emit_files(struct emitter *emitter, const struct route *route, struct symbol *symbol)
{
    const struct files *const files = &route->files;
    struct uses_text uses = {{.arena = emitter->arena}, {.arena = emitter->arena}, {.arena = emitter->arena}};
    struct text members = {.arena = emitter->arena}, rows = {.arena = emitter->arena};
    struct text long_texts = {.arena = emitter->arena};

    emit_uses(emitter, route, &uses);
    add_members(emitter, files, &members);
    for (size_t i = 0; i < files->held_count; i++) {
        const struct held_file *const held = &files->held[i];

        text_format(&rows, "{FLARE_STR_INIT(%s), %s, FLARE_STR_INIT(\"\\\"%016llx\\\"\")},\n",
                    c_string(emitter->arena, held->name, strlen(held->name)),
                    str_initializer(emitter, &long_texts, held->bytes, held->length), tag_of(held));
    }
    FILL(body(emitter), files->embed ? "files/held" : "files/function",
         {"title", route_title(emitter, route)}, {"place", place_of(emitter, route->place)},
         {"signature", symbol->prototype}, {"rest", rest_of(emitter, files)},
         {"long_texts", text_of(&long_texts)}, {"rows", text_of(&rows)}, {"members", text_of(&members)},
         {"verdicts", text_of(&uses.declarations)}, {"routes", symbol_use(emitter, emitter->table)},
         {"index", arena_format(emitter->arena, "%u", route->index)}, {"uses", text_of(&uses.calls)});
}
