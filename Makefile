# SPDX-License-Identifier: GPL-2.0-or-later
#
# The front door. User space is CMake's affair, the module Kbuild's; this file
# knows how to call them, and nothing more.

BUILD   ?= build
PREFIX  ?= /usr
DESTDIR ?=
WERROR  ?= OFF
TESTS   ?= ON
TEST    ?=
BENCH   ?=
KERNEL  ?=
DEPS     = packaging/deps

# where the module is built, and with what beyond its Kbuild
MODULE    ?= $(BUILD)/module
KMODFLAGS ?=

# whose kernel runs the tests; without one Debian 12's
ON_KERNEL = $(if $(KERNEL),--kernel '$(KERNEL)')

VERSION := $(shell sed -n 's/^project.tunqos VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt 2>/dev/null)

# the kernel to build for: that of the installed headers
KVER ?= $(shell dpkg-query -W -f '$${Depends}' linux-headers-amd64 2>/dev/null | sed -n 's/.*linux-headers-\([0-9][^ ,]*\).*/\1/p')
KDIR ?= /usr/src/linux-headers-$(KVER)

MODULE_SOURCE := /usr/src/tunqos-$(VERSION)

export TUNQOS_BUILD = $(abspath $(BUILD))

.PHONY: help deps all userspace kmod demo check check-lint check-unit check-vm \
	check-fuzz fuzz check-debug check-deb lint regen format bench install install-module-source \
	install-files \
	install-module uninstall deb clean version
.DEFAULT_GOAL := help

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(firstword $(MAKEFILE_LIST)) | \
		while IFS="$$(printf '\t')" read -r t d; do \
			printf '  make %-12s %s\n' "$$t" "$$d"; \
		done

deps: ## install the Debian packages that are missing (packaging/deps)
	@missing=; \
	for p in $$(sed 's/#.*//' $(DEPS)); do \
		dpkg-query -W -f '$${Status}' $$p 2>/dev/null | \
			grep -q 'ok installed' || missing="$$missing $$p"; \
	done; \
	[ -n "$$missing" ] || exit 0; \
	echo "Installing:$$missing"; \
	if [ "$$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi; \
	export DEBIAN_FRONTEND=noninteractive; \
	$$sudo apt-get -qq update && \
	$$sudo apt-get -qq -y --no-install-recommends install $$missing

all: userspace kmod ## build user space and the module

userspace: ## build the daemon, the command line and the unit tests
	@cmake -S . -B $(BUILD) -G Ninja -DTUNQOS_WERROR=$(WERROR) \
		-DTUNQOS_TESTS=$(TESTS) \
		-DCMAKE_INSTALL_PREFIX=$(PREFIX) \
		-DCMAKE_RUNTIME_OUTPUT_DIRECTORY=$(abspath $(BUILD))/bin >$(BUILD)-cmake.log 2>&1 || \
		{ cat $(BUILD)-cmake.log; rm -f $(BUILD)-cmake.log; exit 1; }
	@rm -f $(BUILD)-cmake.log
	cmake --build $(BUILD) $(addprefix --target ,$(PROGRAMS))

kmod: ## build the module into build/module
	@[ -d "$(KDIR)" ] || { echo "no kernel headers in $(KDIR) (make deps)"; exit 1; }
	@mkdir -p $(MODULE)/include
	@cp -ru kmod $(MODULE)/
	@cp -ru include/uapi $(MODULE)/include/
	@cd $(MODULE)/kmod && find . -name '*.[ch]' ! -name '*.mod.c' | while read -r f; do \
		[ -e "$(CURDIR)/kmod/$$f" ] || rm -f "$$f"; done # no longer there
	$(MAKE) -C $(KDIR) M=$(abspath $(MODULE))/kmod $(KMODFLAGS) modules

demo: PROGRAMS = tunqos tunqosd
demo: TESTS = OFF
demo: deps all ## boot a virtual machine and show marks surviving tunnels
	@tests/vm/run --demo tests/netns/demo.py

check check-lint check-unit check-fuzz check-vm check-debug check-deb fuzz regen: DEPS += packaging/deps-check
check check-lint check-deb: DEPS += packaging/deps-deb
check: deps ## all gates and tests; TEST=name for one, KERNEL={6.12|7.3|all}
	@tests/check $(if $(TEST),--test '$(TEST)') $(ON_KERNEL)

check-lint: deps ## the gates of tests/lint
	@tests/check lint

lint: check-lint

check-unit: deps ## build, and the unit tests
	@tests/check unit

check-fuzz: deps ## a short run of the fuzzers of user space
	@tests/check fuzz

check-vm: deps ## build, and the tests in the virtual machine
	@tests/check vm

check-debug fuzz: DEPS += packaging/deps-debug
check-debug: deps ## the tests in a debug kernel; COVERAGE=lines: what they miss; KERNEL={6.12|all}
	@tests/check debug $(if $(filter lines,$(COVERAGE)),--lines) \
		$(if $(TEST),--test '$(TEST)') $(ON_KERNEL)

check-deb: deps ## build, install, boot, upgrade, purge the packages; RELEASE={12|13}
	@tests/deb/run $(if $(RELEASE),--release '$(RELEASE)')

# Each takes --seconds N, prints what it finds, and fails then.
FUZZERS = tests/fuzz/run tests/fuzz/genl
SECONDS = 60
fuzz: deps ## fuzz all that reads foreign bytes; SECONDS=60 for each target
	@failed=; for f in $(FUZZERS); do \
		$$f --seconds $(SECONDS) || failed="$$failed $$f"; \
	done; [ -z "$$failed" ] || { echo "Findings of$$failed"; exit 1; }

# The manual page and the completion come from the command table, the header and the
# module's policy from tunqos.yaml, what JSON schema and tunqos.json(5) say of settings from
# their declarations. New numbers of the interface are then given out.
regen: deps ## write again what is generated: of tunqos.yaml, commands, settings
	@tests/lint/spec --regen
	@tests/lint/uapi --add
	@$(MAKE) --no-print-directory userspace TESTS=OFF PROGRAMS=tunqos
	@$(BUILD)/bin/tunqos --generate man >$(BUILD)/tunqos.8
	@$(BUILD)/bin/tunqos --generate bash-completion >$(BUILD)/completion
	@cmp -s $(BUILD)/tunqos.8 packaging/man/tunqos.8 || cp $(BUILD)/tunqos.8 packaging/man/tunqos.8
	@cmp -s $(BUILD)/completion packaging/completion/tunqos || \
		cp $(BUILD)/completion packaging/completion/tunqos
	@tools/settings-regen $(BUILD)/bin/tunqos

format: ## put the C++ sources into form
	@tests/lint/clang-format --fix

bench: PROGRAMS = tunqos tunqosd
bench: TESTS = OFF
bench: DEPS += packaging/deps-bench
bench: deps all ## measure what it costs; of packets only: BENCH="--path gre-encap ...", KERNEL=
	@status=0; \
	if [ -n '$(BENCH)$(KERNEL)' ]; then \
		exec tests/bench/run $(ON_KERNEL) $(BENCH); fi; \
	for part in run control native; do \
		tests/bench/$$part || status=1; \
	done; \
	exit $$status

# On a router. With DESTDIR only files are copied; without it DKMS builds the
# module, which is never loaded here: a running one goes on with its work.
# A router has no use for the unit tests.
install: TESTS = OFF
install: userspace install-files ## install on this machine (DESTDIR, PREFIX)
	@[ -n "$(DESTDIR)" ] || $(MAKE) --no-print-directory install-module

install-module-source:
	rm -rf $(DESTDIR)$(MODULE_SOURCE)
	@find kmod include/uapi -name '*.mod.c' -o \( -name '*.[ch]' -o -name Kbuild \) \
		-exec install -D -m 644 '{}' '$(DESTDIR)$(MODULE_SOURCE)/{}' \;
	sed 's/^PACKAGE_VERSION=.*/PACKAGE_VERSION="$(VERSION)"/' packaging/dkms.conf \
		>$(DESTDIR)$(MODULE_SOURCE)/dkms.conf

install-files: install-module-source
	DESTDIR=$(DESTDIR) cmake --install $(BUILD) --prefix $(PREFIX)
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's|/usr/sbin/|$(PREFIX)/sbin/|' packaging/systemd/tunqosd.service \
		>$(DESTDIR)$(PREFIX)/lib/systemd/system/tunqosd.service
	install -D -m 644 packaging/modules-load.d/tunqos.conf \
		$(DESTDIR)$(PREFIX)/lib/modules-load.d/tunqos.conf
	@for f in packaging/man/*.[1578]; do \
		install -D -m 644 $$f $(DESTDIR)$(PREFIX)/share/man/man$${f##*.}/$${f##*/}; \
	done

# For the running kernel and for that of the installed headers.
install-module:
	@getent group tunqos >/dev/null || groupadd --system tunqos
	@if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
	@dkms remove -m tunqos -v $(VERSION) --all >/dev/null 2>&1 || true
	@dkms add -m tunqos -v $(VERSION)
	@running=$$(uname -r); done=; \
	for k in $$running $(filter-out $(shell uname -r),$(KVER)); do \
		[ -d /lib/modules/$$k/build/include ] || continue; \
		dkms install -m tunqos -v $(VERSION) -k $$k || exit 1; \
		done="$$done $$k"; \
	done; \
	echo; \
	if [ -z "$$done" ]; then \
		echo "The module was not built: there are no kernel headers here. DKMS does it once"; \
		echo "linux-headers-$$running is installed, or run make install again then."; \
		exit 1; \
	fi; \
	echo "The module was built for$$done. It was not loaded."; \
	case " $$done " in \
	*" $$running "*) echo "Next: modprobe tunqos && systemctl enable --now tunqosd" ;; \
	*) echo "This machine runs $$running, for which there are no headers." ;; \
	esac; \
	if grep -qs '^tunqos ' /proc/modules; then \
		echo "A tunqos module is loaded already; it stays until modprobe -r tunqos."; \
	fi

