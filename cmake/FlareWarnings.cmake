# flare_warnings(TARGET): the warnings that hand-written and emitted C must be free of.
function(flare_warnings target)
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wmissing-prototypes
        -Wcast-qual -Wswitch-enum -Werror)
endfunction()
