#include "lsp/document.h"

#include <stdlib.h>
#include <string.h>

#include "letters.h"
#include "passes.h"
#include "tools/uri.h"

#define DIAGNOSTICS_MAX 1000

struct lsp_document *lsp_document_new(const char *uri)
{
    struct lsp_document *const document = calloc(1, sizeof *document);
    char *const copy = malloc(strlen(uri) + 1);

    if (document == NULL || copy == NULL)
        arena_exhausted();
    memcpy(copy, uri, strlen(uri) + 1);
    document->uri = copy;
    return document;
}

void lsp_document_free(struct lsp_document *document)
{
    arena_free(&document->arena);
    free(document->uri);
    free(document->text);
    free(document);
}

/* ---- text and places ------------------------------------------------------------------------- */

bool lsp_document_edit(struct lsp_document *document, size_t start, size_t end, const char *bytes,
                       size_t length)
{
    const size_t whole = document->length - (end - start) + length;
    char *text;

    if (whole > SOURCE_MAX_BYTES)
        return false;
    text = malloc(whole + 1);
    if (text == NULL)
        arena_exhausted();
    if (start > 0)
        memcpy(text, document->text, start);
    if (length > 0)
        memcpy(text + start, bytes, length);
    if (document->length > end)
        memcpy(text + start + length, document->text + end, document->length - end);
    text[whole] = '\0';
    free(document->text);
    document->text = text;
    document->length = whole;
    return true;
}

/* Bytes of the character at `text`, and its UTF-16 units; a byte that is none is one of each. */
static size_t character(const char *text, size_t left, size_t *units)
{
    const unsigned char first = (unsigned char)*text;
    const size_t count = first < 0xc2 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 1;

    *units = 1;
    for (size_t i = 1; i < count; i++) {
        if (i >= left || ((unsigned char)text[i] & 0xc0) != 0x80)
            return 1;
    }
    *units = count == 4 ? 2 : 1;
    return count;
}

size_t lsp_offset(const char *text, size_t length, struct lsp_position position)
{
    size_t at = 0;

    for (; position.line > 0; position.line--) {
        const char *const end = at < length ? memchr(text + at, '\n', length - at) : NULL;
        if (end == NULL)
            return length;
        at = (size_t)(end - text) + 1;
    }
    for (size_t units = 0; at < length && text[at] != '\n' && position.character > 0;
         position.character -= units) {
        if (text[at] == '\r' && (at + 1 == length || text[at + 1] == '\n'))
            break;
        const size_t step = character(text + at, length - at, &units);
        if (units > position.character)
            break;
        at += step;
    }
    return at;
}

struct lsp_position lsp_position(const struct source *source, size_t offset)
{
    const struct place place = {source, (uint32_t)(offset < source->length ? offset : source->length), 0};
    struct lsp_position position = {source_position(place).line - 1, 0};

    for (size_t at = source->lines[position.line], units; at < place.start; position.character += units)
        at += character(source->text + at, source->length - at, &units);
    return position;
}

static struct lsp_position position_of(const struct json *json)
{
    return (struct lsp_position){json_member_whole(json, "line", UINT32_MAX, 0),
                                 json_member_whole(json, "character", UINT32_MAX, 0)};
}

size_t lsp_offset_of(const struct lsp_document *document, const struct json *position)
{
    return lsp_offset(document->source->text, document->source->length, position_of(position));
}

bool lsp_document_change(struct lsp_document *document, const struct json *change)
{
    const struct json *const text = json_member(change, "text");
    const struct json *const range = json_member(change, "range");
    size_t start = 0;
    size_t end = document->length;

    if (text == NULL || text->kind != JSON_STRING)
        return false;
    if (range != NULL) {
        start = lsp_offset(document->text, document->length, position_of(json_member(range, "start")));
        end = lsp_offset(document->text, document->length, position_of(json_member(range, "end")));
        if (end < start)
            return false;
    }
    return lsp_document_edit(document, start, end, text->text, text->length);
}

/* ---- what the compiler finds --------------------------------------------------------------------- */

