#include "colvec/cached_encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "colvec/store.h"
#include "job/job_fixture.h"

namespace colvec {
namespace {

using testing::IsEmpty;
using testing::UnorderedElementsAre;

struct Encoded {
  std::vector<float> vectors;
  std::vector<TextReport> reports;
};

Encoded encode(Encoder& encoder, const std::vector<std::string_view>& texts) {
  Encoded encoded{.vectors = std::vector<float>(texts.size() * encoder.info().dimension),
                  .reports = std::vector<TextReport>(texts.size())};
  const Status status =
      encoder.encode(texts, {encoded.vectors.data(), texts.size(), encoder.info().dimension},
                     encoded.reports, nullptr);
  EXPECT_TRUE(status) << status.error().message;
  return encoded;
}

// A cached encoder, and the one behind it.
struct Cached {
  explicit Cached(const CacheOptions& options) {
    auto inner = std::make_unique<FakeEncoder>();
    fake = inner.get();
    auto opened = open_cached_encoder(std::move(inner), options);
    EXPECT_TRUE(opened) << opened.error().message;
    encoder = *std::move(opened);
  }
  FakeEncoder* fake;
  std::unique_ptr<Encoder> encoder;
};

TEST(CachedEncoder, AsksTheModelOnceForEachText) {
  std::size_t hits = 0;
  Cached cached({.on_cached = [&](std::size_t texts) { hits += texts; }});
  FakeEncoder plain;
  const std::vector<std::string_view> texts = {"b", "a", "b", "", "a"};
  const Encoded first = encode(*cached.encoder, texts);
  EXPECT_EQ(first.vectors, encode(plain, texts).vectors);
  EXPECT_THAT(cached.fake->encoded(), UnorderedElementsAre("", "a", "b"));
  cached.fake->forget();
  const Encoded second = encode(*cached.encoder, {"a", "c", "b"});
  EXPECT_EQ(second.vectors, encode(plain, {"a", "c", "b"}).vectors);
  EXPECT_THAT(cached.fake->encoded(), UnorderedElementsAre("c"));
  EXPECT_EQ(hits, 2u);
}

TEST(CachedEncoder, RemembersWhatATextWasReportedAs) {
  Cached cached({});
  const std::string text(50, 'x');  // Counts as truncated.
  const TextReport first = encode(*cached.encoder, {text}).reports[0];
  const TextReport second = encode(*cached.encoder, {text}).reports[0];
  EXPECT_TRUE(second.truncated);
  EXPECT_EQ(second.token_count, first.token_count);
}

TEST(CachedEncoder, DoesNotRememberWhatIsNotFinite) {
  const JobFolder folder;
  Cached cached({.store = folder.path() / "store"});
  EXPECT_TRUE(std::isnan(encode(*cached.encoder, {"nan 1"}).vectors[2]));
  cached.fake->forget();
  encode(*cached.encoder, {"nan 1"});
  EXPECT_THAT(cached.fake->encoded(), UnorderedElementsAre("nan 1"));
}

TEST(CachedEncoder, PassesErrorsOn) {
  Cached cached({});
  std::vector<float> vector(4);
  TextReport report;
  const std::string_view text = "fail";
  EXPECT_FALSE(cached.encoder->encode({&text, 1}, {vector.data(), 1, 4}, {&report, 1}, nullptr));
}

TEST(CachedEncoder, FindsInTheStoreWhatAnEarlierOneMade) {
  const JobFolder folder;
  const CacheOptions options{.store = folder.path() / "store"};
  Encoded made;
  {
    Cached cached(options);
    made = encode(*cached.encoder, {"a", "b", std::string(50, 'x')});
  }  // Commits.
  Cached cached(options);
  const Encoded found = encode(*cached.encoder, {"a", "b", std::string(50, 'x')});
  EXPECT_THAT(cached.fake->encoded(), IsEmpty());
  EXPECT_EQ(found.vectors, made.vectors);
  EXPECT_TRUE(found.reports[2].truncated);
  encode(*cached.encoder, {"a", "new"});
  EXPECT_THAT(cached.fake->encoded(), UnorderedElementsAre("new"));
}

// The files that a reader knew are gone then.
TEST(CachedEncoder, FindsWhatWasCompactedMeanwhile) {
  const JobFolder folder;
  const CacheOptions options{.store = folder.path() / "store", .memory_bytes_max = 0};
  for (const char* text : {"a", "b", "c"}) encode(*Cached(options).encoder, {text});
  Cached cached(options);
  const std::unique_ptr<Store> store = Store::open(options.store, {}).value();
  ASSERT_GT(store->compact()->files_before, 1u);
  ASSERT_GT(store->vacuum(0, false)->paths.size(), 0u);
  encode(*cached.encoder, {"a", "b", "c"});
  EXPECT_THAT(cached.fake->encoded(), IsEmpty());
}

TEST(CachedEncoder, SpillsBesideAStoreInAFolderThatIsNotThereYet) {
  const JobFolder folder;
  const std::filesystem::path place = folder.path() / "new" / "place";
  EXPECT_FALSE(open_cached_encoder(std::make_unique<FakeEncoder>(),
                                   {.store = place / "store", .writes = false}));
  EXPECT_FALSE(std::filesystem::exists(place.parent_path()));
  const Cached cached({.store = place / "store"});
  EXPECT_TRUE(std::filesystem::exists(place / "store.tmp"));
}

TEST(CachedEncoder, CommitsAfterTheTimeThatWasAsked) {
  const JobFolder folder;
  const CacheOptions options{.store = folder.path() / "store", .commit_seconds = 0};
  Cached cached(options);
  encode(*cached.encoder, {"a"});
  const auto store = Store::open(folder.path() / "store", {});
  ASSERT_TRUE(store);
  EXPECT_EQ((*store)->info()->models.at(0).vectors, 1u);
}

TEST(CachedEncoder, WritesNothingWhereItMayNot) {
  const JobFolder folder;
  const auto path = folder.path() / "store";
  {
    Cached cached({.store = path});
    encode(*cached.encoder, {"a"});
  }
  {
    Cached reader({.store = path, .writes = false});
    encode(*reader.encoder, {"a", "b"});
    EXPECT_THAT(reader.fake->encoded(), UnorderedElementsAre("b"));
  }
  EXPECT_EQ((*Store::open(path, {}))->info()->models.at(0).vectors, 1u);
  auto none = open_cached_encoder(std::make_unique<FakeEncoder>(),
                                  {.store = folder.path() / "none", .writes = false});
  EXPECT_EQ(none.error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace colvec
