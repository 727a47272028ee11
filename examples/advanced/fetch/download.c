#include "download.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void fail(struct download *download, const char *what, const char *why)
{
    (void)fprintf(stderr, "%sfetch: %s: %s%s%s\n", download->all->options->progress ? "\r\033[K" : "",
                  download->url, what, why != NULL ? ": " : "", why != NULL ? why : "");
    download->failed = true;
}

/* Takes no more of it: nobody wants the rest. */
static void give_up(struct download *download);

static void end(struct download *download)
{
    struct all *const all = download->all;

    if (download->out != NULL && (download->out != stdout ? fclose(download->out) : fflush(stdout)) != 0 &&
        !download->failed)
        fail(download, "can't be written", strerror(errno));
    if (download->file.fd > STDERR_FILENO)
        (void)close(download->file.fd);
    download->out = NULL;
    download->done = true;
    all->done++;
    all->failed += download->failed;
}

/* ---- What comes ---- */

/* A number of Content-Range: `bytes 100-199/200`, or `bytes`, a star, `/200` of a 416. @return whether it is
 * the file's size, so that the reply goes on where that ends, or says that there is no more */
static bool is_at_end(const struct download *download, const flare_fetch_reply *reply, const char *before)
{
    const flare_str field = flare_fetch_field(reply, FLARE_STR("content-range"));
    char text[64];

    if (field.len >= sizeof text)
        return false;
    (void)snprintf(text, sizeof text, "%.*s", FLARE_STR_ARG(field));
    return strncmp(text, before, strlen(before)) == 0 &&
           strtoull(text + strlen(before), NULL, 10) == download->kept;
}

static bool open_output(struct download *download, const flare_fetch_reply *reply)
{
    const bool append = download->kept != 0 && reply->status == 206;

    if (append && !is_at_end(download, reply, "bytes ")) {
        fail(download, "a part that was not asked for", NULL);
        return false;
    }
    if (download->name[0] == '\0') {
        download->out = stdout;
        return true;
    }
    if (!append)
        download->kept = 0;
    download->out = fopen(download->name, append ? "ab" : "wb");
    if (download->out == NULL)
        fail(download, download->name, strerror(errno));
    return download->out != NULL;
}

static void show_head(FILE *out, const flare_fetch_reply *reply)
{
    (void)fprintf(out, "HTTP/%s %u\n",
                  reply->version == 20   ? "2"
                  : reply->version == 11 ? "1.1"
                                         : "1.0",
                  reply->status);
    for (size_t i = 0; i < reply->field_count; i++)
        (void)fprintf(out, "%.*s: %.*s\n", FLARE_STR_ARG(reply->fields[i].name),
                      FLARE_STR_ARG(reply->fields[i].value));
    (void)fputc('\n', out);
}

static void on_head(flare_fetch *fetch, void *context, const flare_fetch_reply *reply)
{
    struct download *const download = context;
    const flare_str length = flare_fetch_field(reply, FLARE_STR("content-length"));

    (void)fetch;
    if (download->kept != 0 && reply->status == 416 && is_at_end(download, reply, "bytes */"))
        return; /* there is no more of it */
    if (reply->status >= 400) {
        char what[16];

        (void)snprintf(what, sizeof what, "status %u", reply->status);
        fail(download, what, NULL);
        if (download->name[0] != '\0')
            return; /* an error's page is not what the file was to hold */
    }
    if (!open_output(download, reply)) {
        give_up(download);
        return;
    }
    download->bytes = download->kept;
    if (length.len != 0 && length.len < 20 &&
        flare_fetch_field(reply, FLARE_STR("content-encoding")).ptr == NULL)
        download->total = download->kept + strtoull(length.ptr, NULL, 10);
    if (download->all->options->show_head)
        show_head(download->out, reply);
}

static void on_content(flare_fetch *fetch, void *context, flare_str part)
{
    struct download *const download = context;

    (void)fetch;
    download->bytes += part.len;
    if (download->out != NULL && fwrite(part.ptr, 1, part.len, download->out) != part.len) {
        fail(download, "can't be written", strerror(errno));
        give_up(download);
    }
}

static void on_done(flare_fetch *fetch, void *context, flare_err err, const flare_fetch_reply *reply)
{
    struct download *const download = context;

    if (err != FLARE_OK)
        fail(download, flare_err_text(err), flare_fetch_why(fetch));
    if (download->all->options->summary)
        (void)fprintf(stderr, "%u %s %llu %u %u %.*s\n", reply->status,
                      reply->version == 20   ? "2"
                      : reply->version == 11 ? "1.1"
                                             : "1.0",
                      (unsigned long long)(download->bytes - download->kept), reply->redirects,
                      reply->retries, FLARE_STR_ARG(reply->url));
    flare_fetch_free(fetch);
    download->fetch = NULL;
    end(download);
    downloads_go_on(download->all);
}

static void give_up(struct download *download)
{
    flare_fetch_free(download->fetch);
    download->fetch = NULL;
    end(download);
    downloads_go_on(download->all);
}

