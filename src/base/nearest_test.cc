#include "base/nearest.h"

#include <gtest/gtest.h>

#include <array>

namespace colvec {
namespace {

TEST(Nearest, FindsTheNameThatWasMeant) {
  constexpr std::array<std::string_view, 3> names = {"id_column", "text_column", "model"};
  EXPECT_EQ(nearest_name("id_colum", names), "id_column");
  EXPECT_EQ(nearest_name("modell", names), "model");
  EXPECT_EQ(nearest_name("zzzzzz", names), "");
}

}  // namespace
}  // namespace colvec
