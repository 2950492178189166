#include "encode/static_folder.h"

#include <array>
#include <system_error>

#include "base/check.h"
#include "base/file.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "colvec/tokenizer.h"
#include "model/safetensors.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kTokenizerBytesMax = 256u << 20;

// tokenizer.json of a transformer may cut texts and fill them up; a table takes them as they are.
Result<std::string> without_limits(const std::string& text, const std::string& where) {
  COLVEC_ASSIGN(const Json json, Json::parse(text, where));
  JsonWriter writer;
  writer.begin_object();
  COLVEC_TRY(json.each([&](std::string_view key, const Json& value) -> Status {
    writer.key(key);
    key == "truncation" || key == "padding" ? writer.null() : writer.json(value.dump());
    return {};
  }));
  return writer.end_object().take();
}

Status copy_tokenizer(const fs::path& from, const fs::path& to) {
  for (const std::string& name : Tokenizer::files(from)) {
    COLVEC_ASSIGN(std::string bytes, read_file(from / name, kTokenizerBytesMax));
    if (name == "tokenizer.json") {
      COLVEC_ASSIGN(bytes, without_limits(bytes, (from / name).string()));
    }
    COLVEC_TRY(replace_file(to / name, bytes));
  }
  return {};
}

std::string config_of(const StaticFolder& folder) {
  JsonWriter json(JsonWriter::Form::kIndented);
  json.begin_object().key("model_type").text("model2vec");
  json.key("architectures").begin_list().text("StaticModel").end_list();
  json.key("tokenizer_name").text(folder.made_from);
  json.key("hidden_dim").number(std::uint64_t{folder.dimension});
  json.key("normalize").boolean(true);
  return json.end_object().take() + "\n";
}

std::string weights_of(const StaticFolder& folder) {
  const std::string_view bytes(reinterpret_cast<const char*>(folder.table.data()),
                               folder.table.size_bytes());
  const std::array entries = {TensorEntry{.name = "embeddings",
                                          .dtype = DType::kF32,
                                          .shape = {folder.rows, folder.dimension},
                                          .bytes = bytes.size()}};
  std::string file = safetensors_header(entries);
  return file.append(bytes);
}

}  // namespace

Status write_static_folder(const fs::path& dir, const StaticFolder& folder) {
  COLVEC_CHECK(folder.table.size() == folder.rows * folder.dimension);
  std::error_code error;
  fs::create_directories(dir, error);
  if (error) return fail(ErrorCode::kIo, dir.string() + ": " + error.message());
  COLVEC_TRY(copy_tokenizer(folder.tokenizer_from, dir));
  COLVEC_TRY(replace_file(dir / "config.json", config_of(folder)));
  return replace_file(dir / "model.safetensors", weights_of(folder));
}

}  // namespace colvec
