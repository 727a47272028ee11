/* files.c - files(): the folder and what is said of it; with `embed` all that lies there. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "check/check.h"

/* More is not for a program to hold; and folders in folders that are a link to themselves end somewhere. */
#define HELD_MAX_BYTES ((size_t)64 << 20)
enum { DEPTH_MAX = 32, ENTRIES_MAX = 10000 };

struct collecting {
    struct check *check;
    const struct files *files;
    struct place place;
    struct {
        struct held_file *items;
        size_t count, capacity;
    } held;
    size_t bytes;
    int entries;
    char *root; /* without links */
};

static void folder_wrong(struct check *check, struct place place, const char *path, const char *why)
{
    diag_help(diag_report(check->diags, CODE_FOLDER, place, "'%s' %s", path, why),
              "the path of a folder is written as seen from this file");
}

static bool read_file(struct collecting *collecting, const char *path, const char *name, size_t length)
{
    struct check *const check = collecting->check;
    FILE *const file = fopen(path, "rb");
    char *const bytes = file != NULL ? arena_alloc(check->arena, length + 1) : NULL;
    const size_t got = file != NULL ? fread(bytes, 1, length, file) : 0;
    const struct held_file held = {.name = name, .bytes = bytes, .length = length};

    if (file != NULL)
        fclose(file);
    if (file == NULL || got != length) {
        folder_wrong(check, collecting->place, path, "can't be read");
        return false;
    }
    bytes[length] = '\0';
    VECTOR_ADD(check->arena, collecting->held, held);
    return true;
}

static bool read_folder(struct collecting *collecting, const char *path, const char *below, int depth);

/* A link that leads out of the folder is not followed when the folder is served either. */
static bool leads_out(const struct collecting *collecting, const char *path)
{
    char *const whole = realpath(path, NULL);
    const size_t length = collecting->root != NULL ? strlen(collecting->root) : 0;
    const bool out =
        whole == NULL || length == 0 || strncmp(whole, collecting->root, length) != 0 || whole[length] != '/';

    free(whole);
    return out;
}

static bool read_entry(struct collecting *collecting, const char *path, const char *name, int depth)
{
    struct check *const check = collecting->check;
    struct stat status;

    if (++collecting->entries > ENTRIES_MAX) {
        folder_wrong(check, collecting->place, collecting->files->folder,
                     "holds more than 10,000 files to embed");
        return false;
    }
    if (stat(path, &status) != 0) {
        if (errno == ENOENT) /* a link to nothing */
            return true;
        folder_wrong(check, collecting->place, path, "can't be read");
        return false;
    }
    if (leads_out(collecting, path))
        return true;
    if (S_ISDIR(status.st_mode))
        return read_folder(collecting, path, arena_format(check->arena, "%s/", name), depth + 1);
    if (!S_ISREG(status.st_mode))
        return true;
    collecting->bytes += (size_t)status.st_size;
    if (collecting->bytes > HELD_MAX_BYTES) {
        folder_wrong(check, collecting->place, collecting->files->folder, "holds more than 64 MiB to embed");
        return false;
    }
    VECTOR_ADD(check->arena, check->files, path);
    return read_file(collecting, path, name, (size_t)status.st_size);
}

/* The folder itself is a file that was read: its time changes when one comes or goes. */
static bool read_folder(struct collecting *collecting, const char *path, const char *below, int depth)
{
    struct check *const check = collecting->check;
    DIR *const folder = depth <= DEPTH_MAX ? opendir(path) : NULL;
    const struct dirent *entry;
    bool good = folder != NULL;

    if (!good)
        folder_wrong(check, collecting->place, path, "can't be read");
    else
        VECTOR_ADD(check->arena, check->files, path);
    while (good && (entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.' && (!collecting->files->hidden || strcmp(entry->d_name, ".") == 0 ||
                                        strcmp(entry->d_name, "..") == 0))
            continue;
        good = read_entry(collecting, arena_format(check->arena, "%s/%s", path, entry->d_name),
                          arena_format(check->arena, "%s%s", below, entry->d_name), depth);
    }
    if (folder != NULL)
        closedir(folder);
    return good;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct held_file *)a)->name, ((const struct held_file *)b)->name);
}

static void hold(struct check *check, struct files *files, const char *path, struct place place)
{
    struct collecting collecting = {
        .check = check, .files = files, .place = place, .root = realpath(path, NULL)};
    const bool good = read_folder(&collecting, path, "", 0);

    free(collecting.root);
    if (!good)
        return;
    if (collecting.held.count == 0) {
        folder_wrong(check, place, files->folder, "holds no file to embed");
        return;
    }
    qsort(collecting.held.items, collecting.held.count, sizeof *collecting.held.items, by_name);
    files->held = collecting.held.items;
    files->held_count = collecting.held.count;
}

