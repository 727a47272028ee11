/* reply_file.c - a handler's reply that is a file. */
#include "http/disposition.h"
#include "http/media_type.h"
#include "http/reply.h"
#include "net/sys.h"
#include "server/files.h"

#include <flare/log.h>
#include <flare/reply.h>

#include <errno.h>

static flare_reply failed(flare_request *rq, const flare_file_content *file, flare_err err)
{
    flare_log(FLARE_LOG_ERROR, "%.*s: %s: %s", FLARE_STR_ARG(rq->route->name),
              file->path != NULL ? file->path : "the descriptor of a reply",
              err == FLARE_ERR_ARGUMENT ? "no regular file" : flare_err_text(err));
    return flarei_reply_problem_of(rq, err == FLARE_ERR_DESCRIPTORS || err == FLARE_ERR_MEMORY ? 503 : 500,
                                   FLARE_STR(""), FLARE_STR(""));
}

/* A duplicate outlives whatever the handler does with its own. */
static flare_err open_content(const flare_file_content *file, struct flarei_found *found)
{
    struct stat status;

    found->fd = file->path != NULL ? flarei_sys.open_file(file->path) : flarei_sys.duplicate(file->fd);
    if (found->fd < 0)
        return flarei_err_from_errno(errno);
    if (flarei_sys.fstat(found->fd, &status) != 0)
        return flarei_err_from_errno(errno);
    if (!S_ISREG(status.st_mode))
        return FLARE_ERR_ARGUMENT;
    flarei_found_describe(found, &status);
    return FLARE_OK;
}

static flare_err add_fields(flare_request *rq, const struct flarei_head *head, const flare_file_content *file)
{
    char text[FLAREI_DISPOSITION_MAX_BYTES];
    flare_err err = FLARE_OK;

    for (uint32_t i = 0; i < head->field_count && err == FLARE_OK; i++)
        err = flarei_reply_field_constant(rq, head->fields[i].name, head->fields[i].value);
    if (err != FLARE_OK || file->name.len == 0)
        return err;
    const size_t length = flarei_disposition_write(text, file->name, file->shown);
    return length != 0 ? flare_reply_header(rq, FLARE_STR("Content-Disposition"), (flare_str){text, length})
                       : FLARE_ERR_SYNTAX;
}

static flare_str name_of(const flare_file_content *file)
{
    return file->path != NULL ? (flare_str){file->path, strlen(file->path)} : file->name;
}

flare_reply flarei_reply_file(flare_request *rq, const struct flarei_head *head,
                              const flare_file_content *file)
{
    struct flarei_found found = {.fd = -1};
    flare_err err = open_content(file, &found);

    if (err == FLARE_OK)
        err = add_fields(rq, head, file);
    if (err != FLARE_OK) {
        flarei_found_close(&found);
        return err == FLARE_ERR_SYNTAX ? flarei_reply_fail(rq, "a file can't be sent by this name")
                                       : failed(rq, file, err);
    }
    found.media_type = head->content_type.len != 0 ? head->content_type : flarei_media_type(name_of(file));
    return flarei_found_reply(rq, head->status, &found);
}
