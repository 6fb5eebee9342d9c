// SPDX-License-Identifier: GPL-2.0-or-later
//
// One user's session: the mode, the commands typed in it, what they print. The shell and the
// scripts drive it line by line.
#pragma once

#include <iosfwd>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cli/client.hpp"
#include "cli/draft.hpp"
#include "cli/foreign.hpp"
#include "cli/grammar/grammar.hpp"
#include "cli/pager.hpp"
#include "cli/skip.hpp"

namespace tunqos::cli {

struct SessionOptions {
    bool json = false;  // every show prints JSON
    bool check = false; // changes are validated, not applied
    // A script: edits are collected until a command needs the daemon's answer, or finish(); a
    // configuration command in exec mode enters configuration mode by itself, so that the
    // output of `show running-config` is a script.
    bool batch = false;
};

class Session {
public:
    Session(const Grammar& grammar, Caller& caller, std::ostream& out, std::ostream& err,
            SessionOptions options);

    // One line as typed. `before` is what stands before it on the screen if it stands there
    // (the prompt); a script gives its "line 7: " and has the line printed above the caret.
    Status execute(std::string_view line, std::string_view before = {});
    // What a script has collected goes to the daemon.
    Status finish();
    // Something is collected that the daemon does not have yet.
    bool has_changes() const { return !draft_.empty(); }
    // A block that is skipped ends with the session.
    void end_block();

    const Context& context() const { return context_; }
    const Grammar& grammar() const { return grammar_; }
    const SessionOptions& options() const { return options_; }
    void set_width(std::size_t width) { width_ = width; }
    // Long output stops for a key if a terminal is there to ask (`terminal length`).
    void set_pager(Pager pager) { pager_ = std::move(pager); }
    void set_length(std::size_t lines) { length_ = lines; }
    // In a text of IOS that is skipped up to a mark, such as that of banner.
    bool in_text() const { return skipped_ && skipped_->mark(); }
    // What `?` lists behind this text.
    Help help(std::string_view text) const;

    // For command handlers:
    // asks the daemon; what was collected so far is sent first.
    Reply call(const std::string& method, nlohmann::json params = nullptr);
    void go_to(Context context);
    // Prints a show's answer: JSON if asked for, else the text; through `| include` and so on.
    Status show(const Match& match, const nlohmann::json& json, const std::string& text);
    void note(const std::string& text);
    Status refuse(const CallError& error);
    Status refuse(std::string_view message);
    std::ostream& out() { return out_; }

private:
    Status understand(std::string_view line, std::string_view before);
    Grammar::Resolved resolve(std::string_view line) const;
    Status wrong(const Outcome& outcome, std::string_view line, std::string_view before);
    bool configures() const;
    std::vector<const Foreign*> foreign_meaning(const Outcome& outcome,
                                                std::string_view line) const;
    std::vector<std::string> could_be(const std::vector<const Foreign*>& foreign,
                                      std::string_view line) const;
    bool is_below_refused(std::string_view line) const;
    void skip(std::string_view opener, std::string_view before = "% ");
    std::optional<Status> skipped(std::string_view line);
    std::optional<std::string> settle_names(Match& match) const;
    Help help_in_skipped(std::string_view text, const Names& names) const;
    static bool is_question(std::string_view line, const Outcome& outcome);
    Status answer(std::string_view question);
    std::string other_mode(std::string_view line) const;
    Status edit(const Match& match, const Context& context);
    Status commit(CallError* error);
    void notes(const Committed& committed);
    void print_warnings();

    const Grammar& grammar_;
    Caller& caller_;
    std::ostream& out_;
    std::ostream& err_;
    SessionOptions options_;
    Draft draft_;
    Context context_;
    bool apart_ = false; // something was said since the line was typed
    std::size_t width_ = 0;
    std::size_t length_ = 0;
    Pager pager_;
    std::optional<SkippedBlock> skipped_;         // in mode skip
    std::optional<std::string> refused_;          // the line before, if it was
    std::optional<std::size_t> body_indentation_; // of the block that is open
    std::vector<std::string> warnings_;           // of the last change
    std::set<std::string> noted_;                 // notes that this session has printed
};

} // namespace tunqos::cli
