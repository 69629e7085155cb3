//! What experiment files can say, and what they are told when they cannot.

use super::*;
use crate::config::{Mlp, NetworkChoice, Objective, OptimizerRule, StepSpan, Temperature, Widths};
use crate::game::View;
use crate::losses::{KL, MSE, NLL};

fn from(text: &str, set: &[&str]) -> Result<Experiment, ConfigError> {
    let set = set.iter().map(|&option| option.to_owned()).collect();
    read_text("x.toml", "x", text, &Overrides { set, seed: None })
}

fn refusal(text: &str, set: &[&str]) -> String {
    from(text, set).unwrap_err().to_string()
}

#[test]
fn an_empty_file_is_nature_dqn_and_the_papers_compression() {
    let experiment = from("", &[]).unwrap();
    assert_eq!(experiment.name, "x");
    assert_eq!(experiment.teacher.optimizer, OptimizerRule::RmsProp);
    assert_eq!(experiment.teacher.target_period, 10_000);
    assert_eq!(experiment.distillation.hours * experiment.distillation.steps_per_hour, 27_000_000);
    let names: Vec<_> = experiment.students.iter().map(|student| student.name.as_str()).collect();
    assert_eq!(names, ["net1", "net2", "net3"]);
    assert!(experiment.students.iter().all(
        |student| student.loss == Objective::Teacher(KL) && student.temperature == Temperature::Absolute(0.01)
    ));
}

#[test]
fn each_algorithm_has_a_section_of_its_own_and_its_settings_are_known_without_it_too() {
    let text = "[teacher]\ngamma = 0.9\n[teacher.dqn]\nbatch = 16\n";
    let experiment = from(text, &["teacher.dqn.replay=5000"]).unwrap();
    assert_eq!((experiment.teacher.batch, experiment.teacher.replay), (16, 5000));
    assert_eq!(from("[teacher]\ngamma = 0.9\nbatch = 16\nreplay = 5000\n", &[]).unwrap(), experiment);
    let saved = toml::to_string(&experiment).unwrap();
    assert!(saved.contains("[teacher.dqn]") && !saved.contains("rollout"), "{saved}");
    assert_eq!(from(&saved, &[]).unwrap(), experiment);
    assert!(refusal("[teacher.dqn]\nlambda = 0.5\n", &[]).contains("unknown key \"teacher.dqn.lambda\""));
}

#[test]
fn a_student_has_its_teachers_view_unless_it_names_another() {
    let own =
        "[[students]]\nname = \"a\"\n[[students]]\nname = \"b\"\nnetwork = { hidden = [8] }\nobservation = \"ram\"\n";
    let experiment = from(own, &[]).unwrap();
    let seen = |experiment: &Experiment| -> Vec<View> {
        experiment.students.iter().map(|student| student.environment(&experiment.environment).observation).collect()
    };
    assert_eq!(seen(&experiment), [View::Pixels, View::Ram]);
    let saved = toml::to_string(&experiment).unwrap();
    assert_eq!(saved.matches("observation").count(), 1, "{saved}");
    assert_eq!(from(&saved, &[]).unwrap(), experiment);
    let teachers = ["environment.observation=ram", "teacher.network={ hidden = [8] }", "students.a.observation=pixels"];
    assert_eq!(seen(&from(own, &teachers).unwrap()), [View::Pixels, View::Ram]);
    let blind = refusal(own, &["students.a.observation=ram"]);
    assert!(blind.contains("is seen as a vector of 128; choose { hidden = [64, 64] }"), "{blind}");
    assert!(refusal(own, &["students.b.observation=sound"]).contains("unknown variant `sound`"));
    let state =
        "games = [\"cartpole\"]\n[[students]]\nname = \"a\"\nnetwork = { hidden = [8] }\nobservation = \"ram\"\n";
    assert!(refusal(state, &[]).contains("students.a.observation: must be \"teacher\""));
}

