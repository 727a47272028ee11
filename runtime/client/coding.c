#include "client/coding.h"

#include "wire/zlib_memory.h"

#include <flare/memory.h>
#include <flare/text.h>

#include <limits.h>

/* ---- gzip and deflate ---- */

struct inflater {
    z_stream stream;
    bool is_gzip;
    bool chosen; /* between zlib's form of deflate and the raw one */
};

static void *make_inflater(bool is_gzip)
{
    struct inflater *const inflater = flarei_calloc(1, sizeof *inflater);

    if (inflater == NULL)
        return NULL;
    inflater->is_gzip = is_gzip;
    inflater->chosen = is_gzip;
    flarei_zlib_memory(&inflater->stream);
    if (inflateInit2(&inflater->stream, is_gzip ? MAX_WBITS + 16 : MAX_WBITS) != Z_OK) {
        flarei_free(inflater);
        return NULL;
    }
    return inflater;
}

static void *make_gzip(void)
{
    return make_inflater(true);
}

static void *make_deflate(void)
{
    return make_inflater(false);
}

static void end_inflater(void *state)
{
    struct inflater *const inflater = state;

    (void)inflateEnd(&inflater->stream);
    flarei_free(inflater);
}

/* "deflate" means zlib's form; some servers send the raw one (RFC 9110, section 8.4.1.2). */
static void choose_form(struct inflater *inflater, char first)
{
    const unsigned byte = (unsigned char)first;

    if ((byte & 15) != Z_DEFLATED || byte >> 4 > 7)
        (void)inflateReset2(&inflater->stream, -MAX_WBITS);
    inflater->chosen = true;
}

static flare_err step_inflater(void *state, flare_str *input, char *output, size_t *room, bool *over)
{
    struct inflater *const inflater = state;
    z_stream *const stream = &inflater->stream;
    const uInt in = input->len < UINT_MAX ? (uInt)input->len : UINT_MAX;
    const uInt out = *room < UINT_MAX ? (uInt)*room : UINT_MAX;
    int result;

    if (*over && input->len != 0) { /* a further member (RFC 1952, section 2.2) */
        if (!inflater->is_gzip)
            return FLARE_ERR_SYNTAX;
        (void)inflateReset(stream);
        *over = false;
    }
    if (!inflater->chosen && input->len != 0)
        choose_form(inflater, input->ptr[0]);
    stream->next_in = (Bytef *)(uintptr_t)input->ptr;
    stream->avail_in = in;
    stream->next_out = (Bytef *)output;
    stream->avail_out = out;
    result = inflate(stream, Z_NO_FLUSH);
    *input = (flare_str){input->ptr + (in - stream->avail_in), input->len - (in - stream->avail_in)};
    *room = out - stream->avail_out;
    *over = result == Z_STREAM_END;
    if (result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR)
        return FLARE_OK;
    return result == Z_MEM_ERROR ? FLARE_ERR_MEMORY : FLARE_ERR_SYNTAX;
}

static const struct flare_content_coding gzip = {"gzip", make_gzip, step_inflater, end_inflater};
static const struct flare_content_coding deflate_coding = {"deflate", make_deflate, step_inflater,
                                                           end_inflater};

/* ---- Any ---- */

static bool is_named(flare_str value, const char *name)
{
    return flare_str_equal_nocase(value, flare_str_of(name));
}

flare_err flarei_coding_begin(struct flarei_coding *coding, flare_str value,
                              const struct flare_content_coding *more)
{
    *coding = (struct flarei_coding){.coding = NULL};
    if (value.len == 0 || is_named(value, "identity"))
        return FLARE_OK;
    if (is_named(value, "gzip") || is_named(value, "x-gzip"))
        coding->coding = &gzip;
    else if (is_named(value, "deflate"))
        coding->coding = &deflate_coding;
    else if (more != NULL && is_named(value, more->name))
        coding->coding = more;
    else
        return FLARE_ERR_UNSUPPORTED;
    coding->state = coding->coding->make();
    if (coding->state == NULL)
        coding->coding = NULL;
    return coding->state != NULL ? FLARE_OK : FLARE_ERR_MEMORY;
}

flare_err flarei_coding_step(struct flarei_coding *coding, flare_str *input, char *output, size_t room,
                             size_t *written)
{
    *written = room;
    coding->began |= input->len != 0;
    return coding->coding->step(coding->state, input, output, written, &coding->over);
}

bool flarei_coding_complete(const struct flarei_coding *coding)
{
    return coding->coding == NULL || !coding->began || coding->over;
}

void flarei_coding_end(struct flarei_coding *coding)
{
    if (coding->coding != NULL)
        coding->coding->end(coding->state);
    coding->coding = NULL;
}
