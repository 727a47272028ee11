/* flare/form_data.h - content of multipart/form-data (RFC 7578), for a client: fields, and files that are
 * read as they are sent.
 *
 *     flare_form_data *form;
 *     err = flare_form_data_create(&form);
 *     err = flare_form_data_add(form, FLARE_STR("title"), FLARE_STR("A day at the sea"));
 *     err = flare_form_data_add_file(form, FLARE_STR("photo"), FLARE_STR("sea.jpg"), FLARE_STR("image/jpeg"),
 * fd); const flare_fetch_source source = flare_form_data_source(form); const flare_fetch_options options =
 * {.url = url, .method = FLARE_STR("POST"), .source = &source, .content_type =
 * flare_form_data_content_type(form)};
 *
 * A form belongs to one thread at a time.
 */
#ifndef FLARE_FORM_DATA_H
#define FLARE_FORM_DATA_H

#include <flare/client.h>

FLARE_BEGIN

/** A form; opaque. */
typedef struct flare_form_data flare_form_data;

/** Makes an empty form. @param form receives it; the caller's, to end with flare_form_data_free() after the
 * fetch that sends it; NULL on failure
 *  @return FLARE_OK; FLARE_ERR_MEMORY; FLARE_ERR_IO (no random bytes for its boundary). Any thread. */
flare_err flare_form_data_create(flare_form_data **form) FLARE_MUST_USE;

/** Frees it; files stay open. @param form may be NULL; nobody sends it any more. No errors. */
void flare_form_data_free(flare_form_data *form);

/** Adds a field. @param form any @param name any bytes @param value copied
 *  @return FLARE_OK; FLARE_ERR_MEMORY. */
flare_err flare_form_data_add(flare_form_data *form, flare_str name, flare_str value) FLARE_MUST_USE;

/** Adds bytes as a file. @param form any @param name of the field @param filename as the server is told it
 * @param content_type empty: application/octet-stream @param content copied
 *  @return FLARE_OK; FLARE_ERR_ARGUMENT (a content type that can't be); FLARE_ERR_MEMORY. */
flare_err flare_form_data_add_bytes(flare_form_data *form, flare_str name, flare_str filename,
                                    flare_str content_type, flare_str content) FLARE_MUST_USE;

/** Adds a file, of as many bytes as it has now. @param form any @param name of the field @param filename as
 * the server is told it @param content_type empty: application/octet-stream @param fd of a regular file, open
 * for reading until the form is freed; stays the caller's
 *  @return FLARE_OK; FLARE_ERR_ARGUMENT (a content type that can't be, or no regular file);
 * FLARE_ERR_MEMORY; another system error. */
flare_err flare_form_data_add_file(flare_form_data *form, flare_str name, flare_str filename,
                                   flare_str content_type, int fd) FLARE_MUST_USE;

/** What sends it, its length known, as often as it takes: nothing is added any more. @param form outlives the
 * fetch @return the source; one fetch at a time uses it. No errors. */
flare_fetch_source flare_form_data_source(flare_form_data *form);

/** Its content type, with the boundary. @param form any @return lives as long as the form. No errors. */
flare_str flare_form_data_content_type(const flare_form_data *form);

FLARE_END
#endif
