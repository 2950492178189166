// Looks at a source and proposes a dataset: which column could be the key, which is a date, which
// look like text.
#include <algorithm>
#include <array>
#include <cctype>

#include "base/json_writer.h"
#include "colvec/dataset.h"
#include "dataset/source_columns.h"
#include "duck/interrupt_guard.h"
#include "duck/source_table.h"
#include "remote/staged_files.h"
#include "store/key_columns.h"

namespace colvec {
namespace {

// Rows that are looked at to tell what a column is like.
constexpr std::uint64_t kSampleRows = 10'000;
constexpr std::uint64_t kPreviewRows = 20;
// A column looks like text if its values have that many words on average, most of them different.
constexpr double kWordsMin = 3;
constexpr double kDistinctShareMin = 0.05;

std::string lower(std::string_view text) {
  std::string folded(text);
  std::transform(folded.begin(), folded.end(), folded.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return folded;
}

// How much a name sounds like a key: 0 for not at all.
int key_likeness(std::string_view column, std::string_view dataset) {
  const std::string name = lower(column);
  if (name == "id" || name == "uuid" || name == "pk") return 4;
  const std::string own = lower(dataset);
  if (name == own + "_id" || (own.ends_with('s') && name == own.substr(0, own.size() - 1) + "_id"))
    return 3;
  if (name.ends_with("_id") || name.ends_with("_key") || name.ends_with("uuid")) return 2;
  constexpr std::array<std::string_view, 5> kWords = {"key", "sku", "code", "number", "ean"};
  for (const std::string_view word : kWords)
    if (name == word) return 1;
  return 0;
}

bool is_date(const std::string& type) { return type == "DATE" || type.starts_with("TIMESTAMP"); }

// Whether every row has a value of its own in the column.
Result<bool> is_unique(Connection& connection, const SourceTable& table, const std::string& name) {
  const std::string column = quote_identifier(name);
  COLVEC_ASSIGN(const Rows rows, connection.query("SELECT count(*) = count(DISTINCT " + column +
                                                  ") FROM " + table.from));
  return rows.text(0, 0) == "true";
}

// Flags the column that sounds most like a key, if its values are unique.
Status propose_key(Connection& connection, const SourceTable& table, DatasetProposal* proposal) {
  std::vector<DatasetColumn*> candidates;
  for (DatasetColumn& column : proposal->dataset.columns)
    if (stored_key_type(column.type)) candidates.push_back(&column);
  const auto likeness = [&](const DatasetColumn* column) {
    return key_likeness(column->name, proposal->dataset.name);
  };
  std::stable_sort(
      candidates.begin(), candidates.end(),
      [&](const DatasetColumn* a, const DatasetColumn* b) { return likeness(a) > likeness(b); });
  for (DatasetColumn* const column : candidates) {
    if (likeness(column) == 0) break;
    COLVEC_ASSIGN(const bool unique, is_unique(connection, table, column->name));
    if (!unique) continue;
    column->is_primary_key = true;
    proposal->notes.push_back(column->name +
                              ": proposed as the primary key: named like one, and "
                              "unique in all rows");
    return {};
  }
  proposal->notes.emplace_back(
      "no column was found that is named like a key and unique: flag the primary key yourself, one "
      "column or several");
  return {};
}

void propose_date(DatasetProposal* proposal) {
  std::vector<DatasetColumn>& columns = proposal->dataset.columns;
  const auto date = std::find_if(columns.begin(), columns.end(),
                                 [](const DatasetColumn& column) { return is_date(column.type); });
  if (date == columns.end()) return;
  date->is_date_column = true;
  proposal->notes.push_back(date->name + ": proposed as the date column, by its type");
}

// Points out columns with sentences in them.
Status find_texts(Connection& connection, const SourceTable& table, DatasetProposal* proposal) {
  std::string items;
  std::vector<const DatasetColumn*> asked;
  for (const DatasetColumn& column : proposal->dataset.columns) {
    if (!is_text_type(column.type)) continue;
    const std::string name = quote_identifier(column.name);
    items += (asked.empty() ? "" : ", ") +
             ("coalesce(avg(len(string_split(trim(" + name + "::VARCHAR), ' '))), 0)") +
             ", count(DISTINCT " + name + ") / greatest(count(" + name + "), 1)";
    asked.push_back(&column);
  }
  if (asked.empty()) return {};
  Result<Rows> rows = connection.query("SELECT " + items + " FROM (SELECT * FROM " + table.from +
                                       " LIMIT " + std::to_string(kSampleRows) + ")");
  if (!rows) return at(table.shown, std::move(rows).error());
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const double words = std::strtod(rows->text(0, 2 * i).c_str(), nullptr);
    const double distinct = std::strtod(rows->text(0, 2 * i + 1).c_str(), nullptr);
    if (words < kWordsMin || distinct < kDistinctShareMin || asked[i]->is_primary_key) continue;
    proposal->text_like.push_back(asked[i]->name);
    proposal->notes.push_back(asked[i]->name + ": looks like text (" +
                              std::to_string(static_cast<int>(words + 0.5)) +
                              " words on average): colvec column set " + proposal->dataset.name +
                              " " + asked[i]->name + " --model MODEL gives it an embedding");
  }
  return {};
}

Status take_preview(Connection& connection, const SourceTable& table, DatasetProposal* proposal) {
  Result<Rows> rows =
      connection.query("SELECT * FROM " + table.from + " LIMIT " + std::to_string(kPreviewRows));
  if (!rows) return at(table.shown, std::move(rows).error());
  for (std::size_t r = 0; r < rows->size(); ++r) {
    auto& line = proposal->preview.emplace_back();
    for (std::size_t c = 0; c < rows->columns(); ++c) line.push_back(rows->at(r, c));
  }
  return {};
}

}  // namespace

std::string to_json(const DatasetProposal& proposal) {
  JsonWriter json;
  json.begin_object().key("dataset").json(to_json(proposal.dataset));
  json.key("rows").number(proposal.rows).key("notes").texts(proposal.notes);
  json.key("text_like").texts(proposal.text_like).key("preview").begin_list();
  for (const auto& row : proposal.preview) {
    json.begin_list();
    for (const auto& value : row) value ? json.text(*value) : json.null();
    json.end_list();
  }
  return json.end_list().end_object().take();
}

Result<DatasetProposal> propose_dataset(std::string name, const DatasetSource& source,
                                        const ProposeOptions& options) {
  COLVEC_ASSIGN(Database database, Database::open({}));
  COLVEC_ASSIGN(Connection connection, database.connect());
  const InterruptGuard guard(connection, options.cancel);
  COLVEC_ASSIGN(const std::filesystem::path path,
                local_files(source.path, options.home / "sources", options.cancel));
  COLVEC_ASSIGN(const SourceTable table, open_dataset_source(connection, path, source));
  DatasetProposal proposal;
  proposal.dataset.name = std::move(name);
  proposal.dataset.source = source;
  for (const SourceColumn& column : table.columns)
    proposal.dataset.columns.push_back({.name = column.name, .type = column.type});
  Result<Rows> counted = connection.query("SELECT count(*) FROM " + table.from);
  if (!counted) return at(table.shown, std::move(counted).error());
  proposal.rows = counted->number(0, 0);
  if (options.key) COLVEC_TRY(propose_key(connection, table, &proposal));
  if (options.date) propose_date(&proposal);
  COLVEC_TRY(find_texts(connection, table, &proposal));
  COLVEC_TRY(take_preview(connection, table, &proposal));
  return proposal;
}

}  // namespace colvec
