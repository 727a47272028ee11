/* html.c - pages: straight-line writes of text and values, one function for each template and type. */
#include <string.h>

#include "emit/emit.h"
#include "emit/layout.h"
#include "template/page.h"

/* ---- values ------------------------------------------------------------------------------------ */

static const char *value_of(struct emitter *emitter, const struct expression *expression);

/* With what stands between it and the name of a member. */
static const char *inside(struct emitter *emitter, const struct expression *expression)
{
    const char *const value = value_of(emitter, expression);

    return value[0] == '*' ? arena_format(emitter->arena, "%s->", value + 1)
                           : arena_format(emitter->arena, "%s.", value);
}

/* A member as its struct has it. */
static const char *member_of(struct emitter *emitter, const struct expression *expression)
{
    return arena_format(emitter->arena, "%s%s", inside(emitter, expression->of),
                        expression->property->c_name);
}

static bool by_pointer(const struct type *type)
{
    return type->kind == TYPE_OBJECT || type->kind == TYPE_UNION;
}

static const char *counter_of(struct emitter *emitter, const struct expression *expression)
{
    const unsigned number = expression->loop->number;

    switch (expression->counter) {
    case COUNTER_INDEX:
        return arena_format(emitter->arena, "i_%u + 1", number);
    case COUNTER_INDEX0:
        return arena_format(emitter->arena, "i_%u", number);
    case COUNTER_FIRST:
        return arena_format(emitter->arena, "i_%u == 0", number);
    case COUNTER_LAST:
        return arena_format(emitter->arena, "i_%u + 1 == %scount", number,
                            inside(emitter, expression->loop->of));
    case COUNTER_LENGTH:
        break;
    }
    return arena_format(emitter->arena, "%scount", inside(emitter, expression->loop->of));
}

static const char *presence_of(struct emitter *emitter, const struct expression *of)
{
    if (of->kind == EXPRESSION_ARM)
        return arena_format(emitter->arena, "%stag == %s", inside(emitter, of->of),
                            tag_name(emitter, of->of->type->declaration, of->property));
    return arena_format(emitter->arena, of->property->by_pointer ? "%s != NULL" : "%s.has",
                        member_of(emitter, of));
}

/* As a side of && or ||, or behind !. */
static const char *part_of(struct emitter *emitter, const struct expression *expression,
                           enum expression_kind around)
{
    const char *const value = value_of(emitter, expression);
    const bool joins = expression->kind == EXPRESSION_AND || expression->kind == EXPRESSION_OR;
    const bool apart = around == EXPRESSION_NOT ? strchr(value, ' ') != NULL
                       : around == EXPRESSION_COMPARE
                           ? joins || expression->kind == EXPRESSION_COMPARE || strstr(value, "==") != NULL
                           : joins && expression->kind != around;

    return apart ? arena_format(emitter->arena, "(%s)", value) : value;
}

static const char *comparison_of(struct emitter *emitter, const struct expression *expression)
{
    const struct expression *const left = expression->left, *const right = expression->right;

    if (left->type->kind == TYPE_STRING || left->type->kind == TYPE_EMAIL || left->type->kind == TYPE_URL)
        return arena_format(emitter->arena, "%sflare_str_equal(%s, %s)",
                            expression->sign[0] == '!' ? "!" : "", value_of(emitter, left),
                            value_of(emitter, right));
    return arena_format(emitter->arena, "%s %s %s", part_of(emitter, left, EXPRESSION_COMPARE),
                        expression->sign, part_of(emitter, right, EXPRESSION_COMPARE));
}

