/* parse.c - a template's text as nodes. */
#include <string.h>

#include "template/node.h"

/* Of one `if`. */
#define ELIFS_MAX 100

struct parser {
    struct templates *templates;
    struct template_file *file;
    size_t at;
    bool trim;            /* the tag before ended in `-`: white space behind it goes */
    unsigned depth;       /* of blocks */
    struct node **end;    /* where the next node goes */
    struct reader reader; /* of the tag at hand */
    struct place tag;
    char sign; /* of the tag at hand: '{', '%' or '#'; 0 at the end of the file */
    bool layout_allowed;
};

static void syntax(struct parser *parser, struct place place, const char *message, const char *help)
{
    struct diagnostic *const diagnostic =
        diag_report(parser->templates->diags, CODE_TEMPLATE_SYNTAX, place, "%s", message);

    if (help != NULL)
        diag_help(diagnostic, "%s", help);
    parser->file->broken = true;
}

static struct node *node_new(struct parser *parser, enum node_kind kind, struct place place)
{
    struct node *const node = ARENA_NEW(parser->templates->arena, struct node);

    node->kind = kind;
    node->place = place;
    *parser->end = node;
    parser->end = &node->next;
    return node;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* ---- tags -------------------------------------------------------------------------------------- */

static void add_text(struct parser *parser, size_t start, size_t end, bool trim_end)
{
    const char *const text = parser->file->source->text;

    while (parser->trim && start < end && is_space(text[start]))
        start++;
    while (trim_end && end > start && is_space(text[end - 1]))
        end--;
    if (start < end)
        node_new(parser, NODE_TEXT,
                 (struct place){parser->file->source, (uint32_t)start, (uint32_t)(end - start)});
}

/* Where the tag's end sign begins; SIZE_MAX where there is none. */
static size_t tag_end(const struct parser *parser, size_t at)
{
    const struct source *const source = parser->file->source;
    const char *const close = parser->sign == '{' ? "}}" : parser->sign == '%' ? "%}" : "#}";
    char quote = '\0';

    for (; at + 1 < source->length; at++) {
        const char c = source->text[at];
        if (quote != '\0') {
            if (c == '\\')
                at++;
            else if (c == quote || c == '\n')
                quote = '\0';
        } else if (strncmp(source->text + at, close, 2) == 0) {
            return at;
        } else if (parser->sign != '#' && (c == '"' || c == '\'')) {
            quote = c;
        }
    }
    return SIZE_MAX;
}

static void begin_tag(struct parser *parser, size_t open)
{
    const struct source *const source = parser->file->source;
    size_t start = open + 2, end;

    parser->sign = source->text[open + 1];
    start += source->text[start] == '-';
    end = tag_end(parser, start);
    if (end == SIZE_MAX) {
        syntax(parser, (struct place){source, (uint32_t)open, 2}, "this tag is never closed", NULL);
        parser->at = source->length;
        parser->sign = '\0';
        return;
    }
    parser->at = end + 2;
    parser->trim = end > start && source->text[end - 1] == '-';
    parser->tag = (struct place){source, (uint32_t)open, (uint32_t)(end + 2 - open)};
    parser->reader = (struct reader){.templates = parser->templates,
                                     .file = parser->file,
                                     .at = start,
                                     .end = end - (parser->trim ? 1 : 0)};
    if (parser->sign != '#')
        reader_next(&parser->reader);
}

/* Adds the text up to the next tag, and begins that. */
static void to_tag(struct parser *parser)
{
    const struct source *const source = parser->file->source;
    const size_t start = parser->at;
    size_t at = start;

    parser->sign = '\0';
    for (; at + 1 < source->length; at++) {
        const char next = source->text[at + 1];
        if (source->text[at] == '{' && (next == '{' || next == '%' || next == '#')) {
            add_text(parser, start, at, at + 2 < source->length && source->text[at + 2] == '-');
            begin_tag(parser, at);
            return;
        }
    }
    add_text(parser, start, source->length, false);
    parser->at = source->length;
}

static void end_of_tag(struct parser *parser)
{
    if (parser->reader.kind != TOKEN_END)
        reader_expected(&parser->reader, "the end of the tag");
}

/* ---- statements ------------------------------------------------------------------------------------ */

static void parse_nodes(struct parser *parser);

/* Into a list of its own. */
static void parse_inside(struct parser *parser, struct node **first)
{
    struct node **const end = parser->end;

    parser->end = first;
    if (++parser->depth > TEMPLATE_DEPTH_MAX) {
        if (parser->depth == TEMPLATE_DEPTH_MAX + 1)
            diag_report(parser->templates->diags, CODE_TOO_DEEP, parser->tag,
                        "blocks are nested more than %d deep", TEMPLATE_DEPTH_MAX);
        parser->file->broken = true;
        parser->at = parser->file->source->length;
        parser->sign = '\0';
    } else {
        parse_nodes(parser);
    }
    parser->depth--;
    parser->end = end;
}

static bool at_word(const struct parser *parser, const char *word)
{
    return parser->sign == '%' && reader_is(&parser->reader, word);
}

/* The tag that ends what `node` began. */
static void expect_end(struct parser *parser, const struct node *node, const char *word)
{
    if (at_word(parser, word)) {
        reader_next(&parser->reader);
        end_of_tag(parser);
        return;
    }
    if (parser->file->broken && parser->sign == '\0')
        return;
    if (parser->sign == '\0')
        syntax(parser, node->place, "this is never ended",
               arena_format(parser->templates->arena, "write '{%% %s %%}' where it ends", word));
    else
        diag_also(diag_report(parser->templates->diags, CODE_TEMPLATE_SYNTAX, parser->tag,
                              "'{%% %s %%}' is expected here", word),
                  node->place, "to end this");
    parser->file->broken = true;
    parser->sign = '\0';
    parser->at = parser->file->source->length;
}

static void parse_if(struct parser *parser)
{
    struct node *const node = node_new(parser, NODE_IF, parser->tag);
    struct node *last = node;

    reader_next(&parser->reader);
    node->term = reader_term(&parser->reader);
    end_of_tag(parser);
    parse_inside(parser, &node->first);
    for (unsigned count = 0; at_word(parser, "elif"); count++) {
        if (count == ELIFS_MAX) {
            diag_report(parser->templates->diags, CODE_TOO_DEEP, parser->tag,
                        "an 'if' has more than %d 'elif'", ELIFS_MAX);
            parser->file->broken = true;
            parser->sign = '\0';
            parser->at = parser->file->source->length;
            return;
        }
        struct node **const end = parser->end;
        parser->end = &last->otherwise;
        last = node_new(parser, NODE_IF, parser->tag);
        parser->end = end;
        reader_next(&parser->reader);
        last->term = reader_term(&parser->reader);
        end_of_tag(parser);
        parse_inside(parser, &last->first);
    }
    if (at_word(parser, "else")) {
        reader_next(&parser->reader);
        end_of_tag(parser);
        parse_inside(parser, &last->otherwise);
    }
    expect_end(parser, node, "endif");
}

static void parse_for(struct parser *parser)
{
    struct node *const node = node_new(parser, NODE_FOR, parser->tag);
    struct word *name;

    reader_next(&parser->reader);
    name = reader_word(&parser->reader, "a name for the item");
    node->name = name;
    if (reader_is(&parser->reader, ",")) {
        reader_next(&parser->reader);
        name->next = reader_word(&parser->reader, "a name for the value");
    }
    if (!reader_is(&parser->reader, "in"))
        reader_expected(&parser->reader, "'in'");
    reader_next(&parser->reader);
    node->term = reader_term(&parser->reader);
    end_of_tag(parser);
    parse_inside(parser, &node->first);
    if (at_word(parser, "else")) {
        reader_next(&parser->reader);
        end_of_tag(parser);
        parse_inside(parser, &node->otherwise);
    }
    expect_end(parser, node, "endfor");
}

static const char *parse_path(struct parser *parser)
{
    const char *path;

    reader_next(&parser->reader);
    if (parser->reader.kind != TOKEN_TEXT)
        reader_expected(&parser->reader, "the path of a template in quotes");
    path = arena_copy(parser->templates->arena, parser->reader.text, parser->reader.length);
    reader_next(&parser->reader);
    end_of_tag(parser);
    return path;
}

static void parse_extends(struct parser *parser)
{
    const struct place place = parser->reader.place;

    parser->file->layout = parse_path(parser);
    parser->file->layout_place = parser->tag;
    if (!parser->layout_allowed || parser->depth != 0)
        diag_help(
            diag_report(parser->templates->diags, CODE_TEMPLATE_BLOCK, place, "'extends' stands too late"),
            "it is the first thing in a template");
    parser->file->broken = parser->file->broken || !parser->layout_allowed || parser->depth != 0;
}

static void parse_statement(struct parser *parser)
{
    static const char *const words[] = {"if", "for", "include", "extends", "block"};
    struct diagnostic *diagnostic;
    struct node *node;

    if (reader_is(&parser->reader, "if")) {
        parse_if(parser);
    } else if (reader_is(&parser->reader, "for")) {
        parse_for(parser);
    } else if (reader_is(&parser->reader, "include")) {
        node = node_new(parser, NODE_INCLUDE, parser->tag);
        node->path = parse_path(parser);
    } else if (reader_is(&parser->reader, "extends")) {
        parse_extends(parser);
    } else if (reader_is(&parser->reader, "block")) {
        node = node_new(parser, NODE_BLOCK, parser->tag);
        reader_next(&parser->reader);
        node->name = reader_word(&parser->reader, "the block's name");
        end_of_tag(parser);
        parse_inside(parser, &node->first);
        expect_end(parser, node, "endblock");
    } else {
        parser->file->broken = true;
        diagnostic = diag_report(parser->templates->diags, CODE_TEMPLATE_SYNTAX, parser->reader.place,
                                 "no statement begins with '%.*s'", (int)parser->reader.place.length,
                                 parser->file->source->text + parser->reader.place.start);
        if (parser->reader.kind != TOKEN_WORD ||
            !diag_help_nearest(diagnostic, parser->reader.text, words, sizeof words / sizeof *words))
            diag_help(diagnostic, "statements are if, for, include, extends and block");
    }
}

/* Ends a block, or a part of one. */
static bool is_end(const struct parser *parser)
{
    static const char *const words[] = {"elif", "else", "endif", "endfor", "endblock"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (at_word(parser, words[i]))
            return true;
    }
    return false;
}

static bool only_space(const struct place *place)
{
    for (uint32_t i = 0; i < place->length; i++) {
        if (!is_space(place->source->text[place->start + i]))
            return false;
    }
    return true;
}

/* Up to a tag that ends a block, which is then at hand, or the end of the file. */
static void parse_nodes(struct parser *parser)
{
    for (;;) {
        struct node **const before = parser->end;
        struct node *node;

        to_tag(parser);
        if (*before != NULL && !only_space(&(*before)->place))
            parser->layout_allowed = false;
        if (parser->sign == '\0' || is_end(parser))
            return;
        if (parser->sign == '{') {
            node = node_new(parser, NODE_VALUE, parser->tag);
            node->term = reader_term(&parser->reader);
            end_of_tag(parser);
        } else if (parser->sign == '%') {
            parse_statement(parser);
        }
        parser->layout_allowed = parser->layout_allowed && parser->sign == '#';
    }
}

void template_parse(struct templates *templates, struct template_file *file)
{
    struct parser parser = {
        .templates = templates, .file = file, .end = &file->first, .layout_allowed = true};

    parse_nodes(&parser);
    while (parser.sign != '\0') {
        syntax(&parser, parser.tag, "this ends nothing that began", NULL);
        parse_nodes(&parser);
    }
}
