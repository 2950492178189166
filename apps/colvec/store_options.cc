#include "store_options.h"

#include <span>

#include "precision_option.h"

namespace colvec::cli {
namespace {

struct FormatWord {
  std::string_view word;
  RowFormat format;
};
constexpr FormatWord kFormats[] = {
    {"table", RowFormat::kTable},     {"csv", RowFormat::kCsv}, {"json", RowFormat::kJson},
    {"parquet", RowFormat::kParquet}, {"npy", RowFormat::kNpy}, {"duckdb", RowFormat::kDuckDb},
};
constexpr FormatWord kEndings[] = {
    {".csv", RowFormat::kCsv},   {".jsonl", RowFormat::kJson},
    {".json", RowFormat::kJson}, {".parquet", RowFormat::kParquet},
    {".npy", RowFormat::kNpy},   {".duckdb", RowFormat::kDuckDb},
};

std::string words_of(std::span<const FormatWord> formats) {
  std::string words;
  for (const FormatWord& one : formats)
    words += (words.empty() ? "" : ", ") + std::string(one.word);
  return words;
}

const CLI::Validator& whole_number() {
  static const CLI::Validator validator(
      [](std::string& text) {
        const bool is_number = !text.empty() && text.size() <= 18 &&
                               text.find_first_not_of("0123456789") == std::string::npos;
        return is_number ? std::string() : "not a whole number: " + text;
      },
      "NUMBER");
  return validator;
}

// The format that is named, or that the ending of `output` tells, or `fallback` where there is
// neither.
Result<RowFormat> format_of(const std::string& name, const std::string& output,
                            RowFormat fallback) {
  if (!name.empty()) {
    for (const FormatWord& known : kFormats)
      if (name == known.word) return known.format;
    return fail(ErrorCode::kInvalidArgument,
                "--format " + name + ": must be one of " + words_of(kFormats));
  }
  if (output.empty()) return fallback;
  for (const FormatWord& known : kEndings)
    if (output.ends_with(known.word)) return known.format;
  return fail(ErrorCode::kInvalidArgument, "--output " + output + ": must end with one of " +
                                               words_of(kEndings) + ", or say --format");
}

}  // namespace

void StoreArgs::add_to(CLI::App& app) {
  app.add_option("store", folder, "The folder of the store")->required()->type_name("STORE");
  app.add_option("--memory-limit", options.memory_limit, "For queries; they spill beyond that")
      ->capture_default_str();
  app.add_option("--threads", options.threads, "0: one a core")->capture_default_str();
}

void MomentOptions::add_to(CLI::App& app) {
  app.add_option("--version", version, "As the store was at this version of the keys")
      ->check(whole_number());
  app.add_option("--at", time, "As the store was at this time: \"2026-11-21 10:00:00+00\"");
}

StoreMoment MomentOptions::parsed() const {
  StoreMoment moment;
  if (!version.empty()) moment.version = std::stoull(version);
  moment.time = time;
  return moment;
}

void RetentionOption::add_to(CLI::App& app) {
  app.add_option("--retention-hours", hours, "Versions of the last so many hours stay readable")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
}

void QueryOptions::add_to(CLI::App& app) {
  moment.add_to(app);
  app.add_option("--model", query.model, "Vectors of this model: f and digits of its fingerprint");
  app.add_option("--precision", query.precision, kStoredPrecisions);
  app.add_option("--key", query.keys, "Rows of this key; of several columns: a,b");
  app.add_option("--keys", keys_file, "Rows of the keys in a Parquet, CSV or JSON lines file");
  app.add_option("--keys-text", query.keys_text_column,
                 "The text column of --keys: only rows with this text");
  app.add_option("--hash", query.hashes, "Rows whose text has this hash");
  app.add_option("--text", query.texts, "Rows with this text");
  app.add_option("--where", query.where, "One SQL expression over the columns");
  app.add_option("--limit", limit, "Rows at most; else all, and 50 where a table is shown")
      ->check(whole_number());
  app.add_flag("--latest", query.latest, "Of each key only the text that was seen last");
  app.add_flag("--no-vectors", no_vectors, "Leave the vectors out");
  app.add_option("--format", format, "table, csv, json, parquet, npy or duckdb");
  app.add_option("--output", output, "The file to write; its ending tells the format");
  app.add_option("--output-table", query.table, "For duckdb: the table to make")
      ->capture_default_str();
}

Result<StoreQuery> QueryOptions::parsed(RowFormat fallback) const {
  StoreQuery parsed = query;
  parsed.moment = moment.parsed();
  parsed.output = output;
  parsed.keys_file = keys_file;
  parsed.with_vectors = !no_vectors;
  if (!limit.empty()) parsed.limit = std::stoull(limit);
  COLVEC_ASSIGN(parsed.format, format_of(format, output, fallback));
  return parsed;
}

}  // namespace colvec::cli