const char *lsp_path_of(struct arena *arena, const char *uri)
{
    char *const path = arena_alloc(arena, strlen(uri) + 1);
    char *to = path;

    if (strncmp(uri, "file:///", 8) != 0)
        return uri;
    for (const char *at = uri + 7; *at != '\0'; at++) {
        if (*at == '%' && hex_value(at[1]) >= 0 && hex_value(at[2]) >= 0 && (at[1] != '0' || at[2] != '0')) {
            *to++ = (char)(hex_value(at[1]) << 4 | hex_value(at[2]));
            at += 2;
        } else {
            *to++ = *at;
        }
    }
    return path;
}

void lsp_document_analyse(struct lsp_document *document)
{
    const struct model *model;

    arena_free(&document->arena);
    document->arena = (struct arena){0};
    document->diags = (struct diags){.arena = &document->arena};
    document->source = source_from_bytes(&document->arena, lsp_path_of(&document->arena, document->uri),
                                         document->text != NULL ? document->text : "", document->length);
    document->tree = parse_source(&document->arena, document->source, &document->diags);
    model = check_tree(&document->arena, document->tree, &document->diags);
    if (model != NULL)
        plan_service(&document->arena, model, &document->diags);
    diag_sort(&document->diags);
}

/* ---- for the client --------------------------------------------------------------------------------- */

static void put_position(struct text *text, const char *key, const struct source *source, size_t offset)
{
    const struct lsp_position position = lsp_position(source, offset);

    json_open(text, key, '{');
    json_whole(text, "line", position.line);
    json_whole(text, "character", position.character);
    json_close(text, '}');
}

void lsp_put_range(struct text *text, const char *key, struct place place)
{
    json_open(text, key, '{');
    put_position(text, "start", place.source, place.start);
    put_position(text, "end", place.source, (size_t)place.start + place.length);
    json_close(text, '}');
}

static const char *uri_of(struct arena *arena, const char *path)
{
    struct text uri = {.arena = arena};

    text_add(&uri, "file://");
    uri_path(&uri, path);
    return text_of(&uri);
}

void lsp_put_location(struct text *text, const char *key, const struct lsp_document *document,
                      struct place place)
{
    json_open(text, key, '{');
    json_text(text, "uri",
              place.source == document->source ? document->uri : uri_of(text->arena, place.source->name));
    lsp_put_range(text, "range", place);
    json_close(text, '}');
}

static void put_diagnostic(struct text *text, const struct lsp_document *document,
                           const struct diagnostic *one)
{
    const char *message = one->message;
    /* One of an imported file, or of none, is shown at the top. */
    const bool here = one->place.source == document->source;
    const struct place place = here ? one->place : (struct place){document->source, 0, 0};

    if (one->label != NULL)
        message = arena_format(text->arena, "%s: %s", message, one->label);
    if (one->note != NULL)
        message = arena_format(text->arena, "%s\nnote: %s", message, one->note);
    if (one->help != NULL)
        message = arena_format(text->arena, "%s\nhelp: %s", message, one->help);
    json_open(text, NULL, '{');
    lsp_put_range(text, "range", place);
    json_whole(text, "severity", one->info->severity == SEVERITY_ERROR ? 1 : 2);
    json_text(text, "code", one->info->text);
    json_text(text, "source", "flarec");
    json_text(text, "message", message);
    if (one->info->code == CODE_UNUSED_TYPE)
        json_raw(text, "tags", "[1]", 3);
    json_open(text, "relatedInformation", '[');
    for (const struct diagnostic_place *also = one->also; also != NULL; also = also->next) {
        if (also->place.source == NULL)
            continue;
        json_open(text, NULL, '{');
        lsp_put_location(text, "location", document, also->place);
        json_text(text, "message", also->label);
        json_close(text, '}');
    }
    if (!here && one->place.source != NULL) {
        json_open(text, NULL, '{');
        lsp_put_location(text, "location", document, one->place);
        json_text(text, "message", "found here");
        json_close(text, '}');
    }
    json_close(text, ']');
    json_close(text, '}');
}

void lsp_put_diagnostics(struct text *text, const char *key, const struct lsp_document *document)
{
    size_t count = 0;

    json_open(text, key, '[');
    for (const struct diagnostic *one = document->diags.first; one != NULL && count < DIAGNOSTICS_MAX;
         one = one->next, count++)
        put_diagnostic(text, document, one);
    json_close(text, ']');
}
