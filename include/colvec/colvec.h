/* The C API of colvec: encoders, and the table job, for every language that can call C.
 *
 * The ABI is stable: functions are only added, structs never grow, and what may grow is JSON. A
 * program that was built with COLVEC_ABI_VERSION n runs with every library whose
 * colvec_abi_version() is n.
 *
 * Errors: functions that can fail return a colvec_status, and colvec_error_message() says what went
 * wrong in the calling thread's last such call. No exception leaves the library, and nothing is
 * printed. Strings are UTF-8 and end with a NUL; those that are returned belong to the handle, and
 * stay until its next call or its end, unless it says otherwise.
 *
 * Threads: a colvec_encoder may be used by several threads at once; a colvec_job by one, but for
 * colvec_job_cancel(). A handle may be NULL only where that is said.
 */
#ifndef COLVEC_COLVEC_H
#define COLVEC_COLVEC_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define COLVEC_API __attribute__((visibility("default")))
#else
#define COLVEC_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define COLVEC_ABI_VERSION 1

/* COLVEC_ABI_VERSION of the library. */
COLVEC_API int colvec_abi_version(void);
/* "0.1.0"; stays for ever. */
COLVEC_API const char* colvec_version(void);

/* What became of a call; the numbers are the exit codes of the program `colvec`. */
typedef enum colvec_status {
  COLVEC_OK = 0,
  COLVEC_INTERNAL = 1,         /* Out of memory, or a bug of ours. */
  COLVEC_INVALID_ARGUMENT = 2, /* Ask for something else. */
  COLVEC_NOT_FOUND = 3,        /* A file, table, column or model is missing. */
  COLVEC_UNSUPPORTED = 4,
  COLVEC_CORRUPTION = 5, /* The bytes of a file contradict themselves. */
  COLVEC_IO = 6,         /* Disk, network, lock. */
  COLVEC_CONFLICT = 7,   /* Changed meanwhile, or made with something else. */
  COLVEC_POLICY = 9,     /* The job came to its end, and rows met a policy `error`. */
  COLVEC_CANCELLED = 130
} colvec_status;

/* One line about this thread's last call that failed; "" if none has. Stays until the next. */
COLVEC_API const char* colvec_error_message(void);

/* -- Encoders ---------------------------------------------------------------------------------- */

typedef struct colvec_encoder colvec_encoder;

/* Opens `model`: a model folder or "builtin:lexical". `options` may be NULL, or is a JSON object
 * with the members dimension, prompt, prompt_name, strip, normalize, precision, batch_size. On
 * success *encoder is to be closed by the caller. */
COLVEC_API colvec_status colvec_encoder_open(const char* model, const char* options,
                                             colvec_encoder** encoder);
/* NULL is allowed. */
COLVEC_API void colvec_encoder_close(colvec_encoder* encoder);

/* Floats in a vector. */
COLVEC_API size_t colvec_encoder_dimension(const colvec_encoder* encoder);
/* 64 hex digits: equal for encoders that give the same vectors, but for their precision. */
COLVEC_API const char* colvec_encoder_fingerprint(const colvec_encoder* encoder);
/* A JSON object: model, kind, dimension, tokens_max, fingerprint, precision, isa,
 * shorter_dimensions, prompt_names, is_neural, note. */
COLVEC_API const char* colvec_encoder_info(const colvec_encoder* encoder);

/* Writes `count` rows of colvec_encoder_dimension() floats to `vectors`, one for each text, in
 * order, on all cores. `lengths` has the bytes of each text; NULL: texts end with a NUL.
 * COLVEC_INVALID_ARGUMENT: a text that is not UTF-8, by its number. */
COLVEC_API colvec_status colvec_encoder_encode(colvec_encoder* encoder, const char* const* texts,
                                               const size_t* lengths, size_t count, float* vectors);

/* -- The table job ----------------------------------------------------------------------------- */

typedef struct colvec_job colvec_job;

/* A job from the text of a config.json; relative paths in it are relative to `folder` (NULL: the
 * current one). On success *job is to be freed by the caller. */
COLVEC_API colvec_status colvec_job_new(const char* config, const char* folder, colvec_job** job);
/* NULL is allowed. */
COLVEC_API void colvec_job_free(colvec_job* job);

/* Writes `count` rows of the model's dimension to `vectors`. Returns 0, or another number to end
 * the job with COLVEC_IO. Called by one thread at a time, of which it may be any. These texts do
 * not end with a NUL: `lengths` has their bytes. */
typedef int (*colvec_encode_function)(void* user, const char* const* texts, const size_t* lengths,
                                      size_t count, float* vectors);
/* Embeds with any model, in the place of that of the config. `name` and `dimension` stand for it in
 * the output: change the name whenever the vectors change. */
COLVEC_API colvec_status colvec_job_set_function(colvec_job* job, const char* name,
                                                 size_t dimension, colvec_encode_function encode,
                                                 void* user);
/* Embeds with an encoder that is open; it must stay so while the job runs. */
COLVEC_API colvec_status colvec_job_set_encoder(colvec_job* job, colvec_encoder* encoder);

typedef struct colvec_progress {
  const char* phase;  /* "looking for pending rows", "embedding", "finishing". */
  uint64_t rows_done; /* Of this run. */
  uint64_t rows_total;
  double rows_per_second;
  double eta_seconds; /* 0 while unknown. */
} colvec_progress;

/* Called about four times a second, by one thread at a time, of which it may be any. */
typedef void (*colvec_progress_function)(void* user, const colvec_progress* progress);
/* `progress` may be NULL. */
COLVEC_API void colvec_job_on_progress(colvec_job* job, colvec_progress_function progress,
                                       void* user);

/* Notes for people, a line each: on the model, on what was found. */
typedef void (*colvec_log_function)(void* user, const char* line);
/* `log` may be NULL. */
COLVEC_API void colvec_job_on_log(colvec_job* job, colvec_log_function log, void* user);

/* Runs the job to its end. COLVEC_CANCELLED and COLVEC_POLICY come with a summary. */
COLVEC_API colvec_status colvec_job_run(colvec_job* job);
/* Asks the job to stop soon; what was embedded is committed, and a new job goes on from there. Any
 * thread, any signal handler. */
COLVEC_API void colvec_job_cancel(colvec_job* job);
/* The JSON object that `colvec embed --json` prints, of the last run; "" before. */
COLVEC_API const char* colvec_job_summary(const colvec_job* job);

#ifdef __cplusplus
}
#endif

#endif /* COLVEC_COLVEC_H */
