// Finds a model in the cache, and says whether all of it is there.
//
// The cache is shared: another program leaves there the files that it has asked for, and names the
// commit before the first of them. Without modules.json such a part reads like a model with other
// steps after its layers, and gives other vectors. So a commit counts as the model only where
//
//   the list that a pull has left (HubCache::write_pulled) names files that are all there; or,
//   without a list, modules.json, the files of its steps, a tokenizer and weights are there. No
//   modules.json is needed for model2vec, nor where the Hugging Face libraries have noted that the
//   commit has none (.no_exist).
//
// Thread-safety: thread-safe.
// Errors: kNotFound: no such model, or a part of it; the message says how to fetch it.
#pragma once

#include <string>

#include "hub/hub_cache.h"

namespace colvec {

// The commit that the name's revision is here. With `offline` no message says what to fetch.
Result<std::string> find_whole_commit(const HubCache& cache, const RepoName& repo, bool offline);

}  // namespace colvec
