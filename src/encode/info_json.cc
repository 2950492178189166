#include "colvec/encoder.h"
#include "colvec/json_writer.h"

namespace colvec {

std::string to_json(const EncoderInfo& info) {
  JsonWriter json;
  json.begin_object().key("model").text(info.model).key("kind").text(info.kind);
  json.key("dimension").number(std::uint64_t{info.dimension});
  json.key("tokens_max").number(std::uint64_t{info.tokens_max});
  json.key("fingerprint").text(info.fingerprint);
  json.key("precision").text(name_of(info.precision)).key("isa").text(info.isa);
  json.key("shorter_dimensions").begin_list();
  for (const std::size_t dimension : info.shorter_dimensions) json.number(std::uint64_t{dimension});
  json.end_list().key("prompt_names").begin_list();
  for (const std::string& name : info.prompt_names) json.text(name);
  json.end_list().key("is_neural").boolean(info.is_neural).key("note").text(info.note);
  json.end_object();
  return json.take();
}

}  // namespace colvec
