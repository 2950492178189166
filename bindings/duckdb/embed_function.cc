#include "embed_function.h"

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models.h"

namespace colvec::sql {
namespace {

// A column of strings in a chunk.
class Strings {
 public:
  Strings(duckdb_data_chunk chunk, idx_t column)
      : Strings(duckdb_data_chunk_get_vector(chunk, column)) {}
  bool is_null(idx_t row) const {
    return validity_ != nullptr && !duckdb_validity_row_is_valid(validity_, row);
  }
  std::string_view at(idx_t row) const {
    return {duckdb_string_t_data(&values_[row]), duckdb_string_t_length(values_[row])};
  }

 private:
  explicit Strings(duckdb_vector vector)
      : values_(static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector))),
        validity_(duckdb_vector_get_validity(vector)) {}
  duckdb_string_t* values_;
  std::uint64_t* validity_;
};

// The rows of a chunk that one encoder is to embed.
struct Group {
  std::vector<idx_t> rows;
  std::vector<std::string_view> texts;
};
using Groups =
    std::map<std::pair<std::string_view, std::string_view>, Group>;  // By model, options.

// Rows with a NULL are in no group.
Groups groups_of(duckdb_data_chunk input) {
  const bool has_options = duckdb_data_chunk_get_column_count(input) > 2;
  const Strings models(input, 0);
  const Strings texts(input, 1);
  const Strings options(input, has_options ? 2 : 1);
  Groups groups;
  Group* last = nullptr;  // Mostly all rows are of one group.
  std::pair<std::string_view, std::string_view> last_key;
  for (idx_t row = 0; row < duckdb_data_chunk_get_size(input); ++row) {
    if (models.is_null(row) || texts.is_null(row) || options.is_null(row)) continue;
    const std::pair key(models.at(row), has_options ? options.at(row) : std::string_view());
    if (last == nullptr || key != last_key) {
      last = &groups[key];
      last_key = key;
    }
    last->rows.push_back(row);
    last->texts.push_back(texts.at(row));
  }
  return groups;
}

// The lists of the output, filled one group after the other.
class Lists {
 public:
  Lists(duckdb_vector output, idx_t rows)
      : output_(output), entries_(static_cast<duckdb_list_entry*>(duckdb_vector_get_data(output))) {
    duckdb_vector_ensure_validity_writable(output);
    std::uint64_t* const validity = duckdb_vector_get_validity(output);
    for (idx_t row = 0; row < rows; ++row) {
      entries_[row] = {0, 0};
      duckdb_validity_set_row_invalid(validity, row);
    }
  }

  Status add(const Group& group, Encoder& encoder) {
    const std::size_t dimension = encoder.info().dimension;
    const idx_t after = used_ + group.rows.size() * dimension;
    if (duckdb_list_vector_reserve(output_, after) == DuckDBError ||
        duckdb_list_vector_set_size(output_, after) == DuckDBError)
      return fail(ErrorCode::kIo, "out of memory");
    // Both may have moved.
    auto* const values =
        static_cast<float*>(duckdb_vector_get_data(duckdb_list_vector_get_child(output_)));
    entries_ = static_cast<duckdb_list_entry*>(duckdb_vector_get_data(output_));
    std::uint64_t* const validity = duckdb_vector_get_validity(output_);
    std::vector<TextReport> reports(group.rows.size());
    COLVEC_TRY(encoder.encode(group.texts, {values + used_, group.rows.size(), dimension}, reports,
                              nullptr));
    for (const idx_t row : group.rows) {
      entries_[row] = {used_, dimension};
      duckdb_validity_set_row_valid(validity, row);
      used_ += dimension;
    }
    return {};
  }

 private:
  duckdb_vector output_;
  duckdb_list_entry* entries_;
  idx_t used_ = 0;
};

Status embed(duckdb_data_chunk input, duckdb_vector output) {
  Lists lists(output, duckdb_data_chunk_get_size(input));
  for (const auto& [key, group] : groups_of(input)) {
    COLVEC_ASSIGN(const std::shared_ptr<Encoder> encoder,
                  model(std::string(key.first), std::string(key.second)));
    COLVEC_TRY(lists.add(group, *encoder));
  }
  return {};
}

void run(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  try {
    const Status status = embed(input, output);
    if (!status)
      duckdb_scalar_function_set_error(info, ("embed: " + status.error().message).c_str());
  } catch (const std::exception& exception) {
    duckdb_scalar_function_set_error(info, exception.what());
  }
}

}  // namespace

bool register_embed(duckdb_connection connection) {
  duckdb_logical_type text = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
  duckdb_logical_type number = duckdb_create_logical_type(DUCKDB_TYPE_FLOAT);
  duckdb_logical_type vector = duckdb_create_list_type(number);
  duckdb_scalar_function_set set = duckdb_create_scalar_function_set("embed");
  for (const int parameters : {2, 3}) {
    duckdb_scalar_function function = duckdb_create_scalar_function();
    duckdb_scalar_function_set_name(function, "embed");
    for (int i = 0; i < parameters; ++i) duckdb_scalar_function_add_parameter(function, text);
    duckdb_scalar_function_set_return_type(function, vector);
    duckdb_scalar_function_set_special_handling(function);  // NULLs are ours.
    duckdb_scalar_function_set_function(function, run);
    duckdb_add_scalar_function_to_set(set, function);
    duckdb_destroy_scalar_function(&function);
  }
  const duckdb_state state = duckdb_register_scalar_function_set(connection, set);
  duckdb_destroy_scalar_function_set(&set);
  for (duckdb_logical_type* type : {&vector, &number, &text}) duckdb_destroy_logical_type(type);
  return state == DuckDBSuccess;
}

}  // namespace colvec::sql
