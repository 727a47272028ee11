/* The language server over any bytes: the first byte says how they come. As they are, they are frames of a
 * client, in pieces; else they are documents with edits and requests at offsets, wrapped into messages of a
 * session that is open.
 *
 * Target: flarec/lsp/frame.c flarec/lsp/server.c flarec/lsp/document.c flarec/lsp/find.c flarec/lsp/hover.c
 */
#include <string.h>

#include "arena.h"
#include "fuzz.h"
#include "lsp/document.h"
#include "lsp/lsp.h"
#include "tools/json_read.h"
#include "tools/json_write.h"

enum { INPUT_MAX_BYTES = 4096 };

static void message(struct lsp *lsp, struct arena *arena, const struct text *text)
{
    const char *const head = arena_format(arena, "Content-Length: %zu\r\n\r\n", text->length);

    FUZZ_CHECK(json_read(arena, text->bytes, text->length) != NULL);
    FUZZ_CHECK(lsp_feed(lsp, head, strlen(head)));
    FUZZ_CHECK(lsp_feed(lsp, text->bytes, text->length));
}

static void open_message(struct text *text, const char *method, bool request)
{
    json_open(text, NULL, '{');
    if (request)
        json_whole(text, "id", 1);
    json_text(text, "method", method);
    json_open(text, "params", '{');
    json_open(text, "textDocument", '{');
    json_text(text, "uri", "untitled:1");
}

static void close_message(struct lsp *lsp, struct arena *arena, struct text *text)
{
    json_close(text, '}');
    json_close(text, '}');
    message(lsp, arena, text);
}

static void put_position(struct text *text, const char *key, unsigned line, unsigned character)
{
    json_open(text, key, '{');
    json_whole(text, "line", line);
    json_whole(text, "character", character);
    json_close(text, '}');
}

static void ask(struct lsp *lsp, struct arena *arena, const char *method, unsigned line, unsigned character)
{
    struct text text = {.arena = arena};

    open_message(&text, method, true);
    json_close(&text, '}');
    put_position(&text, "position", line, character);
    close_message(lsp, arena, &text);
}

static void open_document(struct lsp *lsp, struct arena *arena, const char *bytes, size_t length)
{
    struct text hello = {.arena = arena};
    struct text text = {.arena = arena};

    text_add(&hello, "{\"id\":0,\"method\":\"initialize\"}");
    message(lsp, arena, &hello);
    open_message(&text, "textDocument/didOpen", false);
    json_bytes(&text, "text", bytes, length);
    json_close(&text, '}');
    close_message(lsp, arena, &text);
}

static void edit(struct lsp *lsp, struct arena *arena, const uint8_t *numbers, const char *bytes,
                 size_t length)
{
    struct text text = {.arena = arena};

    open_message(&text, "textDocument/didChange", false);
    json_close(&text, '}');
    json_open(&text, "contentChanges", '[');
    json_open(&text, NULL, '{');
    json_open(&text, "range", '{');
    put_position(&text, "start", numbers[0] % 16, numbers[1]);
    put_position(&text, "end", numbers[0] % 16 + numbers[2] % 4, numbers[3]);
    json_close(&text, '}');
    json_bytes(&text, "text", bytes, length);
    json_close(&text, '}');
    json_close(&text, ']');
    close_message(lsp, arena, &text);
}

/* A place as a client gives it is an offset, and back. */
static void check_place(struct arena *arena, const char *bytes, size_t length, struct lsp_position place)
{
    const struct source *const source = source_from_bytes(arena, "untitled:1", bytes, length);
    const size_t offset = lsp_offset(source->text, source->length, place);
    const struct lsp_position back = lsp_position(source, offset);

    FUZZ_CHECK(offset <= source->length && back.line <= place.line);
    FUZZ_CHECK(back.line < place.line || back.character <= place.character);
    /* Behind the last line is behind its CR too. */
    FUZZ_CHECK(lsp_offset(source->text, source->length, back) == offset ||
               (offset == source->length && source->text[offset - 1] == '\r'));
    /* As if columns counted bytes. */
    FUZZ_PLANT(back.line == place.line && offset - source->lines[back.line] > back.character);
}

/* Four numbers, and the document, of which the first bytes are what the edit puts in. */
static void session(struct lsp *lsp, const uint8_t *data, size_t size)
{
    static const char *const methods[] = {"textDocument/hover",      "textDocument/definition",
                                          "textDocument/completion", "textDocument/documentSymbol",
                                          "textDocument/formatting", "textDocument/semanticTokens/full"};
    struct arena arena = {0};

    if (size < 5)
        return;
    check_place(&arena, (const char *)data + 4, size - 4, (struct lsp_position){data[0] % 16, data[1]});
    open_document(lsp, &arena, (const char *)data + 4, size - 4);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
            ask(lsp, &arena, methods[i], data[0] % 16, data[1]);
        edit(lsp, &arena, data, (const char *)data + 4, (size - 4) % 13);
    }
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static FILE *nowhere;
    struct lsp *lsp;

    if (size < 1 || size > INPUT_MAX_BYTES)
        return 0;
    if (nowhere == NULL)
        nowhere = fopen("/dev/null", "w");
    lsp = lsp_new(nowhere);
    if (data[0] == 'C') {
        /* "Content-Length: …": whole, then in pieces, which mean the same. */
        struct lsp *const pieces = lsp_new(nowhere);
        const bool goes_on = lsp_feed(lsp, (const char *)data, size);
        bool still = true;
        for (size_t i = 0; i < size && still; i += 7)
            still = lsp_feed(pieces, (const char *)data + i, size - i < 7 ? size - i : 7);
        FUZZ_CHECK(still == goes_on && lsp_exit_code(lsp) == lsp_exit_code(pieces));
        lsp_free(pieces);
    } else {
        session(lsp, data + 1, size - 1);
    }
    lsp_free(lsp);
    return 0;
}
