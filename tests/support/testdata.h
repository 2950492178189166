// Finds test inputs: the project's own (always there) and the large shared set, which is optional.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace colvec {

// The checkout: where it was compiled, or where COLVEC_SOURCE says that it is now.
inline std::filesystem::path source_folder() {
  const char* moved = std::getenv("COLVEC_SOURCE");
  return moved != nullptr ? moved : COLVEC_SOURCE_DIR;
}

// A file or folder of the project's testdata/.
inline std::filesystem::path own_testdata(const std::string& name) {
  return source_folder() / "testdata" / name;
}

// A file or folder of the large set: $COLVEC_TESTDATA, else ../shared/testdata beside the checkout.
inline std::filesystem::path shared_testdata(const std::string& name) {
  const char* root = std::getenv("COLVEC_TESTDATA");
  const std::filesystem::path folder = root != nullptr
                                           ? std::filesystem::path(root)
                                           : source_folder() / ".." / "shared" / "testdata";
  return folder / name;
}

// Whether there are hours: ./test.sh --long.
inline bool runs_long() {
  const char* value = std::getenv("COLVEC_LONG");
  return value != nullptr && std::string(value) == "1";
}

// How many of `count` tries to make: a tenth under sanitizers, which look at how memory is used
// while the optimised build looks at the results.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
#else
constexpr bool kSanitized = false;
#endif
constexpr int tries(int count) { return kSanitized ? (count + 9) / 10 : count; }

}  // namespace colvec

// Skips the test, saying which path is missing.
#define COLVEC_NEEDS(path) \
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "SKIPPED: not there: " << (path).string()

// Unwraps a Result in a test, or fails it with the error's message.
#define COLVEC_ASSERT_ASSIGN(target, expression)            \
  auto COLVEC_CONCAT(result_, __LINE__) = (expression);     \
  ASSERT_TRUE(COLVEC_CONCAT(result_, __LINE__).has_value()) \
      << COLVEC_CONCAT(result_, __LINE__).error().message;  \
  target = std::move(*COLVEC_CONCAT(result_, __LINE__))
