// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/retry.hpp"

#include <algorithm>

namespace tunqos {

void Retry::tick() {
    if (manager_.generation() != generation_ || manager_.in_sync()) soon();
    generation_ = manager_.generation();
    if (manager_.in_sync() || --left_ > 0) return;
    wait_ = std::min(2 * wait_, longest);
    left_ = wait_; // before it: an attempt that throws counts as well
    if (manager_.retry()) soon();
    generation_ = manager_.generation();
}

} // namespace tunqos
