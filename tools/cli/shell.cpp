// SPDX-License-Identifier: GPL-2.0-or-later
//
// Readline calls back without a context, so that the one shell of the process is found through a
// pointer here.
#include "cli/shell.hpp"

#include <fcntl.h>
#include <poll.h>
#include <readline/history.h>
#include <readline/readline.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <sstream>

#include "cli/foreign.hpp"
#include "cli/grammar/modes.hpp"
#include "cli/live_names.hpp"
#include "cli/output.hpp"
#include "cli/pager.hpp"
#include "cli/script.hpp"
#include "tunqos/printable.hpp"

namespace tunqos::cli {
namespace {

constexpr int history_lines = 1000;
constexpr int ctrl_c = 'C' & 0x1f;
constexpr int ctrl_z = 'Z' & 0x1f;

struct Shell {
    Session& session;
    Caller& caller;
    std::string host;
    std::string history_file;             // empty: none
    std::vector<std::string> completions; // of the word before the cursor
    std::size_t completion = 0;           // the next one that readline is given
    bool end_after_line = false;          // Ctrl-Z, Ctrl-C
    bool cancelled = false;               // Ctrl-C
    bool ends_text = false;               // Ctrl-C, in a text that is skipped
    std::size_t dropped = 0;              // lines of a paste behind the one that ended the CLI

    std::string prompt() const { return host + std::string(prompt_of(session.context().mode)); }
    Mode mode() const { return session.context().mode; }
};

Shell* shell = nullptr;

std::size_t screen_width() {
    int rows = 0;
    int columns = 0;
    rl_get_screen_size(&rows, &columns);
    return columns > 0 ? static_cast<std::size_t>(columns) : 80;
}

std::string text_before_cursor() {
    return {rl_line_buffer, static_cast<std::size_t>(rl_point)};
}

// `?`: the list, then the prompt again with what was typed.
int describe(int, int) {
    const Help help = shell->session.help(text_before_cursor());
    const std::string text = "?\n" + format_help(help, screen_width());
    fputs(text.c_str(), rl_outstream);
    fputc('\n', rl_outstream);
    rl_on_new_line();
    rl_forced_update_display();
    return 0;
}

char* next_completion(const char*, int state) {
    if (state == 0) shell->completion = 0;
    if (shell->completion >= shell->completions.size()) return nullptr;
    return strdup(shell->completions[shell->completion++].c_str()); // readline frees it
}

char** complete(const char* text, int, int end) {
    rl_attempted_completion_over = 1; // never file names
    const LiveNames names(shell->caller);
    shell->completions = shell->session.grammar().complete(
        shell->mode(), std::string(rl_line_buffer, static_cast<std::size_t>(end)), names);
    return rl_completion_matches(text, next_completion);
}

// Runs what is typed, then leaves configuration mode.
int end_of_configuration(int, int) {
    shell->end_after_line = true;
    fputs("^Z", rl_outstream);
    return rl_newline(1, '\n');
}

// Drops the line and, as on IOS, leaves configuration mode. In a paste the character is what ends
// the text of a banner.
int cancel_line(int, int) {
    const bool configures = shell->mode() != Mode::exec;
    if (shell->session.in_text() || (configures && takes_control_c(rl_line_buffer))) {
        rl_insert_text("^C");
        shell->ends_text = shell->session.in_text();
        return shell->ends_text ? rl_newline(1, '\n') : 0;
    }
    shell->cancelled = true;
    shell->end_after_line = configures;
    fputs("^C", rl_outstream);
    rl_replace_line("", 0);
    return rl_newline(1, '\n');
}

// Ctrl-C and Ctrl-Z are keys, not signals, also while a command runs: what is typed or pasted ahead
// then neither ends the CLI nor is lost.
class WithoutSignals {
public:
    WithoutSignals() {
        if (tcgetattr(STDIN_FILENO, &before_) != 0) return;
        termios settings = before_;
        settings.c_cc[VINTR] = _POSIX_VDISABLE;
        settings.c_cc[VSUSP] = _POSIX_VDISABLE;
        tcsetattr(STDIN_FILENO, TCSADRAIN, &settings);
        good_ = true;
        for (const int signal : {SIGTERM, SIGHUP})
            std::signal(signal, die);
    }
    ~WithoutSignals() {
        if (!good_) return;
        for (const int signal : {SIGTERM, SIGHUP})
            std::signal(signal, SIG_DFL);
        tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
    }
    WithoutSignals(const WithoutSignals&) = delete;
    WithoutSignals& operator=(const WithoutSignals&) = delete;

private:
    static void die(int signal) {
        tcsetattr(STDIN_FILENO, TCSANOW, &before_);
        std::signal(signal, SIG_DFL);
        std::raise(signal);
    }

