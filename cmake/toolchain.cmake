# Language level, warnings and the lowest processor that the library runs on.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_library(colvec_flags INTERFACE)
target_compile_options(colvec_flags INTERFACE -march=x86-64-v2 -fno-math-errno -ffp-contract=off
                       -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion
                       # GCC 12 warns falsely inside its own strings, optionals and allocators, and inside
                       # fmt; and where designated initialisers leave members to their defaults.
                       $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict;-Wno-free-nonheap-object;-Wno-stringop-overflow;-Wno-array-bounds;-Wno-maybe-uninitialized;-Wno-missing-field-initializers>)
if(COLVEC_WERROR)
  target_compile_options(colvec_flags INTERFACE -Werror)
endif()
