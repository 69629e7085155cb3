//! The console's memory as what an agent sees.

use policy_distillation::agent;
use policy_distillation::game::RAM;
use policy_distillation::spec::Shape;

use super::command::{Run, TINY};

#[test]
fn every_stage_works_on_the_consoles_memory_and_another_view_is_another_experiment() {
    let text = TINY.replace("[environment]", "[environment]\nobservation = \"ram\"");
    let text = text.replace("conv = [4, 4, 4], hidden = 16", "hidden = [16]");
    let text = text.replace("conv = [2, 2, 2], hidden = 8", "hidden = [8]");
    let run = Run::new(&text);
    run.succeed(&["run", "x.toml"]);
    let weights = run.path("results/x/students/kl/catch/seed-1/weights.safetensors");
    let found = agent::metadata(&weights).unwrap();
    assert_eq!(found.games()[0].observation, Shape::Vector { size: RAM });
    assert_eq!(found.architecture.parameters(), (128 + 1) * 8 + (8 + 1) * 3);
    let played = run.succeed(&["play", "results/x/teachers/catch/seed-1", "--episodes", "1", "--gif", "x.gif"]);
    assert!(played.contains("recorded in x.gif") && run.path("x.gif").exists(), "{played}");
    std::fs::write(run.path("x.toml"), TINY).unwrap();
    let refused = run.pd(&["run", "x.toml"]);
    let message = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2));
    assert!(message.contains("environment.observation (\"ram\" → \"pixels\")"), "{message}");
}
