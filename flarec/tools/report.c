#include "tools/report.h"

#include <string.h>

#include "pack.h"
#include "tools/sarif.h"
#include "tools/uri.h"

extern const struct pack_file explain_pages[];

bool report_format_of(const char *name, enum report_format *format)
{
    static const char *const names[] = {
        [REPORT_TEXT] = "text", [REPORT_JSON] = "json", [REPORT_SARIF] = "sarif"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], name) != 0)
            continue;
        *format = (enum report_format)i;
        return true;
    }
    return false;
}

static const char *level(const struct code_info *info)
{
    return info->severity == SEVERITY_ERROR ? "error" : "warning";
}

static struct place end_of(struct place place)
{
    return place_part(place, place.length, 0);
}

/* ---- JSON --------------------------------------------------------------------------------------- */

static void json_position(struct text *text, const char *key, struct place place)
{
    const struct position position = source_position(place);

    json_open(text, key, '{');
    json_whole(text, "line", position.line);
    json_whole(text, "column", position.column);
    json_whole(text, "offset", place.start);
    json_close(text, '}');
}

static void json_place(struct text *text, struct place place)
{
    if (place.source == NULL)
        return;
    json_text(text, "file", place.source->name);
    json_position(text, "start", place);
    json_position(text, "end", end_of(place));
}

void report_json(struct diags *diags, FILE *to)
{
    struct text text = {.arena = diags->arena};

    diag_sort(diags);
    for (const struct diagnostic *one = diags->first; one != NULL; one = one->next) {
        json_open(&text, NULL, '{');
        json_text(&text, "code", one->info->text);
        json_text(&text, "severity", level(one->info));
        json_text(&text, "message", one->message);
        json_place(&text, one->place);
        json_text(&text, "label", one->label);
        json_open(&text, "also", '[');
        for (const struct diagnostic_place *also = one->also; also != NULL; also = also->next) {
            json_open(&text, NULL, '{');
            json_place(&text, also->place);
            json_text(&text, "label", also->label);
            json_close(&text, '}');
        }
        json_close(&text, ']');
        json_text(&text, "note", one->note);
        json_text(&text, "help", one->help);
        json_close(&text, '}');
        text_add(&text, "\n");
    }
    fwrite(text_of(&text), 1, text.length, to);
}

/* ---- SARIF ---------------------------------------------------------------------------------------- */

/* A path as a URI reference (RFC 3986 section 4.1). A segment with a colon must not look like a scheme. */
static const char *uri_of(struct arena *arena, const char *path)
{
    struct text uri = {.arena = arena};
    const size_t first = strcspn(path, "/");

    text_add(&uri, *path == '/' ? "file://" : memchr(path, ':', first) != NULL ? "./" : "");
    uri_path(&uri, path);
    return text_of(&uri);
}

void sarif_location(struct text *text, const char *key, struct place place, const char *message)
{
    const struct position start = source_position(place);
    const struct position end = source_position(end_of(place));

    if (place.source == NULL)
        return;
    json_open(text, key, '{');
    json_open(text, "physicalLocation", '{');
    json_open(text, "artifactLocation", '{');
    json_text(text, "uri", uri_of(text->arena, place.source->name));
    json_close(text, '}');
    json_open(text, "region", '{');
    json_whole(text, "startLine", start.line);
    json_whole(text, "startColumn", start.column);
    json_whole(text, "endLine", end.line);
    json_whole(text, "endColumn", end.column);
    json_whole(text, "byteOffset", place.start);
    json_whole(text, "byteLength", place.length);
    json_close(text, '}');
    json_close(text, '}');
    if (message != NULL) {
        json_open(text, "message", '{');
        json_text(text, "text", message);
        json_close(text, '}');
    }
    json_close(text, '}');
}

void sarif_begin(struct text *text)
{
    json_open(text, NULL, '{');
    json_text(text, "$schema",
              "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json");
    json_text(text, "version", "2.1.0");
    json_open(text, "runs", '[');
    json_open(text, NULL, '{');
    json_open(text, "tool", '{');
    json_open(text, "driver", '{');
    json_text(text, "name", "flarec");
    json_text(text, "version", FLARE_VERSION_TEXT);
}

void sarif_results(struct text *text)
{
    json_close(text, '}');
    json_close(text, '}');
    json_text(text, "columnKind", "unicodeCodePoints");
    json_open(text, "results", '[');
}

void sarif_end(struct text *text)
{
    json_close(text, ']');
    json_close(text, '}');
    json_close(text, ']');
    json_close(text, '}');
    text_add(text, "\n");
}

static bool reported(const struct diags *diags, enum code code)
{
    for (const struct diagnostic *one = diags->first; one != NULL; one = one->next) {
        if (one->info->code == code)
            return true;
    }
    return false;
}

/* The codes that were reported; `at` gets the index of each by its place in code_all(). */
static void sarif_rules(struct text *text, const struct diags *diags, unsigned *at)
{
    size_t count;
    const struct code_info *const infos = code_all(&count);
    unsigned rules = 0;

    json_open(text, "rules", '[');
    for (size_t i = 0; i < count; i++) {
        if (!reported(diags, infos[i].code))
            continue;
        const struct pack_file *const page =
            pack_find(explain_pages, arena_format(text->arena, "%s.md", infos[i].text));
        at[i] = rules++;
        json_open(text, NULL, '{');
        json_text(text, "id", infos[i].text);
        json_open(text, "shortDescription", '{');
        json_text(text, "text", infos[i].title);
        json_close(text, '}');
        if (page != NULL) {
            json_open(text, "help", '{');
            json_bytes(text, "text", page->text, page->length);
            json_bytes(text, "markdown", page->text, page->length);
            json_close(text, '}');
        }
        json_open(text, "defaultConfiguration", '{');
        json_text(text, "level", level(&infos[i]));
        json_close(text, '}');
        json_close(text, '}');
    }
    json_close(text, ']');
}

static void sarif_result(struct text *text, const struct diagnostic *one, unsigned rule)
{
    const char *message = one->message;

    if (one->note != NULL)
        message = arena_format(text->arena, "%s\n%s", message, one->note);
    if (one->help != NULL)
        message = arena_format(text->arena, "%s\n%s", message, one->help);
    json_open(text, NULL, '{');
    json_text(text, "ruleId", one->info->text);
    json_whole(text, "ruleIndex", rule);
    json_text(text, "level", level(one->info));
    json_open(text, "message", '{');
    json_text(text, "text", message);
    json_close(text, '}');
    json_open(text, "locations", '[');
    sarif_location(text, NULL, one->place, one->label);
    json_close(text, ']');
    if (one->also != NULL) {
        json_open(text, "relatedLocations", '[');
        for (const struct diagnostic_place *also = one->also; also != NULL; also = also->next)
            sarif_location(text, NULL, also->place, also->label);
        json_close(text, ']');
    }
    json_close(text, '}');
}

void report_sarif(struct diags *diags, FILE *to)
{
    struct text text = {.arena = diags->arena};
    size_t count;
    const struct code_info *const infos = code_all(&count);
    unsigned *const at = ARENA_ARRAY(diags->arena, count, unsigned);

    diag_sort(diags);
    sarif_begin(&text);
    sarif_rules(&text, diags, at);
    sarif_results(&text);
    for (const struct diagnostic *one = diags->first; one != NULL; one = one->next)
        sarif_result(&text, one, at[one->info - infos]);
    sarif_end(&text);
    fwrite(text_of(&text), 1, text.length, to);
}
