// The reader of JSON is part of the public interface.
#pragma once

#include "colvec/json.h"  // IWYU pragma: export
