# Run after flarec by flare_add_service(): makes the depfile speak of the stamp, the only file whose time says when
# flarec last ran, and then touches it.
file(READ "${DEPFILE}" depends)
string(FIND "${depends}" ": " colon)
if(colon LESS 0)
    message(FATAL_ERROR "${DEPFILE} is no depfile")
endif()
string(SUBSTRING "${depends}" ${colon} -1 depends)
string(REGEX REPLACE "([ #\\])" "\\\\\\1" target "${STAMP}")
string(REPLACE "$" "$$" target "${target}")
file(WRITE "${DEPFILE}" "${target}${depends}")
file(TOUCH "${STAMP}")
