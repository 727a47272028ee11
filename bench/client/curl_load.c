/* The same by libcurl's multi interface, over epoll: handles are used again, as its documentation advises.
 * usage: curl_load URL h1|h2 REQUESTS AT_A_TIME AUTHORITY */
#include <curl/curl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

static CURLM *multi;
static int epoll_fd;
static long timeout_ms = -1;
static unsigned long to_begin, under_way, good;

static size_t take(char *bytes, size_t size, size_t count, void *context)
{
    (void)bytes;
    *(size_t *)context += size * count;
    return size * count;
}

static int watch(CURL *easy, curl_socket_t fd, int what, void *context, void *known)
{
    struct epoll_event event = {.events = ((what & CURL_POLL_IN) ? EPOLLIN : 0) |
                                          ((what & CURL_POLL_OUT) ? EPOLLOUT : 0),
                                .data.fd = fd};

    (void)easy, (void)context;
    if (what == CURL_POLL_REMOVE)
        (void)epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL);
    else if (epoll_ctl(epoll_fd, known != NULL ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) != 0)
        (void)epoll_ctl(epoll_fd, known != NULL ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event);
    (void)curl_multi_assign(multi, fd, what == CURL_POLL_REMOVE ? NULL : &epoll_fd);
    return 0;
}

static int set_timer(CURLM *all, long ms, void *context)
{
    (void)all, (void)context;
    timeout_ms = ms;
    return 0;
}

static void begin(CURL *easy)
{
    to_begin--;
    under_way++;
    if (curl_multi_add_handle(multi, easy) != CURLM_OK)
        exit(1);
}

static void take_done(void)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(multi, &left)) != NULL) {
        CURL *const easy = message->easy_handle;
        size_t *bytes;
        long status = 0;

        if (message->msg != CURLMSG_DONE)
            continue;
        (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        (void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&bytes);
        good += message->data.result == CURLE_OK && status == 200 && *bytes == 13;
        *bytes = 0;
        (void)curl_multi_remove_handle(multi, easy);
        under_way--;
        if (to_begin != 0)
            begin(easy);
        else
            curl_easy_cleanup(easy);
    }
}

static void run(void)
{
    struct epoll_event events[64];
    int running;

    while (under_way != 0) {
        const int count = epoll_wait(epoll_fd, events, 64, timeout_ms < 0 ? 1000 : (int)timeout_ms);

        if (count == 0 || timeout_ms == 0) {
            timeout_ms = -1;
            (void)curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
        }
        for (int i = 0; i < count; i++)
            (void)curl_multi_socket_action(
                multi, events[i].data.fd,
                ((events[i].events & EPOLLIN) ? CURL_CSELECT_IN : 0) |
                    ((events[i].events & EPOLLOUT) ? CURL_CSELECT_OUT : 0) |
                    ((events[i].events & (EPOLLHUP | EPOLLERR)) ? CURL_CSELECT_ERR : 0),
                &running);
        take_done();
    }
}

int main(int argc, char **argv)
{
    struct timespec spent;

    if (argc != 6)
        return 2;
    const int h2 = strcmp(argv[2], "h2") == 0;
    const unsigned long requests = strtoul(argv[3], NULL, 10), at_a_time = strtoul(argv[4], NULL, 10);
    size_t *const bytes = calloc(at_a_time, sizeof *bytes);

    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    multi = curl_multi_init();
    if (bytes == NULL || epoll_fd < 0 || multi == NULL)
        return 1;
    (void)curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch);
    (void)curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_timer);
    (void)curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)at_a_time);
    to_begin = requests;
    for (unsigned long i = 0; i < at_a_time && to_begin != 0; i++) {
        CURL *const easy = curl_easy_init();

        (void)curl_easy_setopt(easy, CURLOPT_URL, argv[1]);
        (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
        (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, &bytes[i]);
        (void)curl_easy_setopt(easy, CURLOPT_PRIVATE, &bytes[i]);
        (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        (void)curl_easy_setopt(easy, CURLOPT_CAINFO, argv[5]);
        (void)curl_easy_setopt(easy, CURLOPT_PIPEWAIT, (long)h2);
        (void)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                               h2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1);
        begin(easy);
    }
    run();
    (void)curl_multi_cleanup(multi);
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    printf("%lu good, %.0f ns each\n", good,
           ((double)spent.tv_sec * 1e9 + (double)spent.tv_nsec) / (double)requests);
    free(bytes);
    return 0;
}
