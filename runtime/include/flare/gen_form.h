/* flare/gen_form.h - form bodies for emitted C: application/x-www-form-urlencoded (WHATWG URL section 5) and
 * multipart/form-data (RFC 7578). Not for hand-written code: it changes with FLARE_GEN_ABI.
 *
 *     uint32_t counts[2] = {0};
 *     struct flarei_form form = flarei_form_begin(rq, &rule, counts);
 *     while (flarei_form_next(&form)) {
 *         switch (form.field) { case 1: flarei_form_note(&form, flarei_take_email(form.value, &out->email));
 * }
 *     }
 *     return flarei_form_end(&form);
 */
#ifndef FLARE_GEN_FORM_H
#define FLARE_GEN_FORM_H

#include <flare/gen.h>

FLARE_BEGIN

/** Pairs or parts of one body; more are a 413. */
#define FLAREI_FORM_ITEMS_MAX 1000
/** A part that is no file, where its type sets no length. */
#define FLAREI_FORM_TEXT_MAX_BYTES 65536
/** A file up to this size stays in memory. */
#define FLAREI_FORM_FILE_MEMORY_BYTES 65536

/** One field of a form's type. */
struct flarei_form_field {
    struct flarei_input input; /* of the body; required: a scalar that must come */
    bool array;                /* it may come more than once */
    bool file;
    bool optional;                /* an array that may be absent whatever min_items is */
    uint32_t min_items;           /* of an array */
    uint32_t max_items;           /* 0: as many as the body has */
    uint64_t min_bytes;           /* of a file */
    uint64_t max_bytes;           /* of a part; 0: FLAREI_FORM_TEXT_MAX_BYTES, or as many as the body has */
    const flare_str *media_types; /* of a file; as in a body rule */
    uint32_t media_type_count;    /* 0: any */
};

/** A form's type. */
struct flarei_form_rule {
    const struct flarei_form_field *fields;
    uint32_t (*field_of)(flare_str name); /* from 1; 0: none has this name */
    uint32_t field_count;
    bool strict; /* an unknown name is refused */
};

struct flarei_part;

/** A walk over the items of a body, and what they are checked against. */
struct flarei_form {
    flare_request *rq;
    const struct flarei_form_rule *rule;
    uint32_t *counts;               /* by field: how often it came */
    const char *at, *end;           /* urlencoded: what is left */
    const struct flarei_part *part; /* multipart: the next */
    uint32_t items;                 /* so far */
    bool unknown;                   /* one was refused */
    uint32_t field;                 /* of the item at hand */
    flare_str value;                /* its text, unescaped; for a file nothing */
    const flare_file *file;         /* or NULL */
};

/** What a multipart body's rule begins with: a body of the request's Content-Type. Where it is whole in
 * rq->body already, it is read there, and stays there. @return false: refused in rq->body_refusal */
bool flarei_upload_begin(flare_request *rq, const struct flarei_form_rule *rule) FLARE_MUST_USE;

/** Begins a walk over the body, which is whole. @param counts one for each field, all 0 */
struct flarei_form flarei_form_begin(flare_request *rq, const struct flarei_form_rule *rule,
                                     uint32_t *counts);

/** Steps to the next item that is to be taken. What is not is noted or ignored: a scalar that came already,
 * an unknown name, a file for a text, a file of the wrong size or media type. @return false at the end */
bool flarei_form_next(struct flarei_form *form);

/** The place of the item at hand among those of its field. */
static inline uint32_t flarei_form_index(const struct flarei_form *form)
{
    return form->counts[form->field - 1] - 1;
}

/** Notes what the check of the item at hand returned. */
FLARE_NOINLINE_COLD void flarei_form_refuse(struct flarei_form *form, enum flarei_rule rule);
static inline void flarei_form_note(struct flarei_form *form, enum flarei_rule rule)
{
    if (FLARE_UNLIKELY(rule != FLAREI_FINE))
        flarei_form_refuse(form, rule);
}

/** Notes where two items of an array are alike, if nothing is wrong with them otherwise.
 *  @param field from 1 @param count of `item_bytes` each */
void flarei_form_unique(struct flarei_form *form, uint32_t field, const void *items, size_t count,
                        size_t item_bytes, enum flarei_items kind);

/** There is no memory for an item. @return false: flarei_reply_form_refused() */
FLARE_NOINLINE_COLD bool flarei_form_no_memory(struct flarei_form *form);

/** Notes what did not come. @return is all fine? else flarei_reply_form_refused() */
bool flarei_form_end(struct flarei_form *form);

/** 400 or 413 for a body that is no form; 422 with all failures for one that breaks its type. */
FLARE_NOINLINE_COLD flare_reply flarei_reply_form_refused(flare_request *rq) FLARE_MUST_USE;

FLARE_END
#endif
