/* compile.c - walks a template's nodes with its layout and includes put in, as a page will be written, and
 * makes steps. */
#include "template/compile.h"

#include <string.h>

/* Nodes of a page: each include counts again. */
#define NODES_MAX 20000
/* Blocks of a template, and of its layouts. */
#define BLOCKS_MAX 100

struct diagnostic *compiler_report(struct compiler *compiler, enum code code, struct place place,
                                   const char *format, ...)
{
    const struct diagnostic *said = compiler->templates->diags->first;
    va_list arguments;
    char *message;

    compiler->failed = true;
    va_start(arguments, format);
    message = arena_vformat(compiler->templates->arena, format, arguments);
    va_end(arguments);
    for (; said != NULL; said = said->next) {
        if (said->place.source == place.source && said->place.start == place.start &&
            strcmp(said->message, message) == 0)
            return NULL;
    }
    return diag_report(compiler->templates->diags, code, place, "%s", message);
}

void compiler_help(struct diagnostic *diagnostic, const char *help)
{
    if (diagnostic != NULL && help != NULL)
        diag_help(diagnostic, "%s", help);
}

static struct piece *step_new(struct compiler *compiler, enum piece_kind kind, struct place place)
{
    struct piece *const step = ARENA_NEW(compiler->templates->arena, struct piece);

    step->kind = kind;
    step->place = place;
    *compiler->end = step;
    compiler->end = &step->next;
    return step;
}

static void walk(struct compiler *compiler, const struct node *node);

/* Into a list of its own. */
static void walk_into(struct compiler *compiler, const struct node *node, struct piece **first)
{
    struct piece **const end = compiler->end;

    compiler->end = first;
    walk(compiler, node);
    compiler->end = end;
}

/* ---- text and values --------------------------------------------------------------------------- */

static void text_step(struct compiler *compiler, const struct node *node)
{
    const char *const text = node->place.source->text + node->place.start;
    struct piece *const step = step_new(compiler, PIECE_TEXT, node->place);
    const char *help = NULL;
    const char *wrong;
    size_t at;

    step->text = text;
    step->length = node->place.length;
    if (compiler->html_lost)
        return;
    wrong = html_text(&compiler->html, text, node->place.length, &at, &help);
    if (wrong == NULL)
        return;
    compiler_help(compiler_report(compiler, CODE_TEMPLATE_HTML, place_part(node->place, at, 1), "%s", wrong),
                  help);
    compiler->html_lost = true;
}

/* Text of the template's own, escaped here and now. */
static void constant_step(struct compiler *compiler, const struct node *node, const char *text, size_t length)
{
    struct piece *const step = step_new(compiler, PIECE_TEXT, node->place);
    char *const escaped = ARENA_ARRAY(compiler->templates->arena, length * 6 + 1, char);

    for (size_t i = 0; i < length; i++) {
        const char *const as = text[i] == '<'    ? "&lt;"
                               : text[i] == '>'  ? "&gt;"
                               : text[i] == '&'  ? "&amp;"
                               : text[i] == '"'  ? "&quot;"
                               : text[i] == '\'' ? "&#39;"
                                                 : NULL;
        const size_t count = as != NULL ? strlen(as) : 1;
        memcpy(escaped + step->length, as != NULL ? as : text + i, count);
        step->length += count;
    }
    step->text = escaped;
}

static bool is_writable(enum type_kind kind)
{
    switch (kind) {
    case TYPE_BYTES:
    case TYPE_OBJECT:
    case TYPE_ARRAY:
    case TYPE_UNION:
    case TYPE_MAP:
    case TYPE_RAW_JSON:
    case TYPE_STRUCT:
    case TYPE_FILE:
    case TYPE_BEARER:
    case TYPE_ETAG:
    case TYPE_BASIC:
        return false;
    case TYPE_BOOL:
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
    case TYPE_STRING:
    case TYPE_UUID:
    case TYPE_DATE:
    case TYPE_DATETIME:
    case TYPE_EMAIL:
    case TYPE_URL:
    case TYPE_IPV4:
    case TYPE_IPV6:
    case TYPE_ENUM:
        break;
    }
    return true;
}

