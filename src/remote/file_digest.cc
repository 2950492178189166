#include "remote/file_digest.h"

#include <algorithm>
#include <optional>

#include "base/hash.h"

namespace colvec {

Result<FileDigests> digest_file(const PositionedFile& file, std::uint64_t offset,
                                std::uint64_t size, const DigestWish& wish,
                                const CancelToken* cancel) {
  constexpr std::size_t kBlockBytes = 1u << 20;
  std::optional<Sha256> sha256;
  std::optional<Xxh3> xxh3;
  std::optional<Md5> md5;
  if (wish.sha256) sha256.emplace();
  if (wish.xxh3) xxh3.emplace();
  if (wish.md5) md5.emplace();
  std::string block(static_cast<std::size_t>(std::min<std::uint64_t>(size, kBlockBytes)), '\0');
  for (std::uint64_t done = 0; done < size; done += block.size()) {
    if (cancel != nullptr && cancel->requested()) return fail(ErrorCode::kCancelled, "cancelled");
    block.resize(static_cast<std::size_t>(std::min<std::uint64_t>(size - done, kBlockBytes)));
    COLVEC_ASSIGN(const std::size_t got, file.read_at(offset + done, block));
    if (got < block.size())
      return fail(ErrorCode::kIo, file.path().string() + ": is shorter than it was");
    if (sha256) sha256->update(block);
    if (xxh3) xxh3->update(block);
    if (md5) md5->update(block);
  }
  FileDigests digests;
  if (sha256) digests.sha256 = hex(sha256->finish());
  if (xxh3) digests.xxh3 = xxh3->hex();
  if (md5) digests.md5 = md5->finish();
  return digests;
}

}  // namespace colvec
