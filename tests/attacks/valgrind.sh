#!/bin/sh
# Runs tests of the emulator's binding and of the CPU kernels under valgrind. Its machine has AVX2 and no AVX-512, so that
# the kernels for AVX2 are checked. Networks of the paper's sizes would take hours there.
set -eu
cd "$(dirname "$0")/../.."

host=$(rustc -vV | sed -n 's/^host: //p' | tr a-z- A-Z_)
export "CARGO_TARGET_${host}_RUNNER=valgrind --quiet --error-exitcode=9 --errors-for-leak-kinds=none --leak-check=no"
export RUST_TEST_THREADS=1

cargo test --release --locked --package ale-rs --test console
cargo test --release --locked --package policy-distillation --lib -- nn::cpu nn::language::lanes
cargo test --release --locked --package policy-distillation --test tests -- networks::stored_observations \
    networks::the_optimisers_steps explanations::language::on_a_cpu
