// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "tunqos/model.hpp"

namespace tunqos {

// What diff() says, as lines of IOS text that go (-) and come (+) below the head of their object,
// as in IOS's contextual difference: "interface gre1", "- tunnel encap dscp copy", "+ tunnel encap
// dscp set ef". The head has a sign if the object itself goes or comes.
std::vector<std::string> ios_diff(const Config& before, const Config& after);

} // namespace tunqos
