// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the fuzzers share: bytes of an input, and a judgement that ends the process, which
// is how libFuzzer learns that an input is a finding.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace tunqos::fuzz {

inline void require(bool condition, const char* what, const std::string& detail = {}) {
    if (condition) return;
    std::fprintf(stderr, "fuzz: %s\n%s\n", what, detail.c_str());
    std::abort();
}

class Input {
public:
    Input(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}

    // The next byte, or 0 behind the end.
    std::uint8_t byte() {
        if (rest_.empty()) return 0;
        const std::uint8_t value = rest_.front();
        rest_ = rest_.subspan(1);
        return value;
    }
    std::span<const std::uint8_t> rest() const { return rest_; }
    std::string_view text() const {
        return {reinterpret_cast<const char*>(rest_.data()), rest_.size()};
    }

private:
    std::span<const std::uint8_t> rest_;
};

// A copy in a block of exactly its size: AddressSanitizer sees one byte too far, also where
// the input itself has more bytes.
class Block {
public:
    explicit Block(std::span<const std::uint8_t> bytes)
        : bytes_(new std::uint8_t[bytes.size()]), size_(bytes.size()) {
        std::copy(bytes.begin(), bytes.end(), bytes_.get());
    }
    std::uint8_t* data() { return bytes_.get(); }
    std::size_t size() const { return size_; }
    std::span<const std::uint8_t> span() const { return {bytes_.get(), size_}; }

private:
    std::unique_ptr<std::uint8_t[]> bytes_;
    std::size_t size_;
};

} // namespace tunqos::fuzz

// Called by libFuzzer with each input.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
