#include "store_functions.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "colvec/store.h"
#include "models.h"
#include "query.h"

namespace colvec::sql {
namespace {

constexpr std::string_view kScanPrefix = "colvec:";

// What both functions keep between binding and running: SQL whose columns are those of the
// function.
struct Bound {
  std::string select;
  std::vector<std::string> columns;
};

// Of a bind: its parameters, as text.
class Parameters {
 public:
  explicit Parameters(duckdb_bind_info info) : info_(info) {}

  std::string text(idx_t index) const { return text_of(duckdb_bind_get_parameter(info_, index)); }
  std::string named(const char* name) const {
    return text_of(duckdb_bind_get_named_parameter(info_, name));
  }
  std::int64_t number(idx_t index) const {
    duckdb_value value = duckdb_bind_get_parameter(info_, index);
    const std::int64_t number = duckdb_is_null_value(value) ? 0 : duckdb_get_int64(value);
    duckdb_destroy_value(&value);
    return number;
  }
  std::vector<std::string> named_list(const char* name) const {
    std::vector<std::string> list;
    duckdb_value value = duckdb_bind_get_named_parameter(info_, name);
    if (value != nullptr && !duckdb_is_null_value(value))
      for (idx_t i = 0; i < duckdb_get_list_size(value); ++i)
        list.push_back(text_of(duckdb_get_list_child(value, i)));
    if (value != nullptr) duckdb_destroy_value(&value);
    return list;
  }
  bool has(const char* name) const {
    duckdb_value value = duckdb_bind_get_named_parameter(info_, name);
    const bool there = value != nullptr && !duckdb_is_null_value(value);
    if (value != nullptr) duckdb_destroy_value(&value);
    return there;
  }

 private:
  // Takes the value; "" for none and for NULL.
  static std::string text_of(duckdb_value value) {
    if (value == nullptr) return "";
    std::string text;
    if (!duckdb_is_null_value(value)) {
      char* const varchar = duckdb_get_varchar(value);
      if (varchar != nullptr) text = varchar;
      duckdb_free(varchar);
    }
    duckdb_destroy_value(&value);
    return text;
  }