static const char *value_of(struct emitter *emitter, const struct expression *expression)
{
    struct text before = {.arena = emitter->arena};
    const char *member;

    switch (expression->kind) {
    case EXPRESSION_ROOT:
        return "*body";
    case EXPRESSION_ITEM:
        return arena_format(emitter->arena, "%sitem_%u", by_pointer(expression->type) ? "*" : "",
                            expression->loop->number);
    case EXPRESSION_KEY:
        return arena_format(emitter->arena, "key_%u", expression->loop->number);
    case EXPRESSION_MEMBER:
        member = member_of(emitter, expression);
        if (expression->property->by_pointer)
            return arena_format(emitter->arena, "*%s", member);
        return expression->unwrapped ? arena_format(emitter->arena, "%s.value", member) : member;
    case EXPRESSION_ARM:
        return arena_format(emitter->arena, "%sas.%s", inside(emitter, expression->of),
                            expression->property->c_name);
    case EXPRESSION_LENGTH:
        return arena_format(emitter->arena, "%scount", inside(emitter, expression->of));
    case EXPRESSION_LOOP:
        return counter_of(emitter, expression);
    case EXPRESSION_TEXT:
        return str_expression(emitter, &before, expression->text, expression->length);
    case EXPRESSION_NUMBER:
        return c_number(emitter->arena, expression->type->kind, expression->number);
    case EXPRESSION_BOOL:
        return expression->boolean ? "true" : "false";
    case EXPRESSION_CHOICE:
        return expression->member->c_name;
    case EXPRESSION_PRESENT:
        return presence_of(emitter, expression->of);
    case EXPRESSION_NOT:
        return arena_format(emitter->arena, "!%s", part_of(emitter, expression->left, EXPRESSION_NOT));
    case EXPRESSION_AND:
        return arena_format(emitter->arena, "%s && %s", part_of(emitter, expression->left, EXPRESSION_AND),
                            part_of(emitter, expression->right, EXPRESSION_AND));
    case EXPRESSION_OR:
        return arena_format(emitter->arena, "%s || %s", part_of(emitter, expression->left, EXPRESSION_OR),
                            part_of(emitter, expression->right, EXPRESSION_OR));
    case EXPRESSION_COMPARE:
        break;
    }
    return comparison_of(emitter, expression);
}

/* ---- steps ------------------------------------------------------------------------------------------- */

static const char *const hows[] = {
    [ESCAPE_HTML] = "html", [ESCAPE_URL] = "url", [ESCAPE_URL_PART] = "url_part", [ESCAPE_NONE] = "markup"};

static void put_value(struct emitter *emitter, struct text *out, const struct piece *step)
{
    static const struct {
        const char *room, *word;
    } texts[] = {[TYPE_UUID] = {"FLARE_UUID_BYTES", "uuid"},
                 [TYPE_DATE] = {"FLARE_DATE_BYTES", "date"},
                 [TYPE_DATETIME] = {"FLARE_TIME_MAX_BYTES", "time"},
                 [TYPE_IPV4] = {"FLARE_IPV4_MAX_BYTES", "ipv4"},
                 [TYPE_IPV6] = {"FLARE_IPV6_MAX_BYTES", "ipv6"}};
    const enum type_kind kind = step->value->type->kind;
    const char *const value = value_of(emitter, step->value);

    if (kind == TYPE_STRING || kind == TYPE_EMAIL || kind == TYPE_URL) {
        FILL(out, "html/put", {"word", hows[step->escape]}, {"value", value});
    } else if (kind == TYPE_ENUM) {
        const struct declaration *const declaration = step->value->type->declaration;
        const char *const text = symbol_use(emitter, enum_text(emitter, declaration));
        FILL(out, "html/choice", {"text", text}, {"value", value},
             {"name", c_comment(emitter->arena, declaration->name)}, {"how", hows[step->escape]});
    } else if (kind >= TYPE_I8 && kind <= TYPE_U64) {
        FILL(out, "html/put", {"word", kind <= TYPE_I64 ? "i64" : "u64"}, {"value", value});
    } else if (kind == TYPE_BOOL || kind == TYPE_F32 || kind == TYPE_F64) {
        FILL(out, "html/put", {"word", scalar_word(kind)}, {"value", value});
    } else {
        if (kind == TYPE_DATE)
            FILL(out, "html/date", {"value", value});
        FILL(out, "html/formatted", {"room", texts[kind].room}, {"word", texts[kind].word}, {"value", value},
             {"how", hows[step->escape]});
    }
}

/* Columns of a page's text beside what stands around it. */
static size_t text_room(unsigned depth)
{
    const size_t around = 4 + 4 * (size_t)depth + strlen("FLAREI_PUT(out, \"\");");

    return around + 24 < LAYOUT_COLUMNS ? LAYOUT_COLUMNS - around : 24;
}

