#include "json_texts.h"

namespace colvec::cli {

void write_texts(const std::vector<std::string>& texts, JsonWriter* json) {
  json->begin_list();
  for (const std::string& text : texts) json->text(text);
  json->end_list();
}

}  // namespace colvec::cli