  duckdb_bind_info info_;
};

std::string list_of(const std::vector<std::string>& items) {
  std::string list;
  for (const std::string& item : items) list += (list.empty() ? "" : ", ") + item;
  return list;
}

// "a = '17' AND b = 'x'" for the key "17,x"; a key of one column may have commas.
Result<std::string> key_condition(const std::string& key, const std::vector<std::string>& columns) {
  std::vector<std::string> values;
  std::size_t begin = 0;
  while (columns.size() > 1) {
    const std::size_t comma = key.find(',', begin);
    if (comma == std::string::npos) break;
    values.push_back(key.substr(begin, comma - begin));
    begin = comma + 1;
  }
  values.push_back(key.substr(begin));
  if (values.size() != columns.size())
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("keys: {}: {} values, but the key has {} columns", key, values.size(),
                            columns.size()));
  std::string condition;
  for (std::size_t i = 0; i < columns.size(); ++i)
    condition +=
        (i == 0 ? "(" : " AND ") + sql_quoted(columns[i], '"') + " = " + sql_quoted(values[i]);
  return condition + ")";
}

// Conditions on keys and texts, which the reader of Parquet compares with its statistics.
Result<std::string> conditions(const Parameters& parameters,
                               const std::vector<std::string>& columns) {
  std::string where;
  if (parameters.has("keys")) {
    const auto hash = std::find(columns.begin(), columns.end(), "text_hash");
    const std::vector<std::string> key_columns(columns.begin(), hash);
    if (key_columns.empty())
      return fail(ErrorCode::kUnsupported, "keys: a cache of texts has none");
    std::string any;
    for (const std::string& key : parameters.named_list("keys")) {
      COLVEC_ASSIGN(const std::string one, key_condition(key, key_columns));
      any += (any.empty() ? "" : " OR ") + one;
    }
    where = " WHERE (" + (any.empty() ? "false" : any) + ")";
  }
  if (parameters.has("texts")) {
    std::vector<std::string> hashes;
    for (const std::string& text : parameters.named_list("texts"))
      hashes.push_back("left(sha256(" + sql_quoted(text) + "), 32)");
    where += (where.empty() ? " WHERE " : " AND ") +
             (hashes.empty() ? "false" : "text_hash IN (" + list_of(hashes) + ")");
  }
  return where;
}

// The columns of `select`, added to the bind where `info` is given.
Result<std::vector<std::string>> describe(duckdb_bind_info info, const std::string& select) {
  COLVEC_ASSIGN(const std::unique_ptr<Query> query,
                Query::run("SELECT * FROM (" + select + ") LIMIT 0"));
  std::vector<std::string> names;
  for (const QueryColumn& column : query->columns()) {
    names.push_back(column.name);
    if (info != nullptr) duckdb_bind_add_result_column(info, column.name.c_str(), column.type);
  }
  return names;
}

Result<Bound> bind_store(duckdb_bind_info info) {
  const Parameters parameters(info);
  COLVEC_ASSIGN(const std::unique_ptr<Store> store, Store::open(parameters.text(0), {}));
  COLVEC_ASSIGN(const std::string select,
                store->select_sql({}, parameters.named("model"), parameters.named("precision")));
  Bound bound;
  COLVEC_ASSIGN(bound.columns, describe(info, select));
  COLVEC_ASSIGN(const std::string where, conditions(parameters, bound.columns));
  bound.select = "SELECT * FROM (" + select + ")" + where;
  return bound;
}

// The active vectors of the store, unless the caller says which.
Result<StoredModel> model_of(Store& store, const std::string& asked) {
  COLVEC_ASSIGN(const StoreInfo info, store.info());
  for (const StoredModel& model : info.models)
    if (asked.empty() ? model.active : model.model.starts_with(asked)) return model;
  if (asked.empty() && info.models.size() == 1) return info.models.front();
  return fail(ErrorCode::kNotFound,
              asked.empty() ? "the store has no active model: name one with model := 'f...'"
                            : "the store has no vectors of the model: " + asked);
}

// The vector of `text` by the model whose vectors these are.
Result<std::vector<float>> vector_of(const StoredModel& stored, const std::string& folder,
                                     const std::string& text) {
  const std::string& name = folder.empty() ? stored.name : folder;
  if (name.empty())
    return fail(ErrorCode::kNotFound, "the store does not know the name of its model " +
                                          stored.model + ": name it with encoder := '...'");
  const std::string precision = R"({"precision": ")" + stored.precision + "\"}";
  COLVEC_ASSIGN(const std::shared_ptr<Encoder> encoder, model(name, precision));
  if (("f" + encoder->info().fingerprint).substr(0, stored.model.size()) != stored.model)
    return fail(ErrorCode::kConflict,
                fmt::format("{}: did not make these vectors: its fingerprint is {:.16}, theirs {}",
                            name, encoder->info().fingerprint, stored.model));
  std::vector<float> vector(encoder->info().dimension);
  TextReport report;
  const std::string_view view = text;
  COLVEC_TRY(encoder->encode({&view, 1}, {vector.data(), 1, vector.size()}, {&report, 1}, nullptr));
  return vector;
}

Result<Bound> bind_search(duckdb_bind_info info) {
  const Parameters parameters(info);
  const std::int64_t k = parameters.number(2);
  if (k < 1) return fail(ErrorCode::kInvalidArgument, fmt::format("k: must be 1 or more: {}", k));
  COLVEC_ASSIGN(const std::unique_ptr<Store> store, Store::open(parameters.text(0), {}));
  COLVEC_ASSIGN(const StoredModel stored, model_of(*store, parameters.named("model")));
  COLVEC_ASSIGN(const std::vector<float> vector,
                vector_of(stored, parameters.named("encoder"), parameters.text(1)));
  COLVEC_ASSIGN(const std::string select, store->select_sql({}, stored.model, stored.precision));
  Bound bound;
  bound.select = fmt::format(
      "SELECT * EXCLUDE (embedding), list_inner_product(embedding, [{:.9g}]::FLOAT[])::DOUBLE AS"
      " score FROM ({}) ORDER BY score DESC, text_hash LIMIT {}",
      fmt::join(vector, ", "), select, k);
  COLVEC_ASSIGN(bound.columns, describe(info, bound.select));
  return bound;
}

template <Result<Bound> (*bind)(duckdb_bind_info)>
void run_bind(duckdb_bind_info info) {
  try {
    Result<Bound> bound = bind(info);
    if (!bound) return duckdb_bind_set_error(info, bound.error().message.c_str());
    duckdb_bind_set_bind_data(info, new Bound(std::move(*bound)),
                              [](void* data) { delete static_cast<Bound*>(data); });
  } catch (const std::exception& exception) {
    duckdb_bind_set_error(info, exception.what());
  }
}

