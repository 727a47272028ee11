//: keys

/* $name$ - $place$ */
/* clang-format off */
static const char *const $keys$[] = {
    $rows$
};
/* clang-format on */

//: names

/* The number of the only member that a name can be, from 1; 0 if it can be none. */
static unsigned $name$(flare_str name)
{
    /* clang-format off */
    static const $word$ members[$count$] = {
        $rows$
    };
    /* clang-format on */
    size_t row = name.len;

    if (row == 0)
        return 0;
    $first$
    $last$
    return members[row & $mask$];
}

//: names_hashed

/* The number of the only member that a name can be, from 1; 0 if it can be none. */
static unsigned $name$(flare_str name)
{
    /* clang-format off */
    static const uint8_t shifts[$buckets$] = {
        $shifts$
    };
    static const $word$ members[$count$] = {
        $rows$
    };
    /* clang-format on */
    const uint32_t hash = flarei_name_hash(name, $seed$);

    return members[((hash >> 8) + shifts[hash & $bucket_mask$] * (hash >> 16 | 1)) & $mask$];
}

//: optional
if (!flarei_json_null(&at, json->end)) {
    $read$
    $target$.has = true;
}

//: member
    if (!FLAREI_JSON_TRY(at, end, $literal$))
        goto find;
$label$:
    at = flarei_json_blanks(at, end);
    if (FLARE_UNLIKELY(($seen$ & $bit$) != 0)) {
        at = flarei_json_drop(json, at, path, $key$, FLAREI_RULE_$rule$);
    } else {
        $seen$ |= $bit$;
        $read$
    }
    if (FLARE_UNLIKELY(at == NULL))
        return NULL;
    if (!flarei_json_comma(json, &at, &outer))
        goto close;

//: guess
case $number$:
    if (FLAREI_JSON_TRY(at, end, $literal$))
        goto $label$;
    break;

//: case
case $number$:
    goto $label$;

//: required
if (FLARE_UNLIKELY((~$seen$ & $mask$) != 0))
    flarei_json_missing(json, path, $keys$, ~$seen$ & $mask$);

//: depth
if (FLARE_UNLIKELY(flarei_json_depth(path) > json->depth_max))
    return flarei_json_stop(json, FLAREI_JSON_TOO_DEEP);

//: defaults
*out = ($type$){
    $rows$
};

//: object

$linkage$$prototype$
{
    const char *const end = json->end;
    $before$
    $seen$
    unsigned member;
    size_t outer;
    flare_str key;

    $begin$
    if (FLARE_UNLIKELY(*at != '{'))
        return flarei_json_drop(json, at, path, NULL, FLAREI_RULE_TYPE);
    $depth$
    at = flarei_json_open(json, at, &outer);
    if (*at == '}')
        goto close;
$members$
find:
    switch ($member_of$(flarei_json_peek(at, end))) {
    $guesses$
    default:
        break;
    }
    at = flarei_json_key(json, at, &key);
    if (FLARE_UNLIKELY(at == NULL))
        return NULL;
    member = $member_of$(key);
    if (member != 0 && flarei_json_key_is(key, $keys$[member - 1])) {
        switch (member) {
        $cases$
        default:
            break;
        }
    }
    $unknown$
    at = flarei_json_unknown(json, at, path);
    if (FLARE_UNLIKELY(at == NULL))
        return NULL;
    if (flarei_json_comma(json, &at, &outer))
        goto find;

close:
    $required$
    return flarei_json_close(json, at, '}', &outer);
}

//: array_min
if (FLARE_UNLIKELY($count$ < $min$))
    flarei_json_fail(json, path, NULL, FLAREI_RULE_MIN_ITEMS);

//: array

/* $words$ */
$linkage$$prototype$
{
    struct flarei_json_path item = {path, NULL, 0};
    $item$ *items = NULL;
    size_t room = 0;
    $failed$
    size_t outer;

    if (FLARE_UNLIKELY(*at != '['))
        return flarei_json_drop(json, at, path, NULL, FLAREI_RULE_TYPE);
    $depth$
    at = flarei_json_open(json, at, &outer);
    if (*at != ']') {
        do {
            if (item.index == room) {
                if (FLARE_UNLIKELY(item.index == $max$)) {
                    at = flarei_json_drop_items(json, at, path);
                    if (at == NULL)
                        return NULL;
                    break;
                }
                items = ($item$ *)flarei_json_grow(json, items, &room, $max$, sizeof *items);
                if (FLARE_UNLIKELY(items == NULL))
                    return NULL;
            }
            $read$
            if (FLARE_UNLIKELY(at == NULL))
                return NULL;
            item.index++;
        } while (flarei_json_comma(json, &at, &outer));
    }
    $least$
    out->items = items;
    out->count = item.index;
    $unique$
    return flarei_json_close(json, at, ']', &outer);
}

//: unique
at = flarei_json_distinct(json, at, path, items, sizeof *items, $kind$, item.index, failed, FLAREI_RULE_UNIQUE);
if (FLARE_UNLIKELY(at == NULL))
    return NULL;

