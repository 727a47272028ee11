/* json_write.h - JSON text. Commas come by themselves:
 *
 *   json_open(text, NULL, '{');
 *   json_text(text, "name", name);
 *   json_close(text, '}');
 */
#ifndef FLAREC_TOOLS_JSON_WRITE_H
#define FLAREC_TOOLS_JSON_WRITE_H

#include "emit/text.h"

/* The key is NULL for an item of an array and for the outermost value. */
void json_open(struct text *text, const char *key, char bracket);
void json_close(struct text *text, char bracket);
/* A string; bytes that are not UTF-8 become U+FFFD. NULL writes nothing. */
void json_text(struct text *text, const char *key, const char *value);
void json_bytes(struct text *text, const char *key, const char *bytes, size_t length);
void json_whole(struct text *text, const char *key, unsigned long value);
/* JSON as it is: true, null, a value that was read. */
void json_raw(struct text *text, const char *key, const char *json, size_t length);

#endif
