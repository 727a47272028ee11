/* docs.c - what docs() serves: the OpenAPI document and the plain page, as constants. */
#include <stdlib.h>

#include "emit/emit.h"
#include "publish/publish.h"

/* FNV-1a: tells one text from another, which is all that an entity tag is for. */
static const char *tag_of(struct emitter *emitter, const struct output *text)
{
    uint64_t value = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < text->length; i++)
        value = (value ^ (unsigned char)text->text[i]) * UINT64_C(1099511628211);
    return arena_format(emitter->arena, "\\\"%016llx\\\"", (unsigned long long)value);
}

void emit_docs(struct emitter *emitter, const struct route *route, struct symbol *symbol, const char *uses)
{
    struct text long_texts = {.arena = emitter->arena};
    struct output openapi = {0}, page = {0};

    openapi_write(emitter->model, &openapi);
    page_write(emitter->model, &page);
    const char *const openapi_text = str_initializer(emitter, &long_texts, openapi.text, openapi.length);
    const char *const page_text = str_initializer(emitter, &long_texts, page.text, page.length);
    FILL(body(emitter), "docs/function", {"title", route_title(emitter, route)},
         {"place", place_of(emitter, route->place)}, {"signature", symbol->prototype},
         {"openapi", openapi_text}, {"page", page_text}, {"long_texts", text_of(&long_texts)},
         {"openapi_tag", tag_of(emitter, &openapi)}, {"page_tag", tag_of(emitter, &page)},
         {"routes", symbol_use(emitter, emitter->table)},
         {"index", arena_format(emitter->arena, "%u", route->index)}, {"uses", uses});
    free(openapi.text);
    free(page.text);
}
