//: pattern

/* $text$ - $place$ */
/* clang-format off */
static const uint8_t pattern_$number$_classes[256] = {
    $classes$
};
static const uint16_t pattern_$number$_next[] = {
    $rows$
};
static const bool pattern_$number$_accepting[] = {
    $accepting$
};
/* clang-format on */
$linkage$const struct flarei_pattern $name$ = {
    pattern_$number$_classes,
    pattern_$number$_next,
    pattern_$number$_accepting,
    $count$,
};

//: text

/* $words$ */
$linkage$$prototype$
{
    enum flarei_rule rule = $take$;

    if (rule != FLAREI_FINE)
        return rule;
    $checks$
    return FLAREI_FINE;
}

//: check_length
rule = flarei_check_length(*out, $min$, $max$);
if (rule != FLAREI_FINE)
    return rule;

//: check_pattern
if (!flarei_pattern_matches(&$pattern$, *out))
    return FLAREI_RULE_PATTERN;

//: check_call
if (!$function$(*out))
    return FLAREI_RULE_CHECK;

//: open_enum

$linkage$$prototype$
{
    *out = $unknown$;
    switch (raw.len) {
    $cases$
    default:
        break;
    }
    return FLAREI_FINE;
}

//: enum

$linkage$$prototype$
{
    switch (raw.len) {
    $cases$
    default:
        break;
    }
    return FLAREI_RULE_ENUM;
}

//: enum_case
case $length$:
    $tests$
    break;

//: enum_test
if (FLAREI_IS(raw, $text$)) {
    *out = $member$;
    return FLAREI_FINE;
}
