/* layout.h - the last step before a file: text as clang-format with the project's settings would leave it.
 *
 * Templates are written without a care for width. Here long lines are broken inside their brackets, comments
 * behind code are aligned, long comments are wrapped, and strings that fit no line are cut.
 */
#ifndef FLAREC_EMIT_LAYOUT_H
#define FLAREC_EMIT_LAYOUT_H

#include "emit/text.h"

#define LAYOUT_COLUMNS 110

void layout(struct text *out, const char *text, size_t length);

#endif