uninstall: ## take away what install put there
	@if [ -z "$(DESTDIR)" ]; then \
		if [ -d /run/systemd/system ]; then systemctl disable --now tunqosd 2>/dev/null; fi; \
		dkms remove -m tunqos -v $(VERSION) --all 2>/dev/null; \
	fi; true
	rm -rf $(DESTDIR)$(MODULE_SOURCE)
	rm -rf $(DESTDIR)$(PREFIX)/share/tunqos
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/,sbin/tunqosd sbin/tunqos \
		lib/systemd/system/tunqosd.service lib/modules-load.d/tunqos.conf \
		share/bash-completion/completions/tunqos \
		$(foreach f,$(notdir $(wildcard packaging/man/*.[1578])),share/man/man$(lastword $(subst ., ,$f))/$f))
	@if [ -z "$(DESTDIR)" ]; then \
		[ ! -d /etc/tunqos ] || echo "Kept: /etc/tunqos"; \
		! getent group tunqos >/dev/null || echo "Kept: group tunqos"; \
		! grep -qs '^tunqos ' /proc/modules || \
			echo "The module stays loaded, and keeps marking, until modprobe -r tunqos."; \
		if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi; \
	fi

deb: DEPS += packaging/deps-deb
deb: deps ## build the Debian packages into build/deb
	@packaging/deb $(BUILD)/deb

clean: ## remove build/
	rm -rf $(BUILD)

version:
	@echo $(VERSION)
