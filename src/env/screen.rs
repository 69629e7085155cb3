//! The console's screen in grey. Most rows of a screen are unchanged since the previous step, so only changed rows are
//! converted.

use super::emulator::{Emulator, SCREEN_WIDTH};

/// The grey value of each of the console's colours, learned from the emulator when a colour is first seen: the palette
/// depends on the game.
pub struct Palette {
    greys: [Option<u8>; 256],
}

impl Palette {
    pub fn new() -> Palette {
        Palette { greys: [None; 256] }
    }

    /// Writes the grey values of `colours`, and returns whether all of them are known.
    fn convert(&self, colours: &[u8], grey: &mut [u8]) -> bool {
        let mut known = true;
        for (grey, &colour) in grey.iter_mut().zip(colours) {
            let value = self.greys[usize::from(colour)];
            known &= value.is_some();
            *grey = value.unwrap_or(0);
        }
        known
    }

    fn learn(&mut self, colours: &[u8], grey: &[u8]) {
        for (&colour, &grey) in colours.iter().zip(grey) {
            self.greys[usize::from(colour)] = Some(grey);
        }
    }
}

/// The screen at the last look.
pub struct Screen {
    colours: Vec<u8>,
    grey: Vec<u8>,
    /// Buffer into which the next screen is written first.
    next: Vec<u8>,
}

impl Screen {
    pub fn new(emulator: &dyn Emulator, palette: &mut Palette) -> Screen {
        let pixels = vec![0; SCREEN_WIDTH * emulator.height()];
        let mut screen = Screen { colours: pixels.clone(), grey: pixels.clone(), next: pixels };
        emulator.colours(&mut screen.colours);
        screen.learn(emulator, palette);
        screen
    }

    /// Reads the emulator's screen.
    pub fn look(&mut self, emulator: &dyn Emulator, palette: &mut Palette) {
        emulator.colours(&mut self.next);
        std::mem::swap(&mut self.colours, &mut self.next);
        let rows = self.colours.chunks_exact(SCREEN_WIDTH).zip(self.next.chunks_exact(SCREEN_WIDTH));
        let mut known = true;
        for ((row, before), grey) in rows.zip(self.grey.chunks_exact_mut(SCREEN_WIDTH)) {
            if row != before {
                known &= palette.convert(row, grey);
            }
        }
        if !known {
            self.learn(emulator, palette);
        }
    }

    fn learn(&mut self, emulator: &dyn Emulator, palette: &mut Palette) {
        emulator.grey(&mut self.grey);
        palette.learn(&self.colours, &self.grey);
    }

    /// Its grey values, row by row.
    pub fn grey(&self) -> &[u8] {
        &self.grey
    }
}
