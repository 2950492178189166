# libcolvec_cuda.so: what runs on a GPU, in a shared object of its own that the program loads where a
# driver is installed (src/compute/cuda_library.h). Compiled by nvcc called directly: CMake's own
# support for CUDA would want to know the host's GPU, and would pass it the flags of C++.
#
# Machine code for compute capability 8.x and 9.0, and PTX of 8.0, which drivers compile for what
# comes later.
find_program(COLVEC_NVCC nvcc HINTS ENV CUDA_HOME PATHS /usr/local/cuda PATH_SUFFIXES bin)
set(colvec_nvcc_version 0)
if(COLVEC_NVCC)
  execute_process(COMMAND "${COLVEC_NVCC}" --version OUTPUT_VARIABLE nvcc_said ERROR_QUIET)
  if(nvcc_said MATCHES "release ([0-9]+[.][0-9]+)")
    set(colvec_nvcc_version "${CMAKE_MATCH_1}")
  endif()
  get_filename_component(toolkit "${COLVEC_NVCC}" REALPATH)
  get_filename_component(toolkit "${toolkit}" DIRECTORY)
  get_filename_component(toolkit "${toolkit}" DIRECTORY)
  find_library(COLVEC_CUBLASLT cublasLt PATHS "${toolkit}/lib64" "${toolkit}/lib")
endif()
# An nvcc that cannot do it must not be in the way of a build for the CPU.
set(colvec_nvcc_version_min 12.0)
if(colvec_nvcc_version VERSION_GREATER_EQUAL colvec_nvcc_version_min AND COLVEC_CUBLASLT
   AND NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize")
  set(colvec_cuda_default ON)
else()
  set(colvec_cuda_default OFF)
endif()
option(COLVEC_CUDA "Build libcolvec_cuda.so (needs nvcc ${colvec_nvcc_version_min} and cuBLASLt)"
       ${colvec_cuda_default})

# colvec_cuda_library(): makes the target colvec_cuda, beside the program.
function(colvec_cuda_library)
  if(NOT COLVEC_NVCC)
    message(FATAL_ERROR "COLVEC_CUDA: no nvcc was found; set CUDA_HOME or COLVEC_NVCC")
  endif()
  if(colvec_nvcc_version VERSION_LESS colvec_nvcc_version_min)
    message(FATAL_ERROR "COLVEC_CUDA: ${COLVEC_NVCC} is ${colvec_nvcc_version}; "
                        "${colvec_nvcc_version_min} is needed")
  endif()
  if(NOT COLVEC_CUBLASLT)
    message(FATAL_ERROR "COLVEC_CUDA: no cuBLASLt was found beside ${COLVEC_NVCC}")
  endif()
  get_filename_component(library_dir "${COLVEC_CUBLASLT}" DIRECTORY)

  set(flags -std=c++20 -O3 "-I${PROJECT_SOURCE_DIR}/src" -Xcompiler
      -fPIC,-fvisibility=hidden,-march=x86-64-v2,-Wall,-Wextra
      "-gencode=arch=compute_80,code=[sm_80,compute_80]" -gencode=arch=compute_90a,code=sm_90a)
  if(COLVEC_WERROR)
    list(APPEND flags -Werror all-warnings)
  endif()
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/compute/*.cu")
  set(objects "")
  foreach(source IN LISTS sources)
    get_filename_component(stem "${source}" NAME_WE)
    set(object "${PROJECT_BINARY_DIR}/cuda/${stem}.o")
    add_custom_command(
      OUTPUT "${object}"
      COMMAND "${COLVEC_NVCC}" ${flags} -MD -MF "${object}.d" -MT "${object}" -c "${source}" -o "${object}"
      DEPENDS "${source}" DEPFILE "${object}.d"
      COMMENT "Compiling ${stem}.cu for GPUs" VERBATIM)
    list(APPEND objects "${object}")
  endforeach()
  file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/cuda")
  set(library "${PROJECT_BINARY_DIR}/libcolvec_cuda.so")
  add_custom_command(
    OUTPUT "${library}"
    COMMAND "${COLVEC_NVCC}" -shared -cudart static -o "${library}" ${objects} "-L${library_dir}" -lcublasLt
            -Xlinker "-rpath,${library_dir}" -Xlinker --exclude-libs,ALL -Xlinker --no-undefined
    DEPENDS ${objects} COMMENT "Linking libcolvec_cuda.so" VERBATIM)
  add_custom_target(colvec_cuda ALL DEPENDS "${library}")
endfunction()

# colvec_cuda_tests(): the same kernels run by an emulator (tests/emulator/simt.h), and every test of
# them twice: on a GPU (label gpu; skipped where there is none) and emulated.
function(colvec_cuda_tests)
  set(kernels cuda_rows cuda_norm cuda_mixture cuda_attention cuda_attention_bf16 cuda_attention_f16)
  list(TRANSFORM kernels PREPEND "${PROJECT_SOURCE_DIR}/src/compute/")
  list(TRANSFORM kernels APPEND ".cu")
  set_source_files_properties(${kernels} PROPERTIES LANGUAGE CXX)
  add_library(colvec_cuda_emulated SHARED ${kernels} tests/emulator/simt.cc tests/emulator/device.cc)
  target_include_directories(colvec_cuda_emulated PRIVATE src tests)
  target_link_libraries(colvec_cuda_emulated PRIVATE colvec_flags)
  # It is slow enough.
  target_compile_options(colvec_cuda_emulated PRIVATE -O2 -fvisibility=hidden -Wno-unknown-pragmas)

  foreach(test compute.cuda_kernels_test compute.cuda_attention_test compute.cuda_backend_test
               model.cuda_families_test encode.cuda_encoder_test)
    string(REPLACE "." ";" parts ${test})
    list(GET parts 0 module)
    list(GET parts 1 stem)
    add_dependencies(${module}_tests colvec_cuda_emulated)
    set_tests_properties(${test} PROPERTIES LABELS gpu)
    add_test(NAME ${test}.emulated COMMAND ${module}_tests --file=${stem}.cc)
    set_tests_properties(
      ${test}.emulated PROPERTIES TIMEOUT 1200
      ENVIRONMENT "COLVEC_CUDA_LIBRARY=$<TARGET_FILE:colvec_cuda_emulated>;COLVEC_DEVICE=cuda")
  endforeach()
  # Half a minute each, and minutes under sanitizers.
  set_tests_properties(compute.cuda_attention_test.emulated model.cuda_families_test.emulated
                       encode.cuda_encoder_test.emulated PROPERTIES LABELS slow)
endfunction()