/* The one file of its folder. */
static void only_file(struct check *check, struct files *files, const char *path, size_t length,
                      struct place place)
{
    struct collecting collecting = {.check = check, .files = files, .place = place};
    const char *const slash = strrchr(files->folder, '/');

    files->only = slash != NULL ? slash + 1 : files->folder;
    if (files->embed && length <= HELD_MAX_BYTES) {
        VECTOR_ADD(check->arena, check->files, path);
        if (!read_file(&collecting, path, files->only, length))
            return;
        files->held = collecting.held.items;
        files->held_count = collecting.held.count;
    }
    files->folder = slash == NULL ? "."
                    : slash == files->folder
                        ? "/"
                        : arena_copy(check->arena, files->folder, (size_t)(slash - files->folder));
    files->hidden = true;
}

static void folder_of(struct check *check, const struct target *target, struct files *files)
{
    const struct argument *const first = target->args.first;
    struct stat status;

    if (first == NULL || first->label.text != NULL || first->value->kind != VALUE_STRING ||
        first->value->length == 0 || strlen(first->value->text) != first->value->length) {
        diag_help(diag_report(check->diags, CODE_HANDLER_ARGUMENTS,
                              first != NULL ? first->place : target->args.place, "a folder is expected here"),
                  "write files(\"public\")");
        return;
    }
    files->folder = first->value->text;
    const char *const path = files->folder[0] == '/' ? files->folder : path_from_here(check, files->folder);
    if (stat(path, &status) != 0)
        folder_wrong(check, first->place, files->folder, "is not there");
    else if (S_ISREG(status.st_mode))
        only_file(check, files, path, (size_t)status.st_size, first->place);
    else if (!S_ISDIR(status.st_mode))
        folder_wrong(check, first->place, files->folder, "is neither a folder nor a file");
    else if (files->embed)
        hold(check, files, path, first->place);
}

static void settings(struct check *check, const struct target *target, struct files *files)
{
    static const char *const labels[] = {"index",         "cache", "listing", "hidden",
                                         "precompressed", "embed", NULL};
    struct arguments rest = target->args;

    if (rest.first != NULL && rest.first->label.text == NULL)
        rest.first = rest.first->next;
    arguments_known(check, &rest, "files()", labels);
    files->index = setting_text(check, &rest, "index", "index.html");
    files->cache = setting_text(check, &rest, "cache", "");
    files->listing = setting_flag(check, &rest, "listing", false);
    files->hidden = setting_flag(check, &rest, "hidden", false);
    files->precompressed = setting_flag(check, &rest, "precompressed", false);
    files->embed = setting_flag(check, &rest, "embed", false);
    if (strchr(files->index, '/') != NULL || files->index[0] == '.')
        diag_help(diag_report(check->diags, CODE_HANDLER_ARGUMENTS,
                              argument_find(check, &rest, "index")->place, "an index is the name of a file"),
                  "write index: \"index.html\"");
    for (int i = 0; files->embed && i < 2; i++) {
        const char *const label = i == 0 ? "listing" : "precompressed";

        if (i == 0 ? files->listing : files->precompressed)
            diag_help(diag_report(check->diags, CODE_HANDLER_ARGUMENTS,
                                  argument_find(check, &rest, label)->place,
                                  "'%s' is of folders that are not embedded", label),
                      "remove it, or embed");
    }
}

void files_handler(struct check *check, const struct statement *statement, struct route *route)
{
    const struct target *const target = statement->target;
    const struct name *const path = &statement->path;
    const size_t length = path->text != NULL ? strlen(path->text) : 0;

    route->handler = HANDLER_FILES;
    route->files = (struct files){.folder = "", .index = "", .cache = ""};
    if (strcmp(statement->name.text, "GET") != 0)
        diag_help(diag_report(check->diags, CODE_HANDLER_ARGUMENTS, statement->name.place,
                              "files() answers GET only, and HEAD with it"),
                  "write GET");
    settings(check, target, &route->files);
    folder_of(check, target, &route->files);
    const bool below = length >= 2 && strcmp(path->text + length - 2, "/*") == 0;
    if (!below && route->files.only == NULL)
        diag_help(diag_report(check->diags, CODE_HANDLER_ARGUMENTS, path->place,
                              "files() of a folder serves more than one path"),
                  "end the path in '/*', as in GET /assets/*");
    else if (below && route->files.only != NULL)
        diag_help(diag_report(check->diags, CODE_HANDLER_ARGUMENTS, path->place,
                              "files() of one file serves one path"),
                  "name its folder, or end the path otherwise");
}
