// A call goes through memory, then the store, then the model; what the model gave goes the way
// back.
#include "colvec/cached_encoder.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "base/check.h"
#include "base/float_vectors.h"
#include "base/hash.h"
#include "duck/file_table.h"
#include "job/recent_vectors.h"
#include "store/open_store.h"
#include "store/vector_stage.h"

namespace colvec {
namespace {

using Clock = std::chrono::steady_clock;

// Texts of a call that are equal share one entry.
struct Wanted {
  std::string hash;
  std::string_view text{};
  std::vector<std::size_t> places{};  // In the call.
  bool is_found = false;
};

std::vector<Wanted> distinct(std::span<const std::string_view> texts) {
  std::vector<Wanted> wanted;
  std::unordered_map<std::string, std::size_t> at;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    std::string hash = text_hash(texts[i]);
    const auto [entry, is_new] = at.emplace(hash, wanted.size());
    if (is_new) wanted.push_back({.hash = std::move(hash), .text = texts[i]});
    wanted[entry->second].places.push_back(i);
  }
  return wanted;
}

// Where a call puts its results.
struct Call {
  VectorRows out;
  std::span<TextReport> reports;

  void put(const Wanted& wanted, std::span<const float> vector, const TextReport& report) const {
    for (const std::size_t place : wanted.places) {
      std::copy(vector.begin(), vector.end(), out.row(place).begin());
      reports[place] = report;
    }
  }
};

// The vectors of one model in a store.
class StoredVectors {
 public:
  static Result<std::unique_ptr<StoredVectors>> open(const EncoderInfo& encoder,
                                                     const CacheOptions& options) {
    std::unique_ptr<StoredVectors> stored(new StoredVectors(encoder, options));
    const StoreOptions limits{.memory_limit = options.memory_limit};
    COLVEC_ASSIGN(Database database, options.writes ? make_store_database(options.store, limits)
                                                    : open_store_database(options.store, limits));
    stored->database_ = std::make_unique<Database>(std::move(database));
    if (options.writes) {
      COLVEC_ASSIGN(
          stored->store_,
          ColumnStore::open_or_create(local_file_system(), *stored->database_, options.store, {}));
      COLVEC_TRY(stored->store_->add_model({.fingerprint = encoder.fingerprint,
                                            .name = encoder.model,
                                            .made_of = encoder.made_of,
                                            .dimension = encoder.dimension}));
      COLVEC_ASSIGN(stored->stage_,
                    VectorStage::open(*stored->store_, stored->set_, encoder.dimension));
    } else {
      COLVEC_ASSIGN(stored->store_,
                    ColumnStore::open(local_file_system(), *stored->database_, options.store));
    }
    COLVEC_TRY(stored->refresh());
    return stored;
  }

  ~StoredVectors() {
    if (stage_) (void)stage_->commit();  // What cannot be written is made again.
  }

  // Finds those of `wanted` that are not found yet. The files of the view are gone once somebody
  // has compacted the store and removed what it was: those that are live now have the same vectors.
  Status find(std::vector<Wanted>* wanted, const Call& call, RecentVectors* recent) {
    if (!has_vectors_ || look(wanted, call, recent)) return {};
    COLVEC_TRY(refresh());
    return has_vectors_ ? look(wanted, call, recent) : Status();
  }

  // Takes new vectors, and commits where it is time.
  Status add(std::span<const std::string_view> texts, std::span<const float> vectors,
             std::span<const TextReport> reports) {
    if (!stage_) return {};
    COLVEC_TRY(stage_->add(texts, vectors, reports));
    const std::chrono::duration<double> since = Clock::now() - committed_at_;
    if (since.count() < commit_seconds_ && stage_->bytes() < kStagedBytesMax) return {};
    committed_at_ = Clock::now();
    COLVEC_TRY(stage_->commit());
    return refresh();
  }

 private:
  static constexpr std::uint64_t kStagedBytesMax = 64u << 20;

  StoredVectors(const EncoderInfo& encoder, const CacheOptions& options)
      : set_(vector_set_of(encoder.fingerprint, name_of(encoder.precision))),
        dimension_(encoder.dimension),
        commit_seconds_(options.commit_seconds) {}

  static std::string quoted_values(const std::vector<std::string>& hashes) {
    std::string list;
    for (const std::string& hash : hashes) list += (list.empty() ? "'" : ", '") + hash + "'";
    return list;
  }

