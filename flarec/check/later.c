/* later.c - what this version of the compiler does not have yet is refused by name, once for each thing. */
#include <string.h>

#include "check/check.h"

struct later {
    struct later *next;
    const char *text;
    struct diagnostic *diagnostic;
    unsigned more;
};

static const char *const texts[] = {
#define FLAREC_FEATURE(name, text) [FEATURE_##name] = text,
#include "check/features.h"
#undef FLAREC_FEATURE
};

/* `%s` in a feature's text is the name. */
static const char *fill(struct arena *arena, const char *text, const char *name)
{
    const char *const hole = strstr(text, "%s");

    if (hole == NULL || name == NULL)
        return text;
    return arena_format(arena, "%.*s%s%s", (int)(hole - text), text, name, hole + 2);
}

void check_later(struct check *check, enum feature feature, const char *name, struct place place)
{
    const char *const text = fill(check->arena, texts[feature], name);
    struct later *later = check->later;

    while (later != NULL && strcmp(later->text, text) != 0)
        later = later->next;
    if (later != NULL) {
        later->more++;
        return;
    }
    later = ARENA_NEW(check->arena, struct later);
    later->text = text;
    later->diagnostic = diag_report(check->diags, CODE_LATER, place, "%s with a later version", text);
    later->next = check->later;
    check->later = later;
}

void check_later_end(struct check *check)
{
    for (struct later *later = check->later; later != NULL; later = later->next) {
        if (later->more > 0)
            diag_note(later->diagnostic, "used in %u more place%s", later->more, later->more == 1 ? "" : "s");
    }
}
