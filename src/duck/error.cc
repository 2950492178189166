#include "duck/error.h"

#include <algorithm>
#include <string>

namespace colvec {
namespace {

// What DuckDB says of the file system, whatever type it gives the error: a commit that meets a full
// disk is one of transactions.
bool is_about_the_disk(std::string_view message) {
  for (const std::string_view sign :
       {"No space left on device", "Could not write", "Could not fsync", "Input/output error",
        "Disk quota exceeded", "Read-only file system"})
    if (message.find(sign) != std::string_view::npos) return true;
  return false;
}

ErrorCode code_of(duckdb_error_type type, std::string_view message) {
  if (is_about_the_disk(message)) return ErrorCode::kIo;
  switch (type) {
    case DUCKDB_ERROR_CATALOG:
      return ErrorCode::kNotFound;
    case DUCKDB_ERROR_IO:
      return message.find("not a valid DuckDB database") != std::string_view::npos
                 ? ErrorCode::kInvalidArgument
                 : ErrorCode::kIo;
    case DUCKDB_ERROR_INTERRUPT:
    case DUCKDB_ERROR_FATAL:
    case DUCKDB_ERROR_INTERNAL:
    case DUCKDB_ERROR_OUT_OF_MEMORY:
      return ErrorCode::kIo;
    case DUCKDB_ERROR_PERMISSION:
      return ErrorCode::kInvalidArgument;
    case DUCKDB_ERROR_TRANSACTION:
    case DUCKDB_ERROR_CONSTRAINT:
      return ErrorCode::kConflict;
    case DUCKDB_ERROR_SERIALIZATION:
      return ErrorCode::kCorruption;
    default:
      return ErrorCode::kInvalidArgument;
  }
}

// The type of an error that is known by its text only: by the kind that DuckDB puts in front.
duckdb_error_type type_of(std::string_view message) {
  struct Kind {
    std::string_view name;
    duckdb_error_type type;
  };
  for (const Kind& kind :
       {Kind{"IO", DUCKDB_ERROR_IO}, Kind{"Catalog", DUCKDB_ERROR_CATALOG},
        Kind{"Out of Memory", DUCKDB_ERROR_OUT_OF_MEMORY},
        Kind{"INTERRUPT", DUCKDB_ERROR_INTERRUPT}, Kind{"Constraint", DUCKDB_ERROR_CONSTRAINT},
        Kind{"TransactionContext", DUCKDB_ERROR_TRANSACTION},
        Kind{"Serialization", DUCKDB_ERROR_SERIALIZATION}, Kind{"FATAL", DUCKDB_ERROR_FATAL},
        Kind{"INTERNAL", DUCKDB_ERROR_INTERNAL}})
    if (message.starts_with(std::string(kind.name) + " Error: ")) return kind.type;
  return DUCKDB_ERROR_INVALID_INPUT;
}

// "IO Error: text" -> "text", for any kind that DuckDB puts in front.
std::string_view without_kind(std::string_view message) {
  const std::size_t colon = message.find(" Error: ");
  if (colon != std::string_view::npos && colon < 32) message.remove_prefix(colon + 8);
  return message;
}

// The line behind `start` in `message`; "" where there is none.
std::string_view line_behind(std::string_view message, std::string_view start) {
  const std::size_t at = message.find(start);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = message.substr(at + start.size());
  return rest.substr(0, rest.find('\n'));
}

// The first line says what is wrong, but of a CSV file only where: the reason follows the line of
// the file, and the file's name is among the settings at the end.
std::string one_line_of(std::string_view message) {
  std::string line(message.substr(0, message.find('\n')));
  if (!line.starts_with("CSV Error on Line: ")) return line;
  constexpr std::string_view kOriginal = "\nOriginal Line: ";
  const std::size_t original = message.find(kOriginal);
  const std::string_view reason =
      original == std::string_view::npos
          ? line_behind(message, "\n")
          : line_behind(message.substr(original + kOriginal.size()), "\n");
  const std::string_view file = line_behind(message, "\n  file = ");
  if (!file.empty()) line += " of " + std::string(file);
  if (!reason.empty()) line += ": " + std::string(reason);
  return line;
}

}  // namespace

tl::unexpected<Error> duck_error(duckdb_error_type type, std::string_view message,
                                 bool is_interrupted) {
  // An error in the middle of a stream comes as the second line of one about the stream.
  constexpr std::string_view kOfStream = "closed pending query result\nError: ";
  if (const std::size_t at = message.find(kOfStream); at != std::string_view::npos) {
    message.remove_prefix(at + kOfStream.size());
    type = type_of(message);
  }
  if (type_of(message) == DUCKDB_ERROR_INTERRUPT) type = DUCKDB_ERROR_INTERRUPT;
  if (is_interrupted && type == DUCKDB_ERROR_INTERRUPT)
    return fail(ErrorCode::kCancelled, "cancelled");
  const ErrorCode code = code_of(type, message);
  std::string line = one_line_of(without_kind(message));
  line.resize(std::min(line.size(), line.find(". See also http")));
  // Nobody has interrupted this query. One of several threads failed and stopped the others, and
  // what comes is whichever word was said first.
  if (type == DUCKDB_ERROR_INTERRUPT)
    return fail(code, "a thread of DuckDB failed without a reason; with threads 1 it gives one");
  if (type == DUCKDB_ERROR_OUT_OF_MEMORY)
    return fail(code, "memory_limit: too small for this query: " + line);
  return fail(code, std::move(line));
}

}  // namespace colvec
