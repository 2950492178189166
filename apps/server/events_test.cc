#include "events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace colvec::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class FakeStream final : public EventStream {
 public:
  bool push(std::shared_ptr<const std::string> bytes) override {
    if (is_gone) return false;
    got.push_back(*bytes);
    return true;
  }
  bool is_gone = false;
  std::vector<std::string> got;
};

TEST(Events, GoToAllWhoListenOrToThoseOfOneJob) {
  Events events;
  const auto all = std::make_shared<FakeStream>();
  const auto one = std::make_shared<FakeStream>();
  events.listen(all, "");
  events.listen(one, "1");
  events.tell_job("1", R"({"id":"1"})");
  events.tell_job("2", R"({"id":"2"})");
  events.tell_dataset("a\nb", "saved");
  EXPECT_THAT(
      all->got,
      ElementsAre("event: job\ndata: {\"id\":\"1\"}\n\n", "event: job\ndata: {\"id\":\"2\"}\n\n",
                  "event: dataset\ndata: {\"name\":\"a\\nb\",\"change\":\"saved\"}\n\n"));
  EXPECT_THAT(one->got, ElementsAre("event: job\ndata: {\"id\":\"1\"}\n\n"));
}

TEST(Events, ForgetWhoIsGone) {
  Events events;
  auto stream = std::make_shared<FakeStream>();
  stream->is_gone = true;
  const std::weak_ptr<FakeStream> watched = stream;
  events.listen(std::move(stream), "");
  EXPECT_FALSE(watched.expired());
  events.tell_job("1", "{}");
  EXPECT_TRUE(watched.expired());
}

}  // namespace
}  // namespace colvec::server
