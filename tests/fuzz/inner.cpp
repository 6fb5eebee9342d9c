// SPDX-License-Identifier: GPL-2.0-or-later
//
// The finder of inner headers against a second one, which is slow and cannot read too far:
// every byte is asked for, and one that is not there ends the reading.
//
// Input: the outer header's protocol number, then what follows that header; or 128 plus a
// form of tunnel device, the protocol number, and the same; or 192, then an outer header.
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

const Found not_ip{reason(TUNQOS_REASON_NOT_IP)};
const Found unknown{reason(TUNQOS_REASON_UNKNOWN_HEADER)};

// RFC 3032: labels of 20 bits, three more, the bottom bit, the TTL.
Found mpls_at(const Reader& bytes, unsigned place) {
    for (unsigned left = TUNQOS_LABELS; left > 0; --left, place += 4) {
        const unsigned upper = bytes.word(place), lower = bytes.word(place + 2);
        if ((lower & 0x0100) == 0) continue;
        const Found found = ip_at(bytes, place + 4);
        if (found.result != 0) return found;
        const unsigned label = upper * 16 + lower / 4096;
        const bool six = bytes.at(place + 4) >= 0x60;
        return (label == 0 && six) || (label == 2 && !six) ? not_ip : found;
    }
    return unknown;
}

// RFC 1661: a protocol number's last byte is its first odd one.
Found ppp_at(const Reader& bytes, unsigned place) {
    const unsigned first = bytes.at(place);
    const unsigned size = first % 2 == 1 ? 1 : 2;
    const unsigned number = size == 1 ? first : bytes.word(place);
    if (number == 0x21 || number == 0x57) return ip_at(bytes, place + size);
    if (number == 0x281 || number == 0x283) return mpls_at(bytes, place + size);
    return not_ip;
}

// What an EtherType announces, behind up to two tags.
Found type_at(const Reader& bytes, unsigned place, unsigned type, unsigned tags = 0) {
    if (type == 0x0800 || type == 0x86dd) return ip_at(bytes, place);
    if (type == 0x8847 || type == 0x8848) return mpls_at(bytes, place);
    if (type == 0x8864) {
        bytes.see(place + 6);
        return bytes.word(place) == 0x1100 ? ppp_at(bytes, place + 6) : not_ip;
    }
    if (type != 0x8100 && type != 0x88a8) return not_ip;
    if (tags == 2) return {reason(TUNQOS_REASON_IN_BAND_TAG)};
    return type_at(bytes, place + 4, bytes.word(place + 2), tags + 1);
}

Found frame_at(const Reader& bytes, unsigned place) {
    return type_at(bytes, place + 14, bytes.word(place + 12));
}

// A frame behind the headers of ERSPAN, by the GRE type and whether packets are numbered.
Found erspan_at(const Reader& bytes, unsigned place, unsigned type, bool numbered) {
    unsigned version = 0, size = 0;
    if (type == 0x22eb) {
        version = 2;
        size = 12;
    } else if (numbered) {
        version = 1;
        size = 8;
    }
    bytes.see(place + size);
    if (size != 0 && bytes.at(place) / 16 != version) return unknown;
    if (version == 2 && bytes.at(place + 11) % 2 == 1) size += 8;
    return frame_at(bytes, place + size);
}

// RFC 2784 and 2890; an answer that is not 0 is a reason.
Found gre_at(const Reader& bytes, unsigned place) {
    bytes.see(place + 4);
    const unsigned flags = bytes.word(place);
    const bool checksum = flags & 0x8000, routing = flags & 0x4000, key = flags & 0x2000,
               sequence = flags & 0x1000;
    if (routing || flags % 8 != 0) return {reason(TUNQOS_REASON_UNKNOWN_HEADER)};
    const unsigned type = bytes.word(place + 2);
    const unsigned inside = place + 4 * (1U + checksum + key + sequence);
    if (type == 0x6558) return frame_at(bytes, inside);
    if (type == 0x88be || type == 0x22eb) return erspan_at(bytes, inside, type, sequence);
    return type_at(bytes, inside, type);
}