static bool raw_allowed(struct compiler *compiler, const struct node *node, const struct expression *value)
{
    if (value->type->kind != TYPE_STRING) {
        compiler_report(compiler, CODE_TEMPLATE_TYPE, node->term->place, "raw() takes a string, not %s",
                        value->type->written);
        return false;
    }
    if (compiler->html.state == HTML_TEXT || compiler->html_lost)
        return true;
    compiler_help(compiler_report(compiler, CODE_TEMPLATE_PLACE, node->term->place,
                                  "raw() stands between tags only, not %s", html_words(&compiler->html)),
                  "write the value without raw(): it is escaped as its place needs it");
    return false;
}

/* Can what follows not be understood without the value that was refused? */
static bool breaks_off(const struct html *html)
{
    return html->state != HTML_TEXT && html->state != HTML_RCDATA && html->state != HTML_RAW &&
           html->state != HTML_QUOTED && html->state != HTML_COMMENT && html->state != HTML_DECLARATION;
}

static void value_step(struct compiler *compiler, const struct node *node)
{
    const bool raw = node->term->kind == TERM_RAW;
    const struct expression *const value = expression_value(compiler, raw ? node->term->left : node->term);
    enum escape escape = ESCAPE_HTML;
    const char *help = NULL, *wrong = NULL;
    struct piece *step;

    if (value == NULL)
        return;
    if (!is_writable(value->type->kind)) {
        compiler_help(compiler_report(compiler, CODE_TEMPLATE_TYPE, node->term->place,
                                      "%s can't be written into a page", value->type->written),
                      value->type->kind == TYPE_OBJECT  ? "write one of its members"
                      : value->type->kind == TYPE_ARRAY ? "go through it: {% for item in … %}"
                                                        : NULL);
        return;
    }
    if (raw && !raw_allowed(compiler, node, value))
        return;
    if (!compiler->html_lost)
        wrong = html_value(&compiler->html, &escape, &help);
    if (wrong == NULL && value->kind == EXPRESSION_TEXT && escape != ESCAPE_HTML) {
        wrong = "constant text in a URL is no value";
        help = "write it without the braces";
    }
    if (wrong != NULL) {
        const bool url = compiler->html.state == HTML_QUOTED &&
                         (compiler->html.kind == ATTRIBUTE_URL || compiler->html.kind == ATTRIBUTE_RESOURCE);
        compiler_help(compiler_report(compiler, url ? CODE_TEMPLATE_URL : CODE_TEMPLATE_PLACE, node->place,
                                      "%s", wrong),
                      help);
        compiler->html_lost = breaks_off(&compiler->html);
        return;
    }
    if (value->kind == EXPRESSION_TEXT) {
        constant_step(compiler, node, value->text, value->length);
        return;
    }
    step = step_new(compiler, PIECE_VALUE, node->place);
    step->value = value;
    step->escape = raw ? ESCAPE_NONE : escape;
    /* Only text can have a scheme; a time's colons make none. */
    if (escape == ESCAPE_URL && value->type->kind != TYPE_STRING && value->type->kind != TYPE_URL)
        step->escape = ESCAPE_URL_PART;
}

/* ---- if and for -------------------------------------------------------------------------------- */

static void meet(struct compiler *compiler, const struct node *node, const struct html *other)
{
    const char *const here = html_words(&compiler->html), *const there = html_words(other);

    if (compiler->html_lost || html_meet(&compiler->html, other))
        return;
    compiler_help(compiler_report(compiler, CODE_TEMPLATE_HTML, node->place,
                                  strcmp(here, there) != 0
                                      ? "one way through this ends %s, another %s"
                                      : "the ways through this end %s, but not alike%.0s",
                                  here, there),
                  "write whole tags, or whole values of attributes, into each branch");
    compiler->html_lost = true;
}

