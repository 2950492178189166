#include "metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace colvec::server {
namespace {

using testing::HasSubstr;

TEST(Metrics, AreWhatPrometheusReads) {
  Metrics metrics;
  metrics.count_request("GET", "/health", 200, 0.002);
  metrics.count_request("GET", "/health", 200, 0.2);
  metrics.count_request("any", "", 400, 0);
  metrics.count_batch(3, 40);
  metrics.count_cached(5);
  metrics.count_job("refresh", "done");
  const std::string text = metrics.text({.connections = 7, .jobs_running = 1});
  for (const char* line :
       {"colvec_requests_total{method=\"GET\",route=\"/health\",status=\"200\"} 2\n",
        "colvec_requests_total{method=\"any\",route=\"none\",status=\"400\"} 1\n",
        "colvec_request_seconds_bucket{route=\"/health\",le=\"0.0025\"} 1\n",
        "colvec_texts_total 3\n", "colvec_tokens_total 40\n", "colvec_texts_cached_total 5\n",
        "colvec_jobs_total{kind=\"refresh\",state=\"done\"} 1\n", "colvec_connections 7\n",
        "colvec_jobs_running 1\n"})
    EXPECT_THAT(text, HasSubstr(line));
}

}  // namespace
}  // namespace colvec::server
