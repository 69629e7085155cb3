//! The Arcade Learning Environment 0.6.0 behind [`Emulator`]: the one place with `unsafe`.
//!
//! ALE ends the whole process on a file that it cannot read or does not know, so it only ever sees a copy of bytes
//! whose MD5 was checked. Its defaults (sticky actions of 0.25) are switched off: stickiness is [`super::Env`]'s, whose
//! state can be saved. ALE's own saved states are not used: in Q*bert play goes on differently after one.

use std::ffi::CString;
use std::os::raw::c_int;
use std::sync::Mutex;

use anyhow::{Context, Result, ensure};

use super::emulator::{Emulator, SCREEN_WIDTH};
use super::rom::Rom;
use crate::game::{Game, RAM};

/// Loading touches ALE's global tables (logger, list of games), which nothing guards.
static LOADING: Mutex<()> = Mutex::new(());

const ERRORS_ONLY: c_int = 2;
/// Fills the memory of a console that is switched on; 0 would mean the time of day.
const SEED: c_int = 123;

pub struct Ale {
    interface: *mut ale_sys::ALEInterface,
    /// The console as it was switched on.
    power_on: *mut ale_sys::ALEState,
    height: usize,
}

// SAFETY: an interface owns all that it points to and is used through `&mut self`, or through `&self` for calls that
// only read; ALE keeps no thread-local state, so it may move between threads.
unsafe impl Send for Ale {}

impl Ale {
    /// A console with the game of `rom` in it, at its start.
    pub fn load(game: Game, rom: &Rom) -> Result<Ale> {
        let place = "a copy of the ROM cannot be written to the folder for temporary files";
        let folder = tempfile::tempdir().context(place)?;
        let file = folder.path().join(format!("{game}.bin"));
        std::fs::write(&file, &rom.bytes).context(place)?;
        let file = CString::new(file.into_os_string().into_encoded_bytes()).context(place)?;
        let key = |name: &str| CString::new(name).expect("names of settings hold no zero");
        let _alone = LOADING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // SAFETY: the strings outlive the calls; ALE copies them. The file exists, has a checked MD5 and the name by
        // which ALE knows the game, so that loadROM does not exit.
        let (interface, power_on, width, height) = unsafe {
            ale_sys::setLoggerMode(ERRORS_ONLY);
            let interface = ale_sys::ALE_new();
            ale_sys::setFloat(interface, key("repeat_action_probability").as_ptr(), 0.0);
            ale_sys::setInt(interface, key("frame_skip").as_ptr(), 1);
            ale_sys::setInt(interface, key("max_num_frames_per_episode").as_ptr(), 0);
            ale_sys::setBool(interface, key("color_averaging").as_ptr(), false);
            ale_sys::setInt(interface, key("random_seed").as_ptr(), SEED);
            ale_sys::loadROM(interface, file.as_ptr());
            let power_on = ale_sys::cloneSystemState(interface);
            (interface, power_on, ale_sys::getScreenWidth(interface), ale_sys::getScreenHeight(interface))
        };
        let ale = Ale { interface, power_on, height: usize::try_from(height)? };
        ensure!(width == SCREEN_WIDTH as c_int, "{game}: its screen is {width} pixels wide instead of {SCREEN_WIDTH}");
        Ok(ale)
    }
}

impl Drop for Ale {
    fn drop(&mut self) {
        // SAFETY: the pointers came from ALE and are not used again.
        unsafe {
            ale_sys::deleteState(self.power_on);
            ale_sys::ALE_del(self.interface);
        }
    }
}

impl Emulator for Ale {
    fn height(&self) -> usize {
        self.height
    }

    fn reset(&mut self) {
        // ALE's reset leaves the console's memory as it was, and some games (Seaquest, Freeway) begin differently then.
        // SAFETY: the interface is alive and has a ROM; the state is its own.
        unsafe {
            ale_sys::restoreSystemState(self.interface, self.power_on);
            ale_sys::reset_game(self.interface);
        }
    }

    fn act(&mut self, action: i32) -> f64 {
        // SAFETY: as above; ALE plays any other number as a null-op.
        f64::from(unsafe { ale_sys::act(self.interface, action) })
    }

    fn game_over(&self) -> bool {
        // SAFETY: as above.
        unsafe { ale_sys::game_over(self.interface) }
    }

    fn lives(&self) -> u32 {
        // SAFETY: as above.
        u32::try_from(unsafe { ale_sys::lives(self.interface) }).unwrap_or(0)
    }

    fn ram(&self) -> [u8; RAM] {
        let mut ram = [0; RAM];
        // SAFETY: as above; ALE writes the console's 128 bytes.
        unsafe { ale_sys::getRAM(self.interface, ram.as_mut_ptr()) }
        ram
    }

    fn colours(&self, screen: &mut [u8]) {
        assert_eq!(screen.len(), SCREEN_WIDTH * self.height);
        // SAFETY: ALE writes width × height bytes.
        unsafe { ale_sys::getScreen(self.interface, screen.as_mut_ptr()) }
    }

    fn grey(&self, screen: &mut [u8]) {
        assert_eq!(screen.len(), SCREEN_WIDTH * self.height);
        // SAFETY: ALE writes width × height bytes.
        unsafe { ale_sys::getScreenGrayscale(self.interface, screen.as_mut_ptr()) }
    }

    fn rgb(&self, screen: &mut [u8]) {
        assert_eq!(screen.len(), 3 * SCREEN_WIDTH * self.height);
        // SAFETY: ALE writes 3 × width × height bytes.
        unsafe { ale_sys::getScreenRGB(self.interface, screen.as_mut_ptr()) }
    }
}