//: map

/* $words$ */
$linkage$$prototype$
{
    struct flarei_json_path item = {path, "", 0};
    const uint32_t failed = json->count;
    $entry$ *items = NULL;
    size_t room = 0, count = 0;
    size_t outer;

    if (FLARE_UNLIKELY(*at != '{'))
        return flarei_json_drop(json, at, path, NULL, FLAREI_RULE_TYPE);
    $depth$
    at = flarei_json_open(json, at, &outer);
    if (*at != '}') {
        do {
            if (count == room) {
                if (FLARE_UNLIKELY(count == $max$)) {
                    at = flarei_json_drop_members(json, at, path);
                    if (at == NULL)
                        return NULL;
                    break;
                }
                items = ($entry$ *)flarei_json_grow(json, items, &room, $max$, sizeof *items);
                if (FLARE_UNLIKELY(items == NULL))
                    return NULL;
            }
            at = flarei_json_map_key(json, at, path, &items[count].key);
            if (FLARE_UNLIKELY(at == NULL))
                return NULL;
            $read$
            if (FLARE_UNLIKELY(at == NULL))
                return NULL;
            count++;
        } while (flarei_json_comma(json, &at, &outer));
    }
    $least$
    out->items = items;
    out->count = count;
    at = flarei_json_distinct(json, at, path, items, sizeof *items, FLAREI_ITEMS_TEXTS, count, failed, FLAREI_RULE_REPEATED);
    if (FLARE_UNLIKELY(at == NULL))
        return NULL;
    return flarei_json_close(json, at, '}', &outer);
}

//: held
if (!flarei_json_null(&at, end)) {
    $type$ *const held = ($type$ *)flarei_json_hold(json, sizeof *held);

    if (FLARE_UNLIKELY(held == NULL))
        return NULL;
    $read$
    $member$ = held;
}

//: patch
$read$
$member$.has = true;

//: patch_or_null
if (flarei_json_null(&at, end)) {
    $member$.clear = true;
} else {
    $read$
    $member$.has = true;
}

//: union

/* $name$ - $place$ */
$linkage$$prototype$
{
    flare_str tag;

    *out = ($type$){0};
    if (FLARE_UNLIKELY(*at != '{'))
        return flarei_json_drop(json, at, path, NULL, FLAREI_RULE_TYPE);
    if (FLARE_LIKELY(flarei_json_tag(json, at, path, FLARE_STR($tag$), &tag))) {
        $arms$
    }
    return flarei_json_drop_union(json, at, path, $key$);
}

//: arm
if (FLAREI_IS(tag, $name$)) {
    out->tag = $tag$;
    return $reader$(json, at, path, &out->as.$arm$);
}

//: check
if (!$check$(value)) {
    flarei_json_fail(json, path, key, FLAREI_RULE_CHECK);
    return at;
}

//: checked

$linkage$$prototype$
{
    const uint32_t failed = json->count;
    $type$ value = 0;

    at = flarei_json_$word$(json, at, path, key$bounds$, &value);
    if (at == NULL || json->count != failed)
        return at;
    $checks$
    *out = value;
    return at;
}

//: taken

$linkage$$prototype$
{
    flare_str text = {NULL, 0};

    at = flarei_json_string(json, at, path, key, $min$, $max$, &text);
    if (at != NULL && text.ptr != NULL)
        flarei_json_note(json, path, key, $take$);
    return at;
}

//: in
$in$_in *const in = ($in$_in *)input;

//: resume

static flare_reply $name$(flare_request *rq, void *input)
{
    $in$
    struct flarei_json state, *const json = &state;
    enum flarei_json_verdict verdict;
    const char *at = flarei_json_begin_body(json, rq, $bound$);

    $depth$
    if (at != NULL) {
        $read$
    }
    verdict = flarei_json_end(json, at);
    if (FLARE_UNLIKELY(verdict != FLAREI_JSON_FINE))
        return flarei_reply_json_refused(rq, json, verdict);
    return $call$;
}

//: resume_lines

static flare_reply $name$(flare_request *rq, void *input)
{
    $in$
    struct flarei_json state, *const json = &state;
    struct flarei_json_path line = {NULL, NULL, 0};
    struct flarei_lines lines = flarei_lines_of(rq, json);

    $depth$
    while (flarei_lines_next(&lines)) {
        $type$ item;
        const char *at = flarei_lines_begin(&lines);

        if (at != NULL) {
            $read$
        }
        if (FLARE_UNLIKELY(!flarei_lines_end(&lines, at)))
            return flarei_reply_lines_refused(rq, &lines);
        line.index++;
    }
    if (FLARE_UNLIKELY(json->count != 0))
        return flarei_reply_json_refused(rq, json, FLAREI_JSON_INVALID);
    return flarei_lines_judge(rq, $call$);
}

//: next

$prototype$
{
    struct flarei_json state, *const json = &state;
    const char *at = flarei_lines_take(rq, json);

    if (at == NULL)
        return false;
    $depth$
    $read$
    return flarei_lines_took(rq, json, at);
}
