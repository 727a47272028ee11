#include "tls/names.h"
#include "test.h"

static struct flarei_tls_names names;

static void add(const char *text, uint32_t value)
{
    CHECK(flarei_tls_names_add(&names, flare_str_of(text), value));
}

/* The value of a name, or -1. */
static int find(const char *text)
{
    uint32_t value;

    return flarei_tls_names_find(&names, flare_str_of(text), &value) ? (int)value : -1;
}

TEST(an_exact_name_wins_over_a_wildcard)
{
    add("*.shop.example", 1);
    add("www.Shop.example", 2);
    add("shop.example", 3);
    flarei_tls_names_sort(&names);
    CHECK_INT(find("www.shop.example"), 2);
    CHECK_INT(find("api.shop.example"), 1);
    CHECK_INT(find("shop.example"), 3);
    flarei_tls_names_free(&names);
}

TEST(a_wildcard_is_one_whole_label)
{
    add("*.shop.example", 1);
    add("a*.shop.example", 2);
    add("*", 3);
    add("*.", 4);
    add("x.*.example", 5);
    flarei_tls_names_sort(&names);
    CHECK_INT(names.count, 1);
    CHECK_INT(find("a.b.shop.example"), -1);
    CHECK_INT(find(".shop.example"), -1);
    CHECK_INT(find("shop.example"), -1);
    CHECK_INT(find("*.shop.example"), -1);
    CHECK_INT(find("a.shop.example"), 1);
    flarei_tls_names_free(&names);
}

TEST(case_and_a_final_dot_do_not_matter)
{
    add("shop.example", 7);
    flarei_tls_names_sort(&names);
    CHECK_INT(find("SHOP.Example."), 7);
    CHECK_INT(find("shop.example.."), -1);
    CHECK_INT(find(""), -1);
    CHECK_INT(find("."), -1);
    flarei_tls_names_free(&names);
}

TEST(of_two_that_have_a_name_the_first_gets_it)
{
    add("b.example", 4);
    add("b.example", 1);
    add("a.example", 0);
    flarei_tls_names_sort(&names);
    CHECK_INT(find("b.example"), 1);
    flarei_tls_names_free(&names);
}

TEST(names_have_at_most_255_bytes)
{
    char text[258];

    memset(text, 'a', sizeof text);
    text[255] = '\0';
    add(text, 1);
    CHECK_INT(find(text), 1);
    text[255] = 'a';
    text[256] = '\0';
    add(text, 2);
    CHECK_INT(names.count, 1);
    CHECK_INT(find(text), -1);
    flarei_tls_names_free(&names);
}

int main(void)
{
    RUN(an_exact_name_wins_over_a_wildcard);
    RUN(a_wildcard_is_one_whole_label);
    RUN(case_and_a_final_dot_do_not_matter);
    RUN(of_two_that_have_a_name_the_first_gets_it);
    RUN(names_have_at_most_255_bytes);
    return TEST_END();
}
