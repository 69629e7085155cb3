//! Safe bindings to the [Arcade Learning Environment](https://ale.farama.org) 0.12.1, one console per [`Ale`].
//!
//! The settings are fixed: one frame per action, no sticky actions, no limit of frames, colours as the console gives
//! them, only errors on stderr and nothing on stdout. Callers add frame skipping, stickiness or a limit themselves,
//! with their own random numbers. A console has no random numbers, so that its play depends only on the actions since
//! [`Ale::reset`].
//!
//! [`Ale::reset`] gives the same start as `reset(seed=…)` of ale-py's and Gymnasium's environments, which loads the ROM
//! anew. Their `reset()` without a seed continues the console's power-on noise, and some games (Beam Rider) then start
//! differently.
//!
//! [`Ale::save`] and [`Ale::restore`] keep more than ALE's own states do (`native/unsaved.hpp`). Play therefore
//! continues exactly, also in another console or process.

mod ffi;
mod state;

use std::ffi::{CStr, CString, c_char};
use std::io::Write;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::ptr::NonNull;

pub use state::{State, StateError};

/// Number of actions that ALE knows for one player; their ids are those below it, and 0 does nothing.
pub const ACTIONS: u8 = 18;

/// Bytes of the console's memory.
pub const RAM: usize = 128;

/// For the random numbers that ALE draws with each frame; with the settings here no result depends on them.
const SEED: i32 = 123;

/// ALE's version, as "0.12.1".
pub fn version() -> &'static str {
    // SAFETY: the string is a constant of the library.
    unsafe { CStr::from_ptr(ffi::ale_c_version()) }.to_str().unwrap_or_default()
}

/// The reason why a ROM cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// ALE reads a ROM from a file.
    #[error("a copy of the ROM cannot be written to the folder for temporary files")]
    Copy(#[from] std::io::Error),
    /// The ROM is not a game, or it is another game.
    #[error("ALE cannot load the ROM as {game}: {reason}")]
    Refused { game: String, reason: String },
}

/// A console with a game in it.
pub struct Ale {
    console: NonNull<ffi::Console>,
    width: usize,
    height: usize,
    /// 0xRRGGBB of each number of a colour; the odd number after a colour's has its grey.
    palette: Box<[u32; 256]>,
}

// SAFETY: a console owns all that it points to, and ALE keeps nothing of a console in thread-local or global variables,
// so it may move between threads. What ALE's library shares are tables that are written once, under a lock.
unsafe impl Send for Ale {}

impl Ale {
    /// A console with `rom` in it, at the game's start. `game` is the game's name in ALE's spelling (`space_invaders`);
    /// a dump that ALE does not list by its MD5 is played by that game's rules.
    ///
    /// # Errors
    /// If ALE has no such game, if the bytes are of another game or of none, or if there is no place for a copy.
    pub fn load(rom: &[u8], game: &str) -> Result<Ale, LoadError> {
        // ALE reads files only. This one has no name, so that no kill leaves it behind.
        let mut file = tempfile::tempfile()?;
        file.write_all(rom)?;
        Ale::load_file(Path::new(&format!("/proc/self/fd/{}", file.as_raw_fd())), game)
    }

    /// As [`Ale::load`], for a ROM in a file.
    ///
    /// # Errors
    /// As [`Ale::load`].
    pub fn load_file(file: &Path, game: &str) -> Result<Ale, LoadError> {
        let refused = |reason: String| LoadError::Refused { game: game.to_owned(), reason };
        let zero = |_| refused("a name holds a zero byte".to_owned());
        let file = CString::new(file.as_os_str().as_encoded_bytes()).map_err(zero)?;
        let name = CString::new(game).map_err(zero)?;
        // SAFETY: the strings outlive the call; ALE copies them.
        let console = unsafe { ffi::ale_c_load(file.as_ptr(), name.as_ptr(), SEED) };
        let console = NonNull::new(console).ok_or_else(|| refused(last_error()))?;
        // SAFETY: the console is alive.
        let (width, height) = unsafe { (ffi::ale_c_width(console.as_ptr()), ffi::ale_c_height(console.as_ptr())) };
        // SAFETY: the console is alive; every byte is the number of a colour.
        let colour = |number| unsafe { ffi::ale_c_colour(console.as_ptr(), number as u8) };
        let palette = Box::new(std::array::from_fn(colour));
        Ok(Ale { console, width, height, palette })
    }

    /// Starts the game anew, always in the same way.
    pub fn reset(&mut self) {
        // SAFETY: the console is alive and borrowed mutably.
        let done = unsafe { ffi::ale_c_reset(self.console.as_ptr()) };
        assert!(done, "ALE cannot reset a console that it has reset before: {}", last_error());
    }

