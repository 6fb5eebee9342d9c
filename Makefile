# SPDX-License-Identifier: GPL-2.0-or-later
#
# The front door. User space is CMake's affair, the module Kbuild's; this file
# knows how to call them, and nothing more.

BUILD   ?= build
PREFIX  ?= /usr
DESTDIR ?=
WERROR  ?= OFF
TEST    ?=

VERSION := $(shell sed -n 's/^project.tunqos VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt 2>/dev/null)

# the kernel to build for: that of the installed headers
KVER ?= $(shell dpkg-query -W -f '$${Depends}' linux-headers-amd64 2>/dev/null | sed -n 's/.*linux-headers-\([0-9][^ ,]*\).*/\1/p')
KDIR ?= /usr/src/linux-headers-$(KVER)

export TUNQOS_BUILD = $(abspath $(BUILD))

.PHONY: help deps all userspace kmod demo check check-lint check-unit check-vm \
	lint format bench install install-module-source install-files \
	uninstall clean version
.DEFAULT_GOAL := help

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(firstword $(MAKEFILE_LIST)) | \
		while IFS="$$(printf '\t')" read -r t d; do \
			printf '  make %-12s %s\n' "$$t" "$$d"; \
		done

deps: ## install the Debian packages that are missing (packaging/deps)
	@missing=; \
	for p in $$(sed 's/#.*//' packaging/deps); do \
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
		-DCMAKE_INSTALL_PREFIX=$(PREFIX) \
		-DCMAKE_RUNTIME_OUTPUT_DIRECTORY=$(abspath $(BUILD))/bin >$(BUILD)-cmake.log 2>&1 || \
		{ cat $(BUILD)-cmake.log; rm -f $(BUILD)-cmake.log; exit 1; }
	@rm -f $(BUILD)-cmake.log
	cmake --build $(BUILD)

kmod: ## build the module into build/module
	@[ -d "$(KDIR)" ] || { echo "no kernel headers in $(KDIR) (make deps)"; exit 1; }
	@mkdir -p $(BUILD)/module/include
	@cp -ru kmod $(BUILD)/module/
	@cp -ru include/uapi $(BUILD)/module/include/
	$(MAKE) -C $(KDIR) M=$(abspath $(BUILD))/module/kmod modules

demo: deps all ## boot a virtual machine and show marks surviving tunnels
	@tests/vm/run --demo tests/netns/demo.py

check: deps ## all gates and tests; TEST=name for one
	@tests/check $(if $(TEST),--test '$(TEST)')

check-lint: deps ## the gates of tests/lint
	@tests/check lint

lint: check-lint

check-unit: deps ## build, and the unit tests
	@tests/check unit

check-vm: deps ## build, and the tests in the virtual machine
	@tests/check vm

format: ## put the C++ sources into form
	@tests/lint/clang-format --fix

bench: ## measure what a packet costs
	@echo "bench: not there yet"; exit 1

# On a router. With DESTDIR only files are copied; without it DKMS builds the
# module for the running kernel too.
install: userspace install-files ## install on this machine (DESTDIR, PREFIX)
	@if [ -z "$(DESTDIR)" ]; then \
		dkms remove -m tunqos -v $(VERSION) --all >/dev/null 2>&1; \
		dkms add -m tunqos -v $(VERSION) && \
		dkms install -m tunqos -v $(VERSION) && \
		getent group tunqos >/dev/null || groupadd --system tunqos; \
		if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi; \
	fi

install-module-source:
	install -d $(DESTDIR)/usr/src/tunqos-$(VERSION)/include
	cp -r kmod $(DESTDIR)/usr/src/tunqos-$(VERSION)/
	cp -r include/uapi $(DESTDIR)/usr/src/tunqos-$(VERSION)/include/
	sed 's/^PACKAGE_VERSION=.*/PACKAGE_VERSION="$(VERSION)"/' packaging/dkms.conf \
		>$(DESTDIR)/usr/src/tunqos-$(VERSION)/dkms.conf

install-files: install-module-source
	DESTDIR=$(DESTDIR) cmake --install $(BUILD) --prefix $(PREFIX)
	@set -e; put() { \
		for f in $$1; do \
			[ -f "$$f" ] || continue; \
			install -D -m 644 "$$f" "$(DESTDIR)$$2/$${3:-$$(basename "$$f")}"; \
		done; \
	}; \
	put packaging/systemd/tunqosd.service /usr/lib/systemd/system; \
	put packaging/modules-load.d/tunqos.conf /usr/lib/modules-load.d; \
	put packaging/completion/tunqos $(PREFIX)/share/bash-completion/completions; \
	for n in 1 5 7 8; do \
		put "packaging/man/*.$$n" $(PREFIX)/share/man/man$$n; \
	done

uninstall: ## take away what install put there
	@if [ -z "$(DESTDIR)" ]; then \
		if [ -d /run/systemd/system ]; then systemctl disable --now tunqosd 2>/dev/null; fi; \
		dkms remove -m tunqos -v $(VERSION) --all 2>/dev/null; \
	fi; true
	@if [ -f $(BUILD)/install_manifest.txt ]; then \
		sed 's|^|$(DESTDIR)|' $(BUILD)/install_manifest.txt | xargs -r rm -f; \
	fi
	rm -rf $(DESTDIR)/usr/src/tunqos-$(VERSION)
	rm -f $(DESTDIR)/usr/lib/systemd/system/tunqosd.service \
		$(DESTDIR)/usr/lib/modules-load.d/tunqos.conf \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/tunqos
	@for f in packaging/man/*.[1578]; do \
		rm -f "$(DESTDIR)$(PREFIX)/share/man/man$${f##*.}/$$(basename "$$f")"; \
	done

clean: ## remove build/
	rm -rf $(BUILD)

version:
	@echo $(VERSION)
