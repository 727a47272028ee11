/* Files of options: every line is an option, a comment, empty or told to be none, and what is read is where
 * it stands in the file.
 *
 * Target: runtime/server/config.c
 */
#include "fuzz.h"

#include <flare/memory.h>

#include "net/sys.h"
#include "server/config.h"

#include <errno.h>
#include <fcntl.h>

/* The file, and how much of it was read. */
static struct {
    const uint8_t *bytes;
    size_t size, at;
    bool interrupted;
} file;

static int open_input(const char *path)
{
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* In pieces, each behind a signal. */
static ssize_t read_input(int fd, void *buffer, size_t bytes)
{
    size_t part = file.size - file.at < 100 ? file.size - file.at : 100;

    (void)fd;
    file.interrupted = !file.interrupted;
    if (file.interrupted) {
        errno = EINTR;
        return -1;
    }
    part = part < bytes ? part : bytes;
    if (part != 0)
        memcpy(buffer, file.bytes + file.at, part);
    file.at += part;
    return (ssize_t)part;
}

/* @return what the file holds, or NULL where that is refused */
static char *load(const uint8_t *data, size_t size)
{
    char *text = NULL;
    flare_err err;

    flarei_sys.open_file = open_input;
    flarei_sys.read = read_input;
    file.bytes = data;
    file.size = size;
    file.at = 0;
    err = flarei_config_load("/dev/null", &text);
    if (size > FLAREI_CONFIG_MAX_BYTES)
        FUZZ_CHECK(err == FLARE_ERR_LIMIT);
    else if (size != 0 && memchr(data, 0, size) != NULL)
        FUZZ_CHECK(err == FLARE_ERR_SYNTAX);
    else
        FUZZ_CHECK(err == FLARE_OK && strlen(text) == size && (size == 0 || memcmp(text, data, size) == 0));
    return text;
}

static unsigned lines_in(const uint8_t *data, size_t size)
{
    unsigned lines = 1;

    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    return lines;
}

static bool bare(const char *text)
{
    const size_t length = strlen(text);

    return length == 0 || (strchr(" \t\r", text[0]) == NULL && strchr(" \t\r", text[length - 1]) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *const text = load(data, size);
    struct flarei_config config = {.at = text};
    const char *name, *value;
    unsigned line = 0, options = 0;

    if (text == NULL)
        return 0;
    while (flarei_config_next(&config, &name, &value)) {
        FUZZ_CHECK(config.line > line && config.line <= lines_in(data, size));
        line = config.line;
        FUZZ_CHECK(name >= text && name < value && value <= text + size);
        FUZZ_CHECK(name[0] != '\0' && name[0] != '#' && strpbrk(name, "=\n") == NULL);
        FUZZ_CHECK(strchr(value, '\n') == NULL && bare(name) && bare(value));
        FUZZ_PLANT(++options > 1 && strchr(value, '#') != NULL); /* as if a comment could begin there */
    }
    FUZZ_CHECK(config.wrong != NULL || *config.at == '\0');
    flarei_free(text);
    (void)options;
    return 0;
}
