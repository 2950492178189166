// Runs other programs: those of a scheduler, and the shards of a job on this machine.
//
// Errors: kNotFound: no such program in PATH; kIo: it cannot be started.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "colvec/error.h"

namespace colvec::cli {

struct ProgramResult {
  int code = 0;  // 128 + the signal, where one ended it.
  std::string output;
  std::string errors;
};

// Waits for the program, with what it wrote.
Result<ProgramResult> run_program(const std::vector<std::string>& arguments);
// The same; kIo where it fails, with the first line of what it said.
Result<std::string> output_of(const std::vector<std::string>& arguments);
// Whether PATH has it.
bool has_program(const std::string& name);

// Starts a program that goes on when this one ends, in a session of its own; both outputs go to
// `log`. Returns its process id, which is that of its group.
Result<pid_t> start_program(const std::vector<std::string>& arguments,
                            const std::filesystem::path& log);
// Its exit code, as in ProgramResult.
int wait_for(pid_t process);

}  // namespace colvec::cli