/* The inside of a literal, cut where it is too long for its line. An escape is not cut. */
static void put_line(struct text *literal, const char *inside, size_t length, size_t room)
{
    for (size_t at = 0; at < length;) {
        size_t stop = at, next = at;

        while (next < length) {
            next += inside[next] != '\\' ? 1 : inside[next + 1] >= '0' && inside[next + 1] <= '7' ? 4 : 2;
            if (next - at > room)
                break;
            stop = next;
        }
        text_add(literal, literal->length != 0 ? "\n                \"" : "\"");
        text_add_bytes(literal, inside + at, stop - at);
        text_add(literal, "\"");
        at = stop;
    }
}

/* In lines, as it stands in the template, and no more in a literal than every compiler takes. */
static void put_text(struct emitter *emitter, struct text *out, const struct text *page_text, unsigned depth)
{
    const char *const bytes = text_of(page_text);
    struct text literal = {.arena = emitter->arena};
    size_t used = 0;

    for (size_t at = 0; at < page_text->length;) {
        size_t end = at;
        const char *line;
        while (end < page_text->length && bytes[end] != '\n' && end - at < C_STRING_MAX / 4)
            end++;
        end += end < page_text->length && bytes[end] == '\n';
        line = c_string(emitter->arena, bytes + at, end - at);
        if (used + (end - at) > C_STRING_MAX) {
            FILL(out, "html/text", {"text", text_of(&literal)});
            literal = (struct text){.arena = emitter->arena};
            used = 0;
        }
        put_line(&literal, line + 1, strlen(line) - 2, text_room(depth));
        used += end - at;
        at = end;
    }
    if (literal.length != 0)
        FILL(out, "html/text", {"text", text_of(&literal)});
}

static void put_steps(struct emitter *emitter, struct text *out, const struct piece *first, unsigned depth);

static void put_if(struct emitter *emitter, struct text *out, const struct piece *step, unsigned depth)
{
    struct text steps = {.arena = emitter->arena}, otherwise = {.arena = emitter->arena};
    const char *const condition = value_of(emitter, step->value);
    const bool chain =
        step->otherwise != NULL && step->otherwise->kind == PIECE_IF && step->otherwise->next == NULL;

    put_steps(emitter, &steps, step->first, depth + 1);
    put_steps(emitter, &otherwise, step->otherwise, chain ? depth : depth + 1);
    if (chain && otherwise.length != 0)
        otherwise.bytes[otherwise.length - 1] = '\0';
    if (step->otherwise == NULL)
        FILL(out, "html/if", {"condition", condition}, {"steps", text_of(&steps)});
    else
        FILL(out, chain ? "html/elif" : "html/if_else", {"condition", condition}, {"steps", text_of(&steps)},
             {"otherwise", text_of(&otherwise)});
}

static void put_for(struct emitter *emitter, struct text *out, const struct piece *step, unsigned depth)
{
    const struct loop *const loop = step->loop;
    const struct type *const type = step->value->type;
    const char *const array = inside(emitter, step->value);
    const bool map = type->kind == TYPE_MAP, pointed = by_pointer(type->element);
    struct text steps = {.arena = emitter->arena}, item = {.arena = emitter->arena};

    if (step->otherwise != NULL) {
        put_steps(emitter, &steps, step->otherwise, depth + 1);
        FILL(out, "html/if", {"condition", arena_format(emitter->arena, "%scount == 0", array)},
             {"steps", text_of(&steps)});
        steps = (struct text){.arena = emitter->arena};
    }
    if (loop->key_used)
        text_format(&item, "const flare_str key_%u = %sitems[i_%u].key;\n", loop->number, array,
                    loop->number);
    if (loop->item_used)
        text_format(&item, "const %s %sitem_%u = %s%sitems[i_%u]%s;\n", c_type(emitter, type->element),
                    pointed ? "*const " : "", loop->number, pointed ? "&" : "", array, loop->number,
                    map ? ".value" : "");
    if (item.length != 0)
        text_add(&item, "\n");
    put_steps(emitter, &steps, step->first, depth + 1);
    FILL(out, "html/for", {"index", arena_format(emitter->arena, "i_%u", loop->number)}, {"array", array},
         {"item", text_of(&item)}, {"steps", text_of(&steps)});
}