static void if_step(struct compiler *compiler, const struct node *node)
{
    const struct known *const known = compiler->known;
    const struct expression *const condition = expression_condition(compiler, node->term);
    struct piece *const step = step_new(compiler, PIECE_IF, node->place);
    const struct html before = compiler->html;
    struct html first;

    step->value = condition;
    if (condition != NULL)
        compiler->known = expression_known(compiler, condition, true);
    walk_into(compiler, node->first, &step->first);
    first = compiler->html;
    compiler->html = before;
    compiler->known = known;
    if (condition != NULL)
        compiler->known = expression_known(compiler, condition, false);
    walk_into(compiler, node->otherwise, &step->otherwise);
    compiler->known = known;
    meet(compiler, node, &first);
}

static bool is_loopable(struct compiler *compiler, const struct node *node, const struct expression *of)
{
    if (of->type->kind == TYPE_MAP)
        return true;
    if (of->type->kind != TYPE_ARRAY) {
        compiler_report(compiler, CODE_TEMPLATE_TYPE, node->term->place,
                        "for goes through an array or a map, not through %s", of->type->written);
        return false;
    }
    if (node->name->next == NULL)
        return true;
    compiler_help(compiler_report(compiler, CODE_TEMPLATE_TYPE, node->name->next->place,
                                  "an array has items without keys"),
                  "loop.index tells an item's number");
    return false;
}

static void for_step(struct compiler *compiler, const struct node *node)
{
    static const struct type string_type = {.kind = TYPE_STRING, .written = "string"};
    const struct expression *const of = expression_value(compiler, node->term);
    struct loop *const outer = compiler->loop;
    const struct loop_name *const names = compiler->names;
    const struct html before = compiler->html;
    struct loop_name key = {.next = names, .is_key = true, .type = &string_type};
    struct loop_name item = {.next = &key};
    struct piece *step;
    struct html after;

    if (of == NULL || !is_loopable(compiler, node, of)) {
        compiler->html_lost = true; /* what stands in it is not looked at */
        return;
    }
    step = step_new(compiler, PIECE_FOR, node->place);
    step->value = of;
    step->loop = ARENA_NEW(compiler->templates->arena, struct loop);
    step->loop->number = ++compiler->loops;
    step->loop->of = of;
    key.loop = item.loop = step->loop;
    key.text = node->name->text;
    item.text = node->name->next != NULL ? node->name->next->text : node->name->text;
    item.type = of->type->element;
    if (node->name->next == NULL)
        item.next = names;
    compiler->names = &item;
    compiler->loop = step->loop;
    walk_into(compiler, node->first, &step->first);
    compiler->names = names;
    compiler->loop = outer;
    after = compiler->html;
    if (!compiler->html_lost && !html_same(&before, &after)) {
        compiler_help(compiler_report(compiler, CODE_TEMPLATE_HTML, node->place,
                                      "each turn of this begins %s and ends %s", html_words(&before),
                                      html_words(&after)),
                      "write whole tags, or whole values of attributes, into it");
        compiler->html_lost = true;
    }
    compiler->html = before;
    if (node->otherwise == NULL)
        return;
    walk_into(compiler, node->otherwise, &step->otherwise);
    meet(compiler, node, &before);
}

/* ---- includes, layouts, blocks ----------------------------------------------------------------------- */

static bool enter(struct compiler *compiler, const struct template_file *file, struct place place)
{
    for (unsigned i = 0; i < compiler->files_count; i++) {
        if (compiler->files[i] == file) {
            compiler_report(compiler, CODE_TEMPLATE_BLOCK, place, "this template holds itself in the end");
            return false;
        }
    }
    if (compiler->files_count == TEMPLATE_DEPTH_MAX) {
        compiler_report(compiler, CODE_TOO_DEEP, place, "this goes through too many templates");
        return false;
    }
    compiler->files[compiler->files_count++] = file;
    return true;
}

