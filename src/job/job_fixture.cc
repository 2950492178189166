#include "job/job_fixture.h"

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "base/hash.h"
#include "job/open_job.h"

namespace colvec {

namespace fs = std::filesystem;

std::future<void> request_soon(CancelToken* cancel) {
  return std::async(std::launch::async, [cancel] {
    ::usleep(300'000);
    cancel->request();
  });
}

std::future<void> request_in_the_middle(const FakeEncoder& encoder, CancelToken* cancel) {
  return std::async(std::launch::async, [&encoder, cancel] {
    for (int look = 0; look < 200 && encoder.encoded().size() < 500; ++look) ::usleep(100'000);
    ::usleep(1'000'000);
    cancel->request();
  });
}

FakeEncoder::FakeEncoder() {
  info_ = {.model = "fake",
           .kind = "fake",
           .dimension = 4,
           .tokens_max = 8,
           .fingerprint = std::string(60, '0') + "f00d",
           .made_of = "{}",
           .precision = Precision::kF32,
           .isa = "any",
           .is_neural = false,
           .note = ""};
}

Status FakeEncoder::encode(std::span<const std::string_view> texts, VectorRows out,
                           std::span<TextReport> reports, EncodeTimes* times) {
  {
    const std::lock_guard lock(mutex_);
    calls_at_once_ = std::max(calls_at_once_, ++calls_now_);
  }
  if (calls_us_ > 0) ::usleep(static_cast<useconds_t>(calls_us_));
  if (times != nullptr) times->encode_ns += 1;
  const std::lock_guard lock(mutex_);
  --calls_now_;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts[i] == "fail") return fail(ErrorCode::kIo, "the model fell over");
    encoded_.emplace_back(texts[i]);
    const Hash128 hash = fast_hash(texts[i]);
    const std::span<float> row = out.row(i);
    for (std::size_t d = 0; d < row.size(); ++d)
      row[d] = static_cast<float>((hash.low >> (8 * d)) & 0xFF) / 256.0f;
    if (texts[i].starts_with("nan")) row[2] = std::numeric_limits<float>::quiet_NaN();
    reports[i] = {.token_count = 3, .truncated = texts[i].size() > 40};
  }
  if (cancel_after != nullptr && encoded_.size() >= cancel_at) cancel_after->request();
  return {};
}

std::vector<std::string> FakeEncoder::encoded() const {
  const std::lock_guard lock(mutex_);
  return encoded_;
}

void FakeEncoder::forget() {
  const std::lock_guard lock(mutex_);
  encoded_.clear();
}

JobFolder::JobFolder() {
  std::string pattern = (fs::temp_directory_path() / "colvec_job_XXXXXX").string();
  COLVEC_CHECK(::mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}

JobFolder::~JobFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void JobFolder::run(const std::string& database, const std::string& sql) const {
  (void)rows(database, sql);
}

namespace {

std::vector<std::string> lines_of(Connection& connection, const std::string& sql) {
  const Result<Rows> result = connection.query(sql);
  if (!result) std::fprintf(stderr, "%s: %s\n", sql.c_str(), result.error().message.c_str());
  COLVEC_CHECK(result.has_value());
  std::vector<std::string> lines;
  for (std::size_t r = 0; r < result->size(); ++r) {
    std::string line;
    for (std::size_t c = 0; c < result->columns(); ++c)
      line += (c == 0 ? "" : "|") + result->at(r, c).value_or("NULL");
    lines.push_back(line);
  }
  return lines;
}

}  // namespace

std::vector<std::string> JobFolder::rows(const std::string& database,
                                         const std::string& sql) const {
  Database duck = Database::open({}).value();
  Connection connection = duck.connect().value();
  const Status attached = attach(connection, path_ / (database + ".duckdb"), "db", "");
  COLVEC_CHECK(attached.has_value());
  COLVEC_CHECK(connection.execute("USE db").has_value());
  return lines_of(connection, sql);
}

TableJobConfig JobFolder::config() const {
  TableJobConfig config;
  config.input_db_path = path_ / "input.duckdb";
  config.output_db_path = path_ / "output.duckdb";
  config.input_table = "t";
  config.id_column = {"id"};
  config.text_column = "text";
  config.output_table = "vectors";
  return config;
}

OpenedTables::OpenedTables(const TableJobConfig& config, const EncoderInfo& encoder)
    : database(open_database_for(config).value()), connection(database.connect().value()) {
  COLVEC_CHECK(attach_output(connection, config).has_value());
  input = open_input(connection, config).value();
  COLVEC_CHECK(check_ids(connection, config, &input).has_value());
  output = find_output(connection, config, input, encoder).value();
  if (!output.exists)
    COLVEC_CHECK(create_output(connection, config, input, encoder, &output).has_value());
  COLVEC_CHECK(make_output_views(connection, config, output).has_value());
}

std::vector<std::string> OpenedTables::rows(const std::string& sql) {
  return lines_of(connection, sql);
}

Window encoded_window(OpenedTables& tables, const TableJobConfig& config, FakeEncoder* encoder,
                      const std::string& sql) {
  Connection reader = tables.database.connect().value();
  Stream rows = reader.stream(sql).value();
  Window window;
  window.chunk = std::make_shared<const DataChunk>(std::move(rows.next().value().value()));
  window.keys = 1;
  RecentTexts recent(1000);
  sort_rows(config, false, 0, window.chunk->rows(), 4, &recent, &window);
  const VectorRows out{window.vectors->values.data(), window.texts.size(), 4};
  COLVEC_CHECK(encoder->encode(window.texts, out, window.vectors->reports, nullptr).has_value());
  judge_rows(config, &window);
  return window;
}

}  // namespace colvec
