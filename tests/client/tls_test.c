/* What a client of TLS believes, offers, resumes and refuses. */
#include "ends.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

static flare_tls_connector *trusting;

static flare_err dial_as(const char *certificate, const char *host, flare_tls_connector *connector)
{
    flare_tls_acceptor *const acceptor = accept_as(certificate, NULL);
    struct ends ends;
    flare_err err;

    answer("127.0.0.1", NULL);
    listen_ends(&ends, "127.0.0.1:0", acceptor);
    err = dial_ends(&ends, host, connector, NULL);
    CHECK(run_until(&ends.server.told));
    CHECK((err == FLARE_OK) == (ends.server.err == FLARE_OK) || ends.server.err == FLARE_OK);
    if (err != FLARE_OK && ends.client.stream != NULL) {
        char byte;

        CHECK_INT(flare_stream_read(ends.client.stream, &byte, 1), err);
        CHECK_INT(flare_stream_write(ends.client.stream, "x", 1), err);
    }
    close_ends(&ends);
    flare_tls_acceptor_free(acceptor);
    return err;
}

/* ---- Whom it believes ---- */

TEST(each_fault_of_a_certificate_is_told_apart)
{
    static const struct {
        const char *certificate;
        const char *host;
        flare_err err;
    } rows[] = {
        {"good", "localhost", FLARE_OK},
        {"good", "LOCALHOST.", FLARE_OK},
        {"good", "127.0.0.1", FLARE_OK},
        {"good", "a.wild.test", FLARE_OK},
        {"good", "a.b.wild.test", FLARE_ERR_TLS_WRONG_HOST},
        {"good", "wild.test", FLARE_ERR_TLS_WRONG_HOST},
        {"good", "good", FLARE_ERR_TLS_WRONG_HOST}, /* the common name is nobody's */
        {"expired", "localhost", FLARE_ERR_TLS_EXPIRED},
        {"early", "localhost", FLARE_ERR_TLS_NOT_YET_VALID},
        {"other", "localhost", FLARE_ERR_TLS_WRONG_HOST},
        {"other", "127.0.0.1", FLARE_ERR_TLS_WRONG_HOST},
        {"alone", "localhost", FLARE_ERR_TLS_SELF_SIGNED},
        {"stray", "localhost", FLARE_ERR_TLS_UNTRUSTED},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK_INT(dial_as(rows[i].certificate, rows[i].host, trusting), rows[i].err);
}

TEST(the_system_does_not_know_this_ca)
{
    flare_tls_connector *const connector = connect_as(NULL);

    CHECK_INT(dial_as("good", "localhost", connector), FLARE_ERR_TLS_UNTRUSTED);
    CHECK_INT(dial_as("alone", "localhost", connector), FLARE_ERR_TLS_SELF_SIGNED);
    flare_tls_connector_free(connector);
}

TEST(the_system_s_store_is_read)
{
    flare_tls_connector *connector;

    CHECK_INT(setenv("SSL_CERT_FILE", certificate_path("ca.crt"), 1), 0);
    connector = connect_as(NULL);
    CHECK_INT(dial_as("good", "localhost", connector), FLARE_OK);
    flare_tls_connector_free(connector);
    CHECK_INT(unsetenv("SSL_CERT_FILE"), 0);
}

TEST(whoever_asks_for_it_believes_anyone)
{
    flare_tls_connector *const connector = connect_as(&(flare_tls_connector_options){.unverified = true});

    CHECK_INT(dial_as("alone", "localhost", connector), FLARE_OK);
    CHECK_INT(dial_as("expired", "other.test", connector), FLARE_OK);
    flare_tls_connector_free(connector);
}

TEST(files_that_can_not_be_used)
{
    char why[256];
    flare_tls_connector *connector;
    const struct {
        flare_tls_connector_options options;
        flare_err err;
    } rows[] = {
        {{.ca = "/nonexistent"}, FLARE_ERR_NOT_FOUND},
        {{.ca = certificate_path("ca.key")}, FLARE_ERR_SYNTAX},
        {{.ca = certificate_path("ca.crt"), .certificate = certificate_path("ada.crt")}, FLARE_ERR_ARGUMENT},
        {{.unverified = true, .certificate = certificate_path("ada.crt"), .key = certificate_path("ca.key")},
         FLARE_ERR_ARGUMENT},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        why[0] = '\0';
        CHECK_INT(flare_tls_connector_create(&connector, &rows[i].options, why, sizeof why), rows[i].err);
        CHECK(connector == NULL && why[0] != '\0');
        CHECK_INT(flare_tls_connector_create(&connector, &rows[i].options, NULL, 0), rows[i].err);
    }
    flare_tls_connector_free(NULL);
    flare_tls_acceptor_free(NULL);
}

/* ---- What both agree on ---- */

static void check_protocol(const char *offered, const char *spoken, flare_err err, const char *want)
{
    flare_tls_acceptor *const acceptor = accept_as("good", spoken);
    struct ends ends;

    listen_ends(&ends, "127.0.0.1:0", acceptor);
    CHECK_INT(dial_ends(&ends, "127.0.0.1", trusting, offered), err);
    CHECK(run_until(&ends.server.told));
    if (err == FLARE_OK) {
        const flare_str ours = flare_stream_protocol(ends.client.stream);
        const flare_str theirs = flare_stream_protocol(ends.server.stream);

        CHECK_STR(ours, want);
        CHECK_STR(theirs, want);
        CHECK(strcmp(flare_stream_tls_version(ends.client.stream), "TLSv1.3") == 0);
    }
    close_ends(&ends);
    flare_tls_acceptor_free(acceptor);
}

TEST(protocols)
{
    check_protocol(NULL, "line/1", FLARE_OK, "");
    check_protocol("line/1", "line/1", FLARE_OK, "line/1");
    check_protocol("line/1,line/2", "line/2,line/1", FLARE_OK, "line/2");
    check_protocol("http/1.1", NULL, FLARE_OK, "http/1.1");
    check_protocol("line/3", "line/2,line/1", FLARE_ERR_TLS_PROTOCOL, NULL);
}

static bool dial_again(struct ends *ends, flare_tls_connector *connector, const char *host)
{
    bool resumed;
    char byte;

    CHECK_INT(dial_ends(ends, host, connector, NULL), FLARE_OK);
    CHECK(run_until(&ends->server.told));
    CHECK_INT(flare_stream_write(ends->server.stream, "x", 1), 1);
    CHECK_INT(read_some(&ends->client, &byte, 1), 1); /* TLS 1.3 tells sessions behind the handshake */
    resumed = flare_stream_resumed(ends->client.stream);
    CHECK_INT(flare_stream_resumed(ends->server.stream), resumed);
    hang_up(ends);
    return resumed;
}

TEST(sessions_are_resumed_by_name)
{
    const flare_tls_connector_options options = {.ca = certificate_path("ca.crt"), .session_max = 2};
    flare_tls_connector *const connector = connect_as(&options);
    flare_tls_acceptor *const acceptor = accept_as("good", NULL);
    struct ends ends;

    answer("127.0.0.1", NULL);
    listen_ends(&ends, "127.0.0.1:0", acceptor);
    CHECK(!dial_again(&ends, connector, "localhost"));
    CHECK(dial_again(&ends, connector, "localhost"));
    CHECK(dial_again(&ends, connector, "localhost"));
    CHECK(!dial_again(&ends, connector, "a.wild.test")); /* another host's is not its */
    CHECK(dial_again(&ends, connector, "localhost"));
    CHECK(dial_again(&ends, connector, "a.wild.test"));
    CHECK(!dial_again(&ends, connector, "b.wild.test")); /* of three, the oldest is forgotten */
    CHECK(!dial_again(&ends, connector, "localhost"));
    CHECK(dial_again(&ends, connector, "b.wild.test"));
    close_ends(&ends);
    flare_tls_acceptor_free(acceptor);
    flare_tls_connector_free(connector);
}

TEST(a_client_shows_its_certificate)
{
    const flare_tls_pair pair = {certificate_path("good.crt"), certificate_path("good.key"), NULL};
    const flare_tls_options asking = {.pairs = &pair,
                                      .pair_count = 1,
                                      .client = FLARE_TLS_CLIENT_REQUIRED,
                                      .client_ca = certificate_path("ca.crt")};
    char ca[128], crt[128], key[128];
    flare_tls_acceptor *acceptor;
    flare_tls_connector *connector;
    const flare_certificate *certificate;
    flare_arena arena;
    struct ends ends;
    char byte;

    CHECK_INT(flare_tls_acceptor_create(&acceptor, &asking, NULL, NULL, 0), FLARE_OK);
    (void)snprintf(ca, sizeof ca, "%s", certificate_path("ca.crt"));
    (void)snprintf(crt, sizeof crt, "%s", certificate_path("ada.crt"));
    (void)snprintf(key, sizeof key, "%s", certificate_path("ada.key"));
    connector = connect_as(&(flare_tls_connector_options){.ca = ca, .certificate = crt, .key = key});
    flarei_arena_init(&arena, 1024, 1 << 16);
    listen_ends(&ends, "127.0.0.1:0", acceptor);
    CHECK_INT(dial_ends(&ends, "127.0.0.1", connector, NULL), FLARE_OK);
    CHECK(run_until(&ends.server.told));
    CHECK_INT(flare_stream_peer_certificate(ends.server.stream, &arena, &certificate), FLARE_OK);
    CHECK(certificate != NULL);
    if (certificate != NULL)
        CHECK_STR(certificate->common_name, "ada");
    CHECK_INT(flare_stream_peer_certificate(ends.client.stream, &arena, &certificate), FLARE_OK);
    if (certificate != NULL)
        CHECK_STR(certificate->common_name, "good");
    hang_up(&ends);
    /* Without one, the server's refusal comes behind a handshake of TLS 1.3 that looked well. */
    CHECK_INT(dial_ends(&ends, "127.0.0.1", trusting, NULL), FLARE_OK);
    CHECK_INT(read_some(&ends.client, &byte, 1), FLARE_ERR_TLS_PROTOCOL);
    CHECK_INT(ends.server.err, FLARE_ERR_TLS_PROTOCOL);
    close_ends(&ends);
    flarei_arena_free(&arena);
    flare_tls_connector_free(connector);
    flare_tls_acceptor_free(acceptor);
}

/* ---- Servers of another kind ---- */

struct other {
    flare_listener listener;
    SSL_CTX *context; /* NULL: `says` alone */
    const char *says;
    pthread_t thread;
    unsigned count; /* of connections */
};

static void *serve(void *context)
{
    const struct other *const other = context;
    char bytes[512];

    for (unsigned i = 0; i < other->count; i++) {
        int fd;

        while ((fd = accept(other->listener.fd, NULL, NULL)) < 0)
            (void)usleep(1000);
        if (other->context != NULL) {
            SSL *const ssl = SSL_new(other->context);

            (void)SSL_set_fd(ssl, fd);
            if (SSL_accept(ssl) == 1)
                (void)SSL_write(ssl, "x", 1);
            SSL_free(ssl);
        } else {
            (void)!read(fd, bytes, sizeof bytes);
            (void)!write(fd, other->says, strlen(other->says));
        }
        (void)close(fd);
    }
    ERR_clear_error();
    return NULL;
}

static void start(struct other *other)
{
    other->listener = listen_on("127.0.0.1:0");
    CHECK_INT(pthread_create(&other->thread, NULL, serve, other), 0);
}

static void stop(struct other *other)
{
    (void)pthread_join(other->thread, NULL);
    flare_listener_close(&other->listener);
    SSL_CTX_free(other->context);
}

static flare_err dial_other(const struct other *other)
{
    const flare_dial_options options = {
        .to = {.host = FLARE_STR("127.0.0.1"), .port = other->listener.address.port, .timeout_ms = 3000},
        .tls = trusting};
    struct end end = {.stream = NULL};

    CHECK_INT(flare_stream_dial(&end.stream, loop, &options, end_opened, &end), FLARE_OK);
    CHECK(run_until(&end.told));
    flare_stream_close(end.stream);
    return end.err;
}

TEST(who_speaks_no_tls)
{
    static const char *const says[] = {"HTTP/1.1 400 Bad Request\r\n\r\n", "220 mail.test\r\n",
                                       "\x15\x03\x01"};

    for (size_t i = 0; i < sizeof says / sizeof says[0]; i++) {
        struct other other = {.says = says[i], .count = 1};
        flare_err err;

        start(&other);
        err = dial_other(&other);
        CHECK(err == FLARE_ERR_TLS_PROTOCOL ||
              (i == 2 && (err == FLARE_ERR_CLOSED || err == FLARE_ERR_RESET)));
        stop(&other);
    }
}

/* Does a client that takes anything shake hands with it? So that what is refused is seen to be there. */
static bool control_accepts(const struct other *other)
{
    SSL_CTX *const context = SSL_CTX_new(TLS_client_method());
    SSL *ssl;
    const int fd = flare_socket_connect(&other->listener.address);
    const int flags = fcntl(fd, F_GETFL);
    bool accepted;

    SSL_CTX_set_security_level(context, 0);
    (void)SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
    (void)SSL_CTX_set_cipher_list(context, "ALL:COMPLEMENTOFALL:@SECLEVEL=0");
    ssl = SSL_new(context);
    (void)fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
    (void)SSL_set_fd(ssl, fd);
    accepted = SSL_connect(ssl) == 1;
    SSL_free(ssl);
    SSL_CTX_free(context);
    (void)close(fd);
    ERR_clear_error();
    return accepted;
}

TEST(what_is_weak_is_refused)
{
    static const struct {
        int version;
        const char *suites;
        flare_err err;
    } rows[] = {
        {TLS1_VERSION, "ALL:@SECLEVEL=0", FLARE_ERR_TLS_PROTOCOL},
        {TLS1_1_VERSION, "ALL:@SECLEVEL=0", FLARE_ERR_TLS_PROTOCOL},
        {TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0", FLARE_ERR_TLS_PROTOCOL},
        {TLS1_2_VERSION, "ECDHE-ECDSA-AES256-SHA384:@SECLEVEL=0", FLARE_ERR_TLS_PROTOCOL},
        {TLS1_2_VERSION, "ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0", FLARE_ERR_TLS_PROTOCOL},
        {TLS1_2_VERSION, "AECDH-AES128-SHA:@SECLEVEL=0", FLARE_ERR_TLS_PROTOCOL},
        {TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256", FLARE_OK},
        {TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305", FLARE_OK},
        {TLS1_3_VERSION, "ALL", FLARE_OK},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct other other = {.context = SSL_CTX_new(TLS_server_method()), .count = 2};

        SSL_CTX_set_security_level(other.context, 0);
        (void)SSL_CTX_set_min_proto_version(other.context, rows[i].version);
        (void)SSL_CTX_set_max_proto_version(other.context, rows[i].version);
        CHECK_INT(SSL_CTX_set_cipher_list(other.context, rows[i].suites), 1);
        (void)SSL_CTX_use_certificate_file(other.context, certificate_path("good.crt"), SSL_FILETYPE_PEM);
        (void)SSL_CTX_use_PrivateKey_file(other.context, certificate_path("good.key"), SSL_FILETYPE_PEM);
        start(&other);
        CHECK(control_accepts(&other));
        CHECK_INT(dial_other(&other), rows[i].err);
        stop(&other);
    }
}

TEST(shaking_hands_has_its_time)
{
    struct ends ends;
    flare_listener mute = listen_on("127.0.0.1:0");
    const flare_dial_options options = {
        .to = {.host = FLARE_STR("127.0.0.1"), .port = mute.address.port, .timeout_ms = 100},
        .tls = trusting};
    const uint64_t began = now_ms();

    ends.client = (struct end){.stream = NULL};
    CHECK_INT(flare_stream_dial(&ends.client.stream, loop, &options, end_opened, &ends.client), FLARE_OK);
    CHECK(run_until(&ends.client.told));
    CHECK_INT(ends.client.err, FLARE_ERR_TIMEOUT);
    CHECK(now_ms() - began >= 100 && now_ms() - began < 400);
    flare_stream_close(ends.client.stream);
    flare_listener_close(&mute);
}

TEST(a_stream_keeps_its_connector)
{
    flare_tls_connector *const connector =
        connect_as(&(flare_tls_connector_options){.ca = certificate_path("ca.crt")});
    flare_tls_acceptor *const acceptor = accept_as("good", NULL);
    struct ends ends;

    listen_ends(&ends, "127.0.0.1:0", acceptor);
    CHECK_INT(dial_ends(&ends, "127.0.0.1", connector, NULL), FLARE_OK);
    flare_tls_connector_free(connector);
    CHECK(run_until(&ends.server.told));
    CHECK(carry(&ends.server, &ends.client, 100000));
    close_ends(&ends);
    flare_tls_acceptor_free(acceptor);
}

int main(void)
{
    (void)signal(SIGPIPE, SIG_IGN); /* the other servers' */
    make_certificates();
    open_loop();
    trusting = connect_as(&(flare_tls_connector_options){.ca = certificate_path("ca.crt")});
    RUN(each_fault_of_a_certificate_is_told_apart);
    RUN(the_system_does_not_know_this_ca);
    RUN(the_system_s_store_is_read);
    RUN(whoever_asks_for_it_believes_anyone);
    RUN(files_that_can_not_be_used);
    RUN(protocols);
    RUN(sessions_are_resumed_by_name);
    RUN(a_client_shows_its_certificate);
    RUN(who_speaks_no_tls);
    RUN(what_is_weak_is_refused);
    RUN(shaking_hands_has_its_time);
    RUN(a_stream_keeps_its_connector);
    flare_tls_connector_free(trusting);
    flare_loop_destroy(loop);
    remove_certificates();
    return TEST_END();
}
