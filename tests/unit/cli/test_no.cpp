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
        {"VALUE", {"af21", "7"}},
        {"TOS", {"184", "72"}},
        {"TABLE-MAP", {"wan", "new"}},
        {"INTERFACE", {"gre1", "new1"}},
        {"CRYPTO-MAP", {"vpn", "new"}},
        {"SEQUENCE", {"10"}},
        {"ADDRESS", {"203.0.113.9", "2001:db8::9"}},
        {"REQID", {"77", "78"}},
        {"IF-ID", {"77", "78"}},
        {"MARK", {"0x10", "0x20"}},
        {"MASK", {"0x3f"}},
        {"SPI", {"0x1001", "0x1002"}},
        {"COS", {"3", "5"}},
        {"HANDLE", {"8001:"}},
        {"LINE", {"some text", "other"}},
        {"MUTATION", {"edge", "new"}},
        {"RULE", {"10", "20"}},
        {"NAME", {"VIDEO"}},
        {"ZONE", {"LAN", "new"}},
        {"PLACE", {"LAN", "any"}},
        {"NETWORK", {"192.0.2.0/24"}},
        {"PORT", {"5060"}},
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
        std::string word(rest_.substr(0, rest_.find_first_of(" |]}")));
        rest_.remove_prefix(word.size());
        if (word.ends_with("...")) word.resize(word.size() - 3);
        // Of several in a row each is typed alike.
        const bool again = word == before_;
        before_ = word;
        const bool variable = find_type(word) != nullptr;
        if (variable && again) return {values_of(word).front()};
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
    std::string before_;
    char last_ = 0;
};

// Where a command of a mode is typed.
const char* entrance(Mode mode) {
    switch (mode) {
    case Mode::interface: return "interface gre1";
    case Mode::crypto_map: return "crypto map vpn 10";
    case Mode::table_map: return "table-map wan";
    case Mode::rule: return "qos rule 10";
    case Mode::zone: return "qos zone LAN";
    default: return "configure terminal";
    }
}

constexpr std::string_view objects =
    "mls qos map dscp-mutation edge 46 to 34\ntable-map wan\n map from af41 to af21\n"
    "crypto map vpn 10\nqos zone LAN\n member gre2\nqos rule 10 VOIP\n match from LAN to gre1\n";

// Rules have nothing to do with what is configured of a tunnel.
bool is_of_rules(Mode mode) {
    return mode == Mode::rule || mode == Mode::zone;
}

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
                        if (is_of_rules(mode) && !start.empty()) continue;
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

// What a command is about, and what can be said of it.
struct Setting {
    std::string head;
    Lines tails; // without the space in front
};

std::vector<Setting> settings_of(const Command& command) {
    std::string_view form = command.grammar;
    form.remove_prefix(std::string_view("[no] ").size());
    const auto mark = form.find("![");
    const auto end = std::min(mark == form.npos ? form.find_first_of("[") : mark, form.size());
    std::string tail(form.substr(end));
    if (tail.starts_with('!')) tail.erase(0, 1);
    std::vector<Setting> settings;
    for (const std::string& head : Forms(form.substr(0, end)).all()) {
        settings.push_back({head, {}});
        for (std::string& value : Forms(tail).all())
            settings.back().tails.push_back(value.empty() ? value : ' ' + value);
    }
    return settings;
}

// One form with nothing left out, and the heads alone.
Lines some_forms(const Command& command) {
    Lines forms;
    for (const auto& [head, tails] : settings_of(command)) {
        forms.push_back(head);
        forms.push_back(head + tails.front());
    }
    return forms;
}

TEST_CASE("no with another value: of one value it takes that, of several none") {
    int taken = 0;
    int kept = 0;
    const Config config = read(std::string(objects));
    for (const Command& command : grammar().commands()) {
        if (!has_no_form(command) || is_object(command)) continue;
        for (const auto& [head, tails] : settings_of(command)) {
            for (const Mode mode : command.modes) {
                const auto without = after(config, mode, {"no " + head});
                for (std::size_t i = 0; i < tails.size(); ++i) {
                    const std::string& tail = tails[i];
                    const std::string& next = tails[(i + 1) % tails.size()];
                    const auto with = after(config, mode, {head + tail});
                    if (!with || *with == config) continue;
                    const auto gone = after(config, mode, {head + tail, "no " + head});
                    for (const std::string& other : {tail, next}) {
                        CAPTURE(command.grammar, head, tail, other);
                        const auto left = after(config, mode, {head + tail, "no " + head + other});
                        if (other.empty() || other == tail || !command.entry) {
                            ++taken;
                            CHECK(left == gone);
                            continue;
                        }
                        ++kept;
                        CHECK_FALSE(left);
                        Desk desk;
                        desk.daemon.running = *with;
                        desk.type("configure terminal\n" + std::string(entrance(mode)));
                        desk.session.execute("no " + head + other);
                        CHECK(desk.daemon.running == *with);
                    }
                }
                CHECK((!without || *without == config || !command.entry));
            }
        }
    }
    CHECK(taken > 200);
    CHECK(kept >= 10);
}

