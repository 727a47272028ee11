/* difference.c - differences are noted as they are found, and told as text or JSON. */
#include <stdarg.h>
#include <string.h>

#include "check/check.h"
#include "publish/compare.h"
#include "publish/publish.h"

void difference_add(struct comparison *comparison, enum verdict verdict, struct place place,
                    const char *where, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    const struct difference difference = {
        .verdict = verdict,
        .route = comparison->route,
        .where = where,
        .what = arena_vformat(comparison->arena, format, arguments),
        .place = place,
    };
    va_end(arguments);
    VECTOR_ADD(comparison->arena, *comparison, difference);
}

/* ---- telling ------------------------------------------------------------------------------------------- */

static const char *const verdicts[] = {
    [VERDICT_BREAKING] = "breaking", [VERDICT_COMPATIBLE] = "compatible", [VERDICT_C_ONLY] = "C only"};

static void write_text(const struct comparison *comparison, struct output *out)
{
    size_t counts[3] = {0};

    for (int verdict = VERDICT_BREAKING; verdict <= VERDICT_C_ONLY; verdict++) {
        for (size_t i = 0; i < comparison->count; i++) {
            const struct difference *const difference = &comparison->items[i];
            const struct position position = source_position(difference->place);
            if ((int)difference->verdict != verdict)
                continue;
            counts[verdict]++;
            output_format(out, "%s:%u:%u: %s: %s%s%s: %s\n", difference->place.source->name, position.line,
                          position.column, verdicts[verdict],
                          *difference->route != '\0' ? difference->route : "service",
                          *difference->where != '\0' ? ": " : "", difference->where, difference->what);
        }
    }
    output_format(out, "%zu breaking, %zu compatible, %zu in C only\n", counts[VERDICT_BREAKING],
                  counts[VERDICT_COMPATIBLE], counts[VERDICT_C_ONLY]);
}

static void write_json(const struct comparison *comparison, struct output *out)
{
    struct writer writer = {.out = out};

    writer_open(&writer, NULL, '[');
    for (size_t i = 0; i < comparison->count; i++) {
        const struct difference *const difference = &comparison->items[i];
        const struct position position = source_position(difference->place);
        writer_open(&writer, NULL, '{');
        writer_text(&writer, "verdict", verdicts[difference->verdict]);
        writer_text(&writer, "route", difference->route);
        writer_text(&writer, "where", difference->where);
        writer_text(&writer, "what", difference->what);
        writer_text(&writer, "file", difference->place.source->name);
        writer_whole(&writer, "line", position.line);
        writer_whole(&writer, "column", position.column);
        writer_close(&writer, '}');
    }
    writer_close(&writer, ']');
    output_text(out, "\n");
}

bool breaking_write(const struct model *from, const struct model *to, bool json, struct output *out)
{
    struct arena arena = {0};
    struct comparison comparison = {.arena = &arena, .from = from, .to = to};
    bool breaks = false;

    models_compare(&comparison);
    for (size_t i = 0; i < comparison.count; i++)
        breaks = breaks || comparison.items[i].verdict == VERDICT_BREAKING;
    if (json)
        write_json(&comparison, out);
    else
        write_text(&comparison, out);
    arena_free(&arena);
    return breaks;
}
