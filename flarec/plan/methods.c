#include "plan/methods.h"

const char *method_set_text(struct arena *arena, method_set methods)
{
    const char *text = "";

    for (unsigned i = 1; i < METHOD_COUNT; i++) {
        if (i != METHOD_OPTIONS && (methods & METHOD_BIT(i)) != 0)
            text = arena_format(arena, "%s%s, ", text, method_name(i));
    }
    return arena_format(arena, "%sOPTIONS", text);
}