#[test]
fn baselines_stand_beside_the_students_and_are_written_so() {
    let baseline = "[[baselines]]\nname = \"dqn\"\nnetwork = \"net1\"\n";
    let names = |text: &str| -> Vec<(String, bool)> {
        let students = from(text, &[]).unwrap().students;
        students.into_iter().map(|student| (student.name.clone(), student.is_baseline())).collect()
    };
    let own = format!("[[students]]\nname = \"a\"\n{baseline}");
    assert_eq!(names(&own), [("a".into(), false), ("dqn".into(), true)]);
    let before = format!("{baseline}[[students]]\nname = \"a\"\n");
    assert_eq!(names(&before), names(&own));
    assert_eq!(names(baseline).len(), 4, "beside the default students");
    assert_eq!(names(&format!("students = []\n{baseline}")), [("dqn".into(), true)]);
    // As files said it before baselines had a list of their own.
    let old =
        from("[[students]]\nname = \"a\"\n[[students]]\nname = \"dqn\"\nnetwork = \"net1\"\nloss = \"td\"\n", &[]);
    let (old, new) = (old.unwrap(), from(&own, &["baselines.dqn.network=net2", "baselines.dqn.network=net1"]).unwrap());
    assert_eq!(toml::to_string(&old).unwrap(), toml::to_string(&new).unwrap());
    let saved = toml::to_string(&new).unwrap();
    assert!(saved.contains("[[baselines]]\nname = \"dqn\"") && !saved.contains("\"td\""), "{saved}");
    assert_eq!(from(&saved, &[]).unwrap(), new);
    assert!(refusal(&format!("{baseline}loss = \"kl\"\n"), &[]).contains("unknown key \"baselines.0.loss\""));
    assert!(refusal(&own, &["baselines.dqn.loss=kl"]).contains("unknown key"));
}

#[test]
fn a_file_takes_over_how_the_teachers_that_it_names_learned_and_finds_them_beside_itself() {
    let root = tempfile::tempdir().unwrap();
    let source = root.path().join("teachers");
    std::fs::create_dir(&source).unwrap();
    let theirs = from("[teacher]\nalgorithm = \"pqn\"\nframes = 8000\nseeds = [3]\n[environment]\nworkers = 16\n", &[]);
    std::fs::write(source.join(EXPERIMENT_FILE), toml::to_string(&theirs.unwrap()).unwrap()).unwrap();
    let file = root.path().join("x.toml");
    std::fs::write(&file, "[teacher]\nfrom = \"teachers\"\ngamma = 0.9\n").unwrap();
    let experiment = read(&file, &Overrides::default()).unwrap();
    let teacher = &experiment.teacher;
    assert_eq!((teacher.algorithm, teacher.frames, teacher.gamma), (crate::config::Algorithm::Pqn, 8000, 0.9));
    assert_eq!((experiment.environment.workers, teacher.seeds.as_slice()), (16, [].as_slice()));
    assert_eq!(teacher.from, source);
}

#[test]
fn the_teachers_of_a_collection_keep_their_settings_and_are_found_beside_the_file() {
    let root = tempfile::tempdir().unwrap();
    let theirs = from("[teacher]\nframes = 8000000\nfrom = \"mine\"\n[environment]\nworkers = 16\n", &[]).unwrap();
    let pong = root.path().join("mine/pong");
    std::fs::create_dir_all(&pong).unwrap();
    std::fs::write(pong.join(EXPERIMENT_FILE), toml::to_string(&theirs).unwrap()).unwrap();
    let file = root.path().join("x.toml");
    std::fs::write(&file, "games = [\"pong\", \"qbert\"]\n[teacher]\nfrom = \"mine\"\nframes = 4000000\n").unwrap();
    let experiment = read(&file, &Overrides::default()).unwrap();
    let of = |game: usize| experiment.teacher_settings(experiment.games[game]).frames;
    assert_eq!((of(0), of(1)), (8_000_000, 4_000_000));
    assert_eq!((experiment.environment.workers, experiment.teacher.seeds.as_slice()), (8, [1].as_slice()));
    assert_eq!(experiment.teacher_source(experiment.games[0]), Some(pong));
}

