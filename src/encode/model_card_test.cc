#include "encode/model_card.h"

#include <gtest/gtest.h>

namespace colvec {
namespace {

TEST(ModelCard, FindsTheLicenceInTheFrontMatter) {
  const std::pair<const char*, const char*> cases[] = {
      {"---\nlanguage: en\nlicense: apache-2.0\ntags:\n- x\n---\n# Model\n", "apache-2.0"},
      {"---\r\nlicense: 'mit'\r\n---\r\n", "mit"},
      {"---\nlicense: \"cc-by-nc-4.0\"  # not for sale\n---\n", "cc-by-nc-4.0"},
      {"---\nlicense:\n- gemma\n- mit\n---\n", "gemma"},
      {"---\nlicense: [mit, apache-2.0]\n---\n", "mit"},
      {"---\nlicense: other\nlicense_name: nvidia-open\n---\n", "nvidia-open"},
      {"---\nlicense: other\n---\n", "other"},
      {"---\ntags:\n- license: x\nmodel-index:\n  license: y\n---\n", ""},
      {"---\nlicense: mit\n", ""},
      {"# Model\nlicense: mit\n", ""},
      {"", ""},
      {"---", ""},
      {"---\nlicense:\n---\nlicense: mit\n", ""},
  };
  for (const auto& [readme, licence] : cases) EXPECT_EQ(licence_of(readme), licence) << readme;
}

}  // namespace
}  // namespace colvec
