# colvec_module(NAME : DEPENDENCY...) makes the module of src/NAME.
#
# Layering is a matter of include paths: a module sees include/, its own folder and the folders of
# its dependencies, each through a directory that holds nothing but a link NAME -> src/NAME. An
# include against the layering is "No such file or directory".
#
# All X_test.cc of a module become one program NAME_tests, since linking one takes as long as
# compiling some; CTest runs it once for each, as NAME.X_test. Tests may use everything that their
# module may, and link the whole library.

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
  # Reading these headers anew took a third to half of the time of most files. Compiled once, with
  # the first module.
  get_property(first GLOBAL PROPERTY COLVEC_MODULES)
  if(first)
    list(GET first 0 first)
    target_precompile_headers(colvec_${name} REUSE_FROM colvec_${first})
  else()
    target_precompile_headers(colvec_${name} PRIVATE <algorithm> <filesystem> <functional> <memory>
                              <optional> <span> <string> <vector> <fmt/format.h> <tl/expected.hpp>)
  endif()

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
    colvec_unit_main()
    foreach(module IN LISTS modules)
      colvec_module_tests(${module})
    endforeach()
  endif()
endfunction()

# The main program of unit tests, and the headers that all of them read.
function(colvec_unit_main)
  add_library(unit_main OBJECT "${PROJECT_SOURCE_DIR}/tests/support/unit_main.cc")
  target_link_libraries(unit_main PUBLIC colvec_flags tl::expected fmt::fmt GTest::gmock GTest::gtest)
  colvec_test_options(unit_main)
  target_precompile_headers(unit_main PRIVATE <filesystem> <fstream> <memory> <string> <vector>
                            <fmt/format.h> <gmock/gmock.h> <gtest/gtest.h> <tl/expected.hpp>)
endfunction()

# One setting for all that shares precompiled headers.
function(colvec_test_options target)
  target_compile_options(${target} PRIVATE -O1)  # What tests test is optimised; they need not be.
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
endfunction()

# Makes `program` of the unit tests `sources`. The caller says what they include.
function(colvec_unit_tests program sources)
  add_executable(${program} ${sources})
  add_dependencies(unit_tests ${program})
  target_link_libraries(${program} PRIVATE unit_main colvec)
  colvec_test_options(${program})
  target_precompile_headers(${program} REUSE_FROM unit_main)
endfunction()

function(colvec_module_tests name)
  get_property(tests GLOBAL PROPERTY COLVEC_TESTS_OF_${name})
  get_property(fixtures GLOBAL PROPERTY COLVEC_FIXTURES_OF_${name})
  get_property(include_dirs GLOBAL PROPERTY COLVEC_INCLUDES_OF_${name})
  colvec_unit_tests(${name}_tests "${tests};${fixtures}")
  target_include_directories(${name}_tests PRIVATE ${include_dirs}
                             "${PROJECT_SOURCE_DIR}/tests/support")
  target_link_libraries(${name}_tests PRIVATE $<TARGET_PROPERTY:colvec_${name},LINK_LIBRARIES>)
  target_compile_definitions(${name}_tests PRIVATE COLVEC_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  foreach(test IN LISTS tests)
    get_filename_component(stem "${test}" NAME_WE)
    add_test(NAME ${name}.${stem} COMMAND ${name}_tests --file=${stem}.cc)
    set_tests_properties(${name}.${stem} PROPERTIES TIMEOUT 600)
  endforeach()
endfunction()
