// SPDX-License-Identifier: GPL-2.0-or-later
//
// The part of validate() that is about rules, zones and the masks of rules.
#pragma once

#include "tunqos/config.hpp"
#include "tunqos/problem_list.hpp"

namespace tunqos {

void validate_rules(const Config& config, const Config* before, ProblemList& problems);

} // namespace tunqos
