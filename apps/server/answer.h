// Makes answers: JSON, and errors in the shape of the API that was asked.
//
// Thread-safety: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "colvec/error.h"
#include "http/message.h"

namespace colvec::server {

Response json_answer(std::string json, int status = 200);

// {"error": {"code", "message"}}; below /v1 that of OpenAI: {"error": {"message", "type", "param",
// "code"}}, where `param` is what the message begins with, if that is a parameter.
Response error_answer(const RequestHead& head, int status, std::string_view message);
// With the status of its code, and the name of the code.
Response error_answer(const RequestHead& head, const Error& error);

// Whether a path is one of OpenAI's API.
bool is_openai(const RequestHead& head);

}  // namespace colvec::server
