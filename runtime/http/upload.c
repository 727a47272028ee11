#include "http/upload.h"

#include "http/file.h"
#include "http/reply.h"
#include "http/request.h"

/* Memory of a part begins with this and doubles. */
enum { PART_FIRST_BYTES = 1024 };

static bool refuse(flare_request *rq, unsigned status, flare_str detail)
{
    rq->body_refusal = (uint16_t)status;
    rq->body_refusal_detail = detail;
    return false;
}

/* ---- A part's content ---- */

static void drop(flare_request *rq, struct flarei_part *part)
{
    if (part->file.fd >= 0)
        (void)rq->files->close(part->file.fd);
    part->file.fd = -1;
    part->file.bytes = (flare_str){NULL, 0};
}

/* @return false: there is no memory */
static bool remember(flare_request *rq, struct flarei_part *part, flare_str bytes)
{
    flare_str *const held = &part->file.bytes;

    if (part->memory == NULL || bytes.len > part->capacity - held->len) {
        size_t capacity = part->capacity != 0 ? part->capacity : PART_FIRST_BYTES;
        char *grown;

        while (capacity < held->len + bytes.len)
            capacity *= 2;
        grown = flarei_arena_alloc(rq->arena, capacity);
        if (grown == NULL)
            return false;
        if (held->len != 0)
            memcpy(grown, held->ptr, held->len);
        part->memory = grown;
        part->capacity = capacity;
    }
    memcpy(part->memory + held->len, bytes.ptr, bytes.len);
    held->ptr = part->memory;
    held->len += bytes.len;
    return true;
}

static bool refuse_disk(flare_request *rq, flare_err err)
{
    if (err == FLARE_ERR_DISK_FULL)
        return refuse(rq, 507, FLARE_STR("no room to keep a file of the body"));
    return refuse(rq, 500, FLARE_STR("a file of the body can't be kept"));
}

/* Goes on, or begins, in a temporary file. */
static bool spill(flare_request *rq, struct flarei_part *part, flare_str bytes)
{
    flare_file *const file = &part->file;
    flare_err err;

    if (file->fd < 0) {
        const int fd = rq->files->open();

        if (fd < 0)
            return refuse_disk(rq, (flare_err)fd);
        file->fd = fd;
        err = file->bytes.len == 0 ? FLARE_OK : rq->files->write(fd, file->bytes.ptr, file->bytes.len, 0);
        if (err != FLARE_OK)
            return refuse_disk(rq, err);
        file->bytes = (flare_str){NULL, 0};
    }
    err = rq->files->write(file->fd, bytes.ptr, bytes.len, file->size);
    return err == FLARE_OK || refuse_disk(rq, err);
}

static bool append(flare_request *rq, struct flarei_part *part, flare_str bytes)
{
    const struct flarei_form_field *const field = &rq->upload->rule->fields[part->field - 1];
    const uint64_t most = field->max_bytes != 0 ? field->max_bytes
                          : field->file         ? UINT64_MAX
                                                : FLAREI_FORM_TEXT_MAX_BYTES;
    flare_file *const file = &part->file;
    bool kept = true;

    if (bytes.len > most - file->size) {
        part->rule = FLAREI_RULE_MAX_LENGTH;
        drop(rq, part);
        return true;
    }
    if (rq->upload->borrows && part->memory == NULL &&
        (file->size == 0 || flarei_str_end(file->bytes) == bytes.ptr)) {
        file->bytes = (flare_str){file->size == 0 ? bytes.ptr : file->bytes.ptr, file->bytes.len + bytes.len};
    } else if (part->is_file && rq->files != NULL &&
               (file->fd >= 0 || file->size + bytes.len > FLAREI_FORM_FILE_MEMORY_BYTES)) {
        kept = spill(rq, part, bytes);
    } else if (!remember(rq, part, bytes)) {
        kept = part->is_file && rq->files != NULL ? spill(rq, part, bytes)
                                                  : refuse(rq, 503, FLARE_STR("no memory for the body"));
    }
    file->size += bytes.len;
    return kept;
}

/* ---- Parts ---- */

/* A file control of a browser in which nothing was chosen: no filename and no content. */
static bool is_unchosen(const struct flarei_part *part)
{
    return part->is_file && part->file.filename.len == 0 && part->file.size == 0;
}

static enum flarei_rule rule_of(const struct flarei_form_field *field, const struct flarei_part *part)
{
    size_t scalars;

    if (part->is_file != field->file)
        return FLAREI_RULE_TYPE;
    if (part->file.filename.len != 0 && !flare_utf8_count(part->file.filename, FLARE_UTF8_NO_NUL, &scalars))
        return FLAREI_RULE_UTF8;
    return FLAREI_FINE;
}

