// The writer of JSON is part of the public interface.
#pragma once

#include "colvec/json_writer.h"  // IWYU pragma: export
