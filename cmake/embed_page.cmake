# Writes the table of the web page's files (apps/server/page.h): a C++ source that takes the bytes of
# each file of FOLDER in with the assembler. Without the folder, the table is empty.
#   cmake -DFOLDER=web/dist -DOUTPUT=page_files.cc -P cmake/embed_page.cmake
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
  string(APPEND blocks "    \".global ${name}, ${name}_end\\n${name}:\\n.incbin \\\"${FOLDER}/${file}\\\"\\n"
                       "${name}_end:\\n.byte 0\\n\"\n")
  string(APPEND symbols "extern \"C\" const char ${name}[], ${name}_end[];\n")
  string(APPEND rows "      {\"/${file}\", between(${name}, ${name}_end), \"${type}\", \"\\\"${hash}\\\"\"},\n")
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
