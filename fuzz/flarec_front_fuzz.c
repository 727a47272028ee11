/* The compiler's front half over any bytes: it ends, and says what is wrong. What parses has one form, which
 * parses to the same tokens, keeps each comment and its words, and which formatting does not change.
 *
 * Target: flarec/check flarec/diag.c flarec/error.c flarec/fmt.c flarec/parse.c flarec/render.c flarec/tree.c
 */
#include <string.h>

#include "compile.h"
#include "fmt.h"
#include "fuzz.h"
#include "grammar.h"
#include "lex.h"

enum { INPUT_MAX_BYTES = 8192 };

/* The next token that is neither a comment nor a comma before a closing bracket, which fmt leaves out. */
static const struct token *significant(const struct token *token)
{
    for (;; token++) {
        const struct token *next = token + 1;
        if (token->kind == LEX_COMMENT || token->kind == LEX_DOC)
            continue;
        if (token->kind != TK_COMMA)
            return token;
        while (next->kind == LEX_COMMENT || next->kind == LEX_DOC)
            next++;
        if (next->kind != TK_RP && next->kind != TK_RS)
            return token;
    }
}

static const struct token *next_comment(const struct token *token)
{
    while (token->kind != LEX_END && token->kind != LEX_COMMENT && token->kind != LEX_DOC)
        token++;
    return token;
}

/* The words of a comment: blanks behind them are fmt's to take. */
static struct place words(const struct source *source, const struct token *comment)
{
    struct place place = comment->place;

    while (place.length > 0 && strchr(" \t\r\n", source->text[place.start + place.length - 1]) != NULL)
        place.length--;
    return place;
}

/* Each comment is there once, of its kind, with its words, in its order. */
static void same_comments(const struct source *one, const struct token *left, const struct source *two,
                          const struct token *right)
{
    for (;; left++, right++) {
        left = next_comment(left);
        right = next_comment(right);
        FUZZ_CHECK(left->kind == right->kind);
        if (left->kind == LEX_END)
            return;
        const struct place before = words(one, left), after = words(two, right);
        FUZZ_CHECK(before.length == after.length &&
                   memcmp(one->text + before.start, two->text + after.start, before.length) == 0);
    }
}

static void same_tokens(struct arena *arena, const struct source *one, const struct source *two)
{
    struct diags diags = {.arena = arena};
    size_t count;
    const struct token *left = lex_all(arena, one, &diags, &count);
    const struct token *right = lex_all(arena, two, &diags, &count);

    same_comments(one, left, two, right);
    for (;; left++, right++) {
        left = significant(left);
        right = significant(right);
        FUZZ_CHECK(left->kind == right->kind);
        if (left->kind == LEX_END)
            return;
        FUZZ_CHECK(left->place.length == right->place.length);
        FUZZ_CHECK(
            memcmp(one->text + left->place.start, two->text + right->place.start, left->place.length) == 0);
    }
}

static void check_fmt(struct arena *arena, const struct source *source)
{
    struct diags diags = {.arena = arena};
    size_t length;
    size_t again;
    const char *const text = fmt_text(arena, source, &length);
    const struct source *const formatted = source_from_bytes(arena, "formatted", text, length);

    FUZZ_CHECK(!parse_source(arena, formatted, &diags)->broken);
    same_tokens(arena, source, formatted);
    const char *const twice = fmt_text(arena, formatted, &again);
    FUZZ_CHECK(again == length && memcmp(twice, text, length) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static FILE *nowhere;
    struct arena arena = {0};
    struct diags diags = {.arena = &arena};

    if (size > INPUT_MAX_BYTES)
        return 0;
    if (nowhere == NULL)
        nowhere = fopen("/dev/null", "w");
    const struct source *const source = source_from_bytes(&arena, "fuzz.flare", (const char *)data, size);
    const struct tree *const tree = parse_source(&arena, source, &diags);
    if (!tree->broken)
        check_fmt(&arena, source);
    const struct model *const model = check_tree(&arena, tree, &diags);
    FUZZ_CHECK((model == NULL) == (diags.errors > 0));
    if (model != NULL)
        FUZZ_CHECK((plan_service(&arena, model, &diags) == NULL) == (diags.errors > 0));
    FUZZ_CHECK(!tree->broken || diags.errors > 0);
    FUZZ_PLANT(!tree->broken && size < 300 && memchr(data, '\t', size) != NULL);
    diag_render(&diags, nowhere, size % 2 == 0);
    arena_free(&arena);
    return 0;
}
