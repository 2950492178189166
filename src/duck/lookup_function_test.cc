#include "duck/lookup_function.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unordered_map>
#include <vector>

#include "duck/duck_fixture.h"

namespace colvec {
namespace {

using testing::ElementsAre;

TEST(LookupFunction, FindsByNumber) {
  DuckFolder folder;
  const std::vector<float> vectors = {1, 2, 3, 4};
  ASSERT_TRUE(register_lookup_function(
      folder.connection(), {.name = "vector_of", .dimension = 2, .find = [&](const Hash128& key) {
                              return key.low < 2 ? &vectors[2 * key.low] : nullptr;
                            }}));
  EXPECT_THAT(folder.rows("SELECT i, vector_of(i) FROM range(3) r(i)"),
              ElementsAre("0|[1.0, 2.0]", "1|[3.0, 4.0]", "2|NULL"));
  EXPECT_THAT(folder.rows("SELECT vector_of(NULL), vector_of(-1)"), ElementsAre("NULL|NULL"));
}

TEST(LookupFunction, FindsByUuidAsChunksGiveIt) {
  DuckFolder folder;
  folder.rows(
      "CREATE TABLE db.keys AS SELECT md5(i::VARCHAR)::UUID AS id, i FROM range(3000) r(i)");
  std::unordered_map<Hash128, std::vector<float>> vectors;
  Stream stream = folder.connection().stream("SELECT id, i FROM db.keys WHERE i % 2 = 0").value();
  while (const auto chunk = stream.next().value())
    for (std::size_t r = 0; r < chunk->rows(); ++r)
      vectors[chunk->uuid(0, r)] = {static_cast<float>(chunk->bigint(1, r))};
  ASSERT_TRUE(register_lookup_function(folder.connection(), {.name = "vector_of",
                                                             .key = LookupKey::kUuid,
                                                             .dimension = 1,
                                                             .find = [&](const Hash128& key) {
                                                               const auto found = vectors.find(key);
                                                               return found == vectors.end()
                                                                          ? nullptr
                                                                          : found->second.data();
                                                             }}));
  EXPECT_THAT(folder.rows("SELECT count(*), count(v), bool_and(v[1] = i) FROM (SELECT i,"
                          " vector_of(id) AS v FROM db.keys)"),
              ElementsAre("3000|1500|true"));
}

TEST(LookupFunction, ALaterOneTakesThePlaceOfTheFormer) {
  DuckFolder folder;
  for (const float number : {1.0f, 2.0f}) {
    const auto vector = std::make_shared<float>(number);
    ASSERT_TRUE(register_lookup_function(
        folder.connection(), {.name = "vector_of",
                              .dimension = 1,
                              .find = [vector](const Hash128&) { return vector.get(); }}));
  }
  EXPECT_THAT(folder.rows("SELECT vector_of(7)"), ElementsAre("[2.0]"));
}

TEST(LookupFunction, KeepsTheOrderOfTheTable) {
  DuckFolder folder;
  const float zero = 0;
  ASSERT_TRUE(register_lookup_function(
      folder.connection(), {.name = "vector_of", .dimension = 1, .find = [&](const Hash128& key) {
                              return key.low % 3 == 0 ? nullptr : &zero;
                            }}));
  folder.rows("CREATE TABLE db.t AS SELECT i FROM range(300000) r(i)");
  const std::string file = quote_literal((folder.path() / "out.parquet").string());
  folder.rows("COPY (SELECT i, vector_of(i) FROM db.t) TO " + file);
  EXPECT_THAT(
      folder.rows("SELECT count(*), bool_and(i = n - 1) FROM (SELECT i, row_number() OVER ()"
                  " AS n FROM " +
                  file + ")"),
      ElementsAre("300000|true"));
}

}  // namespace
}  // namespace colvec
