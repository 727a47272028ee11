#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lsp/answer.h"
#include "lsp/frame.h"
#include "lsp/lsp.h"

/* JSON-RPC 2.0 section 5.1, and LSP's own. */
enum {
    ERROR_PARSE = -32700,
    ERROR_INVALID_REQUEST = -32600,
    ERROR_METHOD_NOT_FOUND = -32601,
    ERROR_INVALID_PARAMS = -32602,
    ERROR_NOT_INITIALIZED = -32002
};

struct lsp {
    FILE *out;
    struct frames frames;
    struct lsp_document *documents;
    bool initialized, shut_down, over;
};

/* One message while it is handled. */
struct message {
    struct lsp *lsp;
    struct arena arena;
    const struct json *id; /* NULL: a notification */
    const struct json *params;
};

/* ---- what is sent --------------------------------------------------------------------------------- */

static void send(struct lsp *lsp, const struct text *text)
{
    fprintf(lsp->out, "Content-Length: %zu\r\n\r\n", text->length);
    fwrite(text_of(text), 1, text->length, lsp->out);
    fflush(lsp->out);
}

static void open_answer(struct text *text, const struct json *id)
{
    json_open(text, NULL, '{');
    json_text(text, "jsonrpc", "2.0");
    if (id != NULL && id->kind == JSON_STRING)
        json_bytes(text, "id", id->text, id->length);
    else if (id != NULL && id->kind == JSON_NUMBER)
        json_raw(text, "id", id->text, id->length);
    else
        json_raw(text, "id", "null", 4);
}

static void refuse(struct message *message, int code, const char *why)
{
    struct text text = {.arena = &message->arena};

    open_answer(&text, message->id);
    json_open(&text, "error", '{');
    const char *const number = arena_format(&message->arena, "%d", code);
    json_raw(&text, "code", number, strlen(number));
    json_text(&text, "message", why);
    json_close(&text, '}');
    json_close(&text, '}');
    send(message->lsp, &text);
}

static void answer(struct message *message, struct text *text)
{
    json_close(text, '}');
    send(message->lsp, text);
}

static void publish(struct message *message, const struct lsp_document *document, bool closed)
{
    struct text text = {.arena = &message->arena};

    json_open(&text, NULL, '{');
    json_text(&text, "jsonrpc", "2.0");
    json_text(&text, "method", "textDocument/publishDiagnostics");
    json_open(&text, "params", '{');
    json_text(&text, "uri", document->uri);
    if (closed)
        json_raw(&text, "diagnostics", "[]", 2);
    else
        lsp_put_diagnostics(&text, "diagnostics", document);
    json_close(&text, '}');
    json_close(&text, '}');
    send(message->lsp, &text);
}

/* ---- the session ------------------------------------------------------------------------------------- */

static void initialize(struct message *message)
{
    struct text text = {.arena = &message->arena};

    message->lsp->initialized = true;
    open_answer(&text, message->id);
    json_open(&text, "result", '{');
    json_open(&text, "capabilities", '{');
    json_text(&text, "positionEncoding", "utf-16");
    json_open(&text, "textDocumentSync", '{');
    json_raw(&text, "openClose", "true", 4);
    json_whole(&text, "change", 2);
    json_close(&text, '}');
    json_raw(&text, "hoverProvider", "true", 4);
    json_raw(&text, "definitionProvider", "true", 4);
    json_raw(&text, "documentSymbolProvider", "true", 4);
    json_raw(&text, "documentFormattingProvider", "true", 4);
    json_open(&text, "completionProvider", '{');
    json_open(&text, "triggerCharacters", '[');
    json_text(&text, NULL, ":");
    json_text(&text, NULL, " ");
    json_text(&text, NULL, "(");
    json_close(&text, ']');
    json_close(&text, '}');
    json_open(&text, "semanticTokensProvider", '{');
    lsp_put_legend(&text, "legend");
    json_raw(&text, "full", "true", 4);
    json_close(&text, '}');
    json_close(&text, '}');
    json_open(&text, "serverInfo", '{');
    json_text(&text, "name", "flarec");
    json_text(&text, "version", FLARE_VERSION_TEXT);
    json_close(&text, '}');
    json_close(&text, '}');
    answer(message, &text);
}

static struct lsp_document **find_document(struct message *message)
{
    const char *const uri = json_member_text(json_member(message->params, "textDocument"), "uri");
    struct lsp_document **at = &message->lsp->documents;

    while (*at != NULL && (uri == NULL || strcmp((*at)->uri, uri) != 0))
        at = &(*at)->next;
    return at;
}

static void did_open(struct message *message)
{
    const struct json *const item = json_member(message->params, "textDocument");
    const struct json *const text = json_member(item, "text");
    const char *const uri = json_member_text(item, "uri");
    struct lsp_document **const at = find_document(message);

    if (uri == NULL || text == NULL || text->kind != JSON_STRING)
        return;
    if (*at == NULL)
        *at = lsp_document_new(uri);
    lsp_document_edit(*at, 0, (*at)->length, text->text, text->length);
    lsp_document_analyse(*at);
    publish(message, *at, false);
}

static void did_change(struct message *message)
{
    struct lsp_document *const document = *find_document(message);
    const struct json *const changes = json_member(message->params, "contentChanges");

    if (document == NULL || changes == NULL || changes->kind != JSON_ARRAY)
        return;
    for (const struct json *change = changes->first; change != NULL; change = change->next)
        lsp_document_change(document, change);
    lsp_document_analyse(document);
    publish(message, document, false);
}

