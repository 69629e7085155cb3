//! An animated GIF of agents that play side by side.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use gif::{Encoder, Frame, Repeat};

use crate::env::Picture;
use crate::record::behind_links;
use crate::report::text_mask;

/// Frames of a console per second.
const FRAMES_PER_SECOND: f64 = 60.0;
/// Height of the line above a screen, and the space between two screens, in pixels.
const LINE: usize = 20;
const GAP: usize = 8;
/// Colours of letters and of the space around the screens.
const INK: [u8; 3] = [230, 230, 230];
const SPACE: [u8; 3] = [20, 20, 20];
/// Colour and height of the bar below the text of a player that chooses another action than the first.
const MARK: [u8; 3] = [230, 159, 0];
const MARK_ROWS: usize = 4;

/// A film that is written image by image, so that memory does not grow with its length. Pixels of a screen are twice as
/// wide as high, as on a television.
pub struct Film {
    encoder: Encoder<BufWriter<File>>,
    /// Where it is written until it is complete, and its place then.
    paths: (PathBuf, PathBuf),
    /// Width of a side, and height and width of an image.
    side: usize,
    size: (usize, usize),
    image: Vec<[u8; 3]>,
    shown: Option<Vec<[u8; 3]>>,
    frame_skip: u32,
    /// Images so far, and hundredths of a second for which they are shown.
    length: (u64, u64),
}

impl Film {
    /// A film with `sides` screens as large as `picture`; `frame_skip` is the number of a console's frames per image.
    ///
    /// # Errors
    /// The path and the system's reason.
    pub fn new(path: &Path, picture: &Picture, sides: usize, frame_skip: u32) -> Result<Film> {
        let side = 2 * picture.width;
        let rows = picture.rgb.len() / 3 / picture.width;
        let (width, height) = (sides * side + (sides - 1) * GAP, rows + LINE);
        // A link stays, and a device or pipe is written to.
        let path = &behind_links(path).with_context(|| cannot(path))?;
        let is_plain = std::fs::metadata(path).map_or(true, |there| there.is_file());
        let part = if is_plain { PathBuf::from(format!("{}.part", path.display())) } else { path.clone() };
        let file = BufWriter::new(File::create(&part).with_context(|| cannot(path))?);
        let mut encoder = Encoder::new(file, width as u16, height as u16, &[]).with_context(|| cannot(path))?;
        encoder.set_repeat(Repeat::Infinite).with_context(|| cannot(path))?;
        Ok(Film {
            encoder,
            paths: (part, path.to_owned()),
            side,
            size: (height, width),
            image: vec![SPACE; width * height],
            shown: None,
            frame_skip,
            length: (0, 0),
        })
    }

    /// Puts a line of text and a screen on one side of the next image, with a bar between them if it is `marked`.
    ///
    /// # Errors
    /// If the text cannot be drawn.
    pub fn put(&mut self, side: usize, text: &str, picture: &Picture, marked: bool) -> Result<()> {
        let (width, left) = (self.size.1, side * (self.side + GAP));
        let mask = text_mask(text, (self.side as u32, LINE as u32))?;
        for (place, inked) in mask.into_iter().enumerate() {
            let (row, column) = (place / self.side, place % self.side);
            let paper = if marked && row + MARK_ROWS >= LINE { MARK } else { SPACE };
            self.image[row * width + left + column] = if inked { INK } else { paper };
        }
        for (place, pixel) in picture.rgb.as_chunks().0.iter().enumerate() {
            let (row, column) = (place / picture.width, place % picture.width);
            let at = (row + LINE) * width + left + 2 * column;
            self.image[at..at + 2].fill(*pixel);
        }
        Ok(())
    }

