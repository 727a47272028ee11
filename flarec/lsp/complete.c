/* complete.c - what may stand at an offset, judged by the tokens before it: the text there is seldom whole.
 */
#include <string.h>

#include "grammar.h"
#include "lex.h"
#include "lsp/answer.h"

enum item_kind {
    ITEM_FUNCTION = 3,
    ITEM_CLASS = 7,
    ITEM_PROPERTY = 10,
    ITEM_VALUE = 12,
    ITEM_ENUM = 13,
    ITEM_KEYWORD = 14,
    ITEM_MEMBER = 20
};

/* Blocks that statements stand in. */
enum block_kind {
    IN_FILE = 1,
    IN_GROUP = 2,
    IN_ROUTE = 4,
    IN_GUARD = 8,
    IN_REPLY = 16,
    IN_FIELDS = 32,
    IN_MEMBERS = 64
};

#define BLOCKS_MAX 64

/* What stands before the offset. */
struct before {
    enum block_kind blocks[BLOCKS_MAX];
    size_t depth;               /* of blocks, the file being the first */
    const struct token *tokens; /* of the statement that is begun */
    size_t count;
    size_t open;  /* its last `(` that is not closed, or count */
    bool nowhere; /* in a comment, a string or a path */
};

struct list {
    struct text *text;
    struct lsp_document *document;
};

static void add(const struct list *list, const char *label, enum item_kind kind, const char *detail)
{
    json_open(list->text, NULL, '{');
    json_text(list->text, "label", label);
    json_whole(list->text, "kind", (unsigned long)kind);
    json_text(list->text, "detail", detail);
    json_close(list->text, '}');
}

static void add_words(const struct list *list, const char *const *words, enum item_kind kind)
{
    for (; *words != NULL; words++)
        add(list, *words, kind, NULL);
}

/* ---- what is before ------------------------------------------------------------------------------ */

static enum block_kind block_of_statement(const struct token *tokens, size_t count)
{
    switch (count > 0 ? tokens[0].kind : 0) {
    case TK_GROUP:
        return IN_GROUP;
    case TK_GUARD:
        return IN_GUARD;
    case TK_REPLY:
        return IN_REPLY;
    case TK_ENUM:
        return IN_MEMBERS;
    case TK_TYPE:
    case TK_UNION:
    case TK_SESSION:
        return IN_FIELDS;
    default:
        return IN_ROUTE;
    }
}

static void find_open(struct before *before)
{
    size_t depth = 0;

    before->open = before->count;
    for (size_t i = before->count; i > 0; i--) {
        const int kind = before->tokens[i - 1].kind;
        if (kind == TK_RP) {
            depth++;
        } else if (kind == TK_LP && depth-- == 0) {
            before->open = i - 1;
            return;
        }
    }
}

/* Whether a brace is missing somewhere: then a statement at the start of a line is outside of any block. */
static bool braces_missing(struct lsp_document *document)
{
    struct diags unused = {.arena = &document->arena};
    size_t count;
    const struct token *const all = lex_all(&document->arena, document->source, &unused, &count);
    size_t open = 0;

    for (size_t i = 0; i < count; i++) {
        open += all[i].kind == TK_LB;
        open -= all[i].kind == TK_RB && open > 0;
    }
    return open > 0;
}

static bool starts_line(const struct source *source, size_t offset)
{
    return offset == 0 || source->text[offset - 1] == '\n';
}

static struct before look(struct lsp_document *document, size_t offset)
{
    struct arena *const arena = &document->arena;
    const struct source *const whole = document->source;
    const struct place word = lsp_word(document, offset);
    const struct source *const text = source_from_bytes(arena, whole->name, whole->text, word.start);
    struct diags unused = {.arena = arena};
    struct before before = {.blocks = {IN_FILE}, .depth = 1};
    size_t count;
    struct token *const all = lex_all(arena, text, &unused, &count);
    struct token *const kept = ARENA_ARRAY(arena, count + 1, struct token);
    size_t kept_count = 0;
    size_t start = 0;
    const bool missing = braces_missing(document);