  Status look(std::vector<Wanted>* wanted, const Call& call, RecentVectors* recent) {
    std::unordered_map<std::string_view, Wanted*> missing;
    std::vector<std::string> hashes;
    for (Wanted& one : *wanted) {
      if (one.is_found) continue;
      missing.emplace(one.hash, &one);
      hashes.push_back(one.hash);
    }
    if (hashes.empty()) return {};
    COLVEC_ASSIGN(Stream stream,
                  store_->connection().stream(
                      "SELECT text_hash, embedding, CAST(token_count AS BIGINT), truncated FROM " +
                      store_->vectors_sql(view_, set_) + " WHERE text_hash IN (" +
                      quoted_values(hashes) + ")"));
    while (true) {
      COLVEC_ASSIGN(const std::optional<DataChunk> chunk, stream.next());
      if (!chunk) return {};
      for (std::size_t r = 0; r < chunk->rows(); ++r) {
        const std::span<const float> vector = chunk->floats(1, r);
        if (vector.size() != dimension_ || chunk->is_null(2, r)) continue;  // Imported: no tokens.
        const TextReport report{static_cast<std::uint32_t>(chunk->bigint(2, r)),
                                !chunk->is_null(3, r) && chunk->boolean(3, r)};
        Wanted& found = *missing.at(chunk->text(0, r));
        found.is_found = true;
        call.put(found, vector, report);
        recent->add(found.hash, vector, report);
      }
    }
  }

  // Looks at what others have written, too. What is damaged is not looked at.
  Status refresh() {
    COLVEC_ASSIGN(StoreView now, store_->view());
    COLVEC_TRY(store_->check_files(now, set_, true));
    view_ = std::move(now);
    has_vectors_ = !view_.vectors.files_of(set_.partition()).empty();
    return {};
  }

  const VectorSet set_;
  const std::size_t dimension_;
  const double commit_seconds_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<ColumnStore> store_;
  std::optional<VectorStage> stage_;
  StoreView view_;
  bool has_vectors_ = false;
  Clock::time_point committed_at_ = Clock::now();
};

class CachedEncoder final : public Encoder {
 public:
  CachedEncoder(std::unique_ptr<Encoder> encoder, std::unique_ptr<StoredVectors> stored,
                const CacheOptions& options)
      : encoder_(std::move(encoder)),
        on_cached_(options.on_cached),
        recent_(options.memory_bytes_max),
        stored_(std::move(stored)) {}

  const EncoderInfo& info() const override { return encoder_->info(); }
  std::size_t calls_max() const override { return encoder_->calls_max(); }
  std::size_t bytes_at_once() const override { return encoder_->bytes_at_once(); }

  Status encode(std::span<const std::string_view> texts, VectorRows out,
                std::span<TextReport> reports, EncodeTimes* times) override {
    COLVEC_CHECK(out.rows == texts.size() && reports.size() == texts.size());
    COLVEC_CHECK(out.dimension == info().dimension);
    const Call call{out, reports};
    std::vector<Wanted> wanted = distinct(texts);
    COLVEC_TRY(find(&wanted, call));
    const auto missing = std::partition(wanted.begin(), wanted.end(),
                                        [](const Wanted& one) { return one.is_found; });
    std::size_t cached = texts.size();
    for (auto one = missing; one != wanted.end(); ++one) cached -= one->places.size();
    if (on_cached_ && cached > 0) on_cached_(cached);
    if (missing == wanted.end()) return {};
    return embed(std::span(&*missing, static_cast<std::size_t>(wanted.end() - missing)), call,
                 times);
  }

  Status encode_ids(std::span<const std::span<const std::uint32_t>> ids, VectorRows out,
                    std::span<TextReport> reports) override {
    return encoder_->encode_ids(ids, out, reports);
  }

 private:
  Status find(std::vector<Wanted>* wanted, const Call& call) {
    const std::lock_guard lock(mutex_);
    for (Wanted& one : *wanted) {
      const RecentVector* const known = recent_.find(one.hash);
      one.is_found = known != nullptr;
      if (known != nullptr) call.put(one, known->vector, known->report);
    }
    return stored_ == nullptr ? Status() : stored_->find(wanted, call, &recent_);
  }

  Status embed(std::span<const Wanted> missing, const Call& call, EncodeTimes* times) {
    const std::size_t dimension = info().dimension;
    std::vector<std::string_view> texts;
    for (const Wanted& one : missing) texts.push_back(one.text);
    std::vector<float> vectors(texts.size() * dimension);
    std::vector<TextReport> reports(texts.size());
    COLVEC_TRY(encoder_->encode(texts, {vectors.data(), texts.size(), dimension}, reports, times));
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const std::span<const float> vector(&vectors[i * dimension], dimension);
      call.put(missing[i], vector, reports[i]);
      if (is_finite(vector)) recent_.add(missing[i].hash, vector, reports[i]);
    }
    return stored_ == nullptr ? Status() : stored_->add(texts, vectors, reports);
  }

  std::unique_ptr<Encoder> encoder_;
  std::function<void(std::size_t)> on_cached_;
  std::mutex mutex_;
  RecentVectors recent_;
  std::unique_ptr<StoredVectors> stored_;  // Null without a store.
};

}  // namespace

Result<std::unique_ptr<Encoder>> open_cached_encoder(std::unique_ptr<Encoder> encoder,
                                                     const CacheOptions& options) {
  std::unique_ptr<StoredVectors> stored;
  if (!options.store.empty()) {
    Result<std::unique_ptr<StoredVectors>> opened = StoredVectors::open(encoder->info(), options);
    if (!opened) return at("store", std::move(opened).error());
    stored = *std::move(opened);
  }
  return std::make_unique<CachedEncoder>(std::move(encoder), std::move(stored), options);
}

}  // namespace colvec
