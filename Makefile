# Everything starts here: `make quickstart` on a fresh machine, `make test` before a commit.
# Tests, checks and the program share the release profile, so that the C++ underneath is compiled once.

PD := $(or $(CARGO_TARGET_DIR),target)/release/pd

.PHONY: help setup quickstart test check

help: ## list the targets
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

setup: ## install libtorch, cmake and the ROMs into the cache (PD_FLAVOUR=cpu|cuda chooses libtorch's flavour)
	@scripts/setup.sh

quickstart: setup ## build the program and run the smallest experiment
	cargo build --release --locked
	$(PD) run experiments/quickstart.toml

test: setup ## test the set-up and the program
	python3 -B scripts/test_setup.py --quiet
	cargo test --release --locked

check: setup ## check format, lints and documentation
	cargo fmt --check
	cargo clippy --release --locked --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --release --locked --no-deps --document-private-items
