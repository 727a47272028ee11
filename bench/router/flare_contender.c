/* flare as a contender of the router benchmark: flare_contender CHECKS REQUESTS.
 *
 * Calls the emitted dispatch in process. Both lists are checked: the route, every capture, and for refusals
 * the status and Allow. Then, for each line on stdin with a number, REQUESTS are dispatched that many times;
 * prints nanoseconds.
 */
#include "seen.h"

#include "http/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { words_max = 24 };

struct request {
    enum flare_method method;
    bool plain; /* path_plain */
    flare_str path;
    flare_str query;
};

struct list {
    struct request *requests;
    size_t count;
};

struct seen seen;

static flare_arena memory;
static flare_buffer output;
static flare_request slot;

static void fail(const char *what, flare_str path)
{
    fprintf(stderr, "flare_contender: %s: %.*s\n", what, FLARE_STR_ARG(path));
    exit(1);
}

static char *read_whole(const char *name)
{
    FILE *const file = fopen(name, "rb");
    size_t room = 1 << 16, length = 0, got;
    char *text = malloc(room);

    if (file == NULL || text == NULL)
        fail("cannot read", flare_str_of(name));
    while ((got = fread(text + length, 1, room - length - 1, file)) > 0) {
        length += got;
        if (length == room - 1 && (text = realloc(text, room *= 2)) == NULL)
            fail("no memory for", flare_str_of(name));
    }
    fclose(file);
    text[length] = '\0';
    return text;
}

/* Cuts a line at its tabs. */
static size_t split(char *line, char **words)
{
    size_t count = 0;

    for (char *word = line; word != NULL && count < words_max; count++) {
        char *const tab = strchr(word, '\t');
        words[count] = word;
        if (tab != NULL)
            *tab = '\0';
        word = tab != NULL ? tab + 1 : NULL;
    }
    return count;
}

/* The request as a wire would hand it on: path and query apart, escapes normalised. */
static struct request make_request(const char *method, const char *target)
{
    const char *const mark = strchr(target, '?');
    const flare_str path = {target, mark != NULL ? (size_t)(mark - target) : strlen(target)};

    if (flarei_request_target(&slot, path, flare_str_of(mark != NULL ? mark + 1 : ""),
                              memchr(path.ptr, '%', path.len) != NULL, true) != FLARE_OK)
        fail("a path that is refused", path);
    return (struct request){flare_method_of(flare_str_of(method)), slot.path_plain, slot.path, slot.query};
}

static void aim(const struct request *request)
{
    slot.method = request->method;
    slot.path = request->path;
    slot.query = request->query;
    slot.path_plain = request->plain;
}

static void check_refusal(const struct request *request, char **words, size_t count)
{
    flare_str head = {output.ptr + output.start, output.end - output.start};
    char line[32];
    char *allow;

    if (head.len < 16 || memcmp(head.ptr + 9, words[0], 3) != 0)
        fail("not the expected status", request->path);
    flarei_buffer_append_str(&output, (flare_str){"", 1});
    allow = strstr(output.ptr + output.start, "\r\nAllow: ");
    if ((allow != NULL) != (count > 1))
        fail("Allow where there is none, or none where it must be", request->path);
    for (size_t i = 1; i < count; i++) {
        snprintf(line, sizeof line, "%s", words[i]);
        if (strstr(allow, line) == NULL)
            fail("Allow misses a method", request->path);
    }
}

static void check_captures(const struct request *request, char **words, size_t count)
{
    size_t captures = 0;

    if (seen.route != strtol(words[0], NULL, 10))
        fail("the wrong route", request->path);
    for (size_t i = 1; i < count; i++) {
        if (words[i][0] == '#') {
            if (seen.page != strtoul(words[i] + 1, NULL, 10))
                fail("a wrong number", request->path);
        } else if (captures >= seen.count ||
                   !flare_str_equal(seen.captures[captures++], flare_str_of(words[i]))) {
            fail("a wrong capture", request->path);
        }
    }
    if (captures != seen.count)
        fail("too many captures", request->path);
}

static void check(const struct request *request, char **words, size_t count)
{
    const flarei_arena_mark before = flarei_arena_mark_get(&memory);

    flarei_buffer_consume(&output, output.end - output.start);
    flarei_request_begin(&slot, &bench_service, NULL, &output);
    aim(request);
    seen = (struct seen){.route = -1};
    (void)bench_service.dispatch(&slot);
    if (words[0][0] == '-')
        check_refusal(request, words + 1, count - 1);
    else
        check_captures(request, words, count);
    flarei_arena_rewind(&memory, before);
}

static struct list load(const char *name)
{
    struct list list = {NULL, 0};
    size_t room = 0;
    char *next;

    for (char *line = read_whole(name); *line != '\0'; line = next) {
        char *const end = strchr(line, '\n');
        char *words[words_max];
        size_t count;

        next = end != NULL ? end + 1 : line + strlen(line);
        if (end != NULL)
            *end = '\0';
        count = split(line, words);
        if (count < 3)
            fail("a line is not METHOD, PATH, ROUTE", flare_str_of(line));
        if (list.count == room) {
            room = room == 0 ? 1024 : 2 * room;
            list.requests = realloc(list.requests, room * sizeof *list.requests);
            if (list.requests == NULL)
                fail("no memory for", flare_str_of(name));
        }
        list.requests[list.count] = make_request(words[0], words[1]);
        check(&list.requests[list.count++], words + 2, count - 2);
    }
    return list;
}

static long long now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static long long run(const struct list *list, unsigned long times)
{
    const long long start = now_ns();

    for (; times > 0; times--) {
        for (size_t i = 0; i < list->count; i++) {
            aim(&list->requests[i]);
            (void)bench_service.dispatch(&slot);
        }
    }
    return now_ns() - start;
}

int main(int argc, char **argv)
{
    struct list checks, timed;
    char line[32];

    if (argc != 3) {
        fprintf(stderr, "usage: flare_contender CHECKS REQUESTS\n");
        return 2;
    }
    flarei_arena_init(&memory, 1 << 20, (size_t)1 << 30);
    flarei_buffer_init(&output, 1 << 20);
    slot.arena = &memory;
    flarei_request_begin(&slot, &bench_service, NULL, &output);
    checks = load(argv[1]);
    timed = load(argv[2]);
    printf("checked %zu\n", checks.count + timed.count);
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) != NULL) {
        printf("%lld\n", run(&timed, strtoul(line, NULL, 10)));
        fflush(stdout);
    }
    return 0;
}
