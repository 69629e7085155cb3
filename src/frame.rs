//! One preprocessed screen and the stack of four that a network sees: the currency between emulators, replay and
//! networks.

/// Height and width of a preprocessed screen.
pub const SIDE: usize = 84;
/// Bytes of a preprocessed screen: one grey value per pixel, row by row.
pub const FRAME: usize = SIDE * SIDE;
/// Screens in an observation.
pub const STACK: usize = 4;
/// Bytes of an observation: [`STACK`] screens, oldest first.
pub const OBSERVATION: usize = STACK * FRAME;

/// Fills `stack` for the first screen of an episode: black, black, black, `frame` (as in Nature DQN).
pub fn start_stack(stack: &mut [u8], frame: &[u8]) {
    stack[..OBSERVATION - FRAME].fill(0);
    stack[OBSERVATION - FRAME..].copy_from_slice(frame);
}

/// Drops the oldest screen of `stack` and appends `frame`.
pub fn push_frame(stack: &mut [u8], frame: &[u8]) {
    stack.copy_within(FRAME.., 0);
    stack[OBSERVATION - FRAME..].copy_from_slice(frame);
}

/// The newest screen of `stack`.
pub fn newest(stack: &[u8]) -> &[u8] {
    &stack[OBSERVATION - FRAME..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_holds_the_last_four_screens_oldest_first() {
        let mut stack = vec![9; OBSERVATION];
        start_stack(&mut stack, &[1; FRAME]);
        for value in 2..=3 {
            push_frame(&mut stack, &[value; FRAME]);
        }
        let first_pixels: Vec<_> = stack.chunks(FRAME).map(|frame| frame[0]).collect();
        assert_eq!(first_pixels, [0, 1, 2, 3]);
        assert_eq!(newest(&stack)[0], 3);
    }
}
