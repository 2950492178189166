#include "duck/error.h"

#include <gtest/gtest.h>

namespace colvec {
namespace {

TEST(DuckError, EveryKindHasTheCodeThatSaysWhatToDo) {
  struct Case {
    duckdb_error_type type;
    std::string_view message;
    ErrorCode code;
  };
  for (const Case& c : {
           Case{DUCKDB_ERROR_CATALOG, "Catalog Error: no table", ErrorCode::kNotFound},
           Case{DUCKDB_ERROR_BINDER, "Binder Error: no column", ErrorCode::kInvalidArgument},
           Case{DUCKDB_ERROR_PARSER, "Parser Error: at SELEC", ErrorCode::kInvalidArgument},
           Case{DUCKDB_ERROR_CONVERSION, "Conversion Error: 'x'", ErrorCode::kInvalidArgument},
           Case{DUCKDB_ERROR_PERMISSION, "Permission Error: locked", ErrorCode::kInvalidArgument},
           Case{DUCKDB_ERROR_IO, "IO Error: cannot open", ErrorCode::kIo},
           Case{DUCKDB_ERROR_IO, "IO Error: a.txt is not a valid DuckDB database file",
                ErrorCode::kInvalidArgument},
           Case{DUCKDB_ERROR_OUT_OF_MEMORY, "Out of Memory Error: 1 GB", ErrorCode::kIo},
           Case{DUCKDB_ERROR_FATAL, "FATAL Error: stopped", ErrorCode::kIo},
           Case{DUCKDB_ERROR_INTERRUPT, "INTERRUPT Error: Interrupted!", ErrorCode::kIo},
           Case{DUCKDB_ERROR_CONSTRAINT, "Constraint Error: twice", ErrorCode::kConflict},
           Case{DUCKDB_ERROR_TRANSACTION, "TransactionContext Error: write-write conflict",
                ErrorCode::kConflict},
           Case{DUCKDB_ERROR_TRANSACTION,
                "TransactionContext Error: Failed to commit: No space left on device",
                ErrorCode::kIo},
           Case{DUCKDB_ERROR_SERIALIZATION, "Serialization Error: end of file",
                ErrorCode::kCorruption},
       })
    EXPECT_EQ(duck_error(c.type, c.message).value().code, c.code) << c.message;
}

TEST(DuckError, WhereMemoryEndsTheSettingIsNamed) {
  EXPECT_EQ(duck_error(DUCKDB_ERROR_OUT_OF_MEMORY,
                       "Out of Memory Error: failed to pin block of size 256.0 KiB (9/9 used)\n\n"
                       "Possible solutions:")
                .value()
                .message,
            "memory_limit: too small for this query: failed to pin block of size 256.0 KiB (9/9 "
            "used)");
}

TEST(DuckError, TheMessageIsOneLineWithoutKindAndAdvice) {
  const auto message = [](std::string_view text) {
    return duck_error(DUCKDB_ERROR_IO, text).value().message;
  };
  EXPECT_EQ(message("IO Error: cannot open\n\nLINE 1: SELECT"), "cannot open");
  EXPECT_EQ(message("Invalid Input Error: bad. See also https://duckdb.org/docs"), "bad");
  EXPECT_EQ(message("no kind in front"), "no kind in front");
  EXPECT_EQ(message("a sentence that speaks only far behind of an IO Error: x"),
            "a sentence that speaks only far behind of an IO Error: x");
  EXPECT_EQ(message(""), "");
}

TEST(DuckError, OfACsvFileItSaysTheReasonAndTheFileToo) {
  EXPECT_EQ(duck_error(DUCKDB_ERROR_INVALID_INPUT,
                       "Invalid Input Error: CSV Error on Line: 3\nOriginal Line: 5,x,y\n"
                       "Expected Number of Columns: 2 Found: 3\nPossible fixes:\n* Disable\n\n"
                       "  file = b.csv\n  delimiter = ,\n")
                .value()
                .message,
            "CSV Error on Line: 3 of b.csv: Expected Number of Columns: 2 Found: 3");
  EXPECT_EQ(duck_error(DUCKDB_ERROR_INVALID_INPUT, "CSV Error on Line: 3").value().message,
            "CSV Error on Line: 3");
}

TEST(DuckError, AnErrorInsideAStreamIsTheOneThatCounts) {
  const std::string about_the_stream =
      "Invalid Input Error: Attempting to execute an unsuccessful or closed pending query result\n"
      "Error: ";
  const auto of = [&](std::string_view inner) {
    return duck_error(DUCKDB_ERROR_INVALID_INPUT, about_the_stream + std::string(inner)).value();
  };
  EXPECT_EQ(of("IO Error: cannot read\n\nmore").message, "cannot read");
  EXPECT_EQ(of("IO Error: cannot read").code, ErrorCode::kIo);
  EXPECT_EQ(of("INTERRUPT Error: Interrupted!").code, ErrorCode::kIo);
  EXPECT_EQ(of("INTERRUPT Error: Interrupted!").message,
            "a thread of DuckDB failed without a reason; with threads 1 it gives one");
  EXPECT_EQ(of("Conversion Error: 'x'").code, ErrorCode::kInvalidArgument);
}

TEST(DuckError, AnInterruptIsACancelOnlyWhereItWasAskedFor) {
  constexpr std::string_view kInterrupt = "INTERRUPT Error: Interrupted!";
  for (const duckdb_error_type type : {DUCKDB_ERROR_INTERRUPT, DUCKDB_ERROR_INVALID_INPUT}) {
    EXPECT_EQ(duck_error(type, kInterrupt, true).value().code, ErrorCode::kCancelled);
    EXPECT_EQ(duck_error(type, kInterrupt, true).value().message, "cancelled");
    EXPECT_EQ(duck_error(type, kInterrupt, false).value().code, ErrorCode::kIo);
  }
  EXPECT_EQ(duck_error(DUCKDB_ERROR_IO, "IO Error: cannot read", true).value().code,
            ErrorCode::kIo);
}

}  // namespace
}  // namespace colvec
