#include "job/refresh_fixture.h"

#include <algorithm>
#include <cstdio>

#include "base/check.h"

namespace colvec {

namespace fs = std::filesystem;

namespace {

class BorrowedEncoder final : public Encoder {
 public:
  explicit BorrowedEncoder(Encoder& encoder) : encoder_(encoder) {}
  const EncoderInfo& info() const override { return encoder_.info(); }
  Status encode(std::span<const std::string_view> texts, VectorRows out,
                std::span<TextReport> reports, EncodeTimes* times) override {
    return encoder_.encode(texts, out, reports, times);
  }
  std::size_t calls_max() const override { return encoder_.calls_max(); }

 private:
  Encoder& encoder_;
};

}  // namespace

std::unique_ptr<Encoder> borrowed(Encoder& encoder) {
  return std::make_unique<BorrowedEncoder>(encoder);
}

fs::path RefreshHome::write(const std::string& select, const std::string& name) const {
  fs::path path = folder_.path() / name;
  rows("COPY (" + select + ") TO " + quote_literal(path.string()) + " (FORMAT parquet)");
  return path;
}

std::string RefreshHome::values(const std::string& rows) {
  return "SELECT id::BIGINT AS id, text::VARCHAR AS text FROM (VALUES " + rows + ") v(id, text)";
}

Dataset RefreshHome::save(const EmbeddingStep& step) {
  return save({{.name = "id", .is_primary_key = true}, {.name = "text", .embedding = step}});
}

Dataset RefreshHome::save(std::vector<DatasetColumn> columns) {
  Dataset dataset{.name = "wares", .source = {.path = path() / "source.parquet"}};
  if (Result<Dataset> former = read_dataset(home(), "wares")) dataset = std::move(*former);
  for (DatasetColumn& column : columns)
    if (const DatasetColumn* const former = dataset.find(column.name)) {
      column.active = former->active;
      column.target = former->target;
    }
  dataset.columns = std::move(columns);
  Result<Dataset> saved = save_dataset(home(), dataset);
  if (!saved) std::fprintf(stderr, "%s\n", saved.error().message.c_str());
  COLVEC_CHECK(saved.has_value());
  return *saved;
}

OpenEncoder RefreshHome::open_encoder() {
  return [this](const std::string& model,
                const EncoderOptions& how) -> Result<std::unique_ptr<Encoder>> {
    opened.emplace_back(model, how);
    if (model == "absent") return fail(ErrorCode::kNotFound, "no such model");
    return borrowed(encoder);
  };
}

RefreshOptions RefreshHome::options() {
  RefreshOptions options;
  options.threads = 2;
  options.open_encoder = open_encoder();
  return options;
}

SearchOptions RefreshHome::search_options() {
  SearchOptions options;
  options.threads = 2;
  options.open_encoder = open_encoder();
  return options;
}

DatasetRun RefreshHome::refresh() {
  Result<DatasetRun> run = refresh_dataset(home(), "wares", options());
  if (!run) std::fprintf(stderr, "%s\n", run.error().message.c_str());
  COLVEC_CHECK(run.has_value());
  return *run;
}

std::string RefreshHome::processed() const {
  return "read_parquet('" + (processed_folder(home(), "wares") / "*.parquet").string() + "')";
}

std::vector<std::string> RefreshHome::files() const {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(home()))
    if (entry.is_regular_file()) files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace colvec
