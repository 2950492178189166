#include "remote/check_remote.h"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <functional>

#include "base/clock.h"
#include "base/io_threads.h"
#include "base/uuid.h"

namespace colvec {
namespace {

class Checker {
 public:
  explicit Checker(ObjectStore& store) : store_(store), folder_(kCheckPrefix + new_uuid() + "/") {}

  RemoteReport run() {
    const bool is_there = check("reach it", [&] { return reach(); });
    if (!is_there) return report_;
    const bool keeps_any_key = check("put, get and list any key", [&] { return put_and_get(); });
    const bool gives_parts = check("get a part", [&] { return get_part(); });
    const bool is_conditional = check("put if absent", [&] { return put_if_absent(); }) &&
                                check("of many at once, one", [&] { return put_at_once(); });
    check("replace if unchanged", [&] { return replace_if_unchanged(); });
    const bool is_removing = check("remove", [&] { return remove_all(); });
    check("clocks", [&] { return compare_clocks(); });
    report_.is_usable = keeps_any_key && gives_parts && is_removing;
    report_.has_many_writers = report_.is_usable && is_conditional;
    return report_;
  }

 private:
  using Found = Result<std::string>;  // What was seen; an error is what to do.

  bool check(const char* name, const std::function<Found()>& look) {
    const Found found = look();
    report_.checks.push_back({.name = name,
                              .is_good = found.has_value(),
                              .detail = found ? *found : found.error().message});
    return found.has_value();
  }

  static tl::unexpected<Error> wrong(const std::string& what) {
    return fail(ErrorCode::kUnsupported, what);
  }

  Found reach() {
    const auto begin = std::chrono::steady_clock::now();
    COLVEC_TRY(store_.list(folder_, ""));
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                        std::chrono::steady_clock::now() - begin)
                        .count();
    return fmt::format("{}, answers in {} ms", store_.url(), ms);
  }

  Found put_and_get() {
    const std::string key = folder_ + "a b+c=d/\xC3\xA9";
    COLVEC_ASSIGN(const PutResult put, store_.put(key, "0123456789", {}));
    COLVEC_ASSIGN(const Object object, store_.get(key, 100));
    COLVEC_ASSIGN(const std::vector<ObjectInfo> listed, list_all(store_, folder_));
    if (object.bytes != "0123456789") return wrong("gives back other bytes than were put");
    if (listed.size() != 1 || listed.front().key != key || listed.front().size != 10)
      return wrong("lists other keys than were put");
    modified_ms_ = listed.front().modified_ms;
    return std::string("with spaces, signs and other letters");
  }

  Found get_part() {
    COLVEC_TRY(store_.put(folder_ + "part", "0123456789", {}));
    COLVEC_ASSIGN(const std::string part, store_.get_range(folder_ + "part", 3, 4));
    if (part != "3456") return wrong("gives other bytes than were asked for");
    return std::string("bytes 3 to 6 of 10");
  }

  Found put_if_absent() {
    COLVEC_TRY(store_.put(folder_ + "if_absent", "1", {.if_absent = true}));
    COLVEC_ASSIGN(const PutResult second,
                  store_.put(folder_ + "if_absent", "2", {.if_absent = true}));
    if (second.is_done)
      return wrong("If-None-Match is ignored: only one store may push, with --single-writer");
    return std::string("a second put was refused");
  }

  Found put_at_once() {
    constexpr std::size_t kWriters = 8;
    std::atomic<int> winners = 0;
    COLVEC_TRY(for_each_io(kWriters, kWriters, [&](std::size_t i) -> Status {
      COLVEC_ASSIGN(const PutResult put,
                    store_.put(folder_ + "at_once", std::to_string(i), {.if_absent = true}));
      winners += put.is_done ? 1 : 0;
      return {};
    }));
    // None: an answer was lost, and its repeat was refused.
    if (winners > 1)
      return wrong(
          fmt::format("{} of {} puts at once were done: only one store may push, with "
                      "--single-writer",
                      winners.load(), kWriters));
    return fmt::format("{} of {}", winners.load(), kWriters);
  }

  Found replace_if_unchanged() {
    COLVEC_ASSIGN(const PutResult first, store_.put(folder_ + "replaced", "1", {}));
    COLVEC_ASSIGN(const PutResult second,
                  store_.put(folder_ + "replaced", "2", {.if_match = first.etag}));
    COLVEC_ASSIGN(const PutResult third,
                  store_.put(folder_ + "replaced", "3", {.if_match = first.etag}));
    if (!second.is_done || third.is_done) return wrong("If-Match is not heeded");
    return std::string("a put over another version was refused");
  }

  Found remove_all() {
    COLVEC_ASSIGN(const std::vector<ObjectInfo> objects, list_all(store_, folder_));
    for (const ObjectInfo& object : objects) COLVEC_TRY(store_.remove(object.key));
    COLVEC_ASSIGN(const std::vector<ObjectInfo> left, list_all(store_, folder_));
    if (!left.empty()) return wrong("lists objects that were removed: " + left.front().key);
    return fmt::format("{} objects", objects.size());
  }

  Found compare_clocks() {
    constexpr std::int64_t kApartMsMax = 60'000;
    const std::int64_t apart_ms = now_ms() - modified_ms_;
    if (apart_ms > kApartMsMax || apart_ms < -kApartMsMax)
      return wrong(fmt::format("this machine's clock and that of the remote are {} s apart",
                               (apart_ms < 0 ? -apart_ms : apart_ms) / 1000));
    return std::string("within a minute of each other");
  }

  ObjectStore& store_;
  std::string folder_;
  std::int64_t modified_ms_ = now_ms();
  RemoteReport report_;
};

}  // namespace

RemoteReport check_object_store(ObjectStore& store) { return Checker(store).run(); }

Result<bool> probe_conditional_puts(ObjectStore& store) {
  const std::string key = kCheckPrefix + new_uuid();
  const Result<PutResult> first = store.put(key, "1", {.if_absent = true});
  if (!first && first.error().code == ErrorCode::kUnsupported) return false;
  COLVEC_TRY(first);
  const Result<PutResult> second = store.put(key, "2", {.if_absent = true});
  static_cast<void>(store.remove(key));
  if (!second && second.error().code == ErrorCode::kUnsupported) return false;
  if (!second) return tl::make_unexpected(second.error());
  return !second->is_done;
}

}  // namespace colvec