#[test]
fn a_file_lies_over_its_preset_and_options_over_the_file() {
    let text = "[teacher]\npreset = \"cleanrl\"\ntarget_period = 500\n";
    let teacher = from(text, &["teacher.batch=64", "teacher.optimizer=rmsprop"]).unwrap().teacher;
    assert_eq!((teacher.target_period, teacher.batch), (500, 64));
    assert_eq!((teacher.learning_rate, teacher.optimizer), (1e-4, OptimizerRule::RmsProp));

    let text = "[distillation]\npreset = \"fast\"\nhours = 3\n";
    let distillation = from(text, &["distillation.batch=64"]).unwrap().distillation;
    assert_eq!((distillation.hours, distillation.batch, distillation.optimizer), (3, 64, OptimizerRule::Muon));
    assert_eq!(from("[distillation]\npreset = \"paper\"\n", &[]).unwrap(), from("", &[]).unwrap());
}

#[test]
fn students_can_have_free_widths_and_be_overridden_by_name() {
    let text = "[[students]]\nname = \"tiny\"\nnetwork = { conv = [4, 8, 8], hidden = 32 }\n";
    let experiment = from(text, &["students.tiny.loss=nll"]).unwrap();
    assert_eq!(experiment.students.len(), 1);
    assert_eq!(experiment.students[0].network, NetworkChoice::Widths(Widths { conv: [4, 8, 8], hidden: 32 }));
    assert_eq!(experiment.students[0].loss, Objective::Teacher(NLL));
    assert_eq!(from("", &["students.net2.loss=mse"]).unwrap().students[1].loss, Objective::Teacher(MSE));
}

#[test]
fn in_classic_control_a_frame_is_a_step_and_networks_are_for_vectors() {
    for games in ["\"cartpole\"", "\"mountain_car\", \"cartpole\""] {
        let experiment = from(&format!("games = [{games}]\n"), &[]).unwrap();
        let Experiment { environment, evaluation, teacher, students, .. } = &experiment;
        assert_eq!((environment.frame_skip, environment.no_op_max, evaluation.no_op_max), (1, 0, 0));
        assert_eq!((evaluation.epsilon, teacher.preset.as_str()), (0.0, "control"));
        assert_eq!(teacher.network, NetworkChoice::Mlp(Mlp { hidden: vec![64, 64] }));
        assert!(students.iter().all(|student| matches!(student.network, NetworkChoice::Mlp(_))));
        let saved = toml::to_string(&experiment).unwrap();
        assert_eq!(from(&saved, &[]).unwrap(), experiment);
    }
    let pqn = from("games = [\"cartpole\"]\n[teacher]\nalgorithm = \"pqn\"\n", &[]).unwrap();
    assert_eq!((pqn.teacher.preset.as_str(), pqn.teacher.layer_norm), ("control_pqn", true));
}

#[test]
fn what_does_not_apply_to_classic_control_is_refused_with_its_line() {
    for (setting, problem) in [
        ("[environment]\nframe_skip = 4", "x.toml:3: environment.frame_skip: must be 1: cartpole has no frames"),
        ("[environment]\nno_op_max = 3", "x.toml:3: environment.no_op_max: must be 0"),
        ("[environment]\nsticky_actions = 0.25", "x.toml:3: environment.sticky_actions: must be 0"),
        ("[environment]\naction_set = \"full\"", "x.toml:3: environment.action_set: must be \"minimal\""),
        ("[evaluation]\nno_op_max = 30", "x.toml:3: evaluation.no_op_max: must be 0"),
        ("[teacher]\nnetwork = \"net1\"", "x.toml:3: teacher.network: cartpole is seen as a vector of 4"),
        ("[[students]]\nname = \"a\"\nnetwork = \"net1\"", "x.toml:4: students.a.network: cartpole is seen as"),
    ] {
        let refused = refusal(&format!("games = [\"cartpole\"]\n{setting}\n"), &[]);
        assert!(refused.starts_with(problem), "{refused}");
    }
    assert!(refusal("games = [\"catch\", \"cartpole\"]\n", &[]).contains("an experiment of its own"));
    let together = "games = [\"cartpole\", \"mountain_car\"]\n[[students]]\nname = \"a\"\nnetwork = { hidden = [8] }\n\
                    games = \"together\"\n";
    assert!(
        refusal(together, &[]).contains("together: cartpole is seen as a vector of 4, mountain_car as a vector of 2")
    );
    assert!(refusal("[teacher]\nnetwork = { hidden = [8] }\n", &[]).contains("breakout is seen as 4 frames of 84×84"));
}

