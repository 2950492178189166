#include "store/write_rows.h"

#include <algorithm>

#include "base/byte_stream.h"
#include "base/npy.h"
#include "base/utf8.h"

namespace colvec {
namespace {

// Characters of a value in a table for people.
constexpr std::size_t kCellCharsMax = 48;

bool has_vectors(const QueryRows& rows) {
  return rows.vector_column < rows.columns.size() &&
         rows.columns[rows.vector_column] == "embedding";
}

// The first `chars_max` characters of `text`, on one line.
std::string cell(std::string_view text, std::size_t chars_max) {
  std::string shown;
  std::size_t chars = 0;
  for (std::size_t at = 0; at < text.size(); ++chars) {
    const CodePoint point = decode_utf8(text, at);
    if (chars == chars_max) return shown + "...";
    append_utf8(point.value < 0x20 ? U' ' : point.value, &shown);
    at += point.size;
  }
  return shown;
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

// The columns as text, the vectors by their first numbers.
std::string select_shown(const QueryRows& rows) {
  std::string columns;
  for (const std::string& name : rows.columns) {
    const std::string column = quote_identifier(name);
    columns += columns.empty() ? "" : ", ";
    if (name == "embedding" && has_vectors(rows))
      columns +=
          "'[' || array_to_string(list_transform(embedding[1:3], lambda x: "
          "printf('%.4f', x)), ', ') || ', ...] (' || len(embedding) || ')' AS embedding";
    else
      columns += "CAST(" + column + " AS VARCHAR) AS " + column;
  }
  return "SELECT " + columns + " FROM (" + rows.select + ")";
}

Result<std::uint64_t> write_table(Connection& connection, const QueryRows& rows,
                                  const StoreQuery& query) {
  COLVEC_ASSIGN(const Rows found, connection.query(select_shown(rows)));
  std::vector<std::vector<std::string>> cells{rows.columns};
  for (std::size_t r = 0; r < found.size(); ++r) {
    auto& line = cells.emplace_back();
    for (std::size_t c = 0; c < rows.columns.size(); ++c)
      line.push_back(cell(found.at(r, c).value_or("NULL"), kCellCharsMax));
  }
  std::vector<std::size_t> widths(rows.columns.size());
  for (const auto& line : cells)
    for (std::size_t c = 0; c < line.size(); ++c)
      widths[c] = std::max(widths[c], width_of(line[c]));
  for (const auto& line : cells) {
    std::string text;
    for (std::size_t c = 0; c < line.size(); ++c) {
      text += line[c];
      if (c + 1 < line.size()) text += std::string(widths[c] - width_of(line[c]) + 2, ' ');
    }
    query.on_line(text);
  }
  return static_cast<std::uint64_t>(found.size());
}

// A value as CSV has it (RFC 4180).
std::string csv_value(const std::string& text) {
  if (text.find_first_of("\",\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

// The same in SQL.
std::string csv_sql(const std::string& column) {
  const std::string text = "CAST(" + quote_identifier(column) + " AS VARCHAR)";
  return "coalesce(CASE WHEN regexp_matches(" + text + ", '[\",\\r\\n]') THEN '\"' || replace(" +
         text + ", '\"', '\"\"') || '\"' ELSE " + text + " END, '')";
}

// Writes rows to `on_line`, else to standard output, a line each. DuckDB would open that by name,
// and cut off what is there.
Result<std::uint64_t> print_rows(Connection& connection, const QueryRows& rows, bool as_csv,
                                 const std::function<void(std::string_view line)>& on_line) {
  COLVEC_ASSIGN(ByteWriter output, ByteWriter::open("-"));
  std::string lines;  // For standard output.
  const auto to_output = [&](std::string_view text) { lines.append(text).push_back('\n'); };
  const std::function<void(std::string_view)> add = on_line ? on_line : to_output;
  std::string line = "CAST(to_json(r) AS VARCHAR)";
  if (as_csv) {
    std::string header, values;
    for (const std::string& name : rows.columns) {
      header += (header.empty() ? "" : ",") + csv_value(name);
      values += (values.empty() ? "" : " || ',' || ") + csv_sql(name);
    }
    add(header);
    line = values;
  }
  COLVEC_ASSIGN(Stream stream,
                connection.stream("SELECT " + line + " FROM (" + rows.select + ") r"));
  std::uint64_t count = 0;
  while (true) {
    COLVEC_ASSIGN(const std::optional<DataChunk> chunk, stream.next());
    for (std::size_t r = 0; chunk && r < chunk->rows(); ++r, ++count) add(chunk->text(0, r));
    COLVEC_TRY(output.write(lines));
    lines.clear();
    if (!chunk) return count;
  }
}

Result<std::uint64_t> copy_rows(Connection& connection, const QueryRows& rows,
                                const StoreQuery& query, std::string_view options) {
  const std::string output = query.output.string();
  Result<Rows> copied = connection.query("COPY (" + rows.select + ") TO " + quote_literal(output) +
                                         " (" + std::string(options) + ")");
  if (!copied) return at(output, std::move(copied).error());
  return copied->number(0, 0);
}

// A list in CSV is text: as JSON writes it.
QueryRows with_vectors_as_text(QueryRows rows) {
  if (has_vectors(rows))
    rows.select = "SELECT * REPLACE (to_json(embedding) AS embedding) FROM (" + rows.select + ")";
  return rows;
}

Result<std::uint64_t> write_database(Connection& connection, const QueryRows& rows,
                                     const StoreQuery& query) {
  const std::string where = query.output.string();
  Status attached = attach(connection, query.output, "exported", "TYPE duckdb");
  if (!attached) return at(where, std::move(attached).error());
  const std::string table = "exported." + quote_identifier(query.table);
  std::string select = rows.select;
  if (has_vectors(rows)) {
    // One length for all vectors: then the column can be an array.
    COLVEC_ASSIGN(const Rows length, connection.query("SELECT len(embedding) FROM (" + rows.select +
                                                      ") WHERE embedding IS NOT NULL LIMIT 1"));
    if (!length.empty())
      select = "SELECT * REPLACE (CAST(embedding AS FLOAT[" + length.text(0, 0) +
               "]) AS embedding) FROM (" + rows.select + ")";
  }
  Result<Rows> created = connection.query("CREATE TABLE " + table + " AS " + select);
  std::uint64_t count = 0;
  Status failed;
  if (created) {
    COLVEC_ASSIGN(const Rows counted, connection.query("SELECT count(*) FROM " + table));
    count = counted.number(0, 0);
  } else {
    failed = tl::make_unexpected(std::move(created).error());
  }
  COLVEC_TRY(connection.execute("DETACH exported"));
  if (!failed) return at(where + ": " + query.table, std::move(failed).error());
  return count;
}

Result<std::uint64_t> write_npy(Connection& connection, const QueryRows& rows,
                                const StoreQuery& query) {
  if (!has_vectors(rows))
    return fail(ErrorCode::kInvalidArgument, "--format npy: is for vectors, which are left out");
  COLVEC_ASSIGN(ByteWriter matrix, ByteWriter::open(query.output.string()));
  COLVEC_ASSIGN(ByteWriter lines, ByteWriter::open(query.output.string() + ".jsonl"));
  if (!matrix.can_rewrite())
    return fail(ErrorCode::kInvalidArgument, query.output.string() + ": must be a plain file");
  COLVEC_TRY(matrix.write(npy_header(0, 0)));
  std::string others;
  for (const std::string& name : rows.columns)
    if (name != "embedding")
      others +=
          (others.empty() ? "" : ", ") + quote_identifier(name) + " := " + quote_identifier(name);
  COLVEC_ASSIGN(Stream stream,
                connection.stream("SELECT embedding, CAST(to_json(struct_pack(" + others +
                                  ")) AS VARCHAR) FROM (" + rows.select + ")"));
  std::uint64_t count = 0;
  std::size_t dimension = 0;
  while (true) {
    COLVEC_ASSIGN(const std::optional<DataChunk> chunk, stream.next());
    if (!chunk) break;
    for (std::size_t r = 0; r < chunk->rows(); ++r, ++count) {
      const std::span<const float> values = chunk->floats(0, r);
      if (count == 0) dimension = values.size();
      if (values.size() != dimension)
        return fail(ErrorCode::kCorruption, "vectors of " + std::to_string(dimension) + " and of " +
                                                std::to_string(values.size()) + " numbers");
      COLVEC_TRY(matrix.write({reinterpret_cast<const char*>(values.data()), values.size_bytes()}));
      COLVEC_TRY(lines.write(std::string(chunk->text(1, r)) + "\n"));
    }
  }
  COLVEC_TRY(matrix.rewrite_start(npy_header(count, dimension)));
  return count;
}

}  // namespace

Result<std::uint64_t> write_rows(Connection& connection, const QueryRows& rows,
                                 const StoreQuery& query) {
  const bool needs_output = query.format == RowFormat::kParquet ||
                            query.format == RowFormat::kNpy || query.format == RowFormat::kDuckDb;
  if (needs_output && query.output.empty())
    return fail(ErrorCode::kInvalidArgument, "--output: this format needs a file");
  switch (query.format) {
    case RowFormat::kTable:
      return write_table(connection, rows, query);
    case RowFormat::kCsv:
      if (query.output.empty())
        return print_rows(connection, with_vectors_as_text(rows), true, query.on_line);
      return copy_rows(connection, with_vectors_as_text(rows), query, "FORMAT csv, HEADER");
    case RowFormat::kJson:
      if (query.output.empty()) return print_rows(connection, rows, false, query.on_line);
      return copy_rows(connection, rows, query, "FORMAT json");
    case RowFormat::kParquet:
      return copy_rows(connection, rows, query, "FORMAT parquet, COMPRESSION zstd");
    case RowFormat::kNpy:
      return write_npy(connection, rows, query);
    case RowFormat::kDuckDb:
      return write_database(connection, rows, query);
  }
  return fail(ErrorCode::kInvalidArgument, "--format: not known");
}

}  // namespace colvec
