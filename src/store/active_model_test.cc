#include "store/active_model.h"

#include <gtest/gtest.h>

namespace colvec {
namespace {

const std::string kA(64, 'a');
const std::string kB(64, 'b');

DeltaMetaData with(const std::string& fingerprint, std::int64_t since) {
  return with_active({}, fingerprint, "f32", since).value();
}

TEST(ActiveModel, IsThatWhichWasSet) {
  EXPECT_EQ(active_set_of({}), std::nullopt);
  const DeltaMetaData meta_data = with(kA, 5);
  EXPECT_EQ(active_set_of(meta_data), vector_set_of(kA, "f32"));
  EXPECT_FALSE(with_active(meta_data, kA, "f32", 9).has_value());
  EXPECT_EQ(active_set_of(*with_active(meta_data, kA, "int8", 9)), vector_set_of(kA, "int8"));
}

TEST(ActiveModel, ALaterSettingIsLaterWhateverTheClockSays) {
  const DeltaMetaData first = with(kA, 1000);
  const DeltaMetaData second = with_active(first, kB, "f32", 10).value();
  EXPECT_EQ(active_set_of(*with_newer_active(first, second)), vector_set_of(kB, "f32"));
  EXPECT_FALSE(with_newer_active(second, first).has_value());
}

TEST(ActiveModel, ReplicasComeToTheSameWhateverTheOrder) {
  for (const std::int64_t other : {4, 5, 6}) {
    const DeltaMetaData a = with(kA, 5);
    const DeltaMetaData b = with(kB, other);
    EXPECT_EQ(active_set_of(with_newer_active(a, b).value_or(a)),
              active_set_of(with_newer_active(b, a).value_or(b)));
  }
  EXPECT_FALSE(with_newer_active(with(kA, 5), with(kA, 5)).has_value());
  EXPECT_FALSE(with_newer_active(with(kA, 5), {}).has_value());
  EXPECT_TRUE(with_newer_active({}, with(kA, 5)).has_value());
}

TEST(ActiveModel, WhatIsRestoredIsANewSetting) {
  const DeltaMetaData now = with(kB, 100);
  const DeltaMetaData restored = with_past_active(now, with(kA, 5), 50).value();
  EXPECT_EQ(active_set_of(restored), vector_set_of(kA, "f32"));
  EXPECT_TRUE(with_newer_active(now, restored).has_value());
  EXPECT_EQ(active_set_of(*with_past_active(now, {}, 50)), std::nullopt);
  EXPECT_FALSE(with_past_active(now, with(kB, 7), 50).has_value());
}

// As stores have it that were made before replicas were.
TEST(ActiveModel, ASettingWithoutATimeIsTheOldest) {
  DeltaMetaData old;
  old.configuration["colvec.activeModel"] = "f" + kA;
  EXPECT_EQ(active_set_of(old), vector_set_of(kA, "f32"));
  EXPECT_TRUE(with_newer_active(old, with(kB, 1)).has_value());
  EXPECT_TRUE(with_newer_active({}, old).has_value());
}

}  // namespace
}  // namespace colvec
