//! The C interface of ALE, as `native/ale_c.cpp` defines it.

use std::ffi::c_char;

/// A console with a ROM in it.
#[repr(C)]
pub struct Console {
    _opaque: [u8; 0],
}

// SAFETY: the signatures are those of native/ale_c.cpp.
unsafe extern "C" {
    pub safe fn ale_c_version() -> *const c_char;
    pub safe fn ale_c_error() -> *const c_char;
    pub fn ale_c_load(file: *const c_char, game: *const c_char, seed: i32) -> *mut Console;
    pub fn ale_c_free(console: *mut Console);
    pub fn ale_c_reset(console: *mut Console) -> bool;
    pub fn ale_c_act(console: *mut Console, action: u8) -> i32;
    pub fn ale_c_game_over(console: *const Console) -> bool;
    pub fn ale_c_lives(console: *const Console) -> i32;
    pub fn ale_c_width(console: *const Console) -> usize;
    pub fn ale_c_height(console: *const Console) -> usize;
    pub fn ale_c_screen(console: *const Console) -> *const u8;
    pub fn ale_c_ram(console: *const Console) -> *const u8;
    pub fn ale_c_colour(console: *const Console, colour: u8) -> u32;
    pub fn ale_c_actions(console: *const Console, minimal: bool, actions: *mut u8) -> usize;
    pub fn ale_c_save(console: *mut Console, size: *mut usize) -> *const u8;
    pub fn ale_c_restore(console: *mut Console, bytes: *const u8, size: usize) -> bool;
}
