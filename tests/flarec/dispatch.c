/* dispatch.c - dispatches requests in process, for dispatch.py.
 *
 * Reads lines SERVICE METHOD PATH, parted by tabs, where SERVICE is an index. For each it prints a line:
 * "route N" and the captures, or the status of the reply that came instead, and its Allow, all parted by
 * tabs.
 */
#include "dispatch.h"

#include "http/request.h"

#include <stdio.h>
#include <stdlib.h>

struct seen seen;

static flare_arena memory;
static flare_buffer output;
static flare_request request;

static void fail(const char *what, const char *line)
{
    fprintf(stderr, "dispatch: %s: %s\n", what, line);
    exit(1);
}

static void print_reply(void)
{
    flare_str head = flarei_buffer_str(&output);
    const char *allow, *end;

    if (head.len < 12)
        fail("neither a handler nor a reply", request.path.ptr);
    flarei_buffer_append_str(&output, (flare_str){"", 1});
    head = flarei_buffer_str(&output);
    printf("%.3s", head.ptr + 9);
    allow = strstr(head.ptr, "\r\nAllow: ");
    if (allow != NULL && (end = strstr(allow + 2, "\r\n")) != NULL)
        printf("\t%.*s", (int)(end - allow - 9), allow + 9);
}

static void dispatch(const flare_service *service, const char *method, const char *path)
{
    flarei_arena_reset(&memory);
    flarei_buffer_clear(&output);
    flarei_request_begin(&request, service, NULL, &output);
    request.method = flare_method_of(flare_str_of(method));
    request.version_minor = 1;
    request.keep_alive = true;
    request.date = FLARE_STR("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
    if (flarei_request_target(&request, flare_str_of(path), FLARE_STR(""), strchr(path, '%') != NULL, true) !=
        FLARE_OK)
        fail("a path that is refused", path);
    seen = (struct seen){.route = -1};
    (void)service->dispatch(&request);
    if (seen.route < 0) {
        print_reply();
    } else {
        printf("route %d", seen.route);
        for (size_t i = 0; i < seen.count; i++)
            printf("\t%.*s", FLARE_STR_ARG(seen.captures[i]));
    }
    putchar('\n');
}

int main(void)
{
    char line[256];

    flarei_arena_init(&memory, 4096, 1 << 20);
    flarei_buffer_init(&output, 1 << 20);
    request.arena = &memory;
    while (fgets(line, sizeof line, stdin) != NULL) {
        char *method = NULL, *path = NULL;
        const unsigned long service = strtoul(line, &method, 10);

        line[strcspn(line, "\n")] = '\0';
        if (*method != '\t' || (path = strchr(method + 1, '\t')) == NULL || service >= services_count)
            fail("a line is not SERVICE, METHOD, PATH", line);
        *path = '\0';
        dispatch(services[service], method + 1, path + 1);
    }
    flarei_arena_free(&memory);
    flarei_buffer_free(&output);
    return 0;
}
