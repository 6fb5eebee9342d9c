// SPDX-License-Identifier: GPL-2.0-or-later
//
// `no X` after `X` is the state before, for every form of every command that has a `no`: as the
// grammar strings say them, from several configurations. What the module is told is made from
// the configuration alone, so that equal configurations are equal there, too.
#include <map>
#include <set>

#include "cli/grammar/graph.hpp"
#include "cli_test.hpp"

namespace tunqos::cli {
namespace {

using Lines = std::vector<std::string>;

// Some texts of each variable type.
const Lines& values_of(const std::string& type) {
    static const std::map<std::string, Lines> values{
        {"DSCP", {"ef", "9"}},
        {"DSCP-LIST", {"0-47"}},
        {"VALUE", {"af21"}},
        {"TOS", {"184"}},
        {"TABLE-MAP", {"wan", "new"}},
        {"INTERFACE", {"gre1", "new1"}},
        {"CRYPTO-MAP", {"vpn", "new"}},
        {"SEQUENCE", {"10"}},
        {"ADDRESS", {"203.0.113.9"}},
        {"REQID", {"77"}},
        {"IF-ID", {"77"}},
        {"MARK", {"0x10"}},
        {"MASK", {"0x3f"}},
        {"SPI", {"0x1001"}},
        {"COS", {"3"}},
        {"HANDLE", {"8001:"}},
        {"LINE", {"some text"}},
    };
    INFO("a new type: give it a value here");
    CAPTURE(type);
    REQUIRE(values.contains(type));
    return values.at(type);
}

// All that a grammar string takes, with the optional parts and without them.
class Forms {
public:
    explicit Forms(std::string_view grammar) : rest_(grammar) {}
    Lines all() { return choice(); }

private:
    Lines choice() {
        Lines forms = sequence();
        while (take("|")) {
            for (std::string& form : sequence())
                forms.push_back(std::move(form));
        }
        return forms;
    }

    Lines sequence() {
        Lines forms{""};
        for (spaces(); !rest_.empty() && std::string_view("|]}").find(rest_[0]) == rest_.npos;
             spaces()) {
            Lines longer;
            const Lines next = one();
            for (const std::string& form : forms) {
                for (const std::string& part : next)
                    longer.push_back(part.empty() || form.empty() ? form + part
                                                                  : form + ' ' + part);
            }
            forms = std::move(longer);
        }
        return forms;
    }

    Lines one() {
        const bool for_no_only = take("!");
        if (take("{") || take("[")) {
            const bool optional = !for_no_only && last_ == '[';
            Lines forms = choice();
            spaces();
            rest_.remove_prefix(1);
            if (optional) forms.emplace_back();
            return forms;
        }
        const std::string word(rest_.substr(0, rest_.find_first_of(" |]}")));
        rest_.remove_prefix(word.size());
        const bool variable = find_type(word) != nullptr;
        return variable ? values_of(word) : Lines{word};
    }

    void spaces() {
        while (rest_.starts_with(' '))
            rest_.remove_prefix(1);
    }
    bool take(std::string_view mark) {
        spaces();
        if (!rest_.starts_with(mark)) return false;
        last_ = mark[0];
        rest_.remove_prefix(mark.size());
        return true;
    }

