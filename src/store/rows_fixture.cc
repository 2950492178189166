#include "store/rows_fixture.h"

#include "base/check.h"

namespace colvec {

SmallStore::SmallStore(bool has_keys) {
  StoreDefinition definition;
  if (has_keys) definition.key_columns = {{"id", "BIGINT"}};
  auto store =
      ColumnStore::open_or_create(local_file_system(), folder_.database(), path(), definition);
  COLVEC_CHECK(store.has_value());
  store_ = std::move(*store);
}

StoreAppended SmallStore::add(const std::vector<std::pair<int, std::string>>& rows, char model) {
  std::string values;
  for (const auto& [id, text] : rows)
    values += (values.empty() ? "" : ", ") + ("(" + std::to_string(id) + "::BIGINT, ") +
              quote_literal(text) + ")";
  const std::string given = "(SELECT id, t AS text_value, " + text_hash_sql("t") +
                            " AS text_hash FROM (VALUES " + values + ") v(id, t))";
  StoreRows request;
  request.set = set(model);
  request.dimension = 4;
  request.vectors =
      "(SELECT text_hash, text_value, [hash(text_value || '" + std::string(1, model) +
      "') % 1000, length(text_value), 1, 0]::FLOAT[] AS embedding, "
      "length(text_value) AS token_count, length(text_value) > 20 AS truncated FROM " +
      given + ")";
  if (store_->has_keys()) request.keys = "(SELECT id, text_hash FROM " + given + ")";
  COLVEC_CHECK(store_
                   ->add_model({.fingerprint = fingerprint(model),
                                .name = std::string("model ") + model,
                                .made_of = "",
                                .dimension = 4})
                   .has_value());
  const Result<StoreAppended> appended = store_->append(request);
  COLVEC_CHECK(appended.has_value());
  return *appended;
}

std::vector<std::string> SmallStore::rows(const std::string& sql) {
  const Result<Rows> found = store_->connection().query(sql);
  COLVEC_CHECK(found.has_value());
  std::vector<std::string> lines;
  for (std::size_t r = 0; r < found->size(); ++r) {
    std::string line;
    for (std::size_t c = 0; c < found->columns(); ++c)
      line += (c == 0 ? "" : "|") + found->at(r, c).value_or("NULL");
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace colvec
