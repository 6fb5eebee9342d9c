// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is done for each object, and for each problem, is done once: four times as many take
// four times as long. Counted in allocations, of which each comparison of names makes one.
#include <cstdlib>
#include <new>
#include <nlohmann/json.hpp>

#include "catch.hpp"
#include "tunqos/json.hpp"
#include "tunqos/problem_list.hpp"

static std::size_t allocations;

// Not inlined: the compiler would take malloc() and delete for a pair that does not fit.
[[gnu::noinline]] void* operator new(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size)) return memory;
    throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

using namespace tunqos;
using nlohmann::json;

namespace {

template <typename Work>
std::size_t allocations_of(const Work& work) {
    const std::size_t before = allocations;
    work();
    return allocations - before;
}

// `work` is given a number of objects, prepares, and returns what to count.
template <typename Prepare>
void grows_no_faster(const Prepare& prepare) {
    constexpr int few = 1000, many = 4 * few;
    const std::size_t of_few = allocations_of(prepare(few));
    const std::size_t of_many = allocations_of(prepare(many));
    INFO(of_few << " allocations, then " << of_many);
    CHECK(of_many < 5 * of_few);
}

std::string name(int i) {
    return "gre" + std::to_string(i);
}

json config_of(int count, const json& interface) {
    json config = {{"version", 1}};
    for (int i = 0; i < count; ++i)
        config["interfaces"][name(i)] = interface;
    return config;
}

const json good = {{"tunnel", {{"encap", {{"dscp", "copy"}}}}}};

} // namespace

TEST_CASE("a configuration of bad objects is refused in time that grows with their number") {
    grows_no_faster([](int count) {
        return
            [config = config_of(count, {{"tunnl", 1}})] { CHECK_FALSE(config_from_json(config)); };
    });
    grows_no_faster([](int count) {
        json config = {{"version", 1}};
        for (int i = 0; i < count; ++i) {
            config["tableMaps"]["t" + std::to_string(i)] = {{"map", {{"99", 1}}}};
            config["cryptoMaps"]["vpn " + std::to_string(i + 1)] = {{"peer", 5}};
        }
        return [config] { CHECK_FALSE(config_from_json(config)); };
    });
    grows_no_faster([](int count) {
        std::string text = R"({"version":1,"interfaces":{)";
        for (int i = 0; i < count; ++i)
            text += R"("gre1":{},)";
        return [text = text + R"("gre2":{}}})"] { CHECK_FALSE(config_from_text(text)); };
    });
}

TEST_CASE("validating, comparing and advising grow with the number of objects") {
    const auto large = [](int count) {
        Config config = config_from_json(config_of(count, good)).value();
        for (int i = 0; i < count; ++i) {
            CryptoMap map;
            map.match.reqid = static_cast<std::uint32_t>(i + 1);
            config.crypto_maps[{"vpn", static_cast<std::uint32_t>(i + 1)}] = map;
            TunnelProfile& tunnel = *config.interfaces[name(i)].tunnel;
            tunnel.encap.dscp = EncapDscp::set; // so that the class is not outside
            tunnel.pre_classify.enabled = i == count - 1;
        }
        return config;
    };
    grows_no_faster(
        [&](int count) { return [all = large(count)] { CHECK(validate(all).empty()); }; });
    grows_no_faster(
        [&](int count) { return [all = large(count)] { CHECK_FALSE(advise(all).empty()); }; });
    grows_no_faster([&](int count) {
        return [all = large(count)] {
            CHECK_FALSE(diff({}, all).empty());
            CHECK_FALSE(diff(all, {}).empty());
            CHECK_FALSE(config_to_ios(all).empty());
        };
    });
    // The same wrong table used by all of them: its 64 lines are not told of each time.
    grows_no_faster([](int count) {
        Config all;
        for (std::uint8_t i = 0; i < dscp_count; ++i)
            all.table_maps["wan"].map[i] = 63;
        for (int i = 0; i < count; ++i)
            all.interfaces[name(i)].port = PortProfile{"wan"};
        return [all] { CHECK(validate(all).size() == most_problems + 1); };
    });
}

TEST_CASE("of many problems the first are told, and how many more there are") {
    const auto refused = config_from_json(config_of(16000, {{"tunnl", 1}}));
    REQUIRE_FALSE(refused);
    const Problems& problems = refused.error();
    REQUIRE(problems.size() == most_problems + 1);
    CHECK(problems.front().path == "interfaces / gre0 / tunnl");
    CHECK(problems.back() == Problem{"", "and 15900 more problems; mend these first"});
    CHECK(with_count({}, 0).empty());
    CHECK(with_count(Problems(most_problems), most_problems).size() == most_problems);
}