// A line of a configuration with its head as `interface gre1 /  tunnel tos 184`: its command.
const Command* command_of(const std::string& line, Mode mode) {
    const Outcome outcome = grammar().match(mode, line.substr(line.find(" / ") + 3));
    const auto* match = std::get_if<Match>(&outcome);
    return match == nullptr ? nullptr : match->command;
}

TEST_CASE("no X changes what X sets and nothing else") {
    int changed = 0;
    for (const std::string_view start : starts) {
        for (const Mode mode : {Mode::interface, Mode::crypto_map}) {
            std::string more =
                mode == Mode::interface ? " tunnel control dscp cs6\n set mark dscp mask 0x3f\n"
                                        : " set peer 203.0.113.1\n match reqid 5\n";
            if (start.empty() && mode == Mode::interface)
                more = " description vlan\n set cos dscp\n set cos arp 6\n set cos dhcp 4\n";
            const Config config = read(std::string(objects) + entrance(mode) + "\n " +
                                       std::string(start) + (start.empty() ? "" : "\n") + more);
            const auto had = lines_of(config);
            for (const Command& command : grammar().commands()) {
                if (!has_no_form(command) || is_object(command) ||
                    std::count(command.modes.begin(), command.modes.end(), mode) == 0)
                    continue;
                for (const std::string& line : some_forms(command)) {
                    CAPTURE(start, line);
                    const auto left = after(config, mode, {"no " + line});
                    if (!left || *left == config) continue;
                    ++changed;
                    const auto has = lines_of(*left);
                    for (const std::string& one : has) {
                        INFO("came: " << one);
                        CHECK(had.contains(one));
                    }
                    for (const std::string& one : had) {
                        if (has.contains(one)) continue;
                        INFO("went: " << one);
                        const std::string typed = one.substr(one.find(" / ") + 4);
                        // By its own command, or by the words that it begins with; or it said
                        // what holds without it; or it is the other spelling of a fixed value.
                        const bool other_name = line.starts_with("tunnel tos") &&
                                                typed.starts_with("tunnel encap dscp set");
                        CHECK((command_of(one, mode) == &command || typed.starts_with(line) ||
                               after(*left, mode, {typed}) == left || other_name));
                    }
                }
            }
        }
    }
    CHECK(changed > 100);
}

TEST_CASE("default X is no X") {
    int same = 0;
    for (const std::string_view start : starts) {
        const Config config =
            read(std::string(objects) + "interface gre1\n " + std::string(start) +
                 (start.empty() ? "" : "\n") + "crypto map vpn 10\n " + std::string(start));
        for (const Command& command : grammar().commands()) {
            if (!has_no_form(command)) continue;
            for (const std::string& line : some_forms(command)) {
                for (const Mode mode : command.modes) {
                    if (mode == Mode::table_map) continue; // has a default of its own
                    if (is_of_rules(mode) && !start.empty()) continue;
                    CAPTURE(start, line);
                    const auto no = after(config, mode, {"no " + line});
                    CHECK(after(config, mode, {"default " + line}) == no);
                    same += no && *no != config ? 1 : 0;
                }
            }
        }
    }
    CHECK(same > 100);
    Desk desk;
    CHECK(desk.type("conf t\nint gre1\ntunnel tos 184\ndef tun tos") == Status::ok);
    CHECK(desk.daemon.running == Config{});
    CHECK(desk.session.execute("default shutdown") == Status::syntax);
    CHECK(desk.err.str() ==
          "% Not done by tunqos: devices and their addresses are made by "
          "ip(8).\n");
}

TEST_CASE("no and default know the names of interfaces as IOS has them") {
    for (const char* line : {"no interface tu 0", "default interface tu 0", "no int Tunnel 0"}) {
        CAPTURE(line);
        Desk desk;
        desk.daemon.running.interfaces["tunnel0"].description = "x";
        CHECK(desk.type("conf t\n" + std::string(line)) == Status::ok);
        CHECK(desk.daemon.running == Config{});
    }
}

