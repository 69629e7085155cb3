# Everything starts here: `make quickstart` on a fresh machine, `make test` before a commit.
# Tests, checks and the program share the release profile, so that the C++ underneath is compiled once. The workspace is
# the program and its bindings to the emulator.

PD := $(or $(CARGO_TARGET_DIR),target)/release/pd

.PHONY: help setup quickstart test attack attack-full soak valgrind gym check bench docs results

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

setup: ## install libtorch, the emulator and the ROMs into the cache (PD_FLAVOUR=cpu|cuda chooses libtorch's flavour)
	@scripts/setup.sh

quickstart: setup ## build the program and run the smallest experiment into results/first-run
	cargo build --release --locked
	$(PD) run experiments/quickstart.toml --out results/first-run

test: setup ## test the set-up and the program
	python3 -B scripts/test_setup.py --quiet
	cargo test --release --locked --workspace

results: setup ## make the results, every seed of their files, in results/again (by estimate 29 hours on 2 cores; it goes on after a stop)
	cargo build --release --locked
	set -e; for name in reproduction/rates reproduction/losses reproduction/temperature reproduction/temperature-dqn reproduction/frontier reproduction/compression \
		reproduction/multitask-3 reproduction/multitask-10 reproduction/online reproduction/online-dqn rlt/quick rlt/claims rlt/additions; do $(PD) run experiments/$$name.toml --out results/again/$$(basename $$name); done
	set -e; for data in teacher student mixed; do \
		$(PD) run experiments/reproduction/data.toml --set distillation.data=$$data --out results/again/data-$$data; done

attack: setup ## attack the program: kills, flipped bits, full disks, hostile files (minutes)
	cargo build --release --locked
	python3 -B tests/attacks/attack.py $(PD)

attack-full: setup ## the same with 1,000 kills, 1,000 flipped bits and 100,000 hostile inputs (an hour)
	cargo build --release --locked
	python3 -B tests/attacks/attack.py $(PD) --full

soak: setup ## ten games on four threads for half an hour: memory and open files must not grow
	cargo build --release --locked
	python3 -B tests/attacks/soak.py $(PD)

valgrind: setup ## the emulator's binding and the kernels under valgrind (on Debian: apt install valgrind)
	tests/attacks/valgrind.sh

gym: setup ## test the games of the crate gym-rs (on Debian: apt install cmake libsdl2-gfx-dev)
	cargo test --release --locked --features gym-rs gym_rs

check: setup ## check format, lints and documentation
	cargo fmt --all --check
	cargo clippy --release --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --release --locked --workspace --no-deps --document-private-items

# mdBook renders docs/; nothing else needs it, so that it is installed only here.
docs: ## make a book of docs/ in book/ (installs mdBook with cargo the first time: minutes)
	@command -v mdbook >/dev/null || test -x .deps/bin/mdbook || cargo install mdbook --locked --no-default-features --features search --root .deps
	PATH="$(CURDIR)/.deps/bin:$$PATH" mdbook build
# Files of the repository beside docs/ are no pages of the book.
	sed -i -E 's#href="(\.\./[^"]*)\.html#href="\1.md#g' book/*.html

bench: setup ## measure against EnvPool, Stable-Baselines3, PyTorch and ONNX Runtime (installs 6 GB of peers; half an hour)
	cargo build --release --locked
	python3 -B benches/peers/compare.py --out benches/peers/table.md
