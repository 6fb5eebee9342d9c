// SPDX-License-Identifier: GPL-2.0-or-later
//
// IOS text, typed or as a script: whatever it says, the configuration behind it stays valid
// and reads back.
//
// Input: how it is fed (bit 0 a script, bit 1 go on after errors, bit 2 over a full
// configuration), then the text.
#include "model.hpp"
#include "model/samples.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tunqos;
    fuzz::Input input(data, size);
    const unsigned how = input.byte();
    fuzz::Desk desk(how & 4 ? samples::full() : Config{}, how & 1);
    const int status = desk.run(std::string(input.text()),
                                how & 2 ? cli::OnError::keep_going : cli::OnError::stop);
    fuzz::require(status >= cli::exit_ok && status <= cli::exit_refused, "an unknown exit status");
    fuzz::require((status == cli::exit_ok) <= (desk.err.str().find("Invalid") == std::string::npos),
                  "an invalid line and no error", desk.err.str());
    fuzz::require(validate(desk.daemon.running).empty(), "an invalid configuration is running");
    fuzz::check_config(desk.daemon.running);
    return 0;
}
