#include "options.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static const char usage[] =
    "usage: fetch [OPTION...] URL...\n"
    "  -o FILE         write there, of one URL; else to the standard output\n"
    "  -O              write each to a file named as in its URL\n"
    "  -c              go on with files that are there in part\n"
    "  -P NUMBER       at most so many at a time (4)\n"
    "  -i              show the head too          -I   ask for the head alone\n"
    "  -s              a line on the standard error of each: status, version, bytes, redirects, retries, "
    "URL\n"
    "  -X METHOD       ask so                     -H 'NAME: VALUE'  send it too\n"
    "  -d DATA         send it, or @FILE, @- for the standard input\n"
    "  -F NAME=VALUE   send a form, or NAME=@FILE of it\n"
    "  -e SECONDS      ask before whether it is taken, and wait at most so long for the word\n"
    "  -u USER:PASSWORD                           -b TOKEN\n"
    "  -x PROXY        http://HOST:PORT; else what the environment says; - for none\n"
    "  -a FILE         certificates of whom to believe    -k  believe anybody\n"
    "  -1              HTTP/1.1 alone   -2  HTTP/2 without asking   -U  HTTP/2 by Upgrade\n"
    "  -t SECONDS      for all of it              -r NUMBER  try again so often\n"
    "  -n              a redirect is the reply    -j  keep cookies, and send them\n"
    "  -p              a progress bar also where there is no terminal\n";

static bool add_field(struct options *options, const char *text)
{
    const char *const colon = strchr(text, ':');
    const char *value = colon;

    if (colon == NULL || options->field_count == FIELDS_MAX)
        return false;
    do
        value++;
    while (*value == ' ');
    if (colon - text == 12 && strncasecmp(text, "content-type", 12) == 0) {
        options->content_type = flare_str_of(value);
        return true;
    }
    options->fields[options->field_count++] =
        (flare_field){{text, (size_t)(colon - text)}, flare_str_of(value)};
    return true;
}

/* The last segment of a path. */
static const char *name_of(const char *path)
{
    const char *const slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static bool add_part(struct options *options, const char *text)
{
    const char *const equals = strchr(text, '=');
    flare_str name;
    int fd;

    if (equals == NULL || (options->form == NULL && flare_form_data_create(&options->form) != FLARE_OK))
        return false;
    name = (flare_str){text, (size_t)(equals - text)};
    if (equals[1] != '@')
        return flare_form_data_add(options->form, name, flare_str_of(equals + 1)) == FLARE_OK;
    fd = open(equals + 2, O_RDONLY | O_CLOEXEC); /* until the end */
    return fd >= 0 && flare_form_data_add_file(options->form, name, flare_str_of(name_of(equals + 2)),
                                               FLARE_STR(""), fd) == FLARE_OK;
}

static bool read_number(const char *text, uint32_t most, uint32_t *number)
{
    char *end;
    const unsigned long value = strtoul(text, &end, 10);

    *number = (uint32_t)value;
    return *text >= '0' && *text <= '9' && *end == '\0' && value <= most;
}

static bool take(struct options *options, int letter, const char *value)
{
    switch (letter) {
    case 'o':
        options->output = value;
        return true;
    case 'O':
        options->own_names = true;
        return true;
    case 'c':
        options->resume = true;
        return true;
    case 'P':
        return read_number(value, 1000, &options->parallel) && options->parallel != 0;
    case 'i':
        options->show_head = true;
        return true;
    case 'I':
        options->method = "HEAD";
        return options->show_head = true;
    case 's':
        options->summary = true;
        return true;
    case 'X':
        options->method = value;
        return true;
    case 'H':
        return add_field(options, value);
    case 'd':
        options->data = value;
        return true;
    case 'F':
        return add_part(options, value);
    case 'u':
        options->user = value;
        return strchr(value, ':') != NULL;
    case 'b':
        options->bearer = value;
        return true;
    case 'x':
        options->proxy = strcmp(value, "-") != 0 ? value : NULL;
        options->environment = false;
        return true;
    case 'a':
        options->authorities = value;
        return true;
    case 'k':
        options->insecure = true;
        return true;
    case '1':
        options->http2 = FLARE_CLIENT_HTTP2_NEVER;
        return true;
    case '2':
        options->http2 = FLARE_CLIENT_HTTP2_KNOWN;
        return true;
    case 'U':
        options->http2 = FLARE_CLIENT_HTTP2_UPGRADED;
        return true;
    case 't':
        if (!read_number(value, 86400, &options->timeout_ms))
            return false;
        options->timeout_ms *= 1000;
        return true;
    case 'e':
        if (!read_number(value, 3600, &options->expect_ms))
            return false;
        options->expect_ms *= 1000;
        return true;
    case 'r':
        return read_number(value, 100, &options->retries);
    case 'n':
        options->keep_redirects = true;
        return true;
    case 'j':
        options->keep_cookies = true;
        return true;
    case 'p':
        options->progress = true;
        return true;
    default:
        return false;
    }
}

int options_read(struct options *options, int argc, char **argv)
{
    int letter;

    *options = (struct options){.parallel = 4, .environment = true, .progress = isatty(STDERR_FILENO) == 1};
    while ((letter = getopt(argc, argv, "o:OcP:iIsX:H:d:F:e:u:b:x:a:k12Ut:r:njph")) != -1) {
        if (letter == 'h') {
            (void)fputs(usage, stdout);
            return 1;
        }
        if (!take(options, letter, optarg)) {
            if (letter != '?')
                (void)fprintf(stderr, "fetch: -%c %s: that can't be\n", letter, optarg != NULL ? optarg : "");
            (void)fputs(usage, stderr);
            return 3;
        }
    }
    options->urls = (const char *const *)argv + optind;
    options->url_count = argc - optind;
    if (options->url_count == 0 || (options->url_count > 1 && options->output != NULL) ||
        (options->data != NULL && options->form != NULL)) {
        (void)fputs(usage, stderr);
        return 3;
    }
    return 0;
}