    for (size_t i = 0; i < count && all[i].kind != LEX_END; i++) {
        const struct token token = all[i];
        const bool last = (size_t)token.place.start + token.place.length == text->length;
        if (token.kind == LEX_COMMENT || token.kind == LEX_DOC) {
            before.nowhere = before.nowhere || last;
            continue;
        }
        before.nowhere =
            before.nowhere ||
            (last && (token.kind == TK_BAD || token.kind == TK_STRING || token.kind == TK_ROUTE));
        if (missing && token.kind != TK_RB && starts_line(text, token.place.start)) {
            before.depth = 1;
            start = kept_count;
        }
        kept[kept_count++] = token;
        if (token.kind == TK_LB && before.depth < BLOCKS_MAX)
            before.blocks[before.depth++] = block_of_statement(kept + start, kept_count - 1 - start);
        else if (token.kind == TK_RB && before.depth > 1)
            before.depth--;
        if (token.kind == TK_LB || token.kind == TK_RB || token.kind == TK_SEMI)
            start = kept_count;
    }
    if (missing && starts_line(text, text->length)) {
        before.depth = 1;
        start = kept_count;
    }
    before.tokens = kept + start;
    before.count = kept_count - start;
    find_open(&before);
    return before;
}

/* ---- what may follow --------------------------------------------------------------------------------- */

static void add_statements(const struct list *list, enum block_kind block)
{
    static const struct {
        const char *word;
        unsigned blocks;
    } words[] = {
        {"flare", IN_FILE},
        {"service", IN_FILE},
        {"library", IN_FILE},
        {"import", IN_FILE},
        {"state", IN_FILE},
        {"error", IN_FILE},
        {"enum", IN_FILE},
        {"type", IN_FILE},
        {"union", IN_FILE},
        {"session", IN_FILE},
        {"guard", IN_FILE},
        {"group", IN_FILE | IN_GROUP},
        {"limits", IN_FILE | IN_GROUP | IN_ROUTE},
        {"use", IN_FILE | IN_GROUP | IN_ROUTE | IN_GUARD},
        {"path", IN_GROUP | IN_ROUTE | IN_GUARD},
        {"query", IN_GROUP | IN_ROUTE | IN_GUARD},
        {"header", IN_GROUP | IN_ROUTE | IN_GUARD | IN_REPLY},
        {"cookie", IN_GROUP | IN_ROUTE | IN_GUARD | IN_REPLY},
        {"trailer", IN_REPLY},
        {"gives", IN_GUARD},
        {"after", IN_GUARD},
        {"body", IN_ROUTE},
        {"receive", IN_ROUTE},
        {"send", IN_ROUTE},
        {"reply", IN_ROUTE | IN_GUARD},
        {"GET", IN_FILE | IN_GROUP},
        {"POST", IN_FILE | IN_GROUP},
        {"PUT", IN_FILE | IN_GROUP},
        {"PATCH", IN_FILE | IN_GROUP},
        {"DELETE", IN_FILE | IN_GROUP},
        {"HEAD", IN_FILE | IN_GROUP},
        {"OPTIONS", IN_FILE | IN_GROUP},
        {"ANY", IN_FILE | IN_GROUP},
        {"WS", IN_FILE | IN_GROUP},
    };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if ((words[i].blocks & (unsigned)block) != 0)
            add(list, words[i].word, ITEM_KEYWORD, NULL);
    }
}

static void add_types(const struct list *list)
{
    for (const struct lsp_builtin *builtin = lsp_builtins; builtin->word != NULL; builtin++)
        add(list, builtin->word, ITEM_KEYWORD, builtin->c_type);
    add(list, "map", ITEM_KEYWORD, "map[T]");
    add(list, "struct", ITEM_KEYWORD, "C of your own");
    for (const struct statement *at = list->document->tree->first; at != NULL; at = at->next) {
        if (at->kind == STATEMENT_TYPE || at->kind == STATEMENT_UNION || at->kind == STATEMENT_SESSION)
            add(list, at->name.text, ITEM_CLASS, NULL);
        else if (at->kind == STATEMENT_ENUM)
            add(list, at->name.text, ITEM_ENUM, NULL);
        else if (at->kind == STATEMENT_ALIAS)
            add(list, at->name.text, ITEM_CLASS, lsp_resolved(list->document, at->type));
    }
}

