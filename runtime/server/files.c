/* files.c - files(): what a path names. */
#include "server/files.h"

#include "http/accept.h"
#include "http/media_type.h"
#include "http/reply.h"
#include "net/sys.h"
#include "server/beneath.h"

#include <flare/log.h>
#include <flare/reply.h>

#include <errno.h>
#include <fcntl.h>

flare_reply flarei_files_failed(flare_request *rq, const struct flarei_files *files, flare_err err)
{
    flare_log(FLARE_LOG_ERROR, "%.*s: %s: %s", FLARE_STR_ARG(rq->route->name), files->folder,
              flare_err_text(err));
    return flarei_reply_problem_of(rq, err == FLARE_ERR_DESCRIPTORS || err == FLARE_ERR_MEMORY ? 503 : 500,
                                   FLARE_STR(""), FLARE_STR(""));
}

void flarei_found_close(struct flarei_found *found)
{
    if (found->fd >= 0)
        flarei_sys.close(found->fd);
    found->fd = -1;
}

/* The folder stays open: it is found once, by whichever thread asks first. */
static int root_of(struct flarei_files *files)
{
    int root = __atomic_load_n(&files->root, __ATOMIC_ACQUIRE), fd;

    if (FLARE_LIKELY(root != 0))
        return root - 1;
    fd = flarei_sys.open_directory(files->folder);
    if (fd < 0)
        return (int)flarei_err_from_errno(errno);
    if (__atomic_compare_exchange_n(&files->root, &root, fd + 1, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return fd;
    flarei_sys.close(fd);
    return root - 1;
}

/* ---- What tells one representation from another ---- */

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

/* A file that was written anew differs in one of these, short of someone who turns the clock back. */
void flarei_found_describe(struct flarei_found *found, const struct stat *status)
{
    static const char digits[] = "0123456789abcdef";
    const int64_t changed_ns = (int64_t)status->st_mtim.tv_sec * FLARE_TIME_SECOND + status->st_mtim.tv_nsec;
    uint64_t hash = mix(UINT64_C(0x27d4eb2f165667c5), (uint64_t)status->st_ino);

    hash = mix(mix(mix(hash, (uint64_t)changed_ns), (uint64_t)status->st_size), (uint64_t)status->st_dev);
    found->tag[0] = found->tag[17] = '"';
    for (int i = 0; i < 16; i++)
        found->tag[1 + i] = digits[hash >> (60 - 4 * i) & 15];
    found->validators.etag = (flare_str){found->tag, 18};
    found->validators.has_modified = true;
    found->validators.modified = (flare_time)status->st_mtim.tv_sec * FLARE_TIME_SECOND;
    found->size = (uint64_t)status->st_size;
}

/* Opens a regular file; a folder is left open in found->fd. */
static flare_err open_found(int root, const char *path, struct flarei_found *found, bool *folder)
{
    struct stat status;
    const int fd = flarei_open_beneath(root, path);

    *folder = false;
    if (fd < 0)
        return (flare_err)fd;
    found->fd = fd;
    if (flarei_sys.fstat(fd, &status) != 0) {
        const flare_err err = flarei_err_from_errno(errno);

        flarei_found_close(found);
        return err;
    }
    *folder = S_ISDIR(status.st_mode);
    if (!*folder && !S_ISREG(status.st_mode)) {
        flarei_found_close(found);
        return FLARE_ERR_NOT_FOUND;
    }
    flarei_found_describe(found, &status);
    return FLARE_OK;
}

/* ---- Codings ---- */

static const struct {
    flare_str name;
    char suffix[4];
} codings[] = {{FLARE_STR_INIT("br"), ".br"}, {FLARE_STR_INIT("gzip"), ".gz"}};

enum { CODINGS = sizeof codings / sizeof *codings };

/* The best one that the client takes and that lies there, beside `plain`. */
static void prefer_coded(const flare_request *rq, int root, char *path, size_t length,
                         struct flarei_found *found)
{
    const flare_str names[CODINGS] = {codings[0].name, codings[1].name};
    int weights[FLAREI_CODINGS_MAX + 2] = {-1, -1, -1, -1, -1, -1};
    bool folder;

    for (uint32_t i = 0; i < rq->field_count; i++) {
        if (flare_str_equal_nocase(rq->fields[i].name, FLARE_STR("Accept-Encoding")))
            flarei_accept_codings(rq->fields[i].value, names, CODINGS, weights);
    }
    for (size_t tries = 0; tries < CODINGS; tries++) {
        const size_t chosen = flarei_accept_choose(weights, CODINGS);
        struct flarei_found coded = *found;

        if (chosen == CODINGS || length + sizeof codings[chosen].suffix > FLAREI_BENEATH_MAX_BYTES)
            break;
        memcpy(path + length, codings[chosen].suffix, sizeof codings[chosen].suffix);
        coded.fd = -1;
        if (open_found(root, path, &coded, &folder) == FLARE_OK && !folder) {
            flarei_found_close(found);
            *found = coded;
            found->validators.etag.ptr = found->tag;
            found->coding = codings[chosen].name;
            break;
        }
        flarei_found_close(&coded);
        weights[chosen] = 0;
    }
    path[length] = '\0';
}

/* ---- Folders ---- */

/* The path has no empty segment, so it can't be read as the name of a host. */
static flare_reply with_slash(flare_request *rq)
{
    const size_t bytes = rq->path.len + 1 + (rq->query.len != 0 ? 1 + rq->query.len : 0);
    char *const text = flarei_arena_alloc(rq->arena, bytes);
    char *to = text;

    if (text == NULL)
        return flarei_reply_fail(rq, "no memory for a Location");
    memcpy(to, rq->path.ptr, rq->path.len);
    to += rq->path.len;
    *to++ = '/';
    if (rq->query.len != 0) {
        *to++ = '?';
        memcpy(to, rq->query.ptr, rq->query.len);
    }
    return flare_redirect(rq, 301, (flare_str){text, bytes});
}

static bool ends_in_slash(flare_str path)
{
    return path.len == 0 || path.ptr[path.len - 1] == '/';
}

static flare_reply reply_folder(flare_request *rq, const struct flarei_files *files, int root, char *path,
                                size_t *length, struct flarei_found *found, bool *done)
{
    const int folder_fd = found->fd;
    bool folder = false;
    flare_err err = FLARE_ERR_NOT_FOUND;

    *done = true;
    found->fd = -1;
    if (!ends_in_slash(rq->path)) {
        flarei_sys.close(folder_fd);
        return with_slash(rq);
    }
    if (files->index.len != 0 && *length + files->index.len < FLAREI_BENEATH_MAX_BYTES) {
        memcpy(path + *length, files->index.ptr, files->index.len);
        path[*length + files->index.len] = '\0';
        err = open_found(root, path, found, &folder);
    }
    if (err == FLARE_OK && !folder) {
        flarei_sys.close(folder_fd);
        *length += files->index.len;
        *done = false;
        return (flare_reply){0};
    }
    flarei_found_close(found);
    if ((err == FLARE_OK || err == FLARE_ERR_NOT_FOUND) && files->listing)
        return flarei_files_list(rq, files, folder_fd);
    flarei_sys.close(folder_fd);
    if (err == FLARE_OK || err == FLARE_ERR_NOT_FOUND)
        return flarei_reply_not_found(rq);
    return flarei_files_failed(rq, files, err);
}

/* ---- The whole ---- */

/* A slash that is escaped parts no segments. */
static bool decode(flare_str rest, char path[static FLAREI_BENEATH_MAX_BYTES], size_t *length)
{
    if (rest.len >= FLAREI_BENEATH_MAX_BYTES ||
        flare_percent_decode(rest, FLARE_PERCENT_PATH, path, length) != FLARE_OK)
        return false;
    return *length == rest.len || memmem(rest.ptr, rest.len, "%2F", 3) == NULL;
}

flare_reply flarei_reply_files(flare_request *rq, struct flarei_files *files, flare_str rest)
{
    struct flarei_found found = {.fd = -1};
    char path[FLAREI_BENEATH_MAX_BYTES];
    size_t length = 0;
    bool folder = false;
    int root;
    flare_err err;

    if (!decode(rest, path, &length) || !flarei_beneath_allowed((flare_str){path, length}, files->hidden))
        return flarei_reply_not_found(rq);
    path[length] = '\0';
    root = root_of(files);
    if (root < 0)
        return flarei_files_failed(rq, files, (flare_err)root);
    err = open_found(root, path, &found, &folder);
    if (err == FLARE_ERR_NOT_FOUND)
        return flarei_reply_not_found(rq);
    if (err != FLARE_OK)
        return flarei_files_failed(rq, files, err);
    if (folder) {
        bool done;
        const flare_reply reply = reply_folder(rq, files, root, path, &length, &found, &done);

        if (done)
            return reply;
    }
    found.media_type = flarei_media_type((flare_str){path, length});
    if (files->precompressed)
        prefer_coded(rq, root, path, length, &found);
    return flarei_files_send(rq, files, &found);
}

/* ---- Files that the program holds ---- */

static const struct flarei_held_file *find_held(const struct flarei_files *files, flare_str name)
{
    size_t low = 0, high = files->held_count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const struct flarei_held_file *const held = &files->held[middle];
        const size_t common = held->name.len < name.len ? held->name.len : name.len;
        const int order = common != 0 ? memcmp(held->name.ptr, name.ptr, common) : 0;

        if (order == 0 && held->name.len == name.len)
            return held;
        if (order < 0 || (order == 0 && held->name.len < name.len))
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* Is there a file in a folder of that name? */
static bool is_held_folder(const struct flarei_files *files, flare_str name)
{
    for (size_t i = 0; i < files->held_count; i++) {
        const flare_str held = files->held[i].name;

        if (held.len > name.len && memcmp(held.ptr, name.ptr, name.len) == 0 && held.ptr[name.len] == '/')
            return true;
    }
    return false;
}

flare_reply flarei_reply_held(flare_request *rq, const struct flarei_files *files, flare_str rest)
{
    struct flarei_found found = {.fd = -1};
    const struct flarei_held_file *held;
    char path[FLAREI_BENEATH_MAX_BYTES];
    size_t length = 0;

    if (!decode(rest, path, &length) || length + files->index.len >= sizeof path)
        return flarei_reply_not_found(rq);
    if (ends_in_slash((flare_str){path, length})) {
        memcpy(path + length, files->index.ptr, files->index.len);
        length += files->index.len;
    }
    held = find_held(files, (flare_str){path, length});
    if (held == NULL && files->index.len != 0 && !ends_in_slash(rq->path) && length != 0 &&
        is_held_folder(files, (flare_str){path, length}))
        return with_slash(rq);
    if (held == NULL)
        return flarei_reply_not_found(rq);
    found.content = held->content.ptr;
    found.size = held->content.len;
    found.validators.etag = held->tag;
    found.media_type = flarei_media_type(held->name);
    return flarei_files_send(rq, files, &found);
}
