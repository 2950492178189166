#include "base/uuid.h"

#include <gtest/gtest.h>

#include <set>

namespace colvec {
namespace {

// "x" for lower-case hexadecimal digits, everything else as it is.
std::string form_of(std::string text) {
  for (char& c : text)
    if (std::string_view("0123456789abcdef").find(c) != std::string_view::npos) c = 'x';
  return text;
}

TEST(Uuid, HasTheFormOfVersion4) {
  for (int i = 0; i < 100; ++i) {
    const std::string uuid = new_uuid();
    EXPECT_EQ(form_of(uuid), "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
    EXPECT_EQ(uuid[14], '4');
    EXPECT_NE(std::string_view("89ab").find(uuid[19]), std::string_view::npos) << uuid;
  }
}

TEST(Uuid, IsNewEachTime) {
  std::set<std::string> seen;
  for (int i = 0; i < 10000; ++i) seen.insert(new_uuid());
  EXPECT_EQ(seen.size(), 10000u);
}

}  // namespace
}  // namespace colvec
