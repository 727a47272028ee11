/* Content of multipart/form-data (RFC 7578). Everything but the files' bytes is one text; each file is sent
 * where its part of the text ends. */
#include "net/sys.h"
#include "wire/h1_scan.h"

#include <flare/arena.h>
#include <flare/form_data.h>
#include <flare/memory.h>
#include <flare/random.h>
#include <flare/text.h>

#include <errno.h>
#include <sys/stat.h>

enum { BOUNDARY_RANDOM_BYTES = 16, DASHES = 8, BOUNDARY_BYTES = DASHES + 2 * BOUNDARY_RANDOM_BYTES };

struct file {
    struct file *next;
    flare_fetch_file part;
    flare_fetch_source source;
    size_t text_end; /* how much text comes before it */
};

struct flare_form_data {
    flare_buffer text;
    struct file *first;
    struct file **last;
    uint64_t file_bytes;
    bool closed; /* the last boundary is written */
    struct file *at;
    size_t text_at;
    char content_type[sizeof "multipart/form-data; boundary=" + BOUNDARY_BYTES];
};

static const flare_str type = FLARE_STR_INIT("multipart/form-data; boundary=");

static flare_str boundary_of(const flare_form_data *form)
{
    return (flare_str){form->content_type + type.len, BOUNDARY_BYTES};
}

flare_err flare_form_data_create(flare_form_data **out)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t random[BOUNDARY_RANDOM_BYTES];
    flare_form_data *form;
    char *at;

    *out = NULL;
    if (!flarei_random_bytes(random, sizeof random))
        return FLARE_ERR_IO;
    form = flarei_calloc(1, sizeof *form);
    if (form == NULL)
        return FLARE_ERR_MEMORY;
    flarei_buffer_init(&form->text, SIZE_MAX / 2);
    form->last = &form->first;
    memcpy(form->content_type, type.ptr, type.len);
    at = form->content_type + type.len;
    memset(at, '-', DASHES);
    at += DASHES;
    for (size_t i = 0; i < sizeof random; i++) {
        *at++ = digits[random[i] >> 4];
        *at++ = digits[random[i] & 15];
    }
    *out = form;
    return FLARE_OK;
}

void flare_form_data_free(flare_form_data *form)
{
    if (form == NULL)
        return;
    while (form->first != NULL) {
        struct file *const file = form->first;

        form->first = file->next;
        flarei_free(file);
    }
    flarei_buffer_free(&form->text);
    flarei_free(form);
}

flare_str flare_form_data_content_type(const flare_form_data *form)
{
    return (flare_str){form->content_type, type.len + BOUNDARY_BYTES};
}

/* ---- Adding ---- */

static void write_text(flare_form_data *form, flare_str text)
{
    (void)flarei_buffer_append_str(&form->text, text);
}

/* Between quotes; what would end them, or the line, is escaped as browsers do. */
static void write_quoted(flare_form_data *form, flare_str text)
{
    write_text(form, FLARE_STR("\""));
    for (size_t i = 0; i < text.len; i++) {
        const char byte = text.ptr[i];

        if (byte == '"')
            write_text(form, FLARE_STR("%22"));
        else if (byte == '\r')
            write_text(form, FLARE_STR("%0D"));
        else if (byte == '\n')
            write_text(form, FLARE_STR("%0A"));
        else
            (void)flarei_buffer_append_byte(&form->text, byte);
    }
    write_text(form, FLARE_STR("\""));
}

static void write_boundary(flare_form_data *form)
{
    write_text(form, FLARE_STR("--"));
    write_text(form, boundary_of(form));
}

static void write_head(flare_form_data *form, flare_str name)
{
    write_boundary(form);
    write_text(form, FLARE_STR("\r\nContent-Disposition: form-data; name="));
    write_quoted(form, name);
}

static void write_file_head(flare_form_data *form, flare_str name, flare_str filename, flare_str content_type)
{
    write_head(form, name);
    write_text(form, FLARE_STR("; filename="));
    write_quoted(form, filename);
    write_text(form, FLARE_STR("\r\nContent-Type: "));
    write_text(form, content_type.len != 0 ? content_type : FLARE_STR("application/octet-stream"));
    write_text(form, FLARE_STR("\r\n\r\n"));
}

