//! The difference between two frames, in the form in which frames are stored.
//!
//! A frame is encoded as spans against another frame. A span is the number of equal bytes (one byte), the number of
//! bytes that differ (one byte), and those bytes. LZ4 over the spans of 16 frames would take less than half the memory,
//! but more than twice the time to read a minibatch.

/// Number of equal bytes that a span includes, because a new span would not be shorter.
const GAP: usize = 2;
/// Maximum number of bytes that a span skips, and that it holds.
const MOST: usize = u8::MAX as usize;

/// Appends the spans that turn `base` into `frame`; both have the same length.
pub fn write(base: &[u8], frame: &[u8], spans: &mut Vec<u8>) {
    let mut end = 0;
    while let Some(equal) = first_difference(&base[end..], &frame[end..]) {
        let start = end + equal;
        for _ in 0..equal / MOST {
            spans.extend([u8::MAX, 0]);
        }
        end = end_of_span(base, frame, start);
        spans.extend([(equal % MOST) as u8, (end - start) as u8]);
        spans.extend_from_slice(&frame[start..end]);
    }
}

fn first_difference(base: &[u8], frame: &[u8]) -> Option<usize> {
    let (old, new) = (base.as_chunks::<8>().0, frame.as_chunks::<8>().0);
    let words = 8 * old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let difference = base[words..].iter().zip(&frame[words..]).position(|(old, new)| old != new);
    difference.map(|at| words + at)
}

/// The end of the span that begins with the difference at `start`: just after the last difference within its reach.
fn end_of_span(base: &[u8], frame: &[u8], start: usize) -> usize {
    let mut end = start + 1;
    for at in start + 1..frame.len().min(start + MOST) {
        if base[at] != frame[at] {
            end = at + 1;
        } else if at - end >= GAP {
            break;
        }
    }
    end
}

/// Turns `frame`, which must be the `base` of [`write()`], into the frame that the spans encode.
///
/// # Panics
/// If the spans are of frames of another length.
pub fn apply(mut spans: &[u8], frame: &mut [u8]) {
    let mut at = 0;
    while let [skip, length, rest @ ..] = spans {
        at += usize::from(*skip);
        let length = usize::from(*length);
        let word = (length < 8).then(|| frame[at..].first_chunk_mut::<8>().zip(rest.first_chunk::<8>())).flatten();
        if let Some((old, new)) = word {
            // Most spans are short, and a word is written faster than a slice of any length.
            let kept = u64::MAX << (8 * length);
            *old = (u64::from_le_bytes(*old) & kept | u64::from_le_bytes(*new) & !kept).to_le_bytes();
        } else {
            frame[at..at + length].copy_from_slice(&rest[..length]);
        }
        at += length;
        spans = &rest[length..];
    }
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;
    use crate::units::Seed;

    fn spans(base: &[u8], frame: &[u8]) -> Vec<u8> {
        let mut spans = Vec::new();
        write(base, frame, &mut spans);
        spans
    }

    #[test]
    fn spans_hold_what_differs_and_run_over_short_gaps() {
        assert_eq!(spans(b"abcdefghij", b"abcdefghij"), b"");
        assert_eq!(spans(b"abcdefghij", b"abXdefghij"), b"\x02\x01X");
        assert_eq!(spans(b"abcdefghij", b"XbcXefgXij"), b"\x00\x04XbcX\x03\x01X");
    }

    #[test]
    fn long_skips_and_long_spans_are_split() {
        let base = [0; 600];
        let mut frame = base;
        frame[511] = 1;
        assert_eq!(spans(&base, &frame), [255, 0, 255, 0, 1, 1, 1]);
        let all = spans(&base, &[1; 600]);
        assert_eq!((all.len(), &all[..3], &all[514..517]), (606, &[0, 255, 1][..], &[0, 90, 1][..]));
    }

    #[test]
    fn applied_spans_give_the_frame_whatever_differs() {
        let mut generator = Seed(5).generator();
        for round in 0..500 {
            let base: Vec<u8> = (0..1000).map(|_| generator.random()).collect();
            let mut frame = base.clone();
            for _ in 0..generator.random_range(0..round + 1) {
                let start = generator.random_range(0..1000);
                let end = (start + generator.random_range(0..20)).min(1000);
                frame[start..end].fill(generator.random());
            }
            let mut applied = base.clone();
            apply(&spans(&base, &frame), &mut applied);
            assert!(applied == frame, "round {round}");
        }
    }
}
