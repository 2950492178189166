// The reading of UTF-8 is part of the public interface.
#pragma once

#include "colvec/utf8.h"  // IWYU pragma: export
