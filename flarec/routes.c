#include "routes.h"

#include <string.h>

static const char *method_of(const struct route *route)
{
    return route->word;
}

static const char *handler_of(const struct route *route)
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

static int longer(int width, const char *text)
{
    const int length = (int)strlen(text);

    return length > width ? length : width;
}

void routes_write(const struct model *model, FILE *to)
{
    int methods = 0;
    int paths = 0;
    int handlers = 0;

    for (size_t i = 0; i < model->routes_count; i++) {
        methods = longer(methods, method_of(&model->routes[i]));
        paths = longer(paths, model->routes[i].path);
        handlers = longer(handlers, handler_of(&model->routes[i]));
    }
    for (size_t i = 0; i < model->routes_count; i++) {
        const struct route *const route = &model->routes[i];
        fprintf(to, "%-*s  %-*s  %-*s  %s:%u\n", methods, method_of(route), paths, route->path, handlers,
                handler_of(route), route->place.source->name, source_position(route->place).line);
    }
}
