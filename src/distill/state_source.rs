//! The source of one game's training data: states of play as students see them, with the Q-values of the teacher, which
//! may see them otherwise.

use super::action_gap::mean_action_gap;
use super::teacher_source::Teacher;
use crate::agent::{Collector, Player, epsilon_greedy};
use crate::config::{Data, Distillation};
use crate::env::{Pool, ViewSlot};
use crate::game::Game;
use crate::nn::{Network, best_action};
use crate::replay::{Place, Replay};
use crate::units::{Generator, Seed};

/// The payload of a step in the memory: the teacher's Q-values.
pub type QValues = Box<[f32]>;

/// Number of states that the teacher evaluates at once.
const TOGETHER: usize = 256;

/// The play of one game, with its teacher and its memory.
pub struct StateSource {
    pub game: Game,
    pub teacher: Teacher,
    pub collector: Collector,
    /// The states as students see them.
    pub memory: Replay<QValues>,
    /// The same steps as the teacher sees them, if the next teacher will need them for their Q-values.
    pub teachers_view: Option<Replay<()>>,
}

impl StateSource {
    /// A source with an empty memory of `capacity` steps. The first view of `pool` is the teacher's, the last is the
    /// students'.
    pub fn new(game: Game, teacher: Teacher, pool: Pool, capacity: u64, seed: Seed) -> StateSource {
        let (_, students) = views(&pool);
        let memory = Replay::new(students.shape, capacity, pool.workers());
        StateSource { game, teacher, memory, teachers_view: None, collector: Collector::endless(pool, seed) }
    }

    /// Keeps the teacher's view of the states too, if it is another than the students'. Teachers can then be replaced.
    pub fn keep_teachers_view(&mut self, capacity: u64) {
        let (teachers, students) = views(&self.collector.pool);
        if teachers != students {
            self.teachers_view = Some(Replay::new(teachers.shape, capacity, self.workers()));
        }
    }

    /// Steps of all workers.
    pub fn steps(&self) -> u64 {
        self.collector.state.steps
    }

    pub fn workers(&self) -> usize {
        self.collector.pool.workers()
    }

    /// Steps every worker, epsilon-greedy by the teacher or, where `data` says so, by the student. Stores the
    /// steps in the memory with the teacher's Q-values.
    pub fn play(&mut self, settings: &Distillation, student: Player) {
        let begun = self.collector.begin();
        let (teacher, memory, teachers_view) = (&self.teacher.network, &mut self.memory, &mut self.teachers_view);
        let (teachers, students) = views(&self.collector.pool);
        let shape = students.shape;
        self.collector.step(|rows, explorers: &mut [Generator]| {
            let (seen, by_students) = (teachers.observations(rows), students.observations(rows));
            if let Some(view) = teachers_view {
                let frames = seen.chunks_exact(teachers.shape.bytes()).map(|seen| teachers.shape.newest(seen));
                frames.enumerate().for_each(|(worker, frame)| view.push(worker, frame, begun[worker], Some(())));
            }
            let observations = by_students.chunks_exact(shape.bytes());
            let by_students = students_actions(settings.data, student, observations.clone());
            let mut chosen = Vec::with_capacity(begun.len());
            for (worker, (q, observation)) in q_values(teacher, &seen).into_iter().zip(observations).enumerate() {
                let greedy = by_students[worker].unwrap_or_else(|| best_action(&q));
                chosen.push(epsilon_greedy(&mut explorers[worker], settings.epsilon, q.len(), greedy));
                memory.push(worker, shape.newest(observation), begun[worker], Some(q));
            }
            chosen
        });
    }

    /// Replaces the teacher, and recomputes the Q-values in the memory. Steps that the teacher cannot see any more,
    /// since the oldest frames of its view are gone, are used no more.
    pub fn adopt(&mut self, teacher: Teacher) {
        self.teacher = teacher;
        let mut places = self.memory.visible();
        if let Some(view) = &self.teachers_view {
            let is_lost = |place: &Place| !view.is_visible(*place);
            places.extract_if(.., |place| is_lost(place)).for_each(|place| self.memory.forget(place));
        }
        let mut observations = Vec::new();
        for places in places.chunks(TOGETHER) {
            match &self.teachers_view {
                Some(view) => view.observations(places, &mut observations),
                None => self.memory.observations(places, &mut observations),
            }
            for (&place, q) in places.iter().zip(q_values(&self.teacher.network, &observations)) {
                *self.memory.payload_mut(place) = q;
            }
        }
    }

