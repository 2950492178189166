// A table of the step's fields: one row a field, with how it is read, and when and how it is
// written.
#include "dataset/embedding_step.h"

#include <algorithm>
#include <array>

#include "base/settings.h"
#include "colvec/encoder.h"

namespace colvec {
namespace {

constexpr Words<CompressionMethod, 3> kMethods = {{{"auto", CompressionMethod::kAuto},
                                                   {"truncate", CompressionMethod::kTruncate},
                                                   {"pca", CompressionMethod::kPca}}};

Status read_compression(const Json& json, Compression* out) {
  constexpr std::array<std::string_view, 2> kFields = {"method", "variance"};
  if (!json.is_object()) return json.wrong("must be an object with method and variance");
  COLVEC_TRY(json.each([&](std::string_view name, const Json& value) -> Status {
    if (name == "method") return read_word(value, kMethods, &out->method);
    if (name != "variance") return unknown_key(json.where(), name, kFields);
    const Result<double> number = value.as_number();
    if (!number || !(*number > 0 && *number < 1))
      return value.wrong("must be a number between 0 and 1");
    out->variance = *number;
    return {};
  }));
  if (out->variance > 0 && out->method == CompressionMethod::kTruncate)
    return json.wrong("variance goes with the method pca");
  if (out->variance > 0) out->method = CompressionMethod::kPca;
  return {};
}

void write_compression(const Compression& compression, JsonWriter* json) {
  json->begin_object().key("method").text(name_of(compression.method));
  if (compression.variance > 0) json->key("variance").number(compression.variance);
  json->end_object();
}

Status read_dimension(const Json& json, std::size_t* out) {
  return read_whole(json, 1, kDimensionMax, out);
}

Status read_prompt(const Json& json, std::optional<std::string>* out) {
  COLVEC_ASSIGN(*out, json.as_string());
  return {};
}

void write_names(const std::vector<std::string>& names, JsonWriter* json) { json->texts(names); }

void write_text(const std::string& text, JsonWriter* json) { json->text(text); }
void write_prompt(const std::optional<std::string>& text, JsonWriter* json) { json->text(*text); }
void write_number(std::size_t number, JsonWriter* json) { json->number(number); }
void write_boolean(bool value, JsonWriter* json) { json->boolean(value); }
void write_policy(Policy policy, JsonWriter* json) { json->text(name_of(policy)); }
void write_precision(Precision precision, JsonWriter* json) { json->text(name_of(precision)); }

struct Field {
  std::string_view name;
  Status (*read)(const Json& value, EmbeddingStep* step);
  bool (*is_default)(const EmbeddingStep& step);
  void (*write)(const EmbeddingStep& step, JsonWriter* json);
  void (*reset)(EmbeddingStep* step);
};

template <auto kMember, auto kRead, auto kWrite>
constexpr Field field(std::string_view name) {
  return {.name = name,
          .read = [](const Json& value, EmbeddingStep* step) -> Status {
            return kRead(value, &(step->*kMember));
          },
          .is_default =
              [](const EmbeddingStep& step) { return step.*kMember == EmbeddingStep{}.*kMember; },
          .write = [](const EmbeddingStep& step, JsonWriter* json) { kWrite(step.*kMember, json); },
          .reset = [](EmbeddingStep* step) { step->*kMember = EmbeddingStep{}.*kMember; }};
}

using Step = EmbeddingStep;
constexpr std::array kFields = {
    field<&Step::model, read_text, write_text>("model"),
    field<&Step::dimension, read_dimension, write_number>("dimension"),
    field<&Step::primary_key_column, read_names, write_names>("primary_key_column"),
    field<&Step::text_column, read_text, write_text>("text_column"),
    field<&Step::prompt, read_prompt, write_prompt>("prompt"),
    field<&Step::normalize, read_boolean, write_boolean>("normalize"),
    field<&Step::precision, read_precision, write_precision>("precision"),
    field<&Step::compression, read_compression, write_compression>("compression"),
    field<&Step::explode, read_boolean, write_boolean>("explode"),
    field<&Step::store_text, read_boolean, write_boolean>("store_text"),
    field<&Step::on_null, read_policy, write_policy>("on_null"),
    field<&Step::on_empty, read_policy, write_policy>("on_empty"),
    field<&Step::on_truncate, read_policy, write_policy>("on_truncate"),
    field<&Step::on_bad_vector, read_policy, write_policy>("on_bad_vector"),
};

const Field* find_field(std::string_view name) {
  const auto field =
      std::find_if(kFields.begin(), kFields.end(), [&](const Field& f) { return f.name == name; });
  return field == kFields.end() ? nullptr : &*field;
}

std::vector<std::string_view> field_names() {
  std::vector<std::string_view> names;
  for (const Field& field : kFields) names.push_back(field.name);
  return names;
}

constexpr std::array<std::string_view, 6> kVectorFields = {"model",     "dimension", "prompt",
                                                           "normalize", "precision", "compression"};

}  // namespace

Status check_step(const EmbeddingStep& step, const std::string& where) {
  if (step.model.empty())
    return fail(ErrorCode::kInvalidArgument,
                where + ": model: missing: name a model folder, org/name or builtin:lexical");
  if (step.compression.method == CompressionMethod::kTruncate && step.dimension == 0)
    return fail(ErrorCode::kInvalidArgument, where + ": compression: truncate needs a dimension");
  if (step.compression.method == CompressionMethod::kPca && step.dimension == 0 &&
      step.compression.variance == 0)
    return fail(ErrorCode::kInvalidArgument,
                where + ": compression: pca needs a dimension or a variance");
  if (step.compression.variance > 0 && step.dimension > 0)
    return fail(ErrorCode::kInvalidArgument,
                where + ": compression: either dimension or variance, not both");
  return {};
}

Result<EmbeddingStep> read_embedding_step(const Json& json) {
  if (!json.is_object()) return json.wrong("must be an object with model, dimension, ...");
  EmbeddingStep step;
  COLVEC_TRY(json.each([&](std::string_view name, const Json& value) -> Status {
    const Field* const field = find_field(name);
    if (field == nullptr) return unknown_key(json.where(), name, field_names());
    return value.is_null() ? Status() : field->read(value, &step);
  }));
  COLVEC_TRY(check_step(step, json.where()));
  return step;
}

void write_embedding_step(const EmbeddingStep& step, JsonWriter* json) {
  json->begin_object();
  for (const Field& field : kFields) {
    if (field.is_default(step) && field.name != "model") continue;
    json->key(field.name);
    field.write(step, json);
  }
  json->end_object();
}

std::string vector_settings(const EmbeddingStep& step) {
  JsonWriter json;
  json.begin_object();
  for (const Field& field : kFields) {
    const bool decides =
        std::find(kVectorFields.begin(), kVectorFields.end(), field.name) != kVectorFields.end();
    if (!decides || field.is_default(step)) continue;
    json.key(field.name);
    field.write(step, &json);
  }
  json.end_object();
  return json.take();
}

std::string_view name_of(CompressionMethod method) {
  for (const auto& [name, meaning] : kMethods)
    if (meaning == method) return name;
  return "";
}

Result<EmbeddingStep> parse_embedding_step(std::string_view json, const std::string& column) {
  COLVEC_ASSIGN(const Json parsed, Json::parse(json, "column " + column + ": embedding"));
  return read_embedding_step(parsed);
}

Result<EmbeddingStep> change_step(const std::optional<EmbeddingStep>& before,
                                  const std::vector<StepChange>& changes,
                                  const std::string& column) {
  const std::string where = "column " + column + ": embedding";
  EmbeddingStep step = before.value_or(EmbeddingStep{});
  for (const StepChange& change : changes) {
    const Field* const field = find_field(change.field);
    if (field == nullptr) return unknown_key(where, change.field, field_names());
    const std::string field_where = where + ": " + change.field;
    Result<Json> parsed = Json::parse(change.value, field_where);
    // What is no JSON goes on as text, for the field's own error to say what is allowed.
    if (!parsed) parsed = Json::parse(json_quote(change.value), field_where);
    COLVEC_ASSIGN(const Json value, std::move(parsed));
    field->reset(&step);
    if (!value.is_null()) COLVEC_TRY(field->read(value, &step));
  }
  COLVEC_TRY(check_step(step, where));
  return step;
}

std::string to_json(const EmbeddingStep& step) {
  JsonWriter json;
  write_embedding_step(step, &json);
  return json.take();
}

}  // namespace colvec