    /// Writes the next image: the part of it that differs from the last one.
    ///
    /// # Errors
    /// The path and the system's reason.
    pub fn write(&mut self) -> Result<()> {
        let (width, whole) = (self.size.1, (0, 0, self.size.1, self.size.0));
        let (left, top, right, bottom) = match &self.shown {
            Some(shown) => changed(shown, &self.image, width).unwrap_or((0, 0, 1, 1)),
            None => whole,
        };
        let rows = (top..bottom).map(|row| &self.image[row * width + left..row * width + right]);
        let pixels: Vec<[u8; 3]> = rows.flatten().copied().collect();
        let palette: Vec<[u8; 3]> = pixels.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
        ensure!(palette.len() <= 256, "an image of a GIF has 256 colours at most, but here are {}", palette.len());
        let index = |pixel: &[u8; 3]| palette.binary_search(pixel).expect("the palette has every colour") as u8;
        self.length.0 += 1;
        let seconds = self.length.0 as f64 * f64::from(self.frame_skip) / FRAMES_PER_SECOND;
        let until = (100.0 * seconds).round() as u64;
        let frame = Frame {
            left: left as u16,
            top: top as u16,
            width: (right - left) as u16,
            height: (bottom - top) as u16,
            // Readers of GIFs slow down what is shown for less.
            delay: (until - self.length.1).max(2) as u16,
            buffer: pixels.iter().map(index).collect::<Vec<_>>().into(),
            palette: Some(palette.as_flattened().to_vec()),
            ..Frame::default()
        };
        self.length.1 = until;
        self.shown = Some(self.image.clone());
        self.encoder.write_frame(&frame).with_context(|| cannot(&self.paths.1))
    }

    /// Completes the film.
    ///
    /// # Errors
    /// The path and the system's reason.
    pub fn finish(self) -> Result<()> {
        let Film { encoder, paths: (part, path), .. } = self;
        let file = encoder.into_inner().with_context(|| cannot(&path))?;
        file.into_inner().map_err(|error| error.into_error()).with_context(|| cannot(&path))?;
        if part == path { Ok(()) } else { std::fs::rename(&part, &path).with_context(|| cannot(&path)) }
    }
}

fn cannot(path: &Path) -> String {
    format!("{}: cannot be written", path.display())
}

/// The smallest rectangle (left, top, right, bottom) that holds all pixels in which two images differ.
fn changed(one: &[[u8; 3]], other: &[[u8; 3]], width: usize) -> Option<(usize, usize, usize, usize)> {
    let places = one.iter().zip(other).enumerate().filter(|(_, (one, other))| one != other).map(|(place, _)| place);
    places.fold(None, |found: Option<(usize, usize, usize, usize)>, place| {
        let (row, column) = (place / width, place % width);
        let (left, top, right, bottom) = found.unwrap_or((column, row, column + 1, row + 1));
        Some((left.min(column), top.min(row), right.max(column + 1), bottom.max(row + 1)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_part_that_changed_is_written() {
        let mut image = vec![[0; 3]; 12];
        let before = image.clone();
        assert_eq!(changed(&before, &image, 4), None);
        image[6] = [1, 2, 3];
        assert_eq!(changed(&before, &image, 4), Some((2, 1, 3, 2)));
        image[8] = [1, 2, 3];
        assert_eq!(changed(&before, &image, 4), Some((0, 1, 3, 3)));
    }

    #[test]
    fn a_film_lasts_as_long_as_the_play_whatever_the_frame_skip() {
        for frame_skip in [1, 3, 4] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("x.gif");
            let picture = |value| Picture { width: 4, rgb: vec![value; 4 * 2 * 3] };
            let mut film = Film::new(&path, &picture(0), 2, frame_skip).unwrap();
            for image in 0..60 {
                film.put(0, "a: 1", &picture(image), image % 2 == 0).unwrap();
                film.write().unwrap();
            }
            film.finish().unwrap();
            let mut decoder = gif::DecodeOptions::new().read_info(File::open(&path).unwrap()).unwrap();
            assert_eq!((decoder.width(), decoder.height()), (2 * 8 + GAP as u16, 2 + LINE as u16));
            let mut hundredths = 0;
            while let Some(frame) = decoder.read_next_frame().unwrap() {
                hundredths += u32::from(frame.delay);
            }
            assert!(frame_skip < 2 || hundredths == 100 * frame_skip, "{frame_skip}: {hundredths}");
        }
    }
}
