#include "dataset/bundle_file.h"

#include <algorithm>

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/parallel.h"
#include "base/sealed_json.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kBundleVersion = 1;
constexpr std::size_t kBundleBytesMax = 256u << 20;

// A path of bundle.json stays inside the bundle.
Status check_path(const std::string& path, const Json& json) {
  const fs::path relative(path);
  const bool stays = !path.empty() && relative.is_relative() &&
                     std::find(relative.begin(), relative.end(), "..") == relative.end();
  return stays ? Status() : json.wrong("a path outside the bundle");
}

Result<BundleColumn> read_bundle_column(const Json& json) {
  BundleColumn column;
  COLVEC_ASSIGN(column.column, json.string("column"));
  COLVEC_ASSIGN(column.model, json.string("model"));
  COLVEC_ASSIGN(column.store, json.string("store"));
  COLVEC_ASSIGN(column.keys_version, json.unsigned_number("keys_version"));
  COLVEC_ASSIGN(column.golden_texts, json.string("golden_texts"));
  COLVEC_ASSIGN(column.golden_vectors, json.string("golden_vectors"));
  for (const std::string* path :
       {&column.model, &column.store, &column.golden_texts, &column.golden_vectors})
    COLVEC_TRY(check_path(*path, json));
  return column;
}

Result<BundleContents> read_contents(const Json& json) {
  BundleContents contents;
  COLVEC_ASSIGN(const std::uint64_t version, json.unsigned_number("format_version"));
  if (version != kBundleVersion)
    return fail(ErrorCode::kUnsupported,
                json.where() + ": format_version " + std::to_string(version) + "; we know 1");
  COLVEC_ASSIGN(contents.id, json.string("id"));
  COLVEC_ASSIGN(contents.created_ms, json.signed_or("created_ms", 0));
  COLVEC_ASSIGN(contents.engine_version, json.string("engine_version"));
  COLVEC_ASSIGN(contents.dataset, json.string("dataset"));
  COLVEC_TRY(check_path(contents.dataset, json));
  COLVEC_ASSIGN(const Json columns, json.member("columns"));
  if (!columns.is_array()) return columns.wrong("not a list");
  for (std::size_t i = 0; i < columns.size(); ++i) {
    COLVEC_ASSIGN(contents.columns.emplace_back(), read_bundle_column(columns.element(i)));
  }
  COLVEC_ASSIGN(const Json files, json.member("files"));
  if (!files.is_array()) return files.wrong("not a list");
  for (std::size_t i = 0; i < files.size(); ++i) {
    BundleFile& file = contents.files.emplace_back();
    const Json entry = files.element(i);
    COLVEC_ASSIGN(file.path, entry.string("path"));
    COLVEC_TRY(check_path(file.path, entry));
    COLVEC_ASSIGN(file.bytes, entry.unsigned_number("bytes"));
    COLVEC_ASSIGN(file.sha256, entry.string("sha256"));
  }
  return contents;
}

Status check_file(const fs::path& bundle, const BundleFile& expected) {
  const std::string where = (bundle / expected.path).string();
  const Result<BundleFile> found = describe_bundle_file(bundle, expected.path);
  if (!found && found.error().code == ErrorCode::kNotFound)
    return fail(ErrorCode::kCorruption, where + ": is missing from the bundle");
  if (!found) return tl::make_unexpected(found.error());
  if (*found == expected) return {};
  return fail(ErrorCode::kCorruption,
              where + ": is not as it was deployed: its checksum does not fit");
}

}  // namespace

const BundleFile* BundleContents::find(std::string_view path) const {
  const auto found = std::find_if(files.begin(), files.end(),
                                  [&](const BundleFile& file) { return file.path == path; });
  return found == files.end() ? nullptr : &*found;
}

std::string to_json(const BundleContents& contents) {
  JsonWriter json(JsonWriter::Form::kIndented);
  json.begin_object().key("format_version").number(kBundleVersion);
  json.key("id").text(contents.id).key("created_ms").number(contents.created_ms);
  json.key("engine_version").text(contents.engine_version).key("dataset").text(contents.dataset);
  json.key("columns").begin_list();
  for (const BundleColumn& column : contents.columns) {
    json.begin_object().key("column").text(column.column).key("model").text(column.model);
    json.key("store").text(column.store).key("keys_version").number(column.keys_version);
    json.key("golden_texts").text(column.golden_texts);
    json.key("golden_vectors").text(column.golden_vectors).end_object();
  }
  json.end_list().key("files").begin_list();
  for (const BundleFile& file : contents.files) {
    json.begin_object().key("path").text(file.path).key("bytes").number(file.bytes);
    json.key("sha256").text(file.sha256).end_object();
  }
  return seal_json(json.end_list().end_object().take());
}

Result<BundleContents> parse_bundle(std::string_view text, const std::string& where) {
  COLVEC_TRY(check_seal(text, where));
  COLVEC_ASSIGN(const Json json, Json::parse(text, where));
  return read_contents(json);
}

Result<BundleContents> read_bundle(const fs::path& bundle) {
  const fs::path path = bundle / kBundleFile;
  const Result<std::string> text = read_file(path, kBundleBytesMax);
  if (!text && text.error().code == ErrorCode::kNotFound)
    return fail(ErrorCode::kNotFound, bundle.string() + ": no bundle there");
  if (!text) return tl::make_unexpected(text.error());
  return parse_bundle(*text, path.string());
}

Result<BundleFile> describe_bundle_file(const fs::path& bundle, const std::string& path) {
  BundleFile file{.path = path, .bytes = 0, .sha256 = ""};
  Sha256 hash;
  COLVEC_TRY(read_in_parts(bundle / path, [&](std::string_view part) {
    file.bytes += part.size();
    hash.update(part);
  }));
  file.sha256 = hex(hash.finish());
  return file;
}

Status check_bundle_files(const fs::path& bundle, const BundleContents& contents) {
  std::vector<Status> results(contents.files.size());
  parallel_for(contents.files.size(),
               [&](std::size_t i) { results[i] = check_file(bundle, contents.files[i]); });
  for (Status& result : results) COLVEC_TRY(std::move(result));
  return {};
}

}  // namespace colvec
