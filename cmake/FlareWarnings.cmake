# flare_warnings(target): the warnings that hand-written and emitted C must be free of.
set(FLARE_WARNING_FLAGS -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wmissing-prototypes -Wcast-qual
    -Wswitch-enum -Werror)
function(flare_warnings target)
    target_compile_options(${target} PRIVATE ${FLARE_WARNING_FLAGS})
endfunction()