/* What there was no memory for is not there in half. */
static flare_err finish(flare_form_data *form, size_t before)
{
    write_text(form, FLARE_STR("\r\n"));
    if (!form->text.failed)
        return FLARE_OK;
    form->text.failed = false;
    flarei_buffer_truncate(&form->text, before);
    return FLARE_ERR_MEMORY;
}

flare_err flare_form_data_add(flare_form_data *form, flare_str name, flare_str value)
{
    const size_t before = flarei_buffer_len(&form->text);

    write_head(form, name);
    write_text(form, FLARE_STR("\r\n\r\n"));
    write_text(form, value);
    return finish(form, before);
}

static bool is_value(flare_str text)
{
    const char *const end = flarei_str_end(text);

    return skip_bytes(text.ptr, end, H1_VALUE) == end;
}

flare_err flare_form_data_add_bytes(flare_form_data *form, flare_str name, flare_str filename,
                                    flare_str content_type, flare_str content)
{
    const size_t before = flarei_buffer_len(&form->text);

    if (!is_value(content_type))
        return FLARE_ERR_ARGUMENT;
    write_file_head(form, name, filename, content_type);
    write_text(form, content);
    return finish(form, before);
}

flare_err flare_form_data_add_file(flare_form_data *form, flare_str name, flare_str filename,
                                   flare_str content_type, int fd)
{
    const size_t before = flarei_buffer_len(&form->text);
    struct stat status;
    struct file *file;
    flare_err err;

    if (!is_value(content_type))
        return FLARE_ERR_ARGUMENT;
    if (flarei_sys.fstat(fd, &status) != 0)
        return flarei_err_from_errno(errno);
    if (!S_ISREG(status.st_mode))
        return FLARE_ERR_ARGUMENT;
    file = flarei_calloc(1, sizeof *file);
    if (file == NULL)
        return FLARE_ERR_MEMORY;
    file->part = (flare_fetch_file){.fd = fd, .bytes = (uint64_t)status.st_size};
    file->source = flare_fetch_source_of(&file->part);
    write_file_head(form, name, filename, content_type);
    file->text_end = flarei_buffer_len(&form->text);
    err = finish(form, before);
    if (err != FLARE_OK) {
        flarei_free(file);
        return err;
    }
    form->file_bytes += file->part.bytes;
    *form->last = file;
    form->last = &file->next;
    return FLARE_OK;
}

/* ---- Sending ---- */

static ptrdiff_t read_form(void *context, void *buffer, size_t bytes)
{
    flare_form_data *const form = context;
    const flare_str text = flarei_buffer_str(&form->text);
    size_t left;

    if (form->text.failed)
        return FLARE_ERR_MEMORY;
    if (form->at != NULL && form->text_at == form->at->text_end) {
        const ptrdiff_t got = form->at->source.read(form->at->source.context, buffer, bytes);

        if (got != 0)
            return got;
        form->at = form->at->next;
    }
    left = (form->at != NULL ? form->at->text_end : text.len) - form->text_at;
    if (bytes > left)
        bytes = left;
    memcpy(buffer, text.ptr + form->text_at, bytes);
    form->text_at += bytes;
    return (ptrdiff_t)bytes;
}

static bool rewind_form(void *context)
{
    flare_form_data *const form = context;

    form->at = form->first;
    form->text_at = 0;
    for (struct file *file = form->first; file != NULL; file = file->next)
        file->part.at = 0;
    return true;
}

flare_fetch_source flare_form_data_source(flare_form_data *form)
{
    if (!form->closed) {
        form->closed = true;
        write_boundary(form);
        write_text(form, FLARE_STR("--\r\n"));
    }
    (void)rewind_form(form);
    return (flare_fetch_source){.read = read_form,
                                .rewind = rewind_form,
                                .context = form,
                                .length = flarei_buffer_len(&form->text) + form->file_bytes};
}
