#include "routes.h"

#include <string.h>

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
        methods = longer(methods, model->routes[i].word);
        paths = longer(paths, model->routes[i].path);
        handlers = longer(handlers, route_handler_words(&model->routes[i]));
    }
    for (size_t i = 0; i < model->routes_count; i++) {
        const struct route *const route = &model->routes[i];
        fprintf(to, "%-*s  %-*s  %-*s  %s:%u\n", methods, route->word, paths, route->path, handlers,
                route_handler_words(route), route->place.source->name, source_position(route->place).line);
    }
}
