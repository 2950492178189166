// Pulls a model with given settings; pull_model() takes them from the environment.
//
// Thread-safety: thread-safe. Errors: as pull_model() says.
#pragma once

#include "base/backoff.h"
#include "colvec/model_hub.h"
#include "hub/hub_settings.h"
#include "hub/repo_name.h"

namespace colvec {

Result<PulledModel> pull_repo(const RepoName& repo, const HubSettings& settings,
                              const PullOptions& options, const BackoffOptions& backoff);

}  // namespace colvec