/* As they are used: money.signed_in. */
static void add_imported_guards(const struct list *list, const struct statement *import)
{
    const struct tree *const tree = lsp_import(list->document, import);
    const char *module = NULL;

    for (const struct statement *at = tree != NULL ? tree->first : NULL; at != NULL; at = at->next) {
        if (at->kind == STATEMENT_LIBRARY)
            module = at->name.text;
        else if (at->kind == STATEMENT_GUARD && module != NULL)
            add(list, arena_format(&list->document->arena, "%s.%s", module, at->name.text), ITEM_CLASS,
                at->doc != NULL ? at->doc->text : NULL);
    }
}

static void add_uses(const struct list *list)
{
    static const char *const builtins[] = {"request_id()", "log()", "deflate()", "subprotocol()", NULL};

    add_words(list, builtins, ITEM_FUNCTION);
    for (const struct statement *at = list->document->tree->first; at != NULL; at = at->next) {
        if (at->kind == STATEMENT_GUARD || at->kind == STATEMENT_SESSION)
            add(list, at->name.text, ITEM_CLASS, at->doc != NULL ? at->doc->text : NULL);
    }
    for (const struct statement *at = list->document->tree->first; at != NULL; at = at->next) {
        if (at->kind == STATEMENT_IMPORT)
            add_imported_guards(list, at);
    }
}

static const char *text_of_token(const struct list *list, const struct token *token)
{
    return arena_copy(&list->document->arena, token->place.source->text + token->place.start,
                      token->place.length);
}

/* Behind `money.`: its types, or for `use` its guards. */
static void add_module(const struct list *list, const struct token *module, bool guards)
{
    const struct tree *const tree = lsp_module(list->document, text_of_token(list, module));

    for (const struct statement *at = tree != NULL ? tree->first : NULL; at != NULL; at = at->next) {
        if (guards ? at->kind == STATEMENT_GUARD : lsp_declares_type(at))
            add(list, at->name.text, at->kind == STATEMENT_ENUM ? ITEM_ENUM : ITEM_CLASS,
                at->doc != NULL ? at->doc->text : NULL);
    }
}

/* The members of the enum that the type before `=` names, or true and false. */
static void add_defaults(const struct list *list, const struct before *before)
{
    static const char *const booleans[] = {"true", "false", NULL};
    size_t at = before->count;

    while (at > 0 && before->tokens[at - 1].kind != TK_COLON)
        at--;
    for (; at > 0 && at < before->count; at++) {
        const struct token token = before->tokens[at];
        const struct statement *declaration;
        if (token.kind != TK_NAME)
            continue;
        const char *const name = text_of_token(list, &token);
        if (strcmp(name, "bool") == 0)
            add_words(list, booleans, ITEM_VALUE);
        declaration = lsp_declaration(list->document->tree, name);
        for (int i = 0; i < 20 && declaration != NULL && declaration->kind == STATEMENT_ALIAS; i++)
            declaration = lsp_referred(list->document, declaration->type);
        if (declaration == NULL || declaration->kind != STATEMENT_ENUM)
            continue;
        for (const struct field *member = declaration->fields; member != NULL; member = member->next)
            add(list, member->name.text, ITEM_MEMBER, member->doc != NULL ? member->doc->text : NULL);
    }
}

