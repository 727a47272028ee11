#include "tools/new.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "check/check.h"
#include "emit/text.h"
#include "outputs.h"
#include "pack.h"
#include "passes.h"

extern const struct pack_file project_files[];

static const struct {
    const char *from;
    const char *to; /* `*` is the service's name */
} files[] = {
    {"service.flare.in", "*.flare"}, {"handlers.c.in", "handlers.c"}, {"CMakeLists.txt.in", "CMakeLists.txt"},
    {"main.c.in", "main.c"},         {"test.c.in", "test.c"},         {"README.md.in", "README.md"},
    {"gitignore.in", ".gitignore"},
};

#define FILES_COUNT (sizeof files / sizeof *files)

/* A service's name is what the compiler takes for one. */
static bool name_fits(struct arena *arena, const char *name)
{
    struct diags diags = {.arena = arena};
    const size_t word = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");
    const char *const spec = arena_format(arena, "service %s;\nGET / -> home;\n", name);

    if (name[word] == '\0' && word > 0 && word <= 100) {
        const struct source *const source = source_from_bytes(arena, "new", spec, strlen(spec));
        if (check_tree(arena, parse_source(arena, source, &diags), &diags) != NULL)
            return true;
    }
    fprintf(stderr, "flarec new: '%s' can't be the name of a service", name);
    if (diags.first != NULL && diags.first->info->code != CODE_SYNTAX)
        fprintf(stderr, ": %s", diags.first->message);
    fprintf(stderr, "\nA name is letters, digits and underscores, with hyphens between, a letter first.\n");
    return false;
}

/* The text with its $holes$ filled. */
static const char *fill(struct arena *arena, const char *text, const char *name)
{
    static const char name_hole[] = "$name$";
    static const char prefix_hole[] = "$prefix$";
    struct text filled = {.arena = arena};

    while (*text != '\0') {
        if (strncmp(text, name_hole, sizeof name_hole - 1) == 0) {
            text_add(&filled, name);
            text += sizeof name_hole - 1;
        } else if (strncmp(text, prefix_hole, sizeof prefix_hole - 1) == 0) {
            text_add(&filled, name_snake(arena, name));
            text += sizeof prefix_hole - 1;
        } else {
            text_add_bytes(&filled, text++, 1);
        }
    }
    return text_of(&filled);
}

static bool there_already(const char *path)
{
    struct stat info;

    if (lstat(path, &info) != 0)
        return false;
    fprintf(stderr, "flarec new: %s is there already; nothing was written\n", path);
    return true;
}

int new_project(const char *name, const char *folder)
{
    struct arena arena = {0};
    struct outputs outputs = {0};
    bool good = name_fits(&arena, name);

    if (folder == NULL)
        folder = name;
    for (size_t i = 0; good && i < FILES_COUNT; i++) {
        const char *const file =
            *files[i].to == '*' ? arena_format(&arena, "%s%s", name, files[i].to + 1) : files[i].to;
        const char *const path = arena_format(&arena, "%s/%s", folder, file);
        const struct pack_file *const from = pack_find(project_files, files[i].from);
        good = !there_already(path);
        output_text(outputs_add(&outputs, &arena, OUTPUT_SOURCE, path), fill(&arena, from->text, name));
    }
    outputs.folder = folder;
    good = good && outputs_commit(&outputs);
    if (good)
        printf("%s: a service of two routes, its build and its test; README.md says how to start it\n",
               folder);
    outputs_free(&outputs);
    arena_free(&arena);
    return good ? 0 : 2;
}
