#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "colvec/store.h"
#include "job/job_fixture.h"

namespace colvec {
namespace {

TEST(RehashStore, ComparesWhatIsStoredWithTheModel) {
  const JobFolder folder;
  FakeEncoder encoder;
  folder.run("input",
             "CREATE TABLE t AS SELECT i AS id, 'text ' || i AS text FROM range(100) r(i)");
  TableJobConfig config = folder.config();
  config.store = folder.path() / "store";
  ASSERT_TRUE(embed_table(config, encoder, {}).has_value());

  encoder.forget();
  const auto same = rehash_store(config.store, encoder, {}, 10);
  ASSERT_TRUE(same.has_value()) << same.error().message;
  EXPECT_NEAR(*same, 1, 1e-6);
  EXPECT_EQ(encoder.encoded().size(), 10u);

  encoder.info_.fingerprint = std::string(64, 'e');
  EXPECT_EQ(rehash_store(config.store, encoder, {}, 10).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace colvec