// Runs the query for the columns that are asked for.
void init(duckdb_init_info info) {
  try {
    const auto& bound = *static_cast<const Bound*>(duckdb_init_get_bind_data(info));
    std::vector<std::string> columns;
    for (idx_t i = 0; i < duckdb_init_get_column_count(info); ++i) {
      const idx_t index = duckdb_init_get_column_index(info, i);
      // count(*) asks for a column that there is not.
      columns.push_back(index < bound.columns.size() ? sql_quoted(bound.columns[index], '"')
                                                     : "true");
    }
    if (columns.empty()) columns.emplace_back("true");
    Result<std::unique_ptr<Query>> query =
        Query::run("SELECT " + list_of(columns) + " FROM (" + bound.select + ")");
    if (!query) return duckdb_init_set_error(info, query.error().message.c_str());
    duckdb_init_set_max_threads(info, 1);
    duckdb_init_set_init_data(info, query->release(),
                              [](void* data) { delete static_cast<Query*>(data); });
  } catch (const std::exception& exception) {
    duckdb_init_set_error(info, exception.what());
  }
}

void run(duckdb_function_info info, duckdb_data_chunk output) {
  try {
    const Status status = static_cast<Query*>(duckdb_function_get_init_data(info))->next(output);
    if (!status) duckdb_function_set_error(info, status.error().message.c_str());
  } catch (const std::exception& exception) {
    duckdb_function_set_error(info, exception.what());
  }
}

struct NamedParameter {
  const char* name;
  bool is_list;
};

bool register_function(duckdb_connection connection, const char* name,
                       duckdb_table_function_bind_t bind,
                       const std::vector<duckdb_type>& parameters,
                       const std::vector<NamedParameter>& named) {
  duckdb_table_function function = duckdb_create_table_function();
  duckdb_table_function_set_name(function, name);
  for (const duckdb_type parameter : parameters) {
    duckdb_logical_type type = duckdb_create_logical_type(parameter);
    duckdb_table_function_add_parameter(function, type);
    duckdb_destroy_logical_type(&type);
  }
  duckdb_logical_type text = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
  duckdb_logical_type texts = duckdb_create_list_type(text);
  for (const NamedParameter& parameter : named)
    duckdb_table_function_add_named_parameter(function, parameter.name,
                                              parameter.is_list ? texts : text);
  duckdb_destroy_logical_type(&texts);
  duckdb_destroy_logical_type(&text);
  duckdb_table_function_set_bind(function, bind);
  duckdb_table_function_set_init(function, init);
  duckdb_table_function_set_function(function, run);
  duckdb_table_function_supports_projection_pushdown(function, true);
  const duckdb_state state = duckdb_register_table_function(connection, function);
  duckdb_destroy_table_function(&function);
  return state == DuckDBSuccess;
}

void scan(duckdb_replacement_scan_info info, const char* table_name, void*) {
  const std::string_view name(table_name);
  if (!name.starts_with(kScanPrefix)) return;
  try {
    const std::string path(name.substr(kScanPrefix.size()));
    const Result<std::unique_ptr<Store>> store = Store::open(path, {});
    if (!store) return duckdb_replacement_scan_set_error(info, store.error().message.c_str());
    const Result<std::string> select = (*store)->select_sql({}, "", "");
    if (!select) return duckdb_replacement_scan_set_error(info, select.error().message.c_str());
    duckdb_replacement_scan_set_function_name(info, "query");
    duckdb_value sql = duckdb_create_varchar(select->c_str());
    duckdb_replacement_scan_add_parameter(info, sql);
    duckdb_destroy_value(&sql);
  } catch (const std::exception& exception) {
    duckdb_replacement_scan_set_error(info, exception.what());
  }
}

}  // namespace

bool register_store_functions(duckdb_connection connection) {
  return register_function(
             connection, "colvec_store", run_bind<bind_store>, {DUCKDB_TYPE_VARCHAR},
             {{"keys", true}, {"texts", true}, {"model", false}, {"precision", false}}) &&
         register_function(connection, "colvec_search", run_bind<bind_search>,
                           {DUCKDB_TYPE_VARCHAR, DUCKDB_TYPE_VARCHAR, DUCKDB_TYPE_BIGINT},
                           {{"model", false}, {"encoder", false}});
}

void add_store_scan(duckdb_database database) {
  duckdb_add_replacement_scan(database, scan, nullptr, nullptr);
}

}  // namespace colvec::sql