static void did_close(struct message *message)
{
    struct lsp_document **const at = find_document(message);
    struct lsp_document *const document = *at;

    if (document == NULL)
        return;
    publish(message, document, true);
    *at = document->next;
    lsp_document_free(document);
}

/* ---- requests of a document -------------------------------------------------------------------- */

static void put_definition(struct text *text, const char *key, struct lsp_document *document, size_t offset)
{
    const struct place place = lsp_definition(document, offset);

    if (place.source == NULL)
        json_raw(text, key, "null", 4);
    else
        lsp_put_location(text, key, document, place);
}

static void put_symbols(struct text *text, const char *key, struct lsp_document *document, size_t offset)
{
    (void)offset;
    lsp_put_symbols(text, key, document);
}

static void put_formatting(struct text *text, const char *key, struct lsp_document *document, size_t offset)
{
    (void)offset;
    lsp_put_formatting(text, key, document);
}

static void put_tokens(struct text *text, const char *key, struct lsp_document *document, size_t offset)
{
    (void)offset;
    lsp_put_tokens(text, key, document);
}

static const struct {
    const char *method;
    void (*put)(struct text *text, const char *key, struct lsp_document *document, size_t offset);
} requests[] = {
    {"textDocument/hover", lsp_put_hover},           {"textDocument/definition", put_definition},
    {"textDocument/completion", lsp_put_completion}, {"textDocument/documentSymbol", put_symbols},
    {"textDocument/formatting", put_formatting},     {"textDocument/semanticTokens/full", put_tokens},
};

static void of_document(struct message *message, size_t request)
{
    struct lsp_document *const document = *find_document(message);
    struct text text = {.arena = &message->arena};

    if (document == NULL) {
        refuse(message, ERROR_INVALID_PARAMS, "this document is not open");
        return;
    }
    open_answer(&text, message->id);
    requests[request].put(&text, "result", document,
                          lsp_offset_of(document, json_member(message->params, "position")));
    answer(message, &text);
}

/* ---- messages ---------------------------------------------------------------------------------- */

static void notified(struct message *message, const char *method)
{
    if (strcmp(method, "exit") == 0)
        message->lsp->over = true;
    else if (!message->lsp->initialized || message->lsp->shut_down)
        return;
    else if (strcmp(method, "textDocument/didOpen") == 0)
        did_open(message);
    else if (strcmp(method, "textDocument/didChange") == 0)
        did_change(message);
    else if (strcmp(method, "textDocument/didClose") == 0)
        did_close(message);
}

static void requested(struct message *message, const char *method)
{
    if (strcmp(method, "initialize") == 0 && !message->lsp->initialized) {
        initialize(message);
        return;
    }
    if (!message->lsp->initialized) {
        refuse(message, ERROR_NOT_INITIALIZED, "'initialize' comes first");
        return;
    }
    if (message->lsp->shut_down || strcmp(method, "initialize") == 0) {
        refuse(message, ERROR_INVALID_REQUEST, "the session is past that");
        return;
    }
    if (strcmp(method, "shutdown") == 0) {
        struct text text = {.arena = &message->arena};
        message->lsp->shut_down = true;
        open_answer(&text, message->id);
        json_raw(&text, "result", "null", 4);
        answer(message, &text);
        return;
    }
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        if (strcmp(requests[i].method, method) == 0) {
            of_document(message, i);
            return;
        }
    }
    refuse(message, ERROR_METHOD_NOT_FOUND, "there is no such method here");
}

static void handle(struct lsp *lsp, const char *bytes, size_t length)
{
    struct message message = {.lsp = lsp};
    const struct json *const json = json_read(&message.arena, bytes, length);
    const char *const method = json_member_text(json, "method");

    message.id = json_member(json, "id");
    message.params = json_member(json, "params");
    if (json == NULL)
        refuse(&message, ERROR_PARSE, "this is not JSON");
    else if (method != NULL && message.id == NULL)
        notified(&message, method);
    else if (method != NULL)
        requested(&message, method);
    else if (json_member(json, "result") == NULL && json_member(json, "error") == NULL)
        refuse(&message, ERROR_INVALID_REQUEST, "this is no request");
    arena_free(&message.arena);
}

struct lsp *lsp_new(FILE *out)
{
    struct lsp *const lsp = calloc(1, sizeof *lsp);

    if (lsp == NULL)
        arena_exhausted();
    lsp->out = out;
    return lsp;
}

bool lsp_feed(struct lsp *lsp, const char *bytes, size_t length)
{
    const char *message;
    size_t message_length;

    frames_add(&lsp->frames, bytes, length);
    while (!lsp->over) {
        const enum frame_result result = frames_next(&lsp->frames, &message, &message_length);
        if (result == FRAME_MORE)
            return true;
        if (result == FRAME_MESSAGE)
            handle(lsp, message, message_length);
        else
            lsp->over = true;
    }
    return false;
}

int lsp_exit_code(const struct lsp *lsp)
{
    return lsp->over && lsp->shut_down ? 0 : 1;
}

void lsp_free(struct lsp *lsp)
{
    while (lsp->documents != NULL) {
        struct lsp_document *const next = lsp->documents->next;
        lsp_document_free(lsp->documents);
        lsp->documents = next;
    }
    frames_free(&lsp->frames);
    free(lsp);
}

int lsp_run(void)
{
    struct lsp *const lsp = lsp_new(stdout);
    char bytes[16384];
    ssize_t got;

    do {
        do
            got = read(STDIN_FILENO, bytes, sizeof bytes);
        while (got < 0 && errno == EINTR);
    } while (got > 0 && lsp_feed(lsp, bytes, (size_t)got));
    const int code = lsp_exit_code(lsp);
    lsp_free(lsp);
    return code;
}
