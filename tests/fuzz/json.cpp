// SPDX-License-Identifier: GPL-2.0-or-later
//
// The configuration file: what is read reads back from both of its renderings, what is
// refused says why on printable lines.
#include "model.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tunqos;
    const auto config = config_from_text(fuzz::Input(data, size).text());
    if (config)
        fuzz::check_config(*config);
    else
        fuzz::check_problems(config.error());
    return 0;
}
