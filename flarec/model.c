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
    case HANDLER_METRICS:
        return "metrics()";
    case HANDLER_HEALTH:
        return "health()";
    case HANDLER_READY:
        return "ready()";
    case HANDLER_FILES:
        return "files()";
    case HANDLER_PROXY:
        return "proxy()";
    case HANDLER_FUNCTION:
        break;
    }
    return route->handler_c_name;
}
