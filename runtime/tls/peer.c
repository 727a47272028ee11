#include "tls/peer.h"

#include <flare/net.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

/* What the parts are read with; err is the first failure. */
struct reading {
    flare_arena *arena;
    flare_err err;
};

static void *take(struct reading *reading, size_t bytes)
{
    void *const block = flarei_arena_alloc(reading->arena, bytes ? bytes : 1);

    if (block == NULL)
        reading->err = FLARE_ERR_MEMORY;
    return block;
}

/* Text that a guard compares: what would cut or colour it is refused. */
static flare_str text_of(struct reading *reading, const void *bytes, long length)
{
    const unsigned char *const from = bytes;
    char *to;

    if (from == NULL || length <= 0)
        return (flare_str){NULL, 0};
    for (long i = 0; i < length; i++) {
        if (from[i] < 0x20 || from[i] == 0x7f) {
            reading->err = FLARE_ERR_SYNTAX;
            return (flare_str){NULL, 0};
        }
    }
    to = take(reading, (size_t)length);
    if (to == NULL)
        return (flare_str){NULL, 0};
    memcpy(to, from, (size_t)length);
    return (flare_str){to, (size_t)length};
}

static flare_str hex_of(struct reading *reading, const unsigned char *bytes, size_t count, const char *digits)
{
    char *const to = take(reading, count * 2);

    if (to == NULL)
        return (flare_str){NULL, 0};
    for (size_t i = 0; i < count; i++) {
        to[2 * i] = digits[bytes[i] >> 4];
        to[2 * i + 1] = digits[bytes[i] & 15];
    }
    return (flare_str){to, count * 2};
}

static flare_str name_of(struct reading *reading, const X509_NAME *name)
{
    BIO *const memory = BIO_new(BIO_s_mem());
    flare_str text = {NULL, 0};
    char *bytes;

    if (memory == NULL || X509_NAME_print_ex(memory, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0) {
        reading->err = FLARE_ERR_MEMORY;
    } else {
        const long length = BIO_get_mem_data(memory, &bytes);

        text = text_of(reading, bytes, length);
    }
    BIO_free(memory);
    return text;
}

static flare_str common_name_of(struct reading *reading, const X509_NAME *name)
{
    flare_str text = {NULL, 0};
    unsigned char *utf8 = NULL;
    int last = -1, at;

    while ((at = X509_NAME_get_index_by_NID(name, NID_commonName, last)) >= 0)
        last = at;
    if (last < 0)
        return text;
    at = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, last)));
    if (at < 0)
        reading->err = FLARE_ERR_SYNTAX;
    else
        text = text_of(reading, utf8, at);
    OPENSSL_free(utf8);
    return text;
}

static flare_time time_of(struct reading *reading, const ASN1_TIME *time)
{
    flare_time result = 0;
    int days = 0, seconds = 0;
    ASN1_TIME *const epoch = ASN1_TIME_set(NULL, 0);

    if (epoch == NULL)
        reading->err = FLARE_ERR_MEMORY;
    else if (ASN1_TIME_diff(&days, &seconds, epoch, time) != 1)
        reading->err = FLARE_ERR_SYNTAX;
    else
        result = ((flare_time)days * 86400 + seconds) * FLARE_TIME_SECOND;
    ASN1_TIME_free(epoch);
    return result;
}

static flare_str address_of(struct reading *reading, const ASN1_OCTET_STRING *bytes)
{
    flare_address address = {.family = FLARE_ADDRESS_IPV4};
    char text[FLARE_ADDRESS_TEXT_MAX_BYTES];
    const int length = ASN1_STRING_length(bytes);
    size_t end;

    if (length != 4 && length != 16) {
        reading->err = FLARE_ERR_SYNTAX;
        return (flare_str){NULL, 0};
    }
    if (length == 16)
        address.family = FLARE_ADDRESS_IPV6;
    memcpy(address.ip, ASN1_STRING_get0_data(bytes), (size_t)length);
    end = flare_address_format(&address, text, sizeof text) - 2; /* ":0" */
    if (length == 16)
        return text_of(reading, text + 1, (long)end - 2); /* "[" and "]" */
    return text_of(reading, text, (long)end);
}

static flare_str ia5_of(struct reading *reading, const ASN1_IA5STRING *text)
{
    return text_of(reading, ASN1_STRING_get0_data(text), ASN1_STRING_length(text));
}

static bool alternative(struct reading *reading, const GENERAL_NAME *from, flare_certificate_name *to)
{
    switch (from->type) {
    case GEN_DNS:
        *to = (flare_certificate_name){FLARE_CERTIFICATE_DNS, ia5_of(reading, from->d.dNSName)};
        return true;
    case GEN_EMAIL:
        *to = (flare_certificate_name){FLARE_CERTIFICATE_EMAIL, ia5_of(reading, from->d.rfc822Name)};
        return true;
    case GEN_URI:
        *to = (flare_certificate_name){FLARE_CERTIFICATE_URI,
                                       ia5_of(reading, from->d.uniformResourceIdentifier)};
        return true;
    case GEN_IPADD:
        *to = (flare_certificate_name){FLARE_CERTIFICATE_IP, address_of(reading, from->d.iPAddress)};
        return true;
    default:
        return false;
    }
}

static void read_alternatives(struct reading *reading, const X509 *x509, flare_certificate *certificate)
{
    GENERAL_NAMES *const from = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
    const int count = from ? sk_GENERAL_NAME_num(from) : 0;
    flare_certificate_name *const names = take(reading, (size_t)count * sizeof *names);

    for (int i = 0; i < count && names != NULL; i++)
        certificate->name_count +=
            alternative(reading, sk_GENERAL_NAME_value(from, i), &names[certificate->name_count]);
    certificate->names = names;
    GENERAL_NAMES_free(from);
}

static void read_numbers(struct reading *reading, const X509 *x509, flare_certificate *certificate)
{
    const ASN1_INTEGER *const serial = X509_get0_serialNumber(x509);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;

    certificate->serial = hex_of(reading, ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial),
                                 "0123456789ABCDEF");
    if (X509_digest(x509, EVP_sha256(), digest, &length) != 1)
        reading->err = FLARE_ERR_MEMORY;
    certificate->fingerprint = hex_of(reading, digest, length, "0123456789abcdef");
}

flare_err flarei_tls_peer(const struct flarei_tls_stream *stream, flare_arena *arena,
                          const flare_certificate **out)
{
    const X509 *const x509 = SSL_get0_peer_certificate(stream->ssl);
    struct reading reading = {arena, FLARE_OK};
    flare_certificate *certificate;

    *out = NULL;
    if (x509 == NULL)
        return FLARE_OK;
    certificate = take(&reading, sizeof *certificate);
    if (certificate == NULL)
        return FLARE_ERR_MEMORY;
    memset(certificate, 0, sizeof *certificate);
    certificate->subject = name_of(&reading, X509_get_subject_name(x509));
    certificate->common_name = common_name_of(&reading, X509_get_subject_name(x509));
    certificate->issuer = name_of(&reading, X509_get_issuer_name(x509));
    certificate->not_before = time_of(&reading, X509_get0_notBefore(x509));
    certificate->not_after = time_of(&reading, X509_get0_notAfter(x509));
    read_numbers(&reading, x509, certificate);
    read_alternatives(&reading, x509, certificate);
    if (reading.err == FLARE_OK)
        *out = certificate;
    else
        ERR_clear_error();
    return reading.err;
}
