#include "metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>

namespace colvec::server {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;
using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;

const Histogram::BucketBoundaries kSeconds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                              0.25,  0.5,    1,     2.5,  5,     10};
const Histogram::BucketBoundaries kTexts = {1, 2, 4, 8, 16, 32, 64, 128, 256};

struct GaugeRow {
  const char* name;
  const char* help;
  std::size_t Gauges::*value;
};
constexpr std::array kGauges = {
    GaugeRow{"colvec_connections", "Open connections.", &Gauges::connections},
    GaugeRow{"colvec_event_streams", "Open streams of events.", &Gauges::streams},
    GaugeRow{"colvec_requests_waiting", "Requests that wait for a worker.",
             &Gauges::workers_waiting},
    GaugeRow{"colvec_texts_waiting", "Texts that wait to be embedded.", &Gauges::texts_waiting},
    GaugeRow{"colvec_jobs_queued", "Jobs that wait.", &Gauges::jobs_queued},
    GaugeRow{"colvec_jobs_running", "Jobs that run.", &Gauges::jobs_running},
};

}  // namespace

struct Metrics::State {
  prometheus::Registry registry;
  Family<Counter>& requests =
      BuildCounter().Name("colvec_requests_total").Help("Requests answered.").Register(registry);
  Family<Histogram>& seconds = BuildHistogram()
                                   .Name("colvec_request_seconds")
                                   .Help("From the head of a request to its answer.")
                                   .Register(registry);
  Counter& texts = BuildCounter()
                       .Name("colvec_texts_total")
                       .Help("Texts embedded for requests.")
                       .Register(registry)
                       .Add({});
  Counter& tokens = BuildCounter()
                        .Name("colvec_tokens_total")
                        .Help("Tokens of these texts.")
                        .Register(registry)
                        .Add({});
  Counter& cached = BuildCounter()
                        .Name("colvec_texts_cached_total")
                        .Help("Texts whose vector was there already.")
                        .Register(registry)
                        .Add({});
  Histogram& batches = BuildHistogram()
                           .Name("colvec_batch_texts")
                           .Help("Texts that were embedded together.")
                           .Register(registry)
                           .Add({}, kTexts);
  Family<Counter>& jobs =
      BuildCounter().Name("colvec_jobs_total").Help("Jobs by their end.").Register(registry);
  std::array<Gauge*, kGauges.size()> gauges{};
};

Metrics::Metrics() : state_(std::make_unique<State>()) {
  for (std::size_t i = 0; i < kGauges.size(); ++i)
    state_->gauges[i] = &BuildGauge()
                             .Name(kGauges[i].name)
                             .Help(kGauges[i].help)
                             .Register(state_->registry)
                             .Add({});
}
Metrics::~Metrics() = default;

void Metrics::count_request(std::string_view method, std::string_view route, int status,
                            double seconds) {
  const std::string name(route.empty() ? "none" : route);
  state_->requests
      .Add({{"method", std::string(method)}, {"route", name}, {"status", std::to_string(status)}})
      .Increment();
  state_->seconds.Add({{"route", name}}, kSeconds).Observe(seconds);
}

void Metrics::count_batch(std::size_t texts, std::uint64_t tokens) {
  state_->texts.Increment(static_cast<double>(texts));
  state_->tokens.Increment(static_cast<double>(tokens));
  state_->batches.Observe(static_cast<double>(texts));
}

void Metrics::count_cached(std::size_t texts) {
  state_->cached.Increment(static_cast<double>(texts));
}

void Metrics::count_job(std::string_view kind, std::string_view state) {
  state_->jobs.Add({{"kind", std::string(kind)}, {"state", std::string(state)}}).Increment();
}

std::string Metrics::text(const Gauges& gauges) {
  for (std::size_t i = 0; i < kGauges.size(); ++i)
    state_->gauges[i]->Set(static_cast<double>(gauges.*kGauges[i].value));
  return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

}  // namespace colvec::server
