// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/module_advice.hpp"

#include <sys/utsname.h>

#include <fstream>

namespace tunqos::kernel {

namespace {

// Empty if it cannot be read.
std::string first_line(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

// As with Secure Boot: by the kernel's own parameter, or by lockdown.
bool takes_signed_only(const std::filesystem::path& root) {
    if (first_line(root / "sys/module/module/parameters/sig_enforce") == "Y") return true;
    const auto lockdown = first_line(root / "sys/kernel/security/lockdown");
    return !lockdown.empty() && lockdown.find("[none]") == std::string::npos;
}

// Where Debian has them; other distributions have other places.
bool lacks_headers(const std::filesystem::path& root, const std::string& release) {
    std::error_code ignored;
    return std::filesystem::exists(root / "etc/debian_version", ignored) &&
           !std::filesystem::exists(root / "usr/src" / ("linux-headers-" + release), ignored);
}

} // namespace

std::string module_advice(const std::filesystem::path& root, const std::string& release) {
    const std::string head = "the tunqos module is not loaded; run modprobe tunqos";
    if (takes_signed_only(root))
        return head +
               " (if its key is rejected: this kernel takes signed modules only, as with "
               "Secure Boot; run mokutil --import /var/lib/dkms/mok.pub and start the "
               "machine again)";
    if (lacks_headers(root, release))
        return head +
               " (if it is not found: there are no headers of this kernel to build it "
               "with; run apt install linux-headers-" +
               release + ')';
    return head + " (dkms status shows whether it is built)";
}

std::string module_advice() {
    utsname name{};
    uname(&name);
    return module_advice("/", name.release);
}

} // namespace tunqos::kernel