static void add_settings(const struct list *list, const struct before *before)
{
    static const char *const limits[] = {
        "head",         "uri",        "headers", "body",    "requests", "head_time", "body_time",
        "idle_time",    "write_time", "time",    "message", "unsent",   "ping_time", "pong_time",
        "message_time", "close_time", "streams", "window",  "inflated", "depth",     NULL};
    static const char *const service[] = {"version", NULL};
    static const char *const type[] = {"strict", "patch", NULL};
    static const char *const open[] = {"open", NULL};
    static const char *const tag[] = {"tag", NULL};
    static const char *const state[] = {"per", NULL};
    static const char *const cookie[] = {"max_age",   "path",      "domain", "secure",
                                         "http_only", "same_site", NULL};
    const int last = before->tokens[before->count - 1].kind;

    if (last != TK_LP && last != TK_COMMA)
        return;
    if (before->tokens[0].kind == TK_LIMITS && before->open == 1)
        add_words(list, limits, ITEM_PROPERTY);
    else if (before->tokens[0].kind == TK_SERVICE && before->open == 2)
        add_words(list, service, ITEM_PROPERTY);
    else if (before->tokens[0].kind == TK_TYPE && before->open == 2)
        add_words(list, type, ITEM_PROPERTY);
    else if (before->tokens[0].kind == TK_ENUM && before->open == 2)
        add_words(list, open, ITEM_PROPERTY);
    else if (before->tokens[0].kind == TK_UNION && before->open == 2)
        add_words(list, tag, ITEM_PROPERTY);
    else if (before->tokens[0].kind == TK_STATE && before->open == 3)
        add_words(list, state, ITEM_PROPERTY);
    else if (before->tokens[0].kind == TK_COOKIE && before->open == 2 &&
             before->blocks[before->depth - 1] == IN_REPLY)
        add_words(list, cookie, ITEM_PROPERTY);
}

static void add_contents(const struct list *list, int keyword)
{
    static const char *const bodies[] = {"json", "ndjson", "form", "multipart", "text", "bytes", NULL};
    static const char *const replies[] = {"as", "json", "text", "bytes", "problem", NULL};

    add_words(list, keyword == TK_REPLY ? replies : bodies, ITEM_KEYWORD);
}

static void add_following(const struct list *list, const struct before *before)
{
    static const char *const handlers[] = {"fixed()", "redirect()", "docs()", NULL};
    static const char *const workers[] = {"worker", "service", NULL};
    static const char *const tag[] = {"struct", NULL};
    const int first = before->tokens[0].kind;
    const int last = before->tokens[before->count - 1].kind;
    const bool content = first == TK_BODY || first == TK_RECEIVE || first == TK_SEND || first == TK_REPLY;
    const size_t words = first == TK_REPLY ? 2 : 1; /* before the kind of content */

    if (before->open < before->count && last == TK_COLON && first == TK_STATE)
        add_words(list, workers, ITEM_VALUE);
    else if (before->open < before->count)
        add_settings(list, before);
    else if (last == TK_DOT && before->count > 1)
        add_module(list, &before->tokens[before->count - 2], first == TK_USE);
    else if (last == TK_COLON || last == TK_LS || (last == TK_EQ && first == TK_TYPE))
        add_types(list);
    else if (last == TK_EQ)
        add_defaults(list, before);
    else if (last == TK_ARROW && first != TK_ERROR)
        add_words(list, handlers, ITEM_FUNCTION);
    else if (first == TK_USE && before->count == 1)
        add_uses(list);
    else if (first == TK_STATE && before->count == 1)
        add_words(list, tag, ITEM_KEYWORD);
    else if (content && before->count == words)
        add_contents(list, first);
    else if (content && before->count > words && (last == TK_NAME || last == TK_RP))
        add_types(list);
}

void lsp_put_completion(struct text *text, const char *key, struct lsp_document *document, size_t offset)
{
    const struct list list = {text, document};
    const struct before before = look(document, offset);

    json_open(text, key, '[');
    if (before.count == 0 && !before.nowhere)
        add_statements(&list, before.blocks[before.depth - 1]);
    else if (!before.nowhere)
        add_following(&list, &before);
    json_close(text, ']');
}
