// SPDX-License-Identifier: GPL-2.0-or-later
//
// `set mark dscp`: read, written, checked and compared.
#include "catch.hpp"
#include "samples.hpp"
#include "tunqos/json.hpp"

using namespace tunqos;

namespace {

Config with_mark(const MarkProfile& mark) {
    Config config = samples::full();
    config.interfaces["eth0"].mark = mark;
    return config;
}

std::string problems_of(const Problems& problems) {
    std::string text;
    for (const auto& problem : problems)
        text += problem.path + ": " + problem.message + '\n';
    return text;
}

std::string problem_of(const MarkProfile& mark) {
    return problems_of(validate(with_mark(mark)));
}

} // namespace

TEST_CASE("a mark reads back from JSON, and stands in the running configuration") {
    samples::each_mark([](const MarkProfile& mark) {
        Config config = with_mark(mark);
        // a tunnel device and a VLAN device may have one as well
        config.interfaces["gre1"].mark = mark;
        config.interfaces["eth1.10"].mark = mark;
        CHECK(validate(config).empty());
        const auto again = config_from_text(config_to_text(config));
        REQUIRE(again);
        CHECK(*again == config);
    });
    CHECK(interface_to_ios("eth0", with_mark({"", 0x3f0000}).interfaces["eth0"]) ==
          "interface eth0\n set mark dscp mask 0x3f0000\n");
    CHECK(interface_to_ios("eth0", with_mark({"cos", 7}).interfaces["eth0"]) ==
          "interface eth0\n set mark dscp table cos mask 0x7\n");
    const auto read = config_from_text(
        R"({"version": 1, "interfaces": {"e": {"mark": {"mask": 252, "table": ""}}}})");
    REQUIRE(read);
    CHECK(read->interfaces.at("e").mark == MarkProfile{"", 252});
}

TEST_CASE("what is wrong with a mark in JSON has its path") {
    const auto problem = [](const std::string& mark) {
        const auto config =
            config_from_text(R"({"version": 1, "interfaces": {"e": {"mark": )" + mark + "}}}");
        return config ? std::string() : problems_of(config.error());
    };
    CHECK(problem("{}") ==
          "interfaces / e / mark / mask: is missing; give a number 1-4294967295 or a text such as "
          "\"0xff\"\n");
    CHECK(problem(R"({"mask": "x"})") ==
          "interfaces / e / mark / mask: must be a number 1-4294967295 or a text such as "
          "\"0xff\", not \"x\"\n");
    CHECK(problem(R"({"mask": 4294967296})").find("must be a number") != std::string::npos);
    CHECK(problem(R"({"mask": 63, "table": 5})") ==
          "interfaces / e / mark / table: must be a text, not 5\n");
    CHECK(problem(R"({"mask": 63, "dscp": 1})")
              .find("interfaces / e / mark / dscp: unknown key; this object may have \"table\", "
                    "\"mask\"") == 0);
    CHECK(problem("5").find("interfaces / e / mark: must be an object") == 0);
}

TEST_CASE("a mask has room for every number of its table") {
    const std::string where = "interface eth0 / set mark dscp: ";
    const std::string way_out =
        "; give a mask with more bits in a row, or a table-map with smaller numbers (default 0 or "
        "default ignore for the other code points)\n";
    CHECK(problem_of({"", 0}) == where + "mask 0 leaves no bit to set; give one such as 0xff\n");
    CHECK(problem_of({"", 0x1f00}) ==
          where + "mask 0x1f00 has no room for 32, the number for " + describe(Dscp{32}) + way_out);
    CHECK(problem_of({"cos", 0x3}) == where + "mask 0x3 has no room for 5, the number for " +
                                          describe(Dscp{46}) + " in table-map cos" + way_out);
    CHECK(problem_of({"cos", 0x7}) == "");
    CHECK(problem_of({"none", 0x7}).find(where + "there is no table-map none") == 0);

    // all numbers under many masks, against the bits as they come out
    for (const std::uint32_t mask : {1U, 2U, 3U, 5U, 0x3fU, 0x2fU, 0x80000000U, 0xe0000000U, 0xa0U,
                                     0xfc000000U, 0xffffffffU, 0x101U}) {
        std::uint64_t lowest = 1;
        while ((mask & lowest) == 0)
            lowest *= 2;
        for (std::uint8_t number = 0; number < 64; ++number) {
            Config config;
            config.table_maps["t"] = samples::table_map({}, TableDefault::value, number);
            config.interfaces["eth0"].mark = MarkProfile{"t", mask};
            const bool fits = ((number * lowest) | mask) == mask;
            CHECK(validate(config).empty() == fits);
            config.table_maps["t"] = samples::table_map({{46, number}}, TableDefault::ignore);
            CHECK(validate(config).empty() == fits);
        }
    }
}

TEST_CASE("a change of the mark is one line, and its table is used") {
    const Config before = with_mark({"", 0x3f});
    Config after = with_mark({"cos", 0xff});
    using Lines = std::vector<std::string>;
    CHECK(diff(before, after) ==
          Lines{"interface eth0: set mark dscp mask 0x3f -> dscp table cos mask 0xff"});
    after.interfaces["eth0"].mark.reset();
    CHECK(diff(before, after) == Lines{"interface eth0: set mark dscp mask 0x3f -> none"});
    CHECK(diff(samples::full(), before) ==
          Lines{"interface eth0: added (set mark dscp mask 0x3f)"});

    Config config;
    config.table_maps["t"] = samples::table_map({{46, 1}}, TableDefault::value, 0);
    CHECK(advise(config) == Lines{"table-map t: is not used"});
    config.interfaces["eth0"].mark = MarkProfile{"t", 1};
    CHECK(advise(config).empty());
    Change change;
    change.objects.interfaces = config.interfaces;
    CHECK(changed_part(change, config).after == config);
}
