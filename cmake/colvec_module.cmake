# colvec_module(NAME : DEPENDENCY...) makes the module of src/NAME.
#
# Layering is a matter of include paths: a module sees include/, its own folder and the folders of
# its dependencies, each through a directory that holds nothing but a link NAME -> src/NAME. An
# include against the layering is "No such file or directory".
#
# Every X_test.cc beside an X.cc becomes a test program NAME_X_test. Tests may use everything that
# their module may, and link the whole library.

set_property(GLOBAL PROPERTY COLVEC_MODULES "")
if(COLVEC_TESTS)
  add_custom_target(unit_tests)  # All programs of unit tests, and nothing that they do not need.
endif()

function(colvec_module name colon)
  set(visible ${name} ${ARGN})
  set(include_dirs "")
  foreach(module IN LISTS visible)
    set(window "${PROJECT_BINARY_DIR}/layers/${module}")
    file(MAKE_DIRECTORY "${window}")
    file(CREATE_LINK "${PROJECT_SOURCE_DIR}/src/${module}" "${window}/${module}" SYMBOLIC)
    list(APPEND include_dirs "${window}")
  endforeach()

  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/${name}/*.cc")
  file(GLOB tests CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/${name}/*_test.cc")
  file(GLOB fixtures CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/${name}/*_fixture.cc")
  list(REMOVE_ITEM sources ${tests} ${fixtures})

  add_library(colvec_${name} OBJECT ${sources})
  target_include_directories(colvec_${name} PUBLIC "${PROJECT_SOURCE_DIR}/include"
                             PRIVATE ${include_dirs})
  target_link_libraries(colvec_${name} PUBLIC tl::expected PRIVATE colvec_flags fmt::fmt)
  # Reading these headers anew took a third to half of the time of most files.
  target_precompile_headers(colvec_${name} PRIVATE <algorithm> <filesystem> <functional> <memory>
                            <optional> <span> <string> <vector> <fmt/format.h> <tl/expected.hpp>)

  set_property(GLOBAL APPEND PROPERTY COLVEC_MODULES ${name})
  set_property(GLOBAL PROPERTY COLVEC_TESTS_OF_${name} "${tests}")
  set_property(GLOBAL PROPERTY COLVEC_FIXTURES_OF_${name} "${fixtures}")
  set_property(GLOBAL PROPERTY COLVEC_INCLUDES_OF_${name} "${include_dirs}")
endfunction()

# The one library that users link: the objects of all modules.
function(colvec_library)
  get_property(modules GLOBAL PROPERTY COLVEC_MODULES)
  add_library(colvec STATIC)
  add_library(colvec::colvec ALIAS colvec)
  target_include_directories(colvec PUBLIC "${PROJECT_SOURCE_DIR}/include")
  target_link_libraries(colvec PUBLIC tl::expected PRIVATE fmt::fmt Threads::Threads)
  foreach(module IN LISTS modules)
    target_sources(colvec PRIVATE $<TARGET_OBJECTS:colvec_${module}>)
    target_link_libraries(colvec PRIVATE $<TARGET_PROPERTY:colvec_${module},LINK_LIBRARIES>)
  endforeach()
  if(COLVEC_TESTS)
    foreach(module IN LISTS modules)
      colvec_module_tests(${module})
    endforeach()
  endif()
endfunction()

function(colvec_module_tests name)
  get_property(tests GLOBAL PROPERTY COLVEC_TESTS_OF_${name})
  get_property(fixtures GLOBAL PROPERTY COLVEC_FIXTURES_OF_${name})
  # The headers of all tests of the module, read once.
  add_library(${name}_test_headers OBJECT "${PROJECT_SOURCE_DIR}/cmake/test_headers.cc")
  colvec_test_includes(${name}_test_headers ${name})
  target_precompile_headers(${name}_test_headers PRIVATE <filesystem> <fstream> <memory> <string>
                            <vector> <fmt/format.h> <gmock/gmock.h> <gtest/gtest.h>
                            <tl/expected.hpp>)
  # The fixtures are compiled once for all tests of the module.
  set(fixture_objects "")
  if(fixtures)
    add_library(${name}_fixtures OBJECT ${fixtures})
    colvec_test_includes(${name}_fixtures ${name})
    target_precompile_headers(${name}_fixtures REUSE_FROM ${name}_test_headers)
    set(fixture_objects $<TARGET_OBJECTS:${name}_fixtures>)
  endif()
  foreach(test IN LISTS tests)
    get_filename_component(stem "${test}" NAME_WE)
    set(program ${name}_${stem})
    add_executable(${program} ${test} ${fixture_objects})
    add_dependencies(unit_tests ${program})
    colvec_test_includes(${program} ${name})
    target_precompile_headers(${program} REUSE_FROM ${name}_test_headers)
    target_link_libraries(${program} PRIVATE GTest::gtest_main)
    add_test(NAME ${name}.${stem} COMMAND ${program})
    set_tests_properties(${name}.${stem} PROPERTIES TIMEOUT 600 SKIP_REGULAR_EXPRESSION "NOTHING_RAN")
  endforeach()
endfunction()

# What tests of the module `name` see and link.
function(colvec_test_includes target name)
  get_property(include_dirs GLOBAL PROPERTY COLVEC_INCLUDES_OF_${name})
  target_include_directories(${target} PRIVATE ${include_dirs} "${PROJECT_SOURCE_DIR}/tests/support")
  target_link_libraries(${target} PRIVATE colvec_flags colvec fmt::fmt
                        $<TARGET_PROPERTY:colvec_${name},LINK_LIBRARIES> GTest::gmock)
  target_compile_definitions(${target} PRIVATE COLVEC_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_compile_options(${target} PRIVATE -O1)  # What they test is optimised; they need not be.
  # One setting for objects and programs: they share precompiled headers.
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
endfunction()
