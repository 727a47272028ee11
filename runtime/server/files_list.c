/* files_list.c - files(): a page of what a folder holds. */
#include "server/files.h"

#include "net/sys.h"

#include <flare/gen_reply.h>
#include <flare/reply.h>

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

/* A longer list is cut: it would hold up the others. */
enum { NAMES_MAX = 10000 };

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void put_text(flare_buffer *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            FLAREI_PUT(out, "&amp;");
            break;
        case '<':
            FLAREI_PUT(out, "&lt;");
            break;
        case '>':
            FLAREI_PUT(out, "&gt;");
            break;
        default:
            flarei_put(out, text, 1);
        }
    }
}

/* "./" keeps a colon from making a scheme of what is before it (RFC 3986 section 4.2). */
static void put_row(flare_buffer *out, const char *name)
{
    const size_t length = strlen(name);
    const bool folder = length != 0 && name[length - 1] == '/';
    char *to;

    FLAREI_PUT(out, "<li><a href=\"./");
    to = flarei_buffer_reserve(out, 3 * length);
    if (to != NULL)
        flarei_buffer_commit(out, flare_percent_encode((flare_str){name, folder ? length - 1 : length},
                                                       FLARE_PERCENT_PATH, to));
    if (folder)
        FLAREI_PUT(out, "/");
    FLAREI_PUT(out, "\">");
    put_text(out, name);
    FLAREI_PUT(out, "</a></li>\n");
}

/* @return the name, with a slash where it is a folder's; NULL without memory */
static char *keep(flare_request *rq, const struct flarei_files *files, const struct dirent *entry, bool *skip)
{
    const size_t length = strlen(entry->d_name);
    const bool folder = entry->d_type == DT_DIR;
    char *text;

    *skip = (entry->d_name[0] == '.' &&
             (!files->hidden || strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)) ||
            (!folder && entry->d_type != DT_REG && entry->d_type != DT_LNK && entry->d_type != DT_UNKNOWN);
    if (*skip)
        return NULL;
    text = flarei_arena_alloc(rq->arena, length + 2);
    if (text == NULL)
        return NULL;
    memcpy(text, entry->d_name, length + 1);
    if (folder)
        memcpy(text + length, "/", 2);
    return text;
}

/* @return how many, or -1 without memory */
static ptrdiff_t collect(flare_request *rq, const struct flarei_files *files, DIR *folder, char ***names)
{
    const struct dirent *entry;
    ptrdiff_t count = 0, room = 64;

    *names = flarei_arena_alloc(rq->arena, (size_t)room * sizeof **names);
    while (*names != NULL && count < NAMES_MAX && (entry = flarei_sys.readdir(folder)) != NULL) {
        bool skip;
        char *const name = keep(rq, files, entry, &skip);

        if (skip)
            continue;
        if (name == NULL)
            return -1;
        if (count == room) {
            char **const more = flarei_arena_alloc(rq->arena, 2 * (size_t)room * sizeof *more);

            if (more == NULL)
                return -1;
            memcpy(more, *names, (size_t)room * sizeof *more);
            *names = more;
            room *= 2;
        }
        (*names)[count++] = name;
    }
    return *names != NULL ? count : -1;
}

static flare_reply write_page(flare_request *rq, char *const *names, ptrdiff_t count)
{
    static const struct flarei_head head = FLAREI_HEAD(200, "OK", "text/html; charset=utf-8",
                                                       "Content-Security-Policy: default-src 'none'\r\n"
                                                       "X-Content-Type-Options: nosniff\r\n");
    flare_buffer *const out = flarei_reply_open(rq, &head, 1024);

    if (out == NULL)
        return flarei_reply_close(rq);
    FLAREI_PUT(out, "<!doctype html>\n<meta charset=\"utf-8\">\n<title>Files</title>\n<ul>\n");
    FLAREI_PUT(out, "<li><a href=\"../\">../</a></li>\n");
    for (ptrdiff_t i = 0; i < count; i++)
        put_row(out, names[i]);
    FLAREI_PUT(out, "</ul>\n");
    return flarei_reply_close(rq);
}

flare_reply flarei_files_list(flare_request *rq, const struct flarei_files *files, int fd)
{
    DIR *const folder = flarei_sys.fdopendir(fd);
    char **names;
    ptrdiff_t count;

    if (folder == NULL) {
        const flare_err err = flarei_err_from_errno(errno);

        flarei_sys.close(fd);
        return flarei_files_failed(rq, files, err);
    }
    count = collect(rq, files, folder, &names);
    (void)flarei_sys.closedir(folder);
    if (count < 0)
        return flarei_reply_fail(rq, "no memory for the names of a folder");
    qsort(names, (size_t)count, sizeof *names, compare);
    return write_page(rq, names, count);
}
