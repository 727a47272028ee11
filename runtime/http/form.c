#include "http/reply.h"
#include "http/upload.h"

struct flarei_form flarei_form_begin(flare_request *rq, const struct flarei_form_rule *rule, uint32_t *counts)
{
    const flare_str body = rq->upload == NULL ? rq->body : FLARE_STR("");

    rq->body_refusal = 0;
    return (struct flarei_form){.rq = rq,
                                .rule = rule,
                                .counts = counts,
                                .at = body.ptr,
                                .end = flarei_str_end(body),
                                .part = rq->upload != NULL ? rq->upload->first : NULL};
}

static const struct flarei_form_field *field_at(const struct flarei_form *form)
{
    return &form->rule->fields[form->field - 1];
}

void flarei_form_refuse(struct flarei_form *form, enum flarei_rule rule)
{
    const struct flarei_form_field *const field = field_at(form);

    if (field->array)
        flarei_refuse_at(form->rq, &field->input, rule, flarei_form_index(form));
    else
        flarei_refuse(form->rq, &field->input, rule);
}

static void refuse_body(struct flarei_form *form, unsigned status, flare_str detail)
{
    form->rq->body_refusal = (uint16_t)status;
    form->rq->body_refusal_detail = detail;
    form->at = form->end;
    form->part = NULL;
}

bool flarei_form_no_memory(struct flarei_form *form)
{
    refuse_body(form, 503, FLARE_STR("no memory for the body"));
    return false;
}

/* ---- Items ---- */

/* `name=value`, unescaped. @return false: refused */
static bool unescape(struct flarei_form *form, flare_str *text)
{
    const flare_err err = flarei_percent_decode_in(form->rq->arena, *text, FLARE_PERCENT_FORM, text);

    if (err == FLARE_OK)
        return true;
    if (err == FLARE_ERR_MEMORY)
        refuse_body(form, 503, FLARE_STR("no memory for the body"));
    else
        refuse_body(form, 400, FLARE_STR("the form has a malformed escape"));
    return false;
}

static bool next_pair(struct flarei_form *form)
{
    const char *start, *stop, *equals;
    flare_str name;

    while (form->at != form->end && *form->at == '&')
        form->at++;
    if (form->at == form->end)
        return false;
    start = form->at;
    stop = (const char *)memchr(start, '&', (size_t)(form->end - start));
    stop = stop != NULL ? stop : form->end;
    equals = (const char *)memchr(start, '=', (size_t)(stop - start));
    form->at = stop;
    name = (flare_str){start, (size_t)((equals != NULL ? equals : stop) - start)};
    form->value = equals != NULL ? (flare_str){equals + 1, (size_t)(stop - equals - 1)} : FLARE_STR("");
    form->file = NULL;
    if (++form->items > FLAREI_FORM_ITEMS_MAX) {
        refuse_body(form, 413, FLARE_STR("the form has too many fields"));
        return false;
    }
    if (!unescape(form, &name) || !unescape(form, &form->value))
        return false;
    form->field = form->rule->field_of(name);
    return true;
}

static bool next_part(struct flarei_form *form, enum flarei_rule *rule)
{
    const struct flarei_part *const part = form->part;

    if (part == NULL)
        return false;
    form->part = part->next;
    form->field = part->field;
    form->file = part->is_file ? &part->file : NULL;
    form->value = part->is_file ? FLARE_STR("") : part->file.bytes;
    *rule = part->rule;
    return true;
}

/* May it come once more? Where not, one failure says so. */
static bool count(struct flarei_form *form)
{
    const struct flarei_form_field *const field = field_at(form);
    const uint32_t most = !field->array ? 1 : field->max_items != 0 ? field->max_items : UINT32_MAX;
    uint32_t *const came = &form->counts[form->field - 1];

    if (*came < most) {
        ++*came;
        return true;
    }
    if (*came == most) {
        ++*came;
        flarei_refuse(form->rq, &field->input, field->array ? FLAREI_RULE_MAX_ITEMS : FLAREI_RULE_REPEATED);
    }
    return false;
}

static void refuse_unknown(struct flarei_form *form)
{
    static const struct flarei_input body = FLAREI_INPUT(BODY, false, "");

    if (form->rule->strict && !form->unknown)
        flarei_refuse(form->rq, &body, FLAREI_RULE_UNKNOWN);
    form->unknown = true;
}

bool flarei_form_next(struct flarei_form *form)
{
    for (;;) {
        enum flarei_rule rule = FLAREI_FINE;

        if (form->rq->upload != NULL ? !next_part(form, &rule) : !next_pair(form))
            return false;
        if (form->field == 0) {
            refuse_unknown(form);
            continue;
        }
        if (!count(form))
            continue;
        if (rule == FLAREI_FINE)
            return true;
        flarei_form_refuse(form, rule);
    }
}

void flarei_form_unique(struct flarei_form *form, uint32_t field, const void *items, size_t count,
                        size_t item_bytes, enum flarei_items kind)
{
    const struct flarei_input *const input = &form->rule->fields[field - 1].input;
    flare_request *const rq = form->rq;

    if (count == 0 || rq->body_refusal != 0)
        return;
    for (uint32_t i = 0; i < rq->refusal_count; i++) {
        if (rq->refusals[i].input == input)
            return;
    }
    flarei_note(rq, input, flarei_check_unique(rq->arena, items, count, item_bytes, kind));
}

bool flarei_form_end(struct flarei_form *form)
{
    flare_request *const rq = form->rq;

    for (uint32_t i = 0; i < form->rule->field_count; i++) {
        const struct flarei_form_field *const field = &form->rule->fields[i];

        if (form->counts[i] == 0 && field->input.required)
            flarei_refuse(rq, &field->input, FLAREI_RULE_REQUIRED);
        else if (field->array && form->counts[i] < field->min_items &&
                 (form->counts[i] != 0 || !field->optional))
            flarei_refuse(rq, &field->input, FLAREI_RULE_MIN_ITEMS);
    }
    return rq->refusal_count == 0 && rq->body_refusal == 0;
}

flare_reply flarei_reply_form_refused(flare_request *rq)
{
    return rq->body_refusal != 0 ? flarei_reply_body_refused(rq) : flarei_reply_refusals(rq);
}