// RFC 7348; with bit 0x04 the generic protocol extension.
Found vxlan_at(const Reader& bytes, unsigned place) {
    bytes.see(place + 8);
    const unsigned flags = bytes.at(place);
    if ((flags & 0x08) == 0) return unknown;
    if ((flags & 0x04) == 0) return frame_at(bytes, place + 8);
    if ((flags & 0x31) != 0) return unknown;
    const unsigned next = bytes.at(place + 3);
    if (next == 3) return frame_at(bytes, place + 8);
    if (next == 5) return mpls_at(bytes, place + 8);
    return next == 1 || next == 2 ? ip_at(bytes, place + 8) : not_ip;
}

// RFC 8926
Found geneve_at(const Reader& bytes, unsigned place) {
    bytes.see(place + 8);
    if (bytes.at(place) >= 0x40 || bytes.at(place + 1) >= 0x80) return unknown;
    const unsigned inside = place + 8 + bytes.at(place) * 4;
    const unsigned type = bytes.word(place + 2);
    if (type == 0x6558) return frame_at(bytes, inside);
    return type_at(bytes, inside, type);
}

// RFC 2661 section 3.1, and PPP with or without its two constant bytes.
Found l2tpv2_at(const Reader& bytes, unsigned place) {
    bytes.see(place + 6);
    const unsigned flags = bytes.word(place);
    if (flags >= 0x8000 || flags % 16 != 2) return unknown;
    unsigned inside = place + 6 + (flags & 0x4000 ? 2 : 0) + (flags & 0x0800 ? 4 : 0);
    if (flags & 0x0200) inside += 2 + bytes.word(inside);
    return ppp_at(bytes, bytes.word(inside) == 0xff03 ? inside + 2 : inside);
}

// The user's packets of GTP, version 1 with its extension headers, version 0 without.
Found gtp_at(const Reader& bytes, unsigned place) {
    bytes.see(place + 8);
    const unsigned version = bytes.at(place) / 32, flags = bytes.at(place) % 8;
    if (version > 1 || bytes.at(place) / 16 % 2 == 0) return unknown;
    if (bytes.at(place + 1) != 255) return not_ip;
    if (version == 0) return ip_at(bytes, place + 20);
    if (flags == 0) return ip_at(bytes, place + 8);
    unsigned inside = place + 12;
    bytes.see(inside);
    for (int count = 0; flags >= 4 && bytes.at(inside - 1) != 0; ++count) {
        const unsigned words = bytes.at(inside);
        if (words == 0 || count == TUNQOS_EXTENSIONS - 1) return unknown;
        inside += words * 4;
        bytes.see(inside);
    }
    return ip_at(bytes, inside);
}

Found find(const Reader& bytes, unsigned place, unsigned proto);

// FOU, or GUE with its header of four bytes and more.
Found fou_at(const Reader& bytes, unsigned place, bool gre) {
    bytes.see(place + 4);
    const unsigned first = bytes.at(place), second = bytes.at(place + 1);
    const bool bare = gre ? second == 0 : first / 16 == 6 || (first / 16 == 4 && first % 16 >= 5);
    if (bare) return find(bytes, place, gre ? 47 : 4);
    if (first >= 0x20) return unknown;
    if (gre ? second != 47 : second != 4 && second != 41) return unknown;
    bytes.see(place + 4 + first * 4);
    return find(bytes, place + 4 + first * 4, second);
}

Found find_in(const Reader& bytes, unsigned form, unsigned proto) {
    const bool ip = form == TUNQOS_FORM_IP, gre = form == TUNQOS_FORM_GRE;
    try {
        if (ip && (proto == 4 || proto == 41 || proto == 137)) return find(bytes, 0, proto);
        if (gre && proto == 47) return find(bytes, 0, proto);
        if (proto != 17) return unknown;
        if (ip || gre) return fou_at(bytes, 8, gre);
        if (form == TUNQOS_FORM_VXLAN) return vxlan_at(bytes, 8);
        if (form == TUNQOS_FORM_GENEVE) return geneve_at(bytes, 8);
        if (form == TUNQOS_FORM_PPP) return l2tpv2_at(bytes, 8);
        if (form == TUNQOS_FORM_GTP) return gtp_at(bytes, 8);
        return unknown;
    } catch (const OutOfSight&) {
        return {reason(TUNQOS_REASON_TRUNCATED)};
    }
}

