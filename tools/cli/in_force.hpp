// SPDX-License-Identifier: GPL-2.0-or-later
//
// `no` of one command where another one says the same setting: what holds still, and by which.
#pragma once

#include <string>
#include <vector>

#include "cli/grammar/command.hpp"

namespace tunqos::cli {

// After the `no` form was carried out; a line each, empty if nothing is to be said.
std::vector<std::string> still_in_force(const Config& config, const Context& context,
                                        const Match& match);

} // namespace tunqos::cli
