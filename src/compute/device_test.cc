#include "colvec/device.h"

#include <gtest/gtest.h>

#include "testdata.h"

namespace colvec {
namespace {

using Kind = DeviceChoice::Kind;

TEST(Device, EachNameIsAChoice) {
  struct Case {
    std::string_view name;
    DeviceChoice choice;
  };
  for (const Case& c :
       {Case{"auto", {Kind::kAuto}}, Case{"cpu", {Kind::kCpu}}, Case{"cuda", {Kind::kCuda, 0}},
        Case{"cuda:0", {Kind::kCuda, 0}}, Case{"cuda:17", {Kind::kCuda, 17}},
        Case{"cuda:all", {Kind::kCuda, DeviceChoice::kAll}}}) {
    COLVEC_ASSERT_ASSIGN(const DeviceChoice choice, parse_device(c.name));
    EXPECT_EQ(choice, c.choice) << c.name;
  }
}

TEST(Device, AnotherNameIsRefusedWithThoseThereAre) {
  for (const std::string_view name :
       {"", "gpu", "CUDA", "cuda:", "cuda:-1", "cuda:1x", "cuda:99999999999", "cuda: 1", "cpu:0"}) {
    const Result<DeviceChoice> choice = parse_device(name);
    ASSERT_FALSE(choice.has_value()) << name;
    EXPECT_EQ(choice.error().message, "not a device: " + std::string(name) +
                                          " (there are auto, cpu, cuda, cuda:N and cuda:all)");
  }
}

}  // namespace
}  // namespace colvec
