/* model.c - what is asked of a model in more than one room. */
#include "model.h"

const char *route_handler_words(const struct route *route)
{
    switch (route->handler) {
    case HANDLER_FIXED:
        return "fixed()";
    case HANDLER_REDIRECT:
        return "redirect()";
    case HANDLER_DOCS:
        return "docs()";
    case HANDLER_FUNCTION:
        break;
    }
    return route->handler_c_name;
}
