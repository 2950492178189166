#include "hub/fetch_blob.h"

#include <algorithm>
#include <system_error>

#include "base/file.h"
#include "base/hash.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

// Fewer bytes do not count as getting on: they may be the same start again and again.
constexpr std::uint64_t kProgressBytes = 64 << 10;

bool is_whole(const fs::path& path, std::uint64_t size) {
  std::error_code error;
  const std::uintmax_t there = fs::file_size(path, error);
  return !error && there == size;
}

// Brings the file to its whole size; returns the bytes that came.
Result<std::uint64_t> download(const BlobSource& source, const RepoFile& wanted,
                               const PositionedFile& file,
                               const std::function<void(std::uint64_t)>& on_done) {
  std::uint64_t there = 0;  // Bytes in the file,
  std::uint64_t came = 0;   // and over the network.
  const auto first = [&]() -> std::uint64_t {
    there = file.size().value_or(0);
    // Nobody knows where a file that is too long went wrong.
    if (there > wanted.size) there = 0;
    on_done(there);
    return there;
  };
  const auto on_bytes = [&](std::uint64_t bytes) {
    came += bytes;
    there += bytes;
    on_done(std::min(there, wanted.size));
  };
  while (first() < wanted.size) {
    const std::uint64_t before = there;
    const Status got =
        source.api.get_file(source.repo, source.commit, wanted.path, file, first, on_bytes);
    COLVEC_ASSIGN(const std::uint64_t after, file.size());
    if (got && after >= wanted.size) break;
    const bool is_getting_on = after >= before + kProgressBytes && after < wanted.size;
    if (!got && !(is_getting_on && got.error().code == ErrorCode::kIo))
      return tl::make_unexpected(got.error());
    if (got && after <= before)
      return fail(ErrorCode::kCorruption, source.repo.full_text() + ": " + wanted.path +
                                              ": the hub sends less than it has named");
  }
  COLVEC_TRY(file.resize(wanted.size));
  COLVEC_TRY(file.sync());
  return came;
}

}  // namespace

Status check_file(const fs::path& path, const std::string& checksum) {
  std::string found;
  if (checksum.size() == 64) {
    Sha256 sha;
    COLVEC_TRY(read_in_parts(path, [&](std::string_view part) { sha.update(part); }));
    found = hex(sha.finish());
  } else {
    Sha1 sha;
    std::error_code error;
    const std::uintmax_t size = fs::file_size(path, error);
    if (error) return fail(ErrorCode::kIo, path.string() + ": " + error.message());
    sha.update("blob " + std::to_string(size) + std::string(1, '\0'));
    COLVEC_TRY(read_in_parts(path, [&](std::string_view part) { sha.update(part); }));
    found = sha.finish();
  }
  if (found == checksum) return {};
  return fail(ErrorCode::kCorruption,
              path.string() + ": has the checksum " + found + ", not " + checksum);
}

Result<std::uint64_t> fetch_blob(const BlobSource& source, const RepoFile& file,
                                 const std::function<void(std::uint64_t)>& on_done) {
  const fs::path blob = source.cache.blob(source.repo, file.checksum);
  COLVEC_ASSIGN(const FileLock lock,
                FileLock::acquire(source.cache.blob_lock(source.repo, file.checksum)));
  if (is_whole(blob, file.size)) {
    on_done(file.size);
    return std::uint64_t{0};
  }
  const fs::path incomplete = blob.string() + ".incomplete";
  std::uint64_t came = 0;
  // A start from an earlier time may be wrong: the second time the whole comes.
  for (const bool is_last : {false, true}) {
    std::error_code ignored;
    const bool is_fresh = !fs::exists(incomplete, ignored);
    {
      COLVEC_ASSIGN(const PositionedFile opened, PositionedFile::open_to_write(incomplete));
      COLVEC_ASSIGN(const std::uint64_t bytes, download(source, file, opened, on_done));
      came += bytes;
    }
    Status checked = check_file(incomplete, file.checksum);
    if (checked) break;
    fs::remove(incomplete, ignored);
    if (is_fresh || is_last)
      return at(source.repo.full_text() + ": " + file.path +
                    ": the hub sends other bytes than it has named",
                std::move(checked).error());
  }
  COLVEC_TRY(move_file(incomplete, blob));
  return came;
}

}  // namespace colvec