static void include_step(struct compiler *compiler, const struct node *node)
{
    struct template_file *const file = template_open(compiler->templates, node->path, node->place);

    if (file == NULL || file->broken) {
        compiler->failed = true;
        compiler->html_lost = true;
        return;
    }
    if (file->layout != NULL) {
        compiler_help(compiler_report(compiler, CODE_TEMPLATE_BLOCK, node->place,
                                      "what has a layout of its own can't be included"),
                      "include a part that both need");
        return;
    }
    if (!enter(compiler, file, node->place)) {
        compiler->html_lost = true;
        return;
    }
    compiler->includes++;
    walk(compiler, file->first);
    compiler->includes--;
    compiler->files_count--;
}

static void block_step(struct compiler *compiler, const struct node *node)
{
    const struct override *override = compiler->overrides;

    if (compiler->includes != 0) {
        compiler_help(compiler_report(compiler, CODE_TEMPLATE_BLOCK, node->place,
                                      "a template that is included has no blocks"),
                      "a block belongs to the layout itself");
        return;
    }
    while (override != NULL && strcmp(override->node->name->text, node->name->text) != 0)
        override = override->next;
    if (compiler->blocks == TEMPLATE_DEPTH_MAX) {
        compiler_report(compiler, CODE_TEMPLATE_BLOCK, node->place, "blocks hold each other");
        return;
    }
    compiler->blocks++;
    walk(compiler, override != NULL ? override->node->first : node->first);
    compiler->blocks--;
}

static void walk(struct compiler *compiler, const struct node *node)
{
    for (; node != NULL; node = node->next) {
        if (compiler->visited == NODES_MAX) {
            compiler_report(compiler, CODE_TEMPLATE_BLOCK, node->place,
                            "the page is too large: with what it includes it has more than %d parts",
                            NODES_MAX);
            compiler->html_lost = true;
            return;
        }
        compiler->visited++;
        switch (node->kind) {
        case NODE_TEXT:
            text_step(compiler, node);
            break;
        case NODE_VALUE:
            value_step(compiler, node);
            break;
        case NODE_IF:
            if_step(compiler, node);
            break;
        case NODE_FOR:
            for_step(compiler, node);
            break;
        case NODE_INCLUDE:
            include_step(compiler, node);
            break;
        case NODE_BLOCK:
            block_step(compiler, node);
            break;
        }
    }
}

/* ---- layouts --------------------------------------------------------------------------------------- */

struct block_names {
    const char *names[BLOCKS_MAX];
    size_t count;
};

/* Those of a template, inner ones too, each of which is told once. */
static void find_blocks(struct compiler *compiler, const struct node *node, struct block_names *all)
{
    for (; node != NULL; node = node->next) {
        if (node->kind == NODE_BLOCK) {
            for (size_t i = 0; i < all->count; i++) {
                if (strcmp(all->names[i], node->name->text) == 0)
                    compiler_report(compiler, CODE_TEMPLATE_BLOCK, node->name->place,
                                    "this template has two blocks '%s'", node->name->text);
            }
            if (all->count == BLOCKS_MAX) {
                compiler_report(compiler, CODE_TEMPLATE_BLOCK, node->name->place,
                                "this template has too many blocks");
                return;
            }
            all->names[all->count++] = node->name->text;
        }
        find_blocks(compiler, node->first, all);
        find_blocks(compiler, node->otherwise, all);
    }
}

/* Does each of them fill one of the layout's? */
static void fill_blocks(struct compiler *compiler, const struct template_file *file,
                        const struct block_names *known)
{
    for (const struct node *node = file->first; node != NULL; node = node->next) {
        const char *near;
        struct diagnostic *diagnostic;
        bool found = false;

        for (size_t i = 0; node->kind == NODE_BLOCK && i < known->count; i++)
            found = found || strcmp(known->names[i], node->name->text) == 0;
        if (node->kind != NODE_BLOCK || found)
            continue;
        diagnostic = compiler_report(compiler, CODE_TEMPLATE_BLOCK, node->name->place,
                                     "the layout has no block '%s'", node->name->text);
        near = diag_nearest(node->name->text, known->names, known->count);
        if (near != NULL)
            compiler_help(diagnostic, arena_format(compiler->templates->arena, "did you mean '%s'?", near));
    }
}

