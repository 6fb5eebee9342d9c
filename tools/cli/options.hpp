// SPDX-License-Identifier: GPL-2.0-or-later
//
// The options of `tunqos`, once: for parsing, the man page and bash completion.
#pragma once

#include <array>
#include <string_view>

namespace tunqos::cli {

struct OptionText {
    std::string_view flags;    // "-c,--command"
    std::string_view argument; // "LINE"; empty: a switch
    std::string_view help;
};

namespace option {
inline constexpr OptionText command{"-c,--command", "LINE",
                                    "Run this line; may be given several times, for one session"};
inline constexpr OptionText file{"-f,--file", "FILE",
                                 "Run the lines of a file; - is standard input"};
inline constexpr OptionText json{"--json", "", "Print the answer of every show command as JSON"};
inline constexpr OptionText check{"--check", "",
                                  "Validate the changes and print them, but do not apply them"};
inline constexpr OptionText keep_going{"--keep-going", "",
                                       "Go on after a wrong line; the right ones are applied"};
inline constexpr OptionText socket{
    "--socket", "PATH", "Control socket of the daemon; default: that of this network namespace"};
inline constexpr OptionText generate{"--generate", "WHAT",
                                     "Print man or bash-completion, made from the command table"};
inline constexpr OptionText version{"--version", "", "Print the version of the tool"};
inline constexpr OptionText help{"-h,--help", "", "Print a short help"};
} // namespace option

inline constexpr std::array all_options{
    option::command, option::file,     option::json,    option::check, option::keep_going,
    option::socket,  option::generate, option::version, option::help,
};

} // namespace tunqos::cli