/* Text is gathered up to the next thing that is none. */
static void put_steps(struct emitter *emitter, struct text *out, const struct piece *first, unsigned depth)
{
    struct text text = {.arena = emitter->arena};

    for (const struct piece *step = first; step != NULL; step = step->next) {
        if (step->kind == PIECE_TEXT) {
            text_add_bytes(&text, step->text, step->length);
            continue;
        }
        put_text(emitter, out, &text, depth);
        text = (struct text){.arena = emitter->arena};
        if (step->kind == PIECE_VALUE)
            put_value(emitter, out, step);
        else if (step->kind == PIECE_IF)
            put_if(emitter, out, step, depth);
        else
            put_for(emitter, out, step, depth);
    }
    put_text(emitter, out, &text, depth);
}

/* ---- pages ------------------------------------------------------------------------------------------- */

static const char *key_of(struct emitter *emitter, const struct page *page)
{
    return arena_format(emitter->arena, "page %p", (const void *)page);
}

static bool emit_page(struct emitter *emitter, const struct page *page, bool any)
{
    const char *const key = key_of(emitter, page);
    struct text steps = {.arena = emitter->arena};
    struct symbol *symbol;
    const char *body_type = "";

    if (symbol_find(emitter, key) != NULL)
        return any;
    if (!any)
        section(emitter, body(emitter), "Pages");
    if (page->type != NULL)
        body_type = arena_format(emitter->arena, ", const %s *body", c_type(emitter, page->type));
    put_steps(emitter, &steps, page->first, 0);
    symbol = symbol_make(emitter, key,
                         arena_format(emitter->arena, "write_%s",
                                      c_identifier(emitter->arena, arena_copy(emitter->arena, page->path,
                                                                              strlen(page->path) - 5))),
                         arena_format(emitter->arena, "void %%s(flare_buffer *out%s)", body_type));
    FILL(body(emitter), "html/page", {"path", c_comment(emitter->arena, page->path)},
         {"linkage", linkage(emitter, symbol)}, {"prototype", symbol->prototype},
         {"unused",
          arena_format(emitter->arena, "%s%s", page->type != NULL && !page->value_used ? "(void)body;\n" : "",
                       steps.length == 0 ? "(void)out;\n" : "")},
         {"steps", text_of(&steps)});
    return true;
}

void page_put(struct emitter *emitter, struct text *out, const struct page *page)
{
    FILL(out, "html/call", {"writer", symbol_use(emitter, symbol_find(emitter, key_of(emitter, page)))},
         {"body", page->type != NULL ? ", body" : ""});
}

bool has_pages(const struct emitter *emitter)
{
    const struct model *const model = emitter->model;

    for (size_t i = 0; i < model->routes_count; i++) {
        for (size_t k = 0; k < model->routes[i].replies_count; k++) {
            if (model->routes[i].replies[k].page != NULL)
                return true;
        }
    }
    for (size_t i = 0; i < model->guards_count; i++) {
        for (size_t k = 0; k < model->guards[i]->replies_count; k++) {
            if (model->guards[i]->replies[k].page != NULL)
                return true;
        }
    }
    return false;
}

static bool emit_reply_pages(struct emitter *emitter, const struct reply *replies, size_t count, bool any)
{
    for (size_t i = 0; i < count; i++) {
        if (replies[i].page != NULL)
            any = emit_page(emitter, replies[i].page, any);
    }
    return any;
}

void emit_html(struct emitter *emitter)
{
    const struct model *const model = emitter->model;
    bool any = false;

    for (size_t i = 0; i < model->guards_count; i++) {
        if (model->guards[i]->used)
            any = emit_reply_pages(emitter, model->guards[i]->replies, model->guards[i]->replies_count, any);
    }
    for (size_t i = 0; i < model->routes_count; i++)
        any = emit_reply_pages(emitter, model->routes[i].replies, model->routes[i].replies_count, any);
}
