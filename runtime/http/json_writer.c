/* A text of JSON, value by value. */
#include <flare/gen_json.h>
#include <flare/json.h>

#include <math.h>

void flare_json_writer_init(flare_json_writer *writer, size_t max_bytes)
{
    *writer = (flare_json_writer){.max_bytes = max_bytes, .first = true};
    flarei_buffer_init(&writer->out, SIZE_MAX / 4);
}

void flare_json_writer_free(flare_json_writer *writer)
{
    flarei_buffer_free(&writer->out);
    flare_json_writer_init(writer, writer->max_bytes);
}

static void note(flare_json_writer *writer, flare_err err)
{
    if (writer->err == FLARE_OK)
        writer->err = err;
}

static bool in_object(const flare_json_writer *writer)
{
    return writer->depth != 0 && (writer->objects & 1) != 0;
}

static void separate(flare_json_writer *writer)
{
    if (!writer->first)
        (void)flarei_buffer_append_byte(&writer->out, ',');
    writer->first = false;
}

/* What is over the limit is at most the value written last. */
static void check_size(flare_json_writer *writer)
{
    if (writer->out.failed)
        note(writer, FLARE_ERR_MEMORY);
    else if (flarei_buffer_len(&writer->out) > writer->max_bytes)
        note(writer, FLARE_ERR_LIMIT);
}

/* @return whether a value may stand here; then it does */
static bool begin_value(flare_json_writer *writer)
{
    check_size(writer);
    if (writer->err == FLARE_OK &&
        (in_object(writer) ? !writer->named : writer->depth == 0 && !writer->first))
        note(writer, FLARE_ERR_STATE);
    if (writer->err != FLARE_OK)
        return false;
    if (!writer->named)
        separate(writer);
    writer->named = false;
    return true;
}

/* ---- Containers ---- */

static void open_container(flare_json_writer *writer, char bracket, bool object)
{
    if (!begin_value(writer))
        return;
    if (writer->depth == FLARE_JSON_DEPTH_MAX) {
        note(writer, FLARE_ERR_LIMIT);
        return;
    }
    (void)flarei_buffer_append_byte(&writer->out, bracket);
    writer->objects = writer->objects << 1 | object;
    writer->depth++;
    writer->first = true;
}

void flare_json_open_object(flare_json_writer *writer)
{
    open_container(writer, '{', true);
}

void flare_json_open_array(flare_json_writer *writer)
{
    open_container(writer, '[', false);
}

void flare_json_close(flare_json_writer *writer)
{
    if (writer->depth == 0 || writer->named)
        note(writer, FLARE_ERR_STATE);
    if (writer->err != FLARE_OK)
        return;
    (void)flarei_buffer_append_byte(&writer->out, in_object(writer) ? '}' : ']');
    writer->objects >>= 1;
    writer->depth--;
    writer->first = false;
}

static void put_text(flare_json_writer *writer, flare_str text)
{
    size_t scalars;

    if (flare_utf8_count(text, FLARE_UTF8_ANY, &scalars))
        flarei_put_string(&writer->out, text.ptr != NULL ? text : FLARE_STR(""));
    else
        note(writer, FLARE_ERR_ARGUMENT);
}

void flare_json_name(flare_json_writer *writer, flare_str name)
{
    if (!in_object(writer) || writer->named)
        note(writer, FLARE_ERR_STATE);
    if (writer->err != FLARE_OK)
        return;
    separate(writer);
    put_text(writer, name);
    (void)flarei_buffer_append_byte(&writer->out, ':');
    writer->named = true;
}

/* ---- Values ---- */

void flare_json_put_string(flare_json_writer *writer, flare_str text)
{
    if (begin_value(writer))
        put_text(writer, text);
}

void flare_json_put_i64(flare_json_writer *writer, int64_t number)
{
    if (begin_value(writer))
        flarei_put_i64(&writer->out, number);
}

void flare_json_put_u64(flare_json_writer *writer, uint64_t number)
{
    if (begin_value(writer))
        flarei_put_u64(&writer->out, number);
}

void flare_json_put_f64(flare_json_writer *writer, double number)
{
    if (!begin_value(writer))
        return;
    if (isfinite(number))
        flarei_put_f64(&writer->out, number);
    else
        note(writer, FLARE_ERR_ARGUMENT);
}

void flare_json_put_bool(flare_json_writer *writer, bool truth)
{
    if (begin_value(writer))
        flarei_put_bool(&writer->out, truth);
}

void flare_json_put_null(flare_json_writer *writer)
{
    if (begin_value(writer))
        (void)flarei_buffer_append_str(&writer->out, FLARE_STR("null"));
}

void flare_json_put_value(flare_json_writer *writer, flare_json_value value)
{
    if (value.kind == FLARE_JSON_NONE)
        note(writer, FLARE_ERR_ARGUMENT);
    else if (begin_value(writer))
        (void)flarei_buffer_append_str(&writer->out, value.text);
}

flare_err flare_json_finish(flare_json_writer *writer, flare_str *text)
{
    *text = FLARE_STR("");
    check_size(writer);
    if (writer->depth != 0 || writer->first)
        note(writer, FLARE_ERR_STATE);
    if (writer->err == FLARE_OK)
        *text = flarei_buffer_str(&writer->out);
    return writer->err;
}
