/* model.c - what is asked of a model in more than one room. */
#include "model.h"

#include <string.h>

const char *ready_first(const struct model *model, size_t index)
{
    const char *const name = model->routes[index].ready_c_name;

    for (size_t i = 0; i < index && name != NULL; i++) {
        if (model->routes[i].ready_c_name != NULL && strcmp(model->routes[i].ready_c_name, name) == 0)
            return NULL;
    }
    return name;
}

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

bool body_kind_may_be_absent(enum body_kind kind)
{
    return kind == BODY_TEXT || kind == BODY_BYTES || kind == BODY_STREAM;
}
