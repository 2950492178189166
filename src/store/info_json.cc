#include "colvec/json_writer.h"
#include "colvec/store.h"

namespace colvec {

std::string to_json(const StoreInfo& info) {
  JsonWriter json;
  json.begin_object().key("key_columns").texts(info.key_columns);
  json.key("keys").number(info.keys).key("keys_version");
  info.keys_version ? json.number(*info.keys_version) : json.null();
  json.key("vectors_version").number(info.vectors_version);
  json.key("bytes").number(info.bytes).key("files").number(info.files);
  json.key("models").begin_list();
  for (const StoredModel& model : info.models) {
    json.begin_object().key("model").text(model.model).key("name").text(model.name);
    json.key("precision").text(model.precision);
    json.key("dimension").number(std::uint64_t{model.dimension});
    json.key("vectors").number(model.vectors).key("bytes").number(model.bytes);
    json.key("files").number(model.files).key("active").boolean(model.active).end_object();
  }
  json.end_list().end_object();
  return json.take();
}

}  // namespace colvec
