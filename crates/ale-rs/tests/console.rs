//! Consoles with real games in them. `make setup` puts the ROMs where these tests look.

use std::path::PathBuf;

use ale_rs::{ACTIONS, Ale, LoadError, RAM, State, StateError, version};

/// The games of *Policy Distillation*, among them those whose states ALE itself does not keep whole.
const GAMES: [&str; 10] = [
    "beam_rider",
    "breakout",
    "enduro",
    "freeway",
    "ms_pacman",
    "pong",
    "qbert",
    "riverraid",
    "seaquest",
    "space_invaders",
];

fn rom(game: &str) -> Vec<u8> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../../roms/{game}.bin"));
    std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}; run `make setup`", file.display()))
}

fn console(game: &str) -> Ale {
    Ale::load(&rom(game), game).unwrap()
}

/// All that can be seen of a frame.
type Seen = (Vec<u8>, [u8; RAM], i32, u32, bool);

fn look(ale: &Ale, reward: i32) -> Seen {
    (ale.screen().to_vec(), *ale.ram(), reward, ale.lives(), ale.game_over())
}

/// Plays frames with actions that depend on their number alone, and begins again after a game's end.
fn play(ale: &mut Ale, frames: std::ops::Range<usize>) -> Vec<Seen> {
    let actions = ale.minimal_actions();
    let mut seen = Vec::new();
    for i in frames {
        let reward = ale.act(actions[(i / 4 * 7 + i / 9) % actions.len()]);
        seen.push(look(ale, reward));
        if ale.game_over() {
            ale.reset();
        }
    }
    seen
}

#[test]
fn a_restored_state_goes_on_exactly_as_the_console_that_saved_it() {
    for game in GAMES {
        let mut first = console(game);
        first.reset();
        for (from, to) in [(0, 1), (1, 60), (60, 333), (333, 1000), (1000, 2600)] {
            play(&mut first, from..to);
            let bytes = first.save().to_bytes();
            assert!(bytes.len() < 40_000, "{game}: a state of {} bytes", bytes.len());
            let now = look(&first, 0);
            let expected = play(&mut first, to..to + 300);
            let state = State::from_bytes(&bytes).unwrap();
            let mut second = console(game);
            for other in [&mut second, &mut first] {
                other.restore(&state).unwrap();
                assert!(look(other, 0) == now, "{game}: another picture after {to} frames");
                assert!(play(other, to..to + 300) == expected, "{game}: goes on differently after {to} frames");
            }
            first.restore(&state).unwrap();
        }
    }
}

#[test]
fn a_reset_gives_the_same_start_whatever_was_played_before() {
    for game in GAMES {
        let mut fresh = console(game);
        fresh.reset();
        let expected = play(&mut fresh, 0..200);
        let mut used = console(game);
        for frames in [1, 77, 500] {
            play(&mut used, 3..frames + 3);
            used.reset();
            assert!(play(&mut used, 0..200) == expected, "{game}: {frames} frames before the reset show");
        }
    }
}

#[test]
fn consoles_in_several_threads_play_as_one_does_alone() {
    let alone = play(&mut console("qbert"), 0..300);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| play(&mut console("qbert"), 0..300))).collect();
        for thread in threads {
            assert!(thread.join().unwrap() == alone);
        }
    });
}

#[test]
fn a_bad_rom_is_an_error_and_says_why() {
    let pong = rom("pong");
    let cases: [(&[u8], &str, &str); 6] = [
        (b"", "pong", "no ROM of this size"),
        (b"not a game", "pong", "no ROM of this size"),
        (&pong[..1000], "pong", "no ROM of this size"),
        (&pong, "breakout", "the ROM of pong"),
        (&[0x4c; 2048], "no_such_game", "nor a game of that name"),
        (&pong, "a\0b", "zero byte"),
    ];
    for (rom, game, why) in cases {
        let error = Ale::load(rom, game).err().unwrap_or_else(|| panic!("{game}: loaded"));
        assert!(matches!(error, LoadError::Refused { .. }) && error.to_string().contains(why), "{error}");
    }
}

#[test]
fn a_console_does_nothing_after_its_games_end_and_with_unknown_actions() {
    let mut ale = console("breakout");
    ale.reset();
    while !ale.game_over() {
        ale.act(1);
    }
    let over = look(&ale, 0);
    assert_eq!(ale.act(3), 0);
    assert!(look(&ale, 0) == over);
    let (mut noop, mut unknown) = (console("breakout"), console("breakout"));
    for action in [ACTIONS, 40, 52, 255] {
        noop.act(0);
        unknown.act(action);
    }
    assert!(look(&noop, 0) == look(&unknown, 0));
}

#[test]
fn screens_in_grey_and_colour_are_those_of_ale_s_palette() {
    let mut ale = console("pong");
    ale.reset();
    play(&mut ale, 0..100);
    let pixels = ale.width() * ale.height();
    let (mut grey, mut rgb) = (vec![0; pixels], vec![0; 3 * pixels]);
    ale.grey(&mut grey);
    ale.rgb(&mut rgb);
    for (&grey, rgb) in grey.iter().zip(rgb.chunks(3)) {
        // The weights of ITU-R BT.601, with which ALE made its table.
        let weighted = 0.2989 * f64::from(rgb[0]) + 0.587 * f64::from(rgb[1]) + 0.114 * f64::from(rgb[2]);
        assert!((f64::from(grey) - weighted).abs() <= 1.0, "{rgb:?} is {grey}");
    }
    // The middle of Pong's field is brown, its paddle on the right green.
    assert_eq!(rgb[3 * (100 * ale.width() + 50)..][..3], [144, 72, 17]);
    assert!(rgb.chunks(3).any(|rgb| rgb == [92, 186, 92]));
}

#[test]
fn a_game_has_its_actions_and_a_screen() {
    let ale = console("pong");
    assert_eq!((ale.width(), ale.height(), ale.lives()), (160, 210, 0));
    assert_eq!(ale.minimal_actions(), [0, 1, 3, 4, 11, 12]);
    assert_eq!(ale.legal_actions(), (0..ACTIONS).collect::<Vec<_>>());
    assert_eq!(version(), "0.12.1");
}

#[test]
fn damaged_and_foreign_states_are_refused() {
    let (pong, mut qbert) = (console("pong"), console("qbert"));
    let bytes = pong.save().to_bytes();
    for end in [0, 1, 5, 20, bytes.len() - 1] {
        assert!(matches!(State::from_bytes(&bytes[..end]), Err(StateError::Damaged)), "{end} bytes");
    }
    let mut damaged = bytes.clone();
    damaged[1000] ^= 1;
    assert!(matches!(State::from_bytes(&damaged), Err(StateError::Damaged)));
    let mut newer = bytes.clone();
    newer[version().len()] = b'9';
    let error = State::from_bytes(&newer).unwrap_err().to_string();
    assert!(error.contains("is of ALE 0.12.9, and this is ALE 0.12.1"), "{error}");
    let before = look(&qbert, 0);
    let error = qbert.restore(&State::from_bytes(&bytes).unwrap()).unwrap_err().to_string();
    assert!(error.contains("another ROM"), "{error}");
    assert!(look(&qbert, 0) == before);
}