void downloads_give_up(struct all *all)
{
    for (int i = 0; i < all->next; i++)
        if (!all->downloads[i].done) {
            flare_fetch_free(all->downloads[i].fetch);
            end(&all->downloads[i]);
        }
}

/* ---- What is asked ---- */

/* Of what has no length, such as a pipe; while nothing comes from it, all the others wait. */
static ptrdiff_t read_pipe(void *context, void *buffer, size_t bytes)
{
    const struct download *const download = context;
    const ssize_t got = read(download->file.fd, buffer, bytes);

    return got >= 0 ? got : FLARE_ERR_IO;
}

static void name_file(struct download *download)
{
    const struct options *const options = download->all->options;
    const size_t path = strcspn(download->url, "?#");
    size_t at = path;

    if (options->output != NULL && strcmp(options->output, "-") != 0) {
        (void)snprintf(download->name, sizeof download->name, "%s", options->output);
    } else if (options->own_names) {
        while (at > 0 && download->url[at - 1] != '/')
            at--;
        (void)snprintf(download->name, sizeof download->name, "%.*s", (int)(path - at), download->url + at);
        if (path == at || strcmp(download->name, "..") == 0)
            (void)snprintf(download->name, sizeof download->name, "index.html");
    }
}

static bool send_data(struct download *download, flare_fetch_options *what)
{
    const char *const data = download->all->options->data;
    struct stat status;

    if (data == NULL)
        return true;
    if (data[0] != '@') {
        what->content = flare_str_of(data);
        return true;
    }
    download->file.fd = strcmp(data, "@-") == 0 ? STDIN_FILENO : open(data + 1, O_RDONLY | O_CLOEXEC);
    if (download->file.fd < 0 || fstat(download->file.fd, &status) != 0) {
        fail(download, data + 1, strerror(errno));
        return false;
    }
    download->file.bytes = (uint64_t)status.st_size;
    download->source = flare_fetch_source_of(&download->file);
    if (!S_ISREG(status.st_mode))
        download->source = (flare_fetch_source){
            .read = read_pipe, .context = download, .length = FLARE_FETCH_LENGTH_UNKNOWN};
    what->source = &download->source;
    return true;
}

static void authorize(const struct options *options, flare_fetch_options *what)
{
    if (options->user != NULL) {
        const char *const colon = strchr(options->user, ':');

        what->user = (flare_str){options->user, (size_t)(colon - options->user)};
        what->password = flare_str_of(colon + 1);
    }
    what->bearer = flare_str_of(options->bearer);
}

static void begin(struct download *download)
{
    static const flare_fetch_handler handler = {on_done, on_head, on_content};
    const struct options *const options = download->all->options;
    flare_field fields[FIELDS_MAX + 1];
    flare_fetch_options what = {.url = flare_str_of(download->url),
                                .method = flare_str_of(options->method),
                                .fields = fields,
                                .field_count = options->field_count,
                                .content_type = options->content_type,
                                .timeout_ms = options->timeout_ms,
                                .expect_ms = options->expect_ms,
                                .retries_max = options->retries,
                                .keep_redirects = options->keep_redirects};
    struct stat status;
    flare_err err;

    memcpy(fields, options->fields, options->field_count * sizeof fields[0]);
    name_file(download);
    if (options->resume && download->name[0] != '\0' && stat(download->name, &status) == 0 &&
        status.st_size > 0) {
        download->kept = (uint64_t)status.st_size;
        (void)snprintf(download->range, sizeof download->range, "bytes=%llu-",
                       (unsigned long long)download->kept);
        fields[what.field_count++] = (flare_field){FLARE_STR("Range"), flare_str_of(download->range)};
    }
    download->bytes = download->kept;
    authorize(options, &what);
    if (options->form != NULL) {
        download->source = flare_form_data_source(options->form);
        what.source = &download->source;
        what.content_type = flare_form_data_content_type(options->form);
    }
    if (options->data != NULL && options->method == NULL)
        what.method = FLARE_STR("POST"); /* also where it is empty */
    err = send_data(download, &what)
              ? flare_fetch_start(&download->fetch, download->all->client, &what, &handler, download)
              : FLARE_ERR_ARGUMENT;
    if (err != FLARE_OK) {
        if (!download->failed)
            fail(download,
                 err == FLARE_ERR_ARGUMENT ? "this is no URL of http or https, or a method or field can't be"
                                           : flare_err_text(err),
                 NULL);
        end(download);
    }
}

void downloads_go_on(struct all *all)
{
    /* A form is one stream of bytes, so it is sent to one after the other. */
    const unsigned most = all->options->form != NULL ? 1 : all->options->parallel;

    while (all->next < all->count && (unsigned)(all->next - all->done) < most) {
        struct download *const download = &all->downloads[all->next];

        *download = (struct download){.all = all, .url = all->options->urls[all->next], .file.fd = -1};
        all->next++;
        begin(download);
    }
    if (all->done == all->count)
        flare_loop_stop(all->loop);
}
