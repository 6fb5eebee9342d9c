// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/module_advice.hpp"

#include <fstream>

#include "../control/temporary_directory.hpp"
#include "catch.hpp"

using tunqos::kernel::module_advice;

namespace {

// A root with these files; parents are made.
class Root {
public:
    void write(const std::string& path, const std::string& text) const {
        const auto file = this->path() / path;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file) << text;
    }
    std::filesystem::path path() const { return directory_.path(); }
    std::string advice() const { return module_advice(path(), "6.1.0-57-amd64"); }

private:
    tunqos::TemporaryDirectory directory_;
};

const std::string head = "the tunqos module is not loaded; run modprobe tunqos (";
const std::string is_built = head + "dkms status shows whether it is built)";
const std::string key =
    head +
    "if its key is rejected: this kernel takes signed modules only, as with Secure Boot; "
    "run mokutil --import /var/lib/dkms/mok.pub and start the machine again)";

} // namespace

TEST_CASE("module advice: a machine of which nothing is known") {
    CHECK(Root().advice() == is_built);
}

TEST_CASE("module advice: headers that are missing are named on Debian") {
    const Root root;
    root.write("etc/debian_version", "12.11\n");
    CHECK(root.advice() == head +
                               "if it is not found: there are no headers of this kernel to "
                               "build it with; run apt install linux-headers-6.1.0-57-amd64)");
    root.write("usr/src/linux-headers-6.1.0-57-amd64/Makefile", "");
    CHECK(root.advice() == is_built);
}

TEST_CASE("module advice: a kernel that takes signed modules only") {
    const Root root;
    root.write("sys/module/module/parameters/sig_enforce", "N\n");
    root.write("sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
    CHECK(root.advice() == is_built);
    root.write("sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
    CHECK(root.advice() == key);
    root.write("sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
    root.write("sys/module/module/parameters/sig_enforce", "Y\n");
    root.write("etc/debian_version", "12.11\n");
    CHECK(root.advice() == key);
}
