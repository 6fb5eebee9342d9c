// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the kind of a device forbids: the configuration alone does not know it. The module would
// refuse it as well, but knows nothing of what is typed.
#pragma once

#include "kernel/ikernel.hpp"
#include "tunqos/model.hpp"
#include "tunqos/result.hpp"

namespace tunqos {

// Of what is running already nothing is said.
Problems check_devices(const Config& config, const Config& running, const kernel::ILinks& links);

} // namespace tunqos
