/* tls/file.h - the files that an operator names: certificates, keys, responses. */
#ifndef FLAREI_TLS_FILE_H
#define FLAREI_TLS_FILE_H

#include <flare/err.h>
#include <flare/str.h>

/** One that is larger is none of them. */
#define FLAREI_TLS_FILE_MAX_BYTES (1u << 20)

/** Where a sentence about a failure goes. */
struct flarei_tls_complaint {
    char *text;
    size_t bytes;
};

/** Writes the sentence. @return err */
flare_err flarei_tls_complain(struct flarei_tls_complaint *complaint, flare_err err, const char *format, ...)
    FLARE_PRINTF(3, 4);

/** Reads a file whole. @param secret whether others must not be able to read it or write to it
 *  @param content set on success: free it with flarei_tls_file_free() @return FLARE_OK, or why not, with a
 * complaint that names the file */
flare_err flarei_tls_file_read(const char *path, bool secret, flare_str *content,
                               struct flarei_tls_complaint *complaint);

/** Overwrites and frees it. */
void flarei_tls_file_free(flare_str content);

#endif