#[test]
fn an_unknown_key_is_refused_with_its_line_and_the_nearest_key() {
    let refused = refusal("games = [\"pong\"]\n\n[teacher]\nframe = 3\n", &[]);
    assert_eq!(refused, "x.toml:4: unknown key \"teacher.frame\"; did you mean \"frames\"?");
    assert!(refusal("[[students]]\nname = \"a\"\ntemprature = 1.0\n", &[]).contains("x.toml:3: unknown key"));
    assert!(refusal("", &["teacher.bach=3"]).contains("did you mean \"batch\""));
    let elsewhere = "x.toml:2: unknown key \"teacher.dqn.warmup\"; there is teacher.warmup";
    assert_eq!(refusal("[teacher.dqn]\nwarmup = 3\n", &[]), elsewhere);
    assert!(refusal("", &["hours=3"]).contains("there is distillation.hours"));
    assert!(refusal("", &["students.net9.loss=kl"]).contains("there is no \"net9\" among [[students]]"));
    assert!(refusal("", &["teacher=3"]).contains("not the key of one value"));
}

#[test]
fn a_wrong_type_or_word_is_refused_with_its_line() {
    let refused = refusal("[teacher]\nbatch = 32\nframes = \"many\"\n", &[]);
    assert!(refused.starts_with("x.toml:3: teacher.frames = \"many\": must be a whole number"), "{refused}");
    assert!(refusal("[[students]]\nname = \"a\"\nloss = \"kll\"\n", &[]).starts_with("x.toml:3: students.a.loss"));
    assert!(refusal("games = [\"pnog\"]\n", &[]).contains("pong"));
    assert!(refusal("teacher = 3\n", &[]).contains("x.toml:1: teacher is a section"));
    let second = refusal("[[students]]\nname = \"2\"\n[[students]]\nname = \"1\"\nloss = \"kll\"\n", &[]);
    assert!(second.starts_with("x.toml:5: students.1.loss"), "{second}");
    let first = refusal("[[students]]\nname = \"1\"\nloss = \"kll\"\n[[students]]\nname = \"2\"\n", &[]);
    assert!(first.starts_with("x.toml:3: students.1.loss"), "{first}");
    let nameless = refusal("[[students]]\nloss = \"kl\"\n", &[]);
    assert!(nameless.starts_with("x.toml:1: [[students]]: missing field `name`"), "{nameless}");
    assert!(refusal("[teacher]\npreset = \"natur\"\n", &[]).contains("x.toml:2: teacher.preset"));
    assert!(refusal("[distillation]\npreset = \"quick\"\n", &[]).contains("x.toml:2: distillation.preset"));
    assert!(refusal("a = = 3", &[]).starts_with("x.toml:1:"));
}

#[test]
fn a_refused_temperature_or_network_is_told_with_what_is_allowed() {
    let of_student = |setting: &str| refusal(&format!("[[students]]\nname = \"a\"\n{setting}\n"), &[]);
    for (setting, allowed) in [
        ("temperature = \"Auto\"", ["number", "{ gaps = NUMBER }", "\"auto\""]),
        ("temperature = { gap = 1.0 }", ["number", "{ gaps = NUMBER }", "\"auto\""]),
        ("network = \"net4\"", ["\"teacher\"", "\"net3\"", "{ conv = [A, B, C], hidden = D }"]),
    ] {
        let refused = of_student(setting);
        assert!(refused.starts_with("x.toml:3: students.a."), "{refused}");
        assert!(allowed.iter().all(|form| refused.contains(form)), "{refused}");
    }
    assert!(refusal("[teacher]\nnetwork = \"net4\"\n", &[]).contains("\"net3\""));
}