// Where the payload of an outer header begins: `offset`; its protocol number: `ds`.
Found payload_of(const Reader& bytes) {
    try {
        bytes.see(20);
        const unsigned first = bytes.at(0);
        if (first / 16 == 4 && first % 16 >= 5) {
            bytes.see(first % 16 * 4);
            return {0, first % 16 * 4, bytes.at(9)};
        }
        if (first / 16 != 6) return not_ip;
        bytes.see(40);
        unsigned place = 40, next = bytes.at(6);
        for (int depth = 0; depth < TUNQOS_EXTENSIONS; ++depth) {
            if (next != 0 && next != 43 && next != 60) return {0, place, next};
            bytes.see(place + 8);
            next = bytes.at(place);
            place += 8 + bytes.at(place + 1) * 8;
            bytes.see(place);
        }
        return unknown;
    } catch (const OutOfSight&) {
        return {reason(TUNQOS_REASON_TRUNCATED)};
    }
}

Found find(const Reader& bytes, unsigned place, unsigned proto) {
    try {
        if (proto == 4 || proto == 41) return ip_at(bytes, place);
        if (proto == 47) return gre_at(bytes, place);
        if (proto == 137) return mpls_at(bytes, place);
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
        if (fragment != 0) return {reason(TUNQOS_REASON_TRUNCATED)};
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

namespace {

void same(int result, const tunqos_inner& inner, const Found& slow) {
    require(result == slow.result, "the two parsers differ in the reason",
            std::to_string(result) + " against " + std::to_string(slow.result));
    if (result != 0) return;
    require(inner.offset == slow.offset, "the two parsers differ in the offset");
    require(inner.ds == slow.ds, "the two parsers differ in the DS field");
}

void device(Input input, unsigned form) {
    const std::uint8_t proto = input.byte();
    tunqos::fuzz::Block block(input.rest());
    tunqos_inner inner{};
    const int result = tunqos_inner_in(static_cast<tunqos_form>(form), block.data(),
                                       static_cast<unsigned>(block.size()), proto, &inner);
    const Found slow = find_in(Reader(block.span()), form, proto);
    same(result, inner, slow);
    tunqos_inner quick{};
    if (proto == 17 && block.size() >= TUNQOS_FRAME_MIN &&
        tunqos_inner_quick_udp(static_cast<tunqos_form>(form), block.data(), &quick))
        same(0, quick, slow);
}

void outer(const Input& input) {
    tunqos::fuzz::Block block(input.rest());
    std::uint8_t proto = 0;
    const int result =
        tunqos_outer_payload(block.data(), static_cast<unsigned>(block.size()), &proto);
    const Found slow = payload_of(Reader(block.span()));
    if (slow.result != 0) {
        require(result == slow.result, "the two differ in why there is no payload");
        return;
    }
    require(result == static_cast<int>(slow.offset), "the two differ in where the payload is");
    require(proto == slow.ds, "the two differ in the payload's protocol");
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input input(data, size);
    const std::uint8_t proto = input.byte();
    if (proto >= 192) {
        outer(input);
        return 0;
    }
    if (proto >= 128) {
        device(input, (proto - 128) % (TUNQOS_FORM_GTP + 1));
        return 0;
    }
    tunqos::fuzz::Block block(input.rest());
    const auto length = static_cast<unsigned>(block.size());
    const Reader reader(block.span());

    tunqos_inner inner{};
    const int result = tunqos_inner_find(block.data(), length, proto, &inner);
    const Found slow = find(reader, 0, proto);
    same(result, inner, slow);
    const bool tunnel = proto == 4 || proto == 41 || proto == 47;
    tunqos_inner quick{};
    if (tunnel && length >= TUNQOS_INNER_MIN && tunqos_inner_quick(block.data(), proto, &quick))
        same(0, quick, slow);
    if (result != 0) return 0;
    require(tunqos_innermost(block.data(), length, inner) == innermost(reader, slow),
            "the two parsers differ in the innermost DSCP");
    return 0;
}
