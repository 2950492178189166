// For tests of refreshes: a home with a dataset, its source, and the encoder of its columns.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "colvec/dataset.h"
#include "colvec/refresh.h"
#include "colvec/search.h"
#include "job/job_fixture.h"

namespace colvec {

// Rows for several windows.
inline constexpr const char* kManyTexts =
    "SELECT i AS id, 'text ' || i || repeat(' and so on', 30) AS text FROM range(5000) r(i)";

// The dataset `wares`: the key `id` BIGINT, and `text` with an embedding step.
class RefreshHome {
 public:
  std::filesystem::path home() const { return folder_.path() / "home"; }
  const std::filesystem::path& path() const { return folder_.path(); }

  // Writes the rows of the query, by the ending of the name as Parquet.
  std::filesystem::path write(const std::string& select,
                              const std::string& name = "source.parquet") const;
  // "SELECT ...": the rows of these values (id, text), as in "(1, 'a'), (2, NULL)".
  static std::string values(const std::string& rows);
  // Saves the dataset, in the place of the former one; the vectors of its columns stay.
  Dataset save(const EmbeddingStep& step);
  Dataset save(std::vector<DatasetColumn> columns);
  Dataset saved() const { return read_dataset(home(), "wares").value(); }

  // Options of two threads, with our encoder.
  RefreshOptions options();
  SearchOptions search_options();
  DatasetRun refresh();  // Must succeed.

  // The rows of a query that must succeed, values joined with "|", NULL as "NULL".
  std::vector<std::string> rows(const std::string& sql) const {
    return folder_.rows("scratch", sql);
  }
  // SQL that can follow FROM: the table with its vectors.
  std::string processed() const;
  // All files of the home.
  std::vector<std::string> files() const;

  FakeEncoder encoder;
  std::vector<std::pair<std::string, EncoderOptions>> opened;  // Each model that was opened.

 private:
  OpenEncoder open_encoder();

  JobFolder folder_;
};

// An encoder that hands everything on to `encoder`, which must outlive it.
std::unique_ptr<Encoder> borrowed(Encoder& encoder);

}  // namespace colvec
