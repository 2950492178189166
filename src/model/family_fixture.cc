#include "model/family_fixture.h"

#include <fstream>

#include "base/check.h"
#include "base/json.h"
#include "compute/open_backends.h"
#include "model/model_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

std::vector<GoldenRow> read_rows(const std::filesystem::path& path) {
  std::vector<GoldenRow> rows;
  std::ifstream lines(path);
  for (std::string line; std::getline(lines, line);) {
    const Json json = json_of(line);
    const Json ids = *json.member("ids");
    GoldenRow row;
    for (std::size_t i = 0; i < ids.size(); ++i)
      row.ids.push_back(static_cast<std::uint32_t>(*ids.element(i).as_unsigned()));
    row.prompt_tokens = static_cast<std::uint32_t>(*json.unsigned_or("prompt_tokens", 0));
    rows.push_back(std::move(row));
  }
  return rows;
}

template <typename T>
T must(Result<T> result) {
  if (!result) ADD_FAILURE() << result.error().message;
  COLVEC_CHECK(result.has_value());
  return std::move(*result);
}

}  // namespace

const std::vector<std::string>& family_folders() {
  static const std::vector<std::string> names = {
      "bert-cls",           "bert-mean",           "bert-mean-noprompt",  "bert-mean-st54",
      "roberta-mean",       "xlm-roberta-mean",    "mpnet-mean",          "distilbert-mean-dense",
      "modernbert-cls-new", "modernbert-mean-old", "nomic-bert-mean",     "nomic-bert-moe-mean",
      "gte-new-cls",        "jina-v2-mean",        "jina-v2-qknorm-mean", "qwen2-last",
      "qwen3-last",         "gemma3-mean-dense2"};
  return names;
}

GoldenFamily::GoldenFamily(const std::string& name, Precision precision, std::string_view device)
    : dir_(shared_testdata("families/" + name)) {
  const ModelFolder folder = must(read_model_folder(dir_ / "model"));
  const Weights weights = must(Weights::open(folder.core_dir));
  const Family* family = must(find_family(*folder.config));
  backend_ = std::move(must(open_backends(device, precision)).backends.front());
  model_ = must(family->load(*folder.config, weights, *backend_));
  tail_ = must(Tail::load(folder, model_->hidden(), *backend_));
  rows_ = read_rows(golden("token_ids.jsonl"));
}

std::vector<float> GoldenFamily::encode(const std::vector<GoldenRow>& batch) {
  std::vector<std::uint32_t> ids;
  std::vector<std::uint32_t> starts = {0};
  std::vector<std::uint32_t> skip;
  for (const GoldenRow& row : batch) {
    ids.insert(ids.end(), row.ids.begin(), row.ids.end());
    starts.push_back(static_cast<std::uint32_t>(ids.size()));
    skip.push_back(row.prompt_tokens);
  }
  const std::unique_ptr<Scratch> scratch = backend_->make_scratch();
  const PooledRows pooled = tail_->pooled_rows(starts);
  const Mat hidden = model_->forward(ids, starts, pooled.rows, *scratch);
  const Mat vectors = tail_->run(hidden, pooled.row_starts, skip, *scratch);
  std::vector<float> out(batch.size() * vectors.cols);
  COLVEC_CHECK(*backend_->download(vectors, {out.data(), batch.size(), vectors.cols}));
  return out;
}

std::vector<float> GoldenFamily::hidden_states(const GoldenRow& row) {
  const std::unique_ptr<Scratch> scratch = backend_->make_scratch();
  const std::vector<std::uint32_t> starts = {0, static_cast<std::uint32_t>(row.ids.size())};
  const Mat states = model_->forward(row.ids, starts, {}, *scratch);
  std::vector<float> out(states.rows * states.cols);
  COLVEC_CHECK(*backend_->download(states, {out.data(), states.rows, states.cols}));
  return out;
}

std::string golden_vectors_of(const GoldenFamily& family) {
  const char* exact = "embeddings_pure64.npy";
  return std::filesystem::exists(family.golden(exact)) ? exact : "embeddings.npy";
}

}  // namespace colvec
