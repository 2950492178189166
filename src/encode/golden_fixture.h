// Compares encoders with golden vectors.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "colvec/encoder.h"
#include "colvec/model_tools.h"

namespace colvec {

// Vectors of `texts`, one after the other, from one call of encode().
std::vector<float> encode_all(Encoder& encoder, const std::vector<std::string>& texts);

// The `text` of each line of a JSON-lines file.
std::vector<std::string> texts_of(const std::filesystem::path& path);

// Texts of all kinds: empty, short, long beyond any limit, other scripts, white space.
std::vector<std::string> mixed_texts();

// The texts of `texts` give the vectors of `vectors`, each number within 1e-5.
void expect_golden(const std::filesystem::path& model, const EncoderOptions& options,
                   const std::filesystem::path& texts, const std::filesystem::path& vectors);

// Each of mixed_texts() gives the same bits alone, in a batch of all, in another order, with other
// batch sizes and on one thread.
void expect_same_bits_in_any_company(const std::filesystem::path& model, EncoderOptions options);

// A folder that goes away with this object.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path write(const std::string& name, std::string_view bytes) const;
  // Copies the files of `from`, which become writable.
  void copy(const std::filesystem::path& from) const;
  // Replaces values in a JSON file at the top level; "" removes the key. Values are JSON.
  void patch(const std::string& name,
             const std::vector<std::pair<std::string, std::string>>& members) const;

 private:
  std::filesystem::path path_;
};

std::string file_text(const std::filesystem::path& path);

}  // namespace colvec