/* What fills a layout is blocks alone. */
static void take_blocks(struct compiler *compiler, const struct template_file *file)
{
    for (const struct node *node = file->first; node != NULL; node = node->next) {
        struct override *override;

        if (node->kind == NODE_TEXT) {
            const char *const text = node->place.source->text + node->place.start;
            size_t at = 0;
            while (at < node->place.length && strchr(" \t\r\n", text[at]) != NULL)
                at++;
            if (at < node->place.length)
                compiler_help(compiler_report(compiler, CODE_TEMPLATE_BLOCK, place_part(node->place, at, 1),
                                              "a template with a layout has its text in blocks"),
                              "put it into {% block … %} … {% endblock %}");
            continue;
        }
        if (node->kind != NODE_BLOCK) {
            compiler_help(compiler_report(compiler, CODE_TEMPLATE_BLOCK, node->place,
                                          "a template with a layout has only blocks"),
                          "put it into {% block … %} … {% endblock %}");
            continue;
        }
        override = ARENA_NEW(compiler->templates->arena, struct override);
        override->next = NULL;
        override->node = node;
        const struct override **end = &compiler->overrides;
        while (*end != NULL)
            end = (const struct override **)(uintptr_t) & (*end)->next;
        *end = override;
    }
}

/* Each file's blocks fill those of the files behind it. */
static void match_blocks(struct compiler *compiler)
{
    struct block_names known = {.count = 0};

    for (unsigned i = compiler->files_count; i-- > 0;) {
        struct block_names own = {.count = 0};
        find_blocks(compiler, compiler->files[i]->first, &own);
        if (i + 1 < compiler->files_count)
            fill_blocks(compiler, compiler->files[i], &known);
        for (size_t k = 0; k < own.count && known.count < BLOCKS_MAX; k++)
            known.names[known.count++] = own.names[k];
    }
}

/* From a template to the one that all layouts end in. */
static const struct template_file *follow_layouts(struct compiler *compiler, const struct template_file *file)
{
    while (file->layout != NULL) {
        const struct template_file *const layout =
            template_open(compiler->templates, file->layout, file->layout_place);
        if (layout == NULL || layout->broken || !enter(compiler, layout, file->layout_place)) {
            compiler->failed = true;
            return NULL;
        }
        take_blocks(compiler, file);
        file = layout;
    }
    match_blocks(compiler);
    return file;
}

static const struct page *compile(struct templates *templates, const struct template_file *file,
                                  const char *path, const struct type *type)
{
    struct page *const page = ARENA_NEW(templates->arena, struct page);
    struct compiler compiler = {.templates = templates, .page = page, .end = &page->first};
    const struct template_file *first;

    page->path = path;
    page->type = type;
    compiler.files[compiler.files_count++] = file;
    first = follow_layouts(&compiler, file);
    if (first == NULL)
        return NULL;
    walk(&compiler, first->first);
    if (!compiler.html_lost && compiler.html.state != HTML_TEXT)
        compiler_report(&compiler, CODE_TEMPLATE_HTML,
                        (struct place){first->source, (uint32_t)first->source->length, 0}, "the page ends %s",
                        html_words(&compiler.html));
    return compiler.failed ? NULL : page;
}

/* Of one template and one type there is one page. */
struct made_page {
    struct made_page *next;
    const struct template_file *file;
    const struct type *type;
    const struct page *page; /* NULL: a mistake was reported */
};

const struct page *template_page(struct templates *templates, const char *path, struct place named,
                                 const struct type *type)
{
    const struct template_file *const file = template_open(templates, path, named);
    struct made_page *made = templates->pages;

    if (file == NULL || file->broken)
        return NULL;
    while (made != NULL && (made->file != file || (made->type != NULL) != (type != NULL) ||
                            (type != NULL && made->type->declaration != type->declaration)))
        made = made->next;
    if (made != NULL)
        return made->page;
    made = ARENA_NEW(templates->arena, struct made_page);
    made->file = file;
    made->type = type;
    made->page = compile(templates, file, path, type);
    made->next = templates->pages;
    templates->pages = made;
    return made->page;
}
