// Its vectors are compared with the reference in families_test.cc.
#include "model/distilbert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/model_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

using ::testing::Contains;
using ::testing::Field;
using ::testing::Not;

constexpr std::string_view kConfig =
    R"({"model_type":"distilbert","vocab_size":30,"dim":8,"n_layers":2,"n_heads":2,)"
    R"("hidden_dim":12,"max_position_embeddings":16,"activation":"gelu"})";

Status parse(const Json& config) {
  COLVEC_TRY(list_distilbert(config));
  return {};
}

const auto has = [](const char* name) { return Contains(Field(&WeightSpec::name, name)); };

TEST(Distilbert, ListsTheTensorsThatItLoads) {
  COLVEC_ASSERT_ASSIGN(const std::vector<WeightSpec> specs, list_distilbert(json_of(kConfig)));
  EXPECT_EQ(specs.size(), 4 + 2 * 16u);
  EXPECT_THAT(specs, has("transformer.layer.1.ffn.lin2.bias"));
}

TEST(Distilbert, RefusesConfigsThatCannotBeRight) {
  const BadConfig cases[] = {
      {"dim", "", "missing key: dim"},
      {"n_heads", "3", "n_heads does not divide dim: 3 and 8"},
      {"max_position_embeddings", "0", "max_position_embeddings: not between"},
      {"activation", "\"mishmash\"", "activation: unknown activation: mishmash"},
  };
  expect_refusals(kConfig, cases, parse);
}

}  // namespace
}  // namespace colvec
