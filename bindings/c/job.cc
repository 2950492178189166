// A colvec_job: a config, an encoder from one of three places, and the callbacks of its user.
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "colvec/callback_encoder.h"
#include "colvec/cancel.h"
#include "colvec/table_job.h"
#include "encoder.h"
#include "last_error.h"

// Thread-safety: thread-compatible, but for `cancel`.
struct colvec_job {
  colvec::TableJobConfig config;
  std::unique_ptr<colvec::Encoder> function;  // Of colvec_job_set_function(); may be null.
  colvec::Encoder* given = nullptr;           // `function`, or of colvec_job_set_encoder().
  colvec_progress_function on_progress = nullptr;
  void* progress_user = nullptr;
  colvec_log_function on_log = nullptr;
  void* log_user = nullptr;
  std::unique_ptr<colvec::CancelToken> cancel = std::make_unique<colvec::CancelToken>();
  std::string summary;

  void log(const std::string& line) const {
    if (on_log != nullptr && !line.empty()) on_log(log_user, line.c_str());
  }
};

namespace colvec::c {
namespace {

Status make(const char* config, const char* folder, colvec_job** job) {
  COLVEC_TRY(check_pointer(job, "job"));
  *job = nullptr;
  COLVEC_TRY(check_pointer(config, "config"));
  auto made = std::make_unique<colvec_job>();
  COLVEC_ASSIGN(made->config,
                parse_table_config(config, "config", folder == nullptr ? "" : folder, {}));
  *job = made.release();
  return {};
}

// Texts and lengths as C has them.
Status call(colvec_encode_function encode, void* user, std::span<const std::string_view> texts,
            VectorRows out) {
  std::vector<const char*> pointers;
  std::vector<std::size_t> lengths;
  for (const std::string_view text : texts) {
    pointers.push_back(text.data() == nullptr ? "" : text.data());
    lengths.push_back(text.size());
  }
  const int code = encode(user, pointers.data(), lengths.data(), texts.size(), out.data);
  if (code == 0) return {};
  return fail(ErrorCode::kIo, "the function that encodes has failed: " + std::to_string(code));
}

Status set_function(colvec_job* job, const char* name, std::size_t dimension,
                    colvec_encode_function encode, void* user) {
  COLVEC_TRY(check_pointer(job, "job"));
  COLVEC_TRY(check_pointer(name, "name"));
  COLVEC_TRY(check_pointer(reinterpret_cast<const void*>(encode), "encode"));
  COLVEC_ASSIGN(job->function,
                make_callback_encoder({.name = name,
                                       .dimension = dimension,
                                       .encode = [encode, user](auto texts, VectorRows out) {
                                         return call(encode, user, texts, out);
                                       }}));
  job->given = job->function.get();
  return {};
}

void show(const colvec_job& job, const Progress& progress) {
  if (job.on_progress == nullptr) return;
  const std::string phase(progress.phase);
  const colvec_progress shown = {phase.c_str(), progress.rows_done, progress.rows_total,
                                 progress.rows_per_second, progress.eta_seconds};
  job.on_progress(job.progress_user, &shown);
}

Status run(colvec_job* job) {
  COLVEC_TRY(check_pointer(job, "job"));
  job->summary.clear();
  const TableJobConfig& config = job->config;
  std::unique_ptr<Encoder> opened;
  if (job->given == nullptr) {
    COLVEC_ASSIGN(opened, open_encoder_for_output(config));
  } else {
    COLVEC_TRY(check_given_encoder(config, job->given->info()));
  }
  Encoder& encoder = job->given == nullptr ? *opened : *job->given;
  job->log(encoder.info().note);

  RunOptions options;
  options.cancel = job->cancel.get();
  options.on_progress = [job](const Progress& progress) { show(*job, progress); };
  COLVEC_ASSIGN(const TableJobSummary summary, embed_table(config, encoder, options));
  job->summary = to_json(summary);
  for (const std::string& note : summary.notes) job->log(note);
  return status_of(config, summary);
}

}  // namespace
}  // namespace colvec::c

extern "C" {

colvec_status colvec_job_new(const char* config, const char* folder, colvec_job** job) {
  return colvec::c::guarded([&] { return colvec::c::make(config, folder, job); });
}

void colvec_job_free(colvec_job* job) { delete job; }

colvec_status colvec_job_set_function(colvec_job* job, const char* name, size_t dimension,
                                      colvec_encode_function encode, void* user) {
  return colvec::c::guarded(
      [&] { return colvec::c::set_function(job, name, dimension, encode, user); });
}

colvec_status colvec_job_set_encoder(colvec_job* job, colvec_encoder* encoder) {
  return colvec::c::guarded([&]() -> colvec::Status {
    COLVEC_TRY(colvec::c::check_pointer(job, "job"));
    COLVEC_TRY(colvec::c::check_pointer(encoder, "encoder"));
    job->given = encoder->encoder.get();
    return {};
  });
}

void colvec_job_on_progress(colvec_job* job, colvec_progress_function progress, void* user) {
  job->on_progress = progress;
  job->progress_user = user;
}

void colvec_job_on_log(colvec_job* job, colvec_log_function log, void* user) {
  job->on_log = log;
  job->log_user = user;
}

colvec_status colvec_job_run(colvec_job* job) {
  return colvec::c::guarded([&] { return colvec::c::run(job); });
}

void colvec_job_cancel(colvec_job* job) { job->cancel->request(); }

const char* colvec_job_summary(const colvec_job* job) { return job->summary.c_str(); }

}  // extern "C"