    std::string_view rest_;
    char last_ = 0;
};

// Where a command of a mode is typed.
const char* entrance(Mode mode) {
    switch (mode) {
    case Mode::interface: return "interface gre1";
    case Mode::crypto_map: return "crypto map vpn 10";
    case Mode::table_map: return "table-map wan";
    default: return "configure terminal";
    }
}

constexpr std::string_view objects = "table-map wan\n map from af41 to af21\ncrypto map vpn 10\n";

// Each for interface gre1 and for crypto map vpn 10.
constexpr std::string_view starts[] = {
    "",
    "description x\n",
    "tunnel encap dscp copy\n",
    "tunnel encap dscp set af31\n tunnel decap class outer\n",
    "tunnel diffserv-mode uniform permit 0-7\n",
    "tunnel diffserv-mode pipe\n",
    "tunnel diffserv-mode pipe dscp af21\n tunnel encap ecn rfc6040\n",
    "tunnel diffserv-mode short-pipe table wan\n tunnel decap class outer\n qos pre-classify\n",
    "qos pre-classify\n",
    "tunnel decap class outer\n tunnel decap ecn rfc6040\n",
    "tunnel encap inner-dscp set 9\n tunnel encap single-aggregate af4\n",
};

Config read(std::string_view text) {
    SessionOptions options;
    options.batch = true;
    Desk desk(options);
    const Status status = desk.type(text);
    INFO(desk.err.str());
    REQUIRE(status == Status::ok);
    REQUIRE(desk.session.finish() == Status::ok);
    return desk.daemon.running;
}

// What a daemon with this configuration has after the lines; nothing if one was refused.
std::optional<Config> after(const Config& start, Mode mode, const Lines& lines) {
    Desk desk;
    desk.daemon.running = start;
    REQUIRE(desk.type("configure terminal") == Status::ok);
    if (mode != Mode::config) REQUIRE(desk.type(entrance(mode)) == Status::ok);
    for (const std::string& line : lines) {
        if (mode != Mode::config) REQUIRE(desk.type(entrance(mode)) == Status::ok);
        if (desk.type(line) != Status::ok) return std::nullopt;
    }
    return desk.daemon.running;
}

std::set<std::string> lines_of(const Config& config) {
    std::istringstream text(config_to_ios(config));
    std::set<std::string> lines;
    std::string head;
    for (std::string line; std::getline(text, line);) {
        if (line.empty() || line[0] != ' ') head = line;
        lines.insert(head + " / " + line);
    }
    return lines;
}

bool is_object(const Command& command) {
    return command.enter != nullptr;
}

struct Count {
    int undone = 0, replaced = 0, there = 0, refused = 0;
};

void check_undone(const Config& start, Mode mode, const Command& command, const std::string& line,
                  const std::string& undo, Count& count) {
    CAPTURE(line, undo);
    INFO(config_to_ios(start));
    const auto done = after(start, mode, {line});
    if (!done) {
        ++count.refused;
        return;
    }
    const auto had = lines_of(start);
    const auto has = lines_of(*done);
    if (!std::includes(has.begin(), has.end(), had.begin(), had.end())) {
        ++count.replaced; // what it replaces is gone, as on IOS
        return;
    }
    const auto undone = after(start, mode, {line, undo});
    if (!undone && is_object(command)) {
        ++count.there; // and is used
        return;
    }
    REQUIRE(undone);
    if (*done == start && *undone != start) {
        // It was there already, and is what `no` has taken away.
        ++count.there;
        if (!is_object(command)) CHECK(after(*undone, mode, {line}) == start);
        return;
    }
    ++count.undone;
    CHECK(*undone == start);
}

TEST_CASE("no X after X is the state before") {
    Count count;
    for (const std::string_view start : starts) {
        for (const Mode owner : {Mode::interface, Mode::crypto_map}) {
            const Config config =
                read(std::string(objects) + entrance(owner) + "\n " + std::string(start));
            for (const Command& command : grammar().commands()) {
                if (!has_no_form(command)) continue;
                std::string_view form = command.grammar;
                form.remove_prefix(std::string_view("[no] ").size());
                for (const std::string& line : Forms(form).all()) {
                    for (const Mode mode : command.modes) {
                        const bool other = mode == Mode::interface || mode == Mode::crypto_map;
                        if (mode == owner || (!other && owner == Mode::interface))
                            check_undone(config, mode, command, line, "no " + line, count);
                    }
                }
            }
        }
    }
    // Each kind was seen, and most of it is what the test is about: refused is what does not go
    // with a start, as set cos on a tunnel.
    CHECK(count.undone > 900);
    CHECK(count.replaced > 20);
    CHECK(count.there > 5);
    CHECK(count.refused < count.undone);
}

TEST_CASE("no without the value takes away what X has set") {
    const Config config = read(std::string(objects) + "interface gre1\n description x\n");
    for (const Mode mode : {Mode::interface, Mode::crypto_map}) {
        for (const auto& [line, undo] : {
                 std::pair<std::string, std::string>{"qos pre-classify table wan",
                                                     "no qos pre-classify"},
                 {"tunnel encap dscp copy", "no tunnel encap dscp"},
                 {"tunnel diffserv-mode pipe dscp af21", "no tunnel diffserv-mode"},
                 {"tunnel decap class outer", "no tunnel decap class"},
                 {"tunnel decap class inner", "no tunnel decap class"},
                 {"tunnel decap dscp keep", "no tunnel decap dscp"},
                 {"tunnel encap ecn rfc6040", "no tunnel encap ecn"},
             }) {
            CAPTURE(line);
            CHECK(after(config, mode, {line, undo}) == config);
        }
    }
}

TEST_CASE("what is implied is not stored, and what was stored keeps its meaning") {
    const Config implied = read("interface gre1\n qos pre-classify\n");
    CHECK(config_to_ios(implied) == "!\ninterface gre1\n qos pre-classify\n!\nend\n");
    CHECK(implied.interfaces.at("gre1").tunnel->encap.dscp == EncapDscp::copy);
    // Files of before: the line was typed, or stored with another one.
    const Config stored = read("interface gre1\n tunnel encap dscp copy\n qos pre-classify\n");
    CHECK(after(stored, Mode::interface, {"no qos pre-classify"}) ==
          read("interface gre1\n tunnel encap dscp copy\n"));
    const auto file = config_from_text(
        R"({"version": 1, "interfaces": {"gre1": {"tunnel": {"encap": {"dscp": "copy"}, "decap":
           {"dscp": "keep"}, "preClassify": true}}}})");
    REQUIRE(file);
    CHECK(*file == stored);
}

