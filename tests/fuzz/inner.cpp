// SPDX-License-Identifier: GPL-2.0-or-later
//
// The finder of inner headers against a second one, which is slow and cannot read too far:
// every byte is asked for, and one that is not there ends the reading.
//
// Input: the outer header's protocol number, then what follows that header.
#include "core/core.hpp"
#include "fuzz.hpp"

namespace {

using tunqos::fuzz::Input;
using tunqos::fuzz::require;

struct Found {
    int result = 0; // as of tunqos_inner_find()
    unsigned offset = 0, ds = 0;
};

struct OutOfSight {};

class Reader {
public:
    explicit Reader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

    unsigned at(std::size_t place) const {
        if (place >= bytes_.size()) throw OutOfSight{};
        return bytes_[place];
    }
    // Big endian.
    unsigned word(std::size_t place) const { return at(place) * 256 + at(place + 1); }
    void see(std::size_t bytes) const {
        if (bytes > bytes_.size()) throw OutOfSight{};
    }

private:
    std::span<const std::uint8_t> bytes_;
};

int reason(tunqos_reason why) {
    return -1 - static_cast<int>(why);
}

// The IP header at `place`: its DS field and whether it is one.
Found ip_at(const Reader& bytes, unsigned place) {
    bytes.see(place + 2);
    const unsigned version = bytes.at(place) / 16;
    if (version == 6) return {0, place, bytes.word(place) / 16 % 256};
    if (version == 4 && bytes.at(place) % 16 >= 5) return {0, place, bytes.at(place + 1)};
    return {reason(TUNQOS_REASON_NOT_IP)};
}

// RFC 2784 and 2890; an answer that is not 0 is a reason.
Found gre_at(const Reader& bytes, unsigned place) {
    bytes.see(place + 4);
    const unsigned flags = bytes.word(place);
    const bool checksum = flags & 0x8000, routing = flags & 0x4000, key = flags & 0x2000,
               sequence = flags & 0x1000;
    if (routing || flags % 8 != 0) return {reason(TUNQOS_REASON_UNKNOWN_HEADER)};
    const unsigned type = bytes.word(place + 2);
    if (type != 0x0800 && type != 0x86dd) return {reason(TUNQOS_REASON_NOT_IP)};
    return ip_at(bytes, place + 4 * (1U + checksum + key + sequence));
}

Found find(const Reader& bytes, unsigned place, unsigned proto) {
    try {
        if (proto == 4 || proto == 41) return ip_at(bytes, place);
        if (proto == 47) return gre_at(bytes, place);
        return {reason(TUNQOS_REASON_UNKNOWN_HEADER)};
    } catch (const OutOfSight&) {
        return {reason(TUNQOS_REASON_TRUNCATED)};
    }
}

// What the IP header at `outer` carries; its result is not 0 if that cannot be seen.
Found next(const Reader& bytes, const Found& outer) {
    const unsigned place = outer.offset;
    try {
        if (bytes.at(place) / 16 == 6) {
            bytes.see(place + 40);
            return find(bytes, place + 40, bytes.at(place + 6));
        }
        bytes.see(place + 20);
        const unsigned fragment = bytes.word(place + 6) % 0x2000;
        const unsigned length = bytes.at(place) % 16 * 4;
        bytes.see(place + length);
        if (fragment != 0) return {reason(TUNQOS_REASON_INNER_FRAGMENT)};
        return find(bytes, place + length, bytes.at(place + 9));
    } catch (const OutOfSight&) {
        return {reason(TUNQOS_REASON_TRUNCATED)};
    }
}

unsigned innermost(const Reader& bytes, Found found) {
    for (int depth = 1; depth < TUNQOS_INNER_DEPTH; ++depth) {
        const Found inside = next(bytes, found);
        if (inside.result != 0) break;
        found = inside;
    }
    return found.ds / 4;
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input input(data, size);
    const std::uint8_t proto = input.byte();
    tunqos::fuzz::Block block(input.rest());
    const auto length = static_cast<unsigned>(block.size());
    const Reader reader(block.span());

    tunqos_inner inner{};
    const int result = tunqos_inner_find(block.data(), length, proto, &inner);
    const Found slow = find(reader, 0, proto);
    require(result == slow.result, "the two parsers differ in the reason",
            std::to_string(result) + " against " + std::to_string(slow.result));
    if (result != 0) return 0;
    require(inner.offset == slow.offset, "the two parsers differ in the offset");
    require(inner.ds == slow.ds, "the two parsers differ in the DS field");
    require(tunqos_innermost(block.data(), length, inner) == innermost(reader, slow),
            "the two parsers differ in the innermost DSCP");
    return 0;
}
