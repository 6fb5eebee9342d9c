// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace tunqos::kernel {

// Is this module of the kernel loaded, or built in? To ask a part of the kernel that is not there
// loads it, and a router that does without must not get it for our question.
bool is_loaded(const std::string& module);

} // namespace tunqos::kernel