TEST_CASE("no of one spelling tells that another one holds, and leaves it") {
    const auto said = [](const std::string& set, const std::string& no, Mode mode) {
        Desk desk;
        desk.daemon.running = read(std::string(objects));
        REQUIRE(desk.type("configure terminal\n" + std::string(entrance(mode)) + '\n' + set) ==
                Status::ok);
        const Config before = desk.daemon.running;
        desk.err.str("");
        CHECK(desk.type(no) == Status::ok);
        CHECK(desk.daemon.running == before);
        return desk.err.str();
    };
    CHECK(said("tunnel encap dscp table wan", "no tunnel tos 184", Mode::interface) ==
          "% Warning: interface gre1: the outer DSCP is still that of tunnel encap dscp table wan; "
          "type no tunnel encap dscp to change it\n");
    CHECK(said("tunnel encap dscp native", "no tunnel tos", Mode::interface)
              .find("still that of tunnel encap dscp native;") != std::string::npos);
    CHECK(said("tunnel diffserv-mode pipe table wan", "no tunnel tos", Mode::interface) ==
          "% Warning: interface gre1: the outer DSCP is still that of tunnel diffserv-mode pipe; "
          "type no tunnel diffserv-mode, or another one, to change it\n");
    for (const Mode mode : {Mode::interface, Mode::crypto_map}) {
        const std::string owner =
            mode == Mode::interface ? "interface gre1: " : "crypto map vpn 10: ";
        CHECK(said("tunnel encap dscp set ef\ntunnel decap dscp copy permit 0-7\n"
                   "tunnel decap class outer",
                   "no tunnel diffserv-mode pipe", mode) ==
              "% Warning: " + owner +
                  "the outer DSCP is still that of tunnel encap dscp set ef; type no tunnel encap "
                  "dscp to change it\n% Warning: " +
                  owner +
                  "the inner DSCP is still that of tunnel decap dscp copy permit 0-7; type no "
                  "tunnel decap dscp to change it\n% Warning: " +
                  owner +
                  "packets are still queued by tunnel decap class outer; type no tunnel decap "
                  "class to change it\n");
    }
    CHECK(said("tunnel encap dscp copy", "no tunnel tos", Mode::interface).empty());
    CHECK(said("qos pre-classify", "no tunnel diffserv-mode", Mode::interface).empty());
}

TEST_CASE("what an entry has is named when no is refused") {
    const auto said = [](std::string_view lines) {
        Desk desk;
        CHECK(desk.type(lines) == Status::refused);
        return desk.err.str();
    };
    CHECK(said("conf t\ncrypto map vpn 10\nset peer 10.0.0.1\nno set peer 10.0.0.2")
              .ends_with("% crypto map vpn 10: 10.0.0.2 is not its peer; it has 10.0.0.1\n"));
    CHECK(said("conf t\ncrypto map vpn 10\nno match reqid 7")
              .ends_with("% crypto map vpn 10: 7 is not its request ID; it has none\n"));
    CHECK(said("conf t\ntable-map wan\nmap from ef to 5\nno map from ef to 6") ==
          "% table-map wan: ef (46) is mapped to 5, not to 6; type no map from ef\n");
    CHECK(said("conf t\ntable-map wan\nmap from ef to 34\nno map from ef to cs1") ==
          "% table-map wan: ef (46) is mapped to af41, not to cs1; type no map from ef\n");
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
    CHECK(gre1({"tunnel encap dscp set ef"}).encap.dscp.value == Dscp{46});
    CHECK(gre1({"tunnel encap dscp set ef", "no tunnel encap dscp"}).encap.dscp.value == Dscp{18});
    CHECK(gre1({"tunnel decap class inner"}).decap.queue_by == DecapClass::inner);
    CHECK(gre1({"tunnel decap class inner", "no tunnel decap class"}).decap.queue_by ==
          DecapClass::outer);
    // Without the model the line stays.
    const TunnelProfile line = gre1({"tunnel encap dscp set ef", "no tunnel diffserv-mode"});
    CHECK(line.encap.dscp.value == Dscp{46});
    CHECK(line.decap == Decap{});
    // A model takes the place of every line.
    CHECK(gre1({"tunnel encap dscp set ef", "tunnel diffserv-mode pipe"}).encap == Encap{});
}

} // namespace
} // namespace tunqos::cli
