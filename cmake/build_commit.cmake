# Writes the source OUTPUT with the commit of the checkout SOURCE, which `colvec --version` says; "+"
# behind it means that files were changed since. The file is only touched where that is another.
#   cmake -DSOURCE=. -DOUTPUT=build_commit.cc -P cmake/build_commit.cmake
set(commit "unknown")
find_program(GIT git)
if(GIT AND EXISTS "${SOURCE}/.git")
  execute_process(COMMAND "${GIT}" -C "${SOURCE}" describe --always --dirty=+ --exclude=* --abbrev=12
                  OUTPUT_VARIABLE described OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET
                  RESULT_VARIABLE failed)
  if(NOT failed)
    set(commit "${described}")
  endif()
endif()
string(CONCAT text
       "// Written by cmake/build_commit.cmake.\n#include \"version_text.h\"\n\n"
       "namespace colvec::cli {\n\nstd::string_view build_commit() { return \"${commit}\"; }\n\n"
       "}  // namespace colvec::cli\n")
set(before "")
if(EXISTS "${OUTPUT}")
  file(READ "${OUTPUT}" before)
endif()
if(NOT before STREQUAL text)
  file(WRITE "${OUTPUT}" "${text}")
endif()
