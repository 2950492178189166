#include "datasets.h"

#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "colvec/dataset.h"
#include "colvec/dataset_status.h"
#include "colvec/refresh.h"
#include "colvec/search.h"
#include "interruptible.h"
#include "raise.h"
#include "without_gil.h"

namespace colvec::python {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

// Flags the named columns in the place of those proposed.
Status set_flags(const std::optional<Names>& names, bool DatasetColumn::*flag, Dataset* dataset) {
  if (!names) return {};
  for (DatasetColumn& column : dataset->columns) column.*flag = false;
  for (const std::string& name : *names) {
    DatasetColumn* const column = dataset->find(name);
    if (column == nullptr)
      return fail(ErrorCode::kNotFound, dataset->name + ": no such column: " + name);
    column->*flag = true;
  }
  return {};
}

std::string add(const fs::path& home, const std::string& name, const fs::path& source,
                const std::string& table, const std::optional<Names>& key,
                const std::string& remote) {
  return to_json(without_gil([&]() -> Result<Dataset> {
    COLVEC_ASSIGN(DatasetProposal proposal,
                  propose_dataset(name, {.path = source, .table = table},
                                  {.home = home, .key = !key, .date = true}));
    COLVEC_TRY(set_flags(key, &DatasetColumn::is_primary_key, &proposal.dataset));
    proposal.dataset.remote = remote;
    COLVEC_TRY(check_against_source(home, proposal.dataset));
    return save_dataset(home, proposal.dataset);
  }));
}

// `fields` are those of the embedding step, with their values as JSON.
std::string set_column(const fs::path& home, const std::string& name, const std::string& column,
                       const std::vector<std::pair<std::string, std::string>>& fields,
                       bool remove_step) {
  return to_json(without_gil([&]() -> Result<Dataset> {
    ColumnChange change{.remove_step = remove_step};
    for (const auto& [field, value] : fields) change.step.push_back({field, value});
    COLVEC_ASSIGN(const Dataset dataset, read_dataset(home, name));
    COLVEC_ASSIGN(const Dataset changed, change_column(home, dataset, column, change));
    return save_dataset(home, changed);
  }));
}

std::string refresh(const fs::path& home, const std::string& name, const Names& columns,
                    const std::string& memory_limit, std::size_t threads, std::size_t batch_size) {
  CancelToken cancel;
  const RefreshOptions options{.columns = columns,
                               .cancel = &cancel,
                               .memory_limit = memory_limit,
                               .threads = threads,
                               .batch_size = batch_size};
  return to_json(
      value_of(run_interruptibly(cancel, [&] { return refresh_dataset(home, name, options); })));
}

std::string search(const fs::path& home, const std::string& name, const std::string& column,
                   const std::string& text, std::size_t k, const std::string& where,
                   const std::optional<std::string>& prompt) {
  CancelToken cancel;
  const SearchOptions options{.k = k, .where = where, .prompt = prompt, .cancel = &cancel};
  return to_json(value_of(run_interruptibly(
      cancel, [&] { return search_dataset(home, name, column, text, options); })));
}

Names runs(const fs::path& home, const std::string& name) {
  Names lines;
  for (const DatasetRun& past : without_gil([&] { return list_runs(home, name); }))
    lines.push_back(to_json(past));
  return lines;
}

}  // namespace

void add_datasets(py::module_& module) {
  const py::arg home("home"), name("name");
  module.def(
      "list_datasets",
      [](const fs::path& h) { return without_gil([&] { return list_datasets(h); }); }, home);
  module.def(
      "read_dataset",
      [](const fs::path& h, const std::string& n) {
        return to_json(without_gil([&] { return read_dataset(h, n); }));
      },
      home, name);
  module.def("add_dataset", &add, home, name, py::arg("source"), py::arg("table"), py::arg("key"),
             py::arg("remote"));
  module.def("set_column", &set_column, home, name, py::arg("column"), py::arg("fields"),
             py::arg("remove_step"));
  module.def("refresh_dataset", &refresh, home, name, py::arg("columns"), py::arg("memory_limit"),
             py::arg("threads"), py::arg("batch_size"));
  module.def(
      "dataset_status",
      [](const fs::path& h, const std::string& n) {
        return to_json(without_gil([&] { return dataset_status(h, n, {}); }));
      },
      home, name);
  module.def("search_dataset", &search, home, name, py::arg("column"), py::arg("text"),
             py::arg("k"), py::arg("where"), py::arg("prompt"));
  module.def("list_runs", &runs, home, name);
  module.def(
      "remove_dataset",
      [](const fs::path& h, const std::string& n) { check(remove_dataset(h, n)); }, home, name);
  module.def(
      "store_folder",
      [](const fs::path& h, const std::string& n, const std::string& column) {
        return store_folder(h, n, column).string();
      },
      home, name, py::arg("column"));
  module.def(
      "processed_folder",
      [](const fs::path& h, const std::string& n) { return processed_folder(h, n).string(); }, home,
      name);
}

}  // namespace colvec::python
