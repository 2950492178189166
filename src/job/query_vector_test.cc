#include "job/query_vector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataset/projection.h"
#include "job/refresh_fixture.h"
#include "store/column_store.h"

namespace colvec {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class QueryVectorTest : public testing::Test {
 protected:
  QueryVectorTest() {
    home_.write("SELECT i AS id, 'text ' || i AS text FROM range(20) r(i)");
    home_.save({.model = "m"});
  }
  Result<std::unique_ptr<QueryVector>> open(const SearchOptions& options) {
    const Dataset dataset = home_.saved();
    home_.opened.clear();
    return QueryVector::open(home_.home(), dataset, *dataset.find("text"), options);
  }
  std::vector<float> encoded(std::string_view text) {
    std::vector<float> vector(4);
    TextReport report;
    EXPECT_TRUE(home_.encoder.encode({&text, 1}, {vector.data(), 1, 4}, {&report, 1}, nullptr));
    return vector;
  }
  const EncoderOptions& last_opened() const { return home_.opened.back().second; }

  RefreshHome home_;
};

TEST_F(QueryVectorTest, TheVectorIsThatOfTheColumnsModel) {
  home_.refresh();
  const auto query = open(home_.search_options());
  ASSERT_TRUE(query.has_value()) << query.error().message;
  EXPECT_EQ((*query)->dimension(), 4u);
  EXPECT_EQ((*query)->vector_of("some text").value(), encoded("some text"));
  EXPECT_EQ((*query)->vector_of("fail").error().message, "the model fell over");
  ASSERT_EQ(home_.opened.size(), 1u);
  EXPECT_EQ(home_.opened[0].first, "m");
  EXPECT_EQ(last_opened().precision, Precision::kF32);
}

TEST_F(QueryVectorTest, OfAShortenedColumnItIsShortenedAlike) {
  home_.save({.model = "m", .dimension = 2});
  home_.refresh();
  const auto query = open(home_.search_options());
  ASSERT_TRUE(query.has_value()) << query.error().message;
  EXPECT_EQ((*query)->dimension(), 2u);
  const std::vector<float> vector = (*query)->vector_of("text 7").value();
  Database database = Database::open({}).value();
  const auto store =
      ColumnStore::open(local_file_system(), database, store_folder(home_.home(), "wares", "text"));
  ASSERT_TRUE(store.has_value()) << store.error().message;
  const Projection projection =
      read_projection(**store, home_.saved().find("text")->active->fingerprint).value();
  std::vector<float> expected(2);
  projection.apply(encoded("text 7"), expected);
  EXPECT_EQ(vector, expected);
}

TEST_F(QueryVectorTest, ThePromptIsThatOfTheSearchOfTheModelOrOfTheStep) {
  struct Case {
    std::optional<std::string> of_search;
    bool model_has_one = false;
    std::optional<std::string> of_step{};
    bool has_prompt = false;
    std::string prompt{};
    std::string prompt_name{};
  };
  for (const Case& one :
       {Case{}, Case{.of_search = "find: ", .has_prompt = true, .prompt = "find: "},
        Case{.of_search = "", .model_has_one = true, .has_prompt = true},
        Case{.model_has_one = true, .prompt_name = "query"},
        Case{.model_has_one = true, .of_step = "step: ", .has_prompt = true, .prompt = "step: "},
        Case{.of_search = "find: ", .of_step = "step: ", .has_prompt = true, .prompt = "find: "}}) {
    home_.encoder.info_.prompt_names = {"document"};
    if (one.model_has_one) home_.encoder.info_.prompt_names.emplace_back("query");
    home_.save({.model = "m", .prompt = one.of_step});
    home_.refresh();
    SearchOptions options = home_.search_options();
    options.prompt = one.of_search;
    ASSERT_TRUE(open(options));
    EXPECT_EQ(last_opened().has_prompt, one.has_prompt) << one.prompt;
    EXPECT_EQ(last_opened().prompt, one.prompt);
    EXPECT_EQ(last_opened().prompt_name, one.prompt_name);
  }
}

TEST_F(QueryVectorTest, WithoutVectorsOrWithAnotherModelThereIsNone) {
  EXPECT_EQ(open(home_.search_options()).error().code, ErrorCode::kNotFound);
  home_.refresh();
  home_.encoder.info_.fingerprint = std::string(64, 'b');
  const auto other = open(home_.search_options());
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::kConflict);
  EXPECT_THAT(other.error().message, HasSubstr("were made by another model than m is now"));
  home_.save({.model = "absent"});
  EXPECT_THAT(open(home_.search_options()).error().message, StartsWith("column text: model: "));
}

}  // namespace
}  // namespace colvec