    /// The teacher's mean action gap over the memory.
    pub fn mean_action_gap(&self) -> f64 {
        mean_action_gap(self.memory.usable().into_iter().map(|place| &**self.memory.payload(place)))
    }
}

/// The teacher's view and the students': one and the same, or two.
fn views(pool: &Pool) -> (ViewSlot, ViewSlot) {
    let views = pool.views();
    (views[0], views[views.len() - 1])
}

/// The student's action for each worker that it controls.
fn students_actions<'a>(
    data: Data,
    student: Player,
    observations: impl ExactSizeIterator<Item = &'a [u8]>,
) -> Vec<Option<usize>> {
    let mut actions = vec![None; observations.len()];
    let own = observations.enumerate().filter(|(worker, _)| data.is_students(*worker));
    let (workers, observations): (Vec<usize>, Vec<&[u8]>) = own.unzip();
    if !workers.is_empty() {
        let chosen = student.greedy(&observations.concat());
        workers.into_iter().zip(chosen).for_each(|(worker, action)| actions[worker] = Some(action));
    }
    actions
}

fn q_values(network: &Network, observations: &[u8]) -> Vec<QValues> {
    let outputs = network.forward(0, observations);
    let actions = outputs.size()[1] as usize;
    let values = Vec::<f32>::try_from(outputs.view(-1)).expect("outputs are one float per worker and action");
    values.chunks(actions).map(Box::from).collect()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::config::{self, Experiment, Mlp, NetworkChoice, Overrides, Widths};
    use crate::env::Rules;
    use crate::game::{ActionSet, View};
    use crate::nn::{Architecture, Device};
    use crate::spec::{Shape, values};

    fn catch() -> Game {
        Game::named("catch").unwrap()
    }

    /// 6 workers; `data` names the player.
    fn experiment(data: &str) -> Experiment {
        let text = format!(
            "games = [\"catch\"]\n[environment]\nworkers = 6\n[distillation]\nepsilon = 0.0\ndata = \"{data}\"\n"
        );
        config::read_text("x.toml", "x", &text, &Overrides::default()).unwrap()
    }

    /// A network for a view, with random weights.
    fn network(view: View, seed: u64) -> Network {
        let layers = match view {
            View::Pixels => NetworkChoice::Widths(Widths { conv: [4, 4, 4], hidden: 8 }),
            View::Ram => NetworkChoice::Mlp(Mlp { hidden: vec![8] }),
        };
        Network::new(&Architecture::new(&layers, &catch().spec(ActionSet::Minimal, view)), Seed(seed), Device::Cpu)
    }

    fn teacher(view: View, seed: u64) -> Teacher {
        let network = network(view, seed);
        Teacher { network, path: PathBuf::new(), hash: String::new(), frames: 0, score: None }
    }

    /// A source for a teacher with the first view and students with the last.
    fn source(experiment: &Experiment, views: &[View], capacity: u64) -> StateSource {
        let rules = Rules { views: views.to_vec(), ..Rules::of_training(&experiment.environment, catch()) };
        let pool = Pool::load(catch(), None, &rules, 6).unwrap();
        StateSource::new(catch(), teacher(views[0], 1), pool, capacity, Seed(3))
    }

    /// A source after `steps` steps; `data` names the player.
    fn played(data: &str, steps: usize) -> StateSource {
        let experiment = experiment(data);
        let mut source = source(&experiment, &[View::Pixels], 1000);
        let student = network(View::Pixels, 8);
        (0..steps).for_each(|_| source.play(&experiment.distillation, Player::new(&student, 0)));
        source.adopt(teacher(View::Pixels, if steps > 100 { 2 } else { 1 }));
        source
    }

    #[test]
    fn states_are_the_teachers_the_students_or_half_of_each() {
        for play in [|data: &str| played(data, 60), |data: &str| played_with([View::Pixels, View::Ram], data)] {
            let frames = |data: &str| -> Vec<Vec<u8>> {
                let source: StateSource = play(data);
                (0..6).map(|worker| source.collector.pool.frame(worker).to_vec()).collect()
            };
            let [teacher, student, mixed] = ["teacher", "student", "mixed"].map(frames);
            assert!((0..6).any(|worker| teacher[worker] != student[worker]), "they must differ to be told apart");
            for (worker, frame) in mixed.iter().enumerate() {
                let expected = if worker % 2 == 1 { &student } else { &teacher };
                assert!(*frame == expected[worker], "worker {worker}");
            }
        }
    }

    #[test]
    fn labels_are_the_teachers_and_those_of_the_next_teacher_when_it_is_adopted() {
        for (data, steps) in [("student", 60), ("mixed", 60), ("teacher", 120)] {
            let mut source = played(data, steps);
            // The step that was the newest when a teacher was adopted becomes usable with the next step.
            (0..6).for_each(|worker| source.memory.push(worker, &[0; Shape::ATARI.frame_bytes()], true, None));
            let places = source.memory.usable();
            let mut observations = Vec::new();
            source.memory.observations(&places, &mut observations);
            let expected = q_values(&source.teacher.network, &observations);
            assert!(places.len() > 200);
            assert!(places.iter().zip(&expected).all(|(&place, q)| source.memory.payload(place) == q), "{data}");
        }
    }

    /// A source after 60 steps with two views, whose memories hold the last 20 of each worker.
    fn played_with(views: [View; 2], data: &str) -> StateSource {
        let experiment = experiment(data);
        let mut source = source(&experiment, &views, 6 * 20);
        source.keep_teachers_view(6 * 20);
        let student = network(views[1], 8);
        (0..60).for_each(|_| source.play(&experiment.distillation, Player::new(&student, 0)));
        source
    }

    fn observation<P: Sync>(memory: &Replay<P>, place: Place) -> Vec<u8> {
        let mut observation = Vec::new();
        memory.observations(&[place], &mut observation);
        observation
    }

    /// Checks that each usable step holds two views of one state, and the Q-values of the teacher for its own view.
    fn check_views(source: &StateSource, views: [View; 2]) {
        let view = source.teachers_view.as_ref().unwrap();
        for place in source.memory.usable() {
            let seen = [observation(view, place), observation(&source.memory, place)];
            let [screen, ram] = if views[0] == View::Pixels { &seen } else { &[seen[1].clone(), seen[0].clone()] };
            // The built-in game's memory begins with the upper left corner of its ball, which has 12 × 12 pixels.
            let corner: Vec<f32> = values(ram).take(2).map(|value| value * 255.0).collect();
            let (column, row) = ((corner[0] + 6.0) * 84.0 / 160.0, (corner[1] + 6.0) * 84.0 / 210.0);
            assert!(Shape::ATARI.newest(screen)[row as usize * 84 + column as usize] > 100, "{place:?}: {corner:?}");
            if view.is_visible(place) {
                let q = q_values(&source.teacher.network, &seen[0]).remove(0);
                assert!(*source.memory.payload(place) == q, "{place:?}");
            }
        }
    }

    #[test]
    fn teacher_and_student_have_each_their_view_of_the_same_states() {
        for views in [[View::Pixels, View::Ram], [View::Ram, View::Pixels]] {
            for data in ["teacher", "student", "mixed"] {
                let mut source = played_with(views, data);
                let before = source.memory.usable();
                check_views(&source, views);
                source.adopt(teacher(views[0], 2));
                check_views(&source, views);
                let view = source.teachers_view.as_ref().unwrap();
                let seen_by_both: Vec<_> = before.iter().copied().filter(|place| view.is_visible(*place)).collect();
                assert_eq!(source.memory.usable(), seen_by_both);
                match views[0] {
                    View::Pixels => {
                        assert!(seen_by_both.len() < before.len(), "the oldest screens lack those before them")
                    }
                    View::Ram => assert_eq!(seen_by_both, before),
                }
                assert!(seen_by_both.len() >= 6 * 16, "{views:?}");
            }
        }
    }
}
