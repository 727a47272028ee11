#include "tools/differences.h"

#include "publish/compare.h"
#include "tools/sarif.h"

static const struct {
    const char *id, *level, *words;
} rules[] = {
    [VERDICT_BREAKING] = {"breaking", "error", "a change that breaks clients"},
    [VERDICT_COMPATIBLE] = {"compatible", "note", "a change that no client minds"},
    [VERDICT_C_ONLY] = {"c-only", "note", "a change that only the service's own C minds"},
};

static void put_rules(struct text *text)
{
    json_open(text, "rules", '[');
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        json_open(text, NULL, '{');
        json_text(text, "id", rules[i].id);
        json_open(text, "shortDescription", '{');
        json_text(text, "text", rules[i].words);
        json_close(text, '}');
        json_open(text, "defaultConfiguration", '{');
        json_text(text, "level", rules[i].level);
        json_close(text, '}');
        json_close(text, '}');
    }
    json_close(text, ']');
}

static void put_result(struct text *text, const struct difference *difference)
{
    json_open(text, NULL, '{');
    json_text(text, "ruleId", rules[difference->verdict].id);
    json_whole(text, "ruleIndex", (unsigned long)difference->verdict);
    json_text(text, "level", rules[difference->verdict].level);
    json_open(text, "message", '{');
    json_text(text, "text",
              arena_format(text->arena, "%s%s%s: %s",
                           *difference->route != '\0' ? difference->route : "service",
                           *difference->where != '\0' ? ": " : "", difference->where, difference->what));
    json_close(text, '}');
    json_open(text, "locations", '[');
    sarif_location(text, NULL, difference->place, NULL);
    json_close(text, ']');
    json_close(text, '}');
}

bool differences_sarif(const struct model *from, const struct model *to, FILE *out)
{
    struct arena arena = {0};
    struct comparison comparison = {.arena = &arena, .from = from, .to = to};
    struct text text = {.arena = &arena};
    bool breaks = false;

    models_compare(&comparison);
    sarif_begin(&text);
    put_rules(&text);
    sarif_results(&text);
    for (size_t i = 0; i < comparison.count; i++) {
        put_result(&text, &comparison.items[i]);
        breaks = breaks || comparison.items[i].verdict == VERDICT_BREAKING;
    }
    sarif_end(&text);
    fwrite(text_of(&text), 1, text.length, out);
    arena_free(&arena);
    return breaks;
}