#[test]
fn an_odd_number_of_workers_cannot_be_shared_half_and_half() {
    for workers in [1, 7] {
        let text = format!("[environment]\nworkers = {workers}\n[distillation]\ndata = \"mixed\"\n");
        let refused = refusal(&text, &[]);
        assert!(refused.starts_with("x.toml:4: distillation.data: mixed"), "{refused}");
        assert!(refused.contains("set environment.workers to an even number"), "{refused}");
    }
    assert!(from("[environment]\nworkers = 2\n[distillation]\ndata = \"mixed\"\n", &[]).is_ok());
    assert!(from("[environment]\nworkers = 1\n[distillation]\ndata = \"student\"\n", &[]).is_ok());
}

#[test]
fn a_value_out_of_range_is_refused_with_its_line() {
    assert!(refusal("[evaluation]\nepsilon = 1.5\n", &[]).starts_with("x.toml:2: evaluation.epsilon"));
    assert!(refusal("", &["teacher.batch=0"]).starts_with("--set teacher.batch=0: teacher.batch"));
    let both = refusal("", &["teacher.double=true", "teacher.munchausen=true"]);
    assert!(both.starts_with("--set teacher.munchausen=true: teacher.munchausen: needs"), "{both}");
    assert!(refusal("", &["teacher.n_step=0"]).contains("must be at least 1"));
    assert!(refusal("", &["teacher.n_step=3", "teacher.munchausen=true"]).contains("and teacher.n_step = 1"));
    assert!(refusal("", &["teacher.n_step=25", "teacher.replay=200"]).contains("must be less than 25"));
    assert!(refusal("", &["teacher.stagger=7"]).contains("two or more workers: 8"));
    assert!(refusal("", &["teacher.stagger=7", "environment.workers=1"]).contains("two or more workers: 2"));
    let shorter = refusal("", &["teacher.algorithm=pqn", "teacher.frames=3"]);
    assert!(shorter.contains("teacher.frames: must be at least 4, the frames of a step"), "{shorter}");
    assert!(refusal("", &["teacher.frames=8000"]).contains("teacher.warmup: must be below the 2000 steps"));
}

#[test]
fn odd_values_are_refused_and_do_not_end_the_program() {
    assert!(refusal("[teacher]\nframes = 99999999999999999999\n", &[]).starts_with("x.toml:2:"));
    for set in ["students.net1.network.conv=[8,8,8]", "teacher.seeds.a.b=3"] {
        assert!(refusal("", &[set]).contains("is not the key of one value"), "{set}");
    }
    assert!(refusal("", &["line=explanations"]).contains("the file alone says of which line it is"));
    assert!(refusal("", &["students=3"]).contains("students.NAME.key"));
    assert!(refusal("students = []\n", &["students.net1.loss=kl"]).contains("there is no \"net1\" among [[students]]"));
    assert!(from("students = []\n", &[]).unwrap().students.is_empty());
}

#[test]
fn what_is_saved_reads_back_as_the_same_experiment() {
    let experiment = from("[[students]]\nname = \"a\"\nnetwork = { conv = [1, 2, 3], hidden = 4 }\n", &[]).unwrap();
    let saved = toml::to_string(&experiment).unwrap();
    assert_eq!(from(&saved, &[]).unwrap(), experiment);
}