    /// Plays one frame with the joystick in the position `action` (below [`ACTIONS`]; others do nothing), and returns
    /// the change of the score. After the game's end it does nothing.
    pub fn act(&mut self, action: u8) -> i32 {
        // SAFETY: the console is alive and borrowed mutably.
        unsafe { ffi::ale_c_act(self.console.as_ptr(), action) }
    }

    /// Whether the game has ended; a new one needs [`Ale::reset`].
    pub fn game_over(&self) -> bool {
        // SAFETY: the console is alive.
        unsafe { ffi::ale_c_game_over(self.console.as_ptr()) }
    }

    /// Lives left; 0 in games without lives.
    pub fn lives(&self) -> u32 {
        // SAFETY: the console is alive.
        u32::try_from(unsafe { ffi::ale_c_lives(self.console.as_ptr()) }).unwrap_or(0)
    }

    /// Pixels in a row of the screen.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows of the screen.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The screen as numbers of the console's colours, row by row. They are even.
    pub fn screen(&self) -> &[u8] {
        // SAFETY: the console is alive and keeps width × height bytes there, which change only by `&mut self`.
        unsafe { std::slice::from_raw_parts(ffi::ale_c_screen(self.console.as_ptr()), self.width * self.height) }
    }

    /// Writes the screen's grey values, as ALE's palette gives them.
    ///
    /// # Panics
    /// If `grey` is not of width × height bytes.
    pub fn grey(&self, grey: &mut [u8]) {
        assert_eq!(grey.len(), self.width * self.height);
        for (grey, &colour) in grey.iter_mut().zip(self.screen()) {
            *grey = self.palette[usize::from(colour | 1)] as u8;
        }
    }

    /// Writes the screen's red, green and blue: three bytes for each pixel.
    ///
    /// # Panics
    /// If `rgb` is not of 3 × width × height bytes.
    pub fn rgb(&self, rgb: &mut [u8]) {
        assert_eq!(rgb.len(), 3 * self.width * self.height);
        for (rgb, &colour) in rgb.chunks_exact_mut(3).zip(self.screen()) {
            rgb.copy_from_slice(&self.palette[usize::from(colour)].to_be_bytes()[1..]);
        }
    }

    /// The console's memory.
    pub fn ram(&self) -> &[u8; RAM] {
        // SAFETY: the console is alive and keeps that many bytes there, which change only by `&mut self`.
        unsafe { &*ffi::ale_c_ram(self.console.as_ptr()).cast() }
    }

    /// The actions that have an effect in the game.
    pub fn minimal_actions(&self) -> Vec<u8> {
        self.actions(true)
    }

    /// All actions that the game permits.
    pub fn legal_actions(&self) -> Vec<u8> {
        self.actions(false)
    }

    fn actions(&self, minimal: bool) -> Vec<u8> {
        let mut actions = vec![0; usize::from(ACTIONS)];
        // SAFETY: the console is alive; there is room for all that the function may write.
        let count = unsafe { ffi::ale_c_actions(self.console.as_ptr(), minimal, actions.as_mut_ptr()) };
        actions.truncate(count);
        actions
    }

    /// The complete state on which the console's future depends.
    pub fn save(&self) -> State {
        let mut size = 0;
        // SAFETY: the console is alive, and this thread's alone, so that the buffer that it fills is too.
        let bytes = unsafe { ffi::ale_c_save(self.console.as_ptr(), &mut size) };
        assert!(!bytes.is_null(), "ALE cannot save a console's state: {}", last_error());
        // SAFETY: the bytes are valid until the next save on this console.
        State { native: unsafe { std::slice::from_raw_parts(bytes, size) }.to_vec() }
    }

    /// Continues where [`Ale::save`] was called on a console with the same ROM, screen and memory included.
    ///
    /// # Errors
    /// If the state is of another ROM; the console is as it was then.
    pub fn restore(&mut self, state: &State) -> Result<(), StateError> {
        // SAFETY: the console is alive and borrowed mutably; the bytes outlive the call.
        let done = unsafe { ffi::ale_c_restore(self.console.as_ptr(), state.native.as_ptr(), state.native.len()) };
        if done { Ok(()) } else { Err(StateError::Refused(last_error())) }
    }
}

impl Drop for Ale {
    fn drop(&mut self) {
        // SAFETY: the console came from ale_c_load and is not used again.
        unsafe { ffi::ale_c_free(self.console.as_ptr()) }
    }
}

fn last_error() -> String {
    let error: *const c_char = ffi::ale_c_error();
    // SAFETY: the string is the thread's own and valid until its next failure.
    unsafe { CStr::from_ptr(error) }.to_string_lossy().into_owned()
}
