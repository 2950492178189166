#include "model/model_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <numeric>

#include "base/check.h"

namespace colvec {

std::string raw_safetensors(std::string_view header, std::string_view data) {
  std::string file(8, '\0');
  const std::uint64_t length = header.size();
  std::memcpy(file.data(), &length, sizeof(length));
  return file.append(header).append(data);
}

std::string float_safetensors(const std::vector<FloatTensor>& tensors) {
  std::vector<TensorEntry> entries;
  std::string data;
  for (const FloatTensor& tensor : tensors) {
    const std::size_t bytes = tensor.values.size() * sizeof(float);
    entries.push_back({tensor.name, DType::kF32, tensor.shape, 0, bytes});
    data.append(reinterpret_cast<const char*>(tensor.values.data()), bytes);
  }
  return safetensors_header(entries) + data;
}

std::span<const std::byte> bytes_of_text(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

Json json_of(std::string_view text, std::string where) {
  Result<Json> json = Json::parse(text, std::move(where));
  COLVEC_CHECK(json.has_value());
  return std::move(*json);
}

Json patched(std::string_view base, std::string_view key, std::string_view value) {
  std::string text;
  const auto add = [&](std::string_view name, std::string_view member) {
    text += (text.empty() ? "{" : ",") + json_quote(name) + ":" + std::string(member);
  };
  const Json json = json_of(base);
  for (const std::string& name : json.keys())
    if (name != key) add(name, json.member(name)->dump());
  if (!value.empty()) add(key, value);
  return json_of(text.empty() ? "{}" : text + "}");
}

void expect_refusals(std::string_view base, std::span<const BadConfig> cases,
                     const std::function<Status(const Json&)>& parse) {
  const Status good = parse(json_of(base));
  ASSERT_TRUE(good.has_value()) << good.error().message;
  for (const BadConfig& bad : cases) {
    const Status status = parse(patched(base, bad.key, bad.value));
    ASSERT_FALSE(status.has_value()) << bad.key << ": " << bad.value;
    EXPECT_THAT(status.error().message, ::testing::HasSubstr(bad.expected));
  }
}

}  // namespace colvec