#[test]
fn values_of_another_type_are_answered_in_the_programs_own_words() {
    let error = |set: &str| {
        let overrides = Overrides { set: vec![set.into()], seed: None };
        read_text("x.toml", "x", "games = [\"pong\"]", &overrides).unwrap_err().to_string()
    };
    assert!(error("games=pong").contains("must be a list; write games = [\"pong\"]"), "{}", error("games=pong"));
    assert!(error("teacher.frames=0.5").contains("must be a whole number"));
    assert!(error("teacher.gamma=high").contains("must be a number"));
    assert!(error("teacher.clip_rewards=1").contains("must be true or false"));
    assert!(error("teacher.fram=1").contains("did you mean \"frames\"?"), "{}", error("teacher.fram=1"));
    assert!(error(&format!("name={}", "a".repeat(300))).contains("up to 100 letters"));
}

#[test]
fn settings_that_nothing_reads_are_named_unless_they_wait_in_the_section_of_their_algorithm() {
    let ineffective = |text: &str, set: &[&str]| from(text, set).unwrap().ineffective;
    let pqn = "[teacher]\nalgorithm = \"pqn\"\n";
    let found = ineffective(&format!("{pqn}batch = 5\n"), &["teacher.replay=1e6"]);
    assert_eq!(found[0], "x.toml:3: teacher.batch has no effect: only algorithm = \"dqn\" reads it");
    assert!(
        found.len() == 2 && found[1].starts_with("--set teacher.replay=1e6: teacher.replay has no effect"),
        "{found:?}"
    );
    let found = ineffective(&format!("{pqn}warmup = 5\n"), &[]);
    assert_eq!(found, ["x.toml:3: teacher.warmup has no effect: only algorithm = \"dqn\" reads it"]);
    assert_eq!(ineffective(&format!("{pqn}[teacher.dqn]\nbatch = 5\n[teacher.pqn]\nepochs = 3\n"), &[]), [""; 0]);
    let found = ineffective("[teacher.pqn]\nepochs = 3\n[teacher.dqn]\nbatch = 5\n", &[]);
    assert_eq!(found, ["x.toml:2: teacher.pqn.epochs has no effect without algorithm = \"pqn\" in [teacher]"]);
    let mse = "[[students]]\nname = \"a\"\nloss = \"mse\"\ntemperature = 0.1\n";
    let found = ineffective(mse, &[]);
    assert_eq!(found, ["x.toml:4: students.a.temperature has no effect: the loss \"mse\" has no temperature"]);
    assert_eq!(ineffective(&mse.replace("mse", "kl"), &[]), [""; 0]);
    let found = ineffective("[[students]]\nname = \"a\"\nloss = \"td\"\nlearning_rate = 0.1\n", &[]);
    assert!(found[0].starts_with("x.toml:4: students.a.learning_rate has no effect: a network that"), "{found:?}");
}

#[test]
fn a_number_of_steps_may_be_written_with_an_exponent_and_a_share_stays_one() {
    let read = |text: &str| read_text("x.toml", "x", text, &Overrides::default()).unwrap().teacher;
    let teacher = read("[teacher]\nframes = 1e6\nepsilon_steps = 2.5e4");
    assert_eq!((teacher.frames, teacher.epsilon_steps), (1_000_000, StepSpan::Steps(25_000)));
    assert_eq!(read("[teacher]\nepsilon_steps = 1.0").epsilon_steps, StepSpan::Share(1.0));
    let overrides = Overrides { set: vec!["teacher.frames=2e6".into()], seed: None };
    assert_eq!(read_text("x.toml", "x", "", &overrides).unwrap().teacher.frames, 2_000_000);
}

#[test]
fn a_name_with_dots_is_found_by_set() {
    let text = "[[students]]\nname = \"gaps-3\"\n[[students]]\nname = \"gaps-3.0\"\n";
    let loss = |experiment: &Experiment, index: usize| experiment.students[index].loss;
    let changed = from(text, &["students.gaps-3.0.loss=nll"]).unwrap();
    let usual = from(text, &[]).unwrap();
    assert_eq!(loss(&changed, 0), loss(&usual, 0));
    assert_ne!(loss(&changed, 1), loss(&usual, 1));
}
