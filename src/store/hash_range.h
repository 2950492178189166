// A range of text hashes: the share of one worker, and which files may hold some of it.
//
// SHA-256 spreads evenly, so equal parts of the hashes are about equal parts of the texts. The rows
// of a file are sorted by their hash and the log has the bounds of each file: who works on a range
// reads only the files that meet it.
//
// Thread-safety: values and pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "store/delta_action.h"

namespace colvec {

// [begin, end): hexadecimal digits in lower case, compared as text; "" leaves an end open.
struct HashRange {
  std::string begin{};
  std::string end{};
  bool operator==(const HashRange&) const = default;

  bool is_all() const { return begin.empty() && end.empty(); }
  // The condition as SQL over `hash`, a VARCHAR of at least 8 digits; "" for all.
  std::string sql(std::string_view hash) const;
  // Whether the file may have a hash of the range, by the bounds in the log; true where it has
  // none.
  bool may_meet(const AddFile& file) const;
};

// Part `index` of `count` equal ones, by the first 32 bits. REQUIRES: index < count.
HashRange hash_range(std::uint64_t index, std::uint64_t count);

// SQL: the part of `count` that `hash` (as above) lies in.
std::string hash_part_sql(std::string_view hash, std::uint64_t count);

// Whether two files may have a text hash in common.
bool may_share_hash(const AddFile& a, const AddFile& b);

}  // namespace colvec