static bool part_begins(flare_request *rq, const struct flarei_multipart_out *out)
{
    struct flarei_upload *const upload = rq->upload;
    struct flarei_part *part;

    if (++upload->count > FLAREI_FORM_ITEMS_MAX)
        return refuse(rq, 413, FLARE_STR("the form has too many fields"));
    part = flarei_arena_alloc(rq->arena, sizeof *part);
    if (part == NULL)
        return refuse(rq, 503, FLARE_STR("no memory for the body"));
    *part = (struct flarei_part){.field = upload->rule->field_of(out->name), .is_file = out->has_filename};
    part->file.fd = -1;
    part->file.flarei_calls = rq->files;
    if (part->field != 0 && (!flarei_arena_copy(rq->arena, out->filename, &part->file.filename) ||
                             !flarei_arena_copy(rq->arena, out->content_type, &part->file.content_type)))
        return refuse(rq, 503, FLARE_STR("no memory for the body"));
    if (part->field != 0)
        part->rule = rule_of(&upload->rule->fields[part->field - 1], part);
    upload->open = part;
    return true;
}

static void part_ends(flare_request *rq)
{
    struct flarei_upload *const upload = rq->upload;
    struct flarei_part *const part = upload->open;
    const struct flarei_form_field *field;

    upload->open = NULL;
    if (part == NULL || (part->field != 0 && is_unchosen(part)))
        return;
    *upload->end = part;
    upload->end = &part->next;
    if (part->field == 0 || part->rule != FLAREI_FINE)
        return;
    field = &upload->rule->fields[part->field - 1];
    if (!field->file)
        return;
    if (!flarei_media_type_among(field->media_types, field->media_type_count, part->file.content_type))
        part->rule = FLAREI_RULE_MEDIA_TYPE;
    else if (part->file.size < field->min_bytes)
        part->rule = FLAREI_RULE_MIN_LENGTH;
    if (part->rule != FLAREI_FINE)
        drop(rq, part);
}

/* ---- What a wire does ---- */

static bool take(flare_request *rq, int event, const struct flarei_multipart_out *out)
{
    struct flarei_part *const part = rq->upload->open;

    switch (event) {
    case FLAREI_MULTIPART_PART:
        return part_begins(rq, out);
    case FLAREI_MULTIPART_DATA:
        return part == NULL || part->field == 0 || part->rule != FLAREI_FINE || append(rq, part, out->data);
    case FLAREI_MULTIPART_PART_END:
        part_ends(rq);
        return true;
    case FLAREI_MULTIPART_HEAD_TOO_LARGE:
        return refuse(rq, 413, FLARE_STR("the head of a part is too large"));
    case FLAREI_MULTIPART_MALFORMED:
        return refuse(rq, 400, FLARE_STR("the multipart body is malformed"));
    default:
        return true;
    }
}

static bool upload_feed(flare_request *rq, flare_str bytes)
{
    struct flarei_multipart_out out;
    int event;

    while ((event = flarei_multipart_next(&rq->upload->parser, &bytes, &out)) != FLAREI_MULTIPART_MORE) {
        if (!take(rq, event, &out))
            return false;
    }
    return true;
}

static bool upload_end(flare_request *rq)
{
    return flarei_multipart_ended(&rq->upload->parser) ||
           refuse(rq, 400, FLARE_STR("the multipart body ended early"));
}

static void upload_close(flare_request *rq)
{
    struct flarei_upload *const upload = rq->upload;

    rq->upload = NULL;
    if (upload->open != NULL && upload->open->file.fd >= 0)
        (void)rq->files->close(upload->open->file.fd);
    for (struct flarei_part *part = upload->first; part != NULL; part = part->next) {
        if (part->file.fd >= 0)
            (void)rq->files->close(part->file.fd);
    }
}

bool flarei_upload_begin(flare_request *rq, const struct flarei_form_rule *rule)
{
    static const struct flarei_upload_calls calls = {upload_feed, upload_end, upload_close};
    struct flarei_upload *const upload = flarei_arena_alloc(rq->arena, sizeof *upload);

    if (upload == NULL)
        return refuse(rq, 503, FLARE_STR("no memory for the body"));
    if (!flarei_multipart_begin(&upload->parser, rq->content_type))
        return refuse(rq, 400, FLARE_STR("the content type has no usable boundary"));
    upload->rule = rule;
    upload->first = upload->open = NULL;
    upload->end = &upload->first;
    upload->count = 0;
    upload->borrows = rq->body_complete;
    rq->upload = upload;
    rq->upload_calls = &calls;
    return !rq->body_complete || (upload_feed(rq, rq->body) && upload_end(rq));
}
