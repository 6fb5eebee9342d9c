# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2016,SC2034,SC2154
#
# Packages of other releases of Debian than this machine's, by lists of our
# own: the machine's sources stay as they are. Sourced after prepare.sh.

# Kernels by the name that KERNEL= takes, and the suite that they are from.
# Each is run on a root of Debian 13.
suite_of() {
	case $1 in
	6.12) echo trixie ;;
	7.3) echo trixie-backports ;;
	*) die "kernel $1 is not known: take 6.1, 6.12 or 7.3" ;;
	esac
}

archive=$cache/archive
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# Where this machine has its own packages from.
mirror() {
	uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' |
		grep -v -e security -e '^file:' -e '^cdrom:' | head -n 1)
	[ -n "$uri" ] || die "no archive of debian in the sources of apt"
	echo "${uri%/}"
}

# The lists, a day old at most; without the archive the old ones have to do.
archive_update() {
	mkdir -p "$archive/lists/partial" "$archive/cache/archives/partial"
	uri=$(mirror)
	for s in trixie trixie-backports; do
		echo "deb [signed-by=$keyring] $uri $s main"
	done >"$archive/sources.new"
	if cmp -s "$archive/sources.new" "$archive/sources.list" &&
		[ -n "$(find "$archive/updated" -mmin -1440 2>/dev/null)" ]; then
		return
	fi
	mv "$archive/sources.new" "$archive/sources.list"
	say "reading the lists of debian 13"
	if archive_apt get -qq update >&2; then
		touch "$archive/updated"
	elif [ ! -e "$archive/updated" ]; then
		die "cannot read the lists of debian 13 from $uri"
	fi
}

# archive_apt {get|cache} ARGUMENT... with those lists
archive_apt() {
	tool=$1
	shift
	"apt-$tool" -o "Dir::Etc::SourceList=$archive/sources.list" \
		-o Dir::Etc::SourceParts=/dev/null -o APT::Sandbox::User=root \
		-o "Dir::State::Lists=$archive/lists" -o "Dir::Cache=$archive/cache" \
		"$@"
}

# The version of linux-{image,headers}-amd64 in a suite.
archive_version() {
	version=$(archive_apt cache madison linux-headers-amd64 |
		awk -v suite="$1/main" '$0 ~ " " suite " " { print $3; exit }')
	[ -n "$version" ] || die "$1 has no linux-headers-amd64"
	echo "$version"
}

# The release that these stand for.
archive_release() {
	version=$(archive_version "$1")
	release=$(archive_apt cache show "linux-headers-amd64=$version" |
		sed -n 's/^Depends: \(.*, \)\?linux-headers-\([^ ,]*\).*/\2/p')
	[ -n "$release" ] || die "linux-headers-amd64 $version depends on no headers"
	echo "$release"
}

# What a kernel is in: linux-image alone, or what that depends on.
archive_kernel_packages() {
	echo "linux-image-$1"
	archive_apt cache show "linux-image-$1" | sed -n 's/^Depends: //p' |
		head -n 1 | tr ',|' '\n' |
		sed -n "s/^ *\(linux-\(base\|binary\|modules\)-$1\) .*/\1/p"
}
