# Writes the table of the web page's files (apps/server/page.h): a C++ source that takes the bytes of
# each file of FOLDER in with the assembler, as it is and, where that saves something, by gzip. Without
# the folder, the table is empty.
#   cmake -DFOLDER=web/dist -DOUTPUT=page_files.cc -P cmake/embed_page.cmake
cmake_minimum_required(VERSION 3.25)
set(TYPE_html "text/html; charset=utf-8")
set(TYPE_js "text/javascript; charset=utf-8")
set(TYPE_css "text/css; charset=utf-8")
set(TYPE_json "application/json")
set(TYPE_svg "image/svg+xml")
set(TYPE_png "image/png")
set(TYPE_ico "image/x-icon")
set(TYPE_woff2 "font/woff2")
set(TYPE_txt "text/plain; charset=utf-8")

file(GLOB_RECURSE files RELATIVE "${FOLDER}" "${FOLDER}/*")
list(SORT files)
set(COMPRESSED_TYPES html js css json svg txt)
set(packed_folder "${OUTPUT}.gz")
file(MAKE_DIRECTORY "${packed_folder}")

# Makes `symbol` and `symbol`_end of a file's bytes.
function(take_in symbol path)
  string(APPEND blocks "    \".global ${symbol}, ${symbol}_end\\n${symbol}:\\n.incbin \\\"${path}\\\"\\n"
                       "${symbol}_end:\\n.byte 0\\n\"\n")
  string(APPEND symbols "extern \"C\" const char ${symbol}[], ${symbol}_end[];\n")
  set(blocks "${blocks}" PARENT_SCOPE)
  set(symbols "${symbols}" PARENT_SCOPE)
endfunction()

set(blocks "")
set(symbols "")
set(rows "")
set(number 0)
foreach(file IN LISTS files)
  file(SHA256 "${FOLDER}/${file}" hash)
  string(SUBSTRING "${hash}" 0 32 hash)
  string(REGEX REPLACE ".*\\." "" ending "${file}")
  set(type "${TYPE_${ending}}")
  if(NOT type)
    set(type "application/octet-stream")
  endif()
  set(name "colvec_page_${number}")
  take_in(${name} "${FOLDER}/${file}")
  set(packed "{}")
  if(ending IN_LIST COMPRESSED_TYPES)
    set(packed_file "${packed_folder}/${number}.gz")
    # MTIME: the same bytes whenever they are packed.
    file(ARCHIVE_CREATE OUTPUT "${packed_file}" PATHS "${FOLDER}/${file}" FORMAT raw COMPRESSION GZip
         COMPRESSION_LEVEL 9 MTIME "1970-01-01")
    file(SIZE "${FOLDER}/${file}" size)
    file(SIZE "${packed_file}" packed_size)
    if(packed_size LESS size)
      take_in(${name}_packed "${packed_file}")
      set(packed "between(${name}_packed, ${name}_packed_end)")
    endif()
  endif()
  string(APPEND rows "      {\"/${file}\", between(${name}, ${name}_end), \"${type}\", \"${hash}\", ${packed}},\n")
  math(EXPR number "${number} + 1")
endforeach()

set(source "// Written by cmake/embed_page.cmake.\n#include \"page.h\"\n\n")
if(number EQUAL 0)
  string(APPEND source "namespace colvec::server {\n\n"
                       "std::span<const PageFile> page_files() { return {}; }\n\n"
                       "}  // namespace colvec::server\n")
else()
  string(APPEND source "asm(\".section .rodata\\n\"\n${blocks}    \".text\\n\");\n\n${symbols}\n"
                       "namespace colvec::server {\nnamespace {\n\n"
                       "std::string_view between(const char* begin, const char* end) {\n"
                       "  return {begin, static_cast<std::size_t>(end - begin)};\n}\n\n}  // namespace\n\n"
                       "std::span<const PageFile> page_files() {\n"
                       "  static const PageFile kFiles[] = {\n${rows}  };\n  return kFiles;\n}\n\n"
                       "}  // namespace colvec::server\n")
endif()
file(WRITE "${OUTPUT}" "${source}")
