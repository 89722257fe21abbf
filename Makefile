# swkube: the commands of a working day. `make demo` and `make test` are all that a new machine needs.
SHELL := /bin/bash
.DEFAULT_GOAL := build

SWIFT ?= swift
PREFIX ?= /usr/local
CASES ?=
# The release is one static executable; cross-module optimization makes reads of fields across targets ten times faster. That accesses
# do not overlap is checked while the debug build runs its tests: the checks cost 3 % of a request. With jemalloc in the place of the C
# library's malloc requests cost 5 to 18 % less, and an idle cluster 3 MB more; without it the release builds too.
JEMALLOC = $(shell test -e /usr/include/jemalloc/jemalloc.h && echo -Xlinker -ljemalloc)
RELEASE_FLAGS = -c release --product swkube --scratch-path .build-release --static-swift-stdlib \
	-Xswiftc -static-executable -Xlinker -static -Xswiftc -cross-module-optimization -Xswiftc -enforce-exclusivity=unchecked $(JEMALLOC)
RELEASE := .build-release/release/swkube

.PHONY: setup build release demo test check lint format bench completions install clean

setup: ## install what is missing
	@scripts/setup

build: setup ## debug build
	$(SWIFT) build

release: setup ## the one static executable
	$(SWIFT) build $(RELEASE_FLAGS) 2> >(grep -v 'statically linked applications requires at runtime' >&2)
	strip -o swkube $(RELEASE)

demo: release ## start a cluster, apply a sample, show it running
	@scripts/demo ./swkube

# A few tests at a time: a thousand at once leave none of them the processor when its servers should answer.
test: export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH ?= 6
test: setup ## all tests
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build $(if $(CASES),--filter $(CASES))

check: export SWKUBE_WARNINGS := errors
check: lint test ## format, warnings as errors, tests, completions
	scripts/check-completions .build/debug/swkube

lint: setup
	$(SWIFT) format lint --strict --recursive --configuration .swift-format Package.swift Sources Tests

format: ## rewrite the sources in the project's format
	$(SWIFT) format --in-place --recursive --configuration .swift-format Package.swift Sources Tests

bench: release ## speed and size, with the floor measured in the same run
	$(SWIFT) build $(RELEASE_FLAGS:swkube=load-generator)
	@scripts/bench ./swkube .build-release/release/load-generator
	@scripts/bench-pods ./swkube
	@scripts/bench-network ./swkube

completions: build ## write completions/ from the binary
	scripts/make-completions .build/debug/swkube

install: release ## put the executable, its completions and its manual in place
	install -D -m 0755 swkube $(DESTDIR)$(PREFIX)/bin/swkube
	install -D -m 0644 completions/swkube.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/swkube
	install -D -m 0644 completions/_swkube $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_swkube
	install -D -m 0644 completions/swkube.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/swkube.fish
	install -d $(DESTDIR)$(PREFIX)/share/man/man1
	./swkube man --directory $(DESTDIR)$(PREFIX)/share/man/man1

clean:
	rm -rf .build .build-release swkube