TEST_CASE("lines are shown as they were typed") {
    for (const std::string lines :
         {" tunnel diffserv-mode uniform\n", " tunnel encap dscp copy\n tunnel decap dscp copy\n",
          " tunnel diffserv-mode pipe dscp af21\n",
          " tunnel encap dscp set af21\n tunnel decap class outer\n",
          " tunnel diffserv-mode short-pipe\n", " tunnel encap dscp copy\n",
          " tunnel diffserv-mode uniform permit 0-47\n tunnel decap dscp keep\n",
          " tunnel diffserv-mode pipe\n tunnel encap dscp set af21\n tunnel decap class inner\n",
          " tunnel decap class outer\n", " qos pre-classify\n"}) {
        const std::string text = "!\ninterface gre1\n" + lines + "!\nend\n";
        CAPTURE(text);
        const Config config = read(text);
        CHECK(config_to_ios(config) == text);
        CHECK(config_from_text(config_to_text(config)) == config);
    }
}

TEST_CASE("a line of its own is stronger than the model, which holds again without it") {
    const Config model = read("interface gre1\n tunnel diffserv-mode pipe dscp af21\n");
    const auto gre1 = [&](const Lines& lines) {
        return *after(model, Mode::interface, lines)->interfaces.at("gre1").tunnel;
    };
    CHECK(gre1({"tunnel encap dscp set ef"}).encap.value == Dscp{46});
    CHECK(gre1({"tunnel encap dscp set ef", "no tunnel encap dscp"}).encap.value == Dscp{18});
    CHECK(gre1({"tunnel decap class inner"}).decap.queue_by == DecapClass::inner);
    CHECK(gre1({"tunnel decap class inner", "no tunnel decap class"}).decap.queue_by ==
          DecapClass::outer);
    // Without the model the line stays.
    const TunnelProfile line = gre1({"tunnel encap dscp set ef", "no tunnel diffserv-mode"});
    CHECK(line.encap.value == Dscp{46});
    CHECK(line.decap == Decap{});
    // A model takes the place of every line.
    CHECK(gre1({"tunnel encap dscp set ef", "tunnel diffserv-mode pipe"}).encap == Encap{});
}

} // namespace
} // namespace tunqos::cli
