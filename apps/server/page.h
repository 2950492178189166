// The web page: files that are part of the program.
//
// Thread-safety: pure functions.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "http/message.h"

namespace colvec::server {

// One file of the page. The table is written by cmake/embed_page.cmake.
struct PageFile {
  std::string_view path;  // "/assets/index-3f2a.js"
  std::string_view bytes;
  std::string_view content_type;
  std::string_view hash;        // Of the bytes: makes its ETag.
  std::string_view compressed;  // The bytes by gzip; empty where that saves nothing.
};
std::span<const PageFile> page_files();

// The answer to GET and HEAD of a file of the page; for a path that no file has, and that is below
// /datasets/ or not like the name of a file, index.html: the page finds its own way from there.
// nullopt: nothing.
std::optional<Response> page_answer(const RequestHead& head);
// The same from other files.
std::optional<Response> page_answer(const RequestHead& head, std::span<const PageFile> files);

}  // namespace colvec::server
