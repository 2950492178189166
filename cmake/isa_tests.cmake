# Tests of the kernels that a plain run of the test programs does not cover.

# The instruction set is chosen once in a process, so these tests run again for each but the best,
# which is that of the machine that configures.
set(isas scalar)
file(STRINGS /proc/cpuinfo avx512 REGEX avx512f LIMIT_COUNT 1)
if(avx512)
  list(APPEND isas avx2)
endif()
foreach(isa IN LISTS isas)
  foreach(test compute.linear_test compute.cpu_backend_test compute.mixture_test
               model.families_test)
    string(REPLACE "." ";" parts ${test})
    list(GET parts 0 module)
    list(GET parts 1 stem)
    add_test(NAME ${test}.${isa} COMMAND ${module}_tests --file=${stem}.cc)
    set_tests_properties(${test}.${isa} PROPERTIES TIMEOUT 600 ENVIRONMENT COLVEC_FORCE_ISA=${isa})
  endforeach()
  # Minutes with scalar kernels, and longer under sanitizers.
  set_tests_properties(model.families_test.${isa} PROPERTIES LABELS slow)
endforeach()

# Sanitizers add weak symbols of their own.
string(FIND "${CMAKE_CXX_FLAGS}" "-fsanitize" sanitized)
if(sanitized EQUAL -1)
  add_test(NAME isa_objects_export_nothing_inline COMMAND_EXPAND_LISTS
           COMMAND ${PROJECT_SOURCE_DIR}/tools/check_isa_objects
                   $<FILTER:$<TARGET_OBJECTS:colvec_compute>,INCLUDE,/avx[^/]*[.]cc[.]o$>)
endif()
