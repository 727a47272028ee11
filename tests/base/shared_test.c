/* Memory of several processes: the same for a key in all of them, bounded, whole whoever ends when. */
#include "base/shared.h"

#include "../test.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROCESSES = 4, KEYS = 64, ROUNDS = 1000, BYTES = 1 << 20 };

static char keys[KEYS];
static void *memory;

static void begin(size_t bytes)
{
    memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED);
    flarei_shared_begin(memory, bytes, PROCESSES);
}

static void end(size_t bytes)
{
    flarei_shared_end();
    CHECK_INT(munmap(memory, bytes), 0);
}

/* Runs in a process of its own. @return its exit status */
static int in_process(unsigned number, int (*run)(void))
{
    int how = -1;
    const pid_t process = fork();

    if (process == 0) {
        flarei_shared_enter(number);
        _exit(run());
    }
    if (process > 0)
        (void)waitpid(process, &how, 0);
    return WIFEXITED(how) ? WEXITSTATUS(how) : -1;
}

TEST(nothing_without_a_supervisor)
{
    CHECK_INT(flarei_shared_processes(), 0);
    CHECK(flarei_shared_make(keys, 0, 8) == NULL);
    CHECK(flarei_shared_find(keys, 0) == NULL);
}

static int leave_a_seven(void)
{
    uint64_t *const word = flarei_shared_make(keys, 3, sizeof *word);

    if (word == NULL || flarei_shared_process() != 2)
        return 1;
    *word = 7;
    return 0;
}

TEST(one_for_a_key_in_all_processes)
{
    const uint64_t *word;

    begin(BYTES);
    CHECK_INT(flarei_shared_processes(), PROCESSES);
    CHECK(flarei_shared_find(keys, 3) == NULL);
    CHECK_INT(in_process(2, leave_a_seven), 0);
    word = flarei_shared_find(keys, 3);
    CHECK(word != NULL && *word == 7);
    CHECK(flarei_shared_make(keys, 3, sizeof *word) == word);
    CHECK((uintptr_t)word % 64 == 0);
    CHECK(flarei_shared_find(keys, 2) == NULL);
    CHECK(flarei_shared_find(keys + 1, 3) == NULL);
    end(BYTES);
}

/* All ask for all keys at once, and count in each. */
static int count(void)
{
    for (unsigned round = 0; round < ROUNDS; round++)
        for (unsigned i = 0; i < KEYS; i++) {
            atomic_uint *const counter = flarei_shared_make(keys + i, 0, sizeof *counter);

            if (counter == NULL)
                return 1;
            (void)atomic_fetch_add(counter, 1);
        }
    return 0;
}

TEST(processes_that_ask_at_once_agree)
{
    pid_t running[PROCESSES];

    begin(BYTES);
    for (unsigned i = 0; i < PROCESSES; i++) {
        running[i] = fork();
        if (running[i] == 0)
            _exit(count());
    }
    for (unsigned i = 0; i < PROCESSES; i++) {
        int how = -1;

        CHECK(running[i] > 0 && waitpid(running[i], &how, 0) == running[i]);
        CHECK_INT(how, 0);
    }
    for (unsigned i = 0; i < KEYS; i++) {
        atomic_uint *const counter = flarei_shared_find(keys + i, 0);

        CHECK(counter != NULL && atomic_load(counter) == PROCESSES * ROUNDS);
    }
    end(BYTES);
}

TEST(so_much_and_no_more)
{
    begin(BYTES);
    CHECK(flarei_shared_make(keys, 0, BYTES) == NULL);
    CHECK(flarei_shared_make(keys, 0, SIZE_MAX / 2) == NULL);
    CHECK(flarei_shared_make(keys, 0, BYTES / 2) != NULL);
    CHECK(flarei_shared_make(keys + 1, 0, BYTES / 2) == NULL);
    CHECK(flarei_shared_make(keys + 1, 0, 64) != NULL);
    end(BYTES);
}

TEST(so_many_areas_and_no_more)
{
    unsigned made = 0;

    begin(BYTES);
    while (made < 2000 && flarei_shared_make(keys, made, 8) != NULL)
        made++;
    CHECK_INT(made, 1024);
    CHECK(flarei_shared_find(keys, 2000) == NULL);
    CHECK(flarei_shared_find(keys, 1023) != NULL);
    end(BYTES);
}

int main(void)
{
    RUN(nothing_without_a_supervisor);
    RUN(one_for_a_key_in_all_processes);
    RUN(processes_that_ask_at_once_agree);
    RUN(so_much_and_no_more);
    RUN(so_many_areas_and_no_more);
    return TEST_END();
}
