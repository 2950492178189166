#include "job/shard_texts.h"

#include <fmt/format.h>

#include "store/column_store.h"
#include "store/hash_range.h"

namespace colvec {
namespace {

// The text of `source` as it is embedded; NULL where it is nobody's.
std::string text_sql(const Input& input) {
  const std::string text = input.text_is_blob ? "try(decode(s.t))" : "s.t";
  return "nullif(" + text + ", '')";
}

}  // namespace

Result<ShardTexts> list_shard_texts(Connection& connection, const Input& input, const Shard& shard,
                                    const std::string& stored) {
  const std::string in_shard = hash_range(shard.index, shard.count).sql("h");
  COLVEC_TRY(connection.execute(fmt::format(
      "CREATE OR REPLACE TEMP TABLE __colvec_shard_texts AS SELECT h, any_value(t) AS t FROM "
      "(SELECT {0} AS "
      "h, t FROM (SELECT {1} AS t FROM __colvec_source s) WHERE t IS NOT NULL) {2} GROUP BY h",
      text_hash_sql("t"), text_sql(input), in_shard.empty() ? "" : "WHERE " + in_shard)));
  COLVEC_TRY(connection.execute(
      "CREATE OR REPLACE TEMP TABLE __colvec_stored_texts AS SELECT text_hash AS h FROM " +
      stored));
  const std::string missing =
      " FROM __colvec_shard_texts ANTI JOIN __colvec_stored_texts USING (h)";
  COLVEC_ASSIGN(
      const Rows counted,
      connection.query("SELECT (SELECT count(*) FROM __colvec_shard_texts), (SELECT count(*)" +
                       missing + ")"));
  return ShardTexts{.texts = counted.number(0, 0),
                    .missing = counted.number(0, 1),
                    .sql = "SELECT t" + missing + " ORDER BY h"};
}

Result<std::vector<MissingTexts>> find_missing_texts(Connection& connection, const Input& input,
                                                     std::uint64_t shards,
                                                     const std::string& stored) {
  COLVEC_ASSIGN(
      const Rows rows,
      connection.query(fmt::format(
          "SELECT {0} AS shard, count(*) FROM (SELECT DISTINCT {1} AS h FROM (SELECT {2} AS t FROM "
          "__colvec_pending p JOIN __colvec_source s ON {3}) WHERE t IS NOT NULL) ANTI JOIN "
          "(SELECT text_hash AS h "
          "FROM {4}) USING (h) GROUP BY shard ORDER BY shard",
          hash_part_sql("h", shards), text_hash_sql("t"), text_sql(input),
          keys_equal(input.id_types.size(), "p", "s"), stored)));
  std::vector<MissingTexts> missing;
  for (std::size_t r = 0; r < rows.size(); ++r)
    missing.push_back({.shard = rows.number(r, 0), .texts = rows.number(r, 1)});
  return missing;
}

StoreModel store_model_of(const EncoderInfo& encoder) {
  return {.fingerprint = encoder.fingerprint,
          .name = encoder.model,
          .made_of = encoder.made_of,
          .dimension = encoder.dimension};
}

}  // namespace colvec