    inline static termios before_{};
    bool good_ = false;
};

std::string host_name() {
    std::array<char, 256> name{};
    if (gethostname(name.data(), name.size() - 1) != 0) return "tunqos";
    const std::string full(name.data());
    return printable(full.substr(0, full.find('.')));
}

std::string open_history() {
    const char* home = std::getenv("HOME");
    if (home == nullptr || *home == '\0') return {};
    std::string path = std::string(home) + "/.tunqos_history";
    const int file = open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    if (file < 0) return {};
    close(file);
    using_history();
    stifle_history(history_lines);
    read_history(path.c_str());
    return path;
}

void remember(const std::string& line) {
    if (is_blank(line)) return;
    const HIST_ENTRY* last =
        history_length > 0 ? history_get(history_base + history_length - 1) : nullptr;
    if (last != nullptr && line == last->line) return;
    add_history(line.c_str());
    if (!shell->history_file.empty()) append_history(1, shell->history_file.c_str());
}

void set_up_readline() {
    rl_readline_name = "tunqos";
    rl_initialize();
    rl_bind_key('?', describe);
    rl_bind_key(ctrl_c, cancel_line);
    rl_bind_key(ctrl_z, end_of_configuration);
    rl_attempted_completion_function = complete;
    rl_completer_word_break_characters = " \t";
    rl_completer_quote_characters = "";
}

// The terminal without lines and echo, as long as it is there.
class RawTerminal {
public:
    RawTerminal() : good_(tcgetattr(STDIN_FILENO, &before_) == 0) {
        termios raw = before_;
        raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG);
        raw.c_cc[VMIN] = 1;
        raw.c_cc[VTIME] = 0;
        if (good_) tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    }
    ~RawTerminal() {
        if (good_) tcsetattr(STDIN_FILENO, TCSANOW, &before_);
    }
    RawTerminal(const RawTerminal&) = delete;
    RawTerminal& operator=(const RawTerminal&) = delete;

private:
    termios before_{};
    bool good_;
};

int read_key() {
    const RawTerminal raw;
    char key = 0;
    return read(STDIN_FILENO, &key, 1) == 1 ? static_cast<unsigned char>(key) : -1;
}

// What is typed behind the line that ends the CLI was meant for it, and not for the shell that the
// user comes back to: the rest of a paste, which may still be on its way. How many lines it had.
std::size_t discard_input() {
    constexpr int quiet = 100;   // ms without a byte: nothing comes any more
    constexpr int longest = 100; // times that
    const RawTerminal raw;
    std::size_t lines = 0;
    bool any = false;
    std::array<char, 4096> bytes{};
    pollfd input{STDIN_FILENO, POLLIN, 0};
    for (int i = 0; i < longest && poll(&input, 1, any ? 2 * quiet : quiet) > 0; ++i) {
        const ssize_t size = read(STDIN_FILENO, bytes.data(), bytes.size());
        if (size <= 0) break;
        any = true;
        lines += static_cast<std::size_t>(std::count_if(
            bytes.begin(), bytes.begin() + size, [](char c) { return c == '\r' || c == '\n'; }));
    }
    tcflush(STDIN_FILENO, TCIFLUSH);
    return any ? std::max<std::size_t>(lines, 1) : 0;
}

// What readline returns is more than one line after a paste.
Status execute_all(Session& session, const std::string& typed) {
    std::istringstream lines(typed);
    const bool pasted = typed.find('\n') != std::string::npos;
    for (std::string line; std::getline(lines, line);) {
        const std::string prompt = shell->prompt();
        if (pasted) session.out() << prompt << line << '\n';
        remember(line);
        if (session.execute(line, prompt) != Status::quit) continue;
        for (std::string rest; std::getline(lines, rest);)
            ++shell->dropped;
        return Status::quit;
    }
    return Status::ok;
}

} // namespace

int run_shell(Session& session, Caller& caller) {
    Shell the_shell{session, caller, host_name(), {}, {}, 0, false, false, false, 0};
    if (isatty(STDOUT_FILENO) != 0) {
        session.set_pager([&](std::string_view text, std::size_t lines, std::size_t columns) {
            page(text, lines, columns, session.out(), read_key);
        });
    }
    shell = &the_shell;
    const WithoutSignals keys;
    set_up_readline();
    the_shell.history_file = open_history();

    for (;;) {
        the_shell.end_after_line = false;
        the_shell.cancelled = false;
        the_shell.ends_text = false;
        session.out().flush();
        const std::unique_ptr<char, decltype(&std::free)> typed(
            readline(the_shell.prompt().c_str()), &std::free);
        if (!typed) {
            session.out() << std::endl;
            break;
        }
        session.set_width(screen_width());
        if (!the_shell.cancelled && execute_all(session, typed.get()) == Status::quit) break;
        if (the_shell.ends_text && session.in_text()) session.end_block();
        if (the_shell.end_after_line) session.go_to({});
    }
    session.end_block();
    rl_clear_pending_input();
    if (const auto lines = the_shell.dropped + discard_input(); lines > 0) {
        session.out() << "% " << lines << (lines == 1 ? " line" : " lines")
                      << " typed behind the end of the CLI thrown away." << std::endl;
    }
    if (!the_shell.history_file.empty()) {
        history_truncate_file(the_shell.history_file.c_str(), history_lines);
    }
    shell = nullptr;
    return exit_ok;
}

} // namespace tunqos::cli
