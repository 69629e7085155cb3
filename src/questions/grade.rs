//! The quality of any text as an explanation, step by step.

use serde::{Deserialize, Serialize};

use super::{FILLER, Family, GIVEN_AWAY, Question};

/// The quality of one explanation. Each step of the question is fine, terse, wrong or skipped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quality {
    /// Steps with right operands and result.
    pub fine: u32,
    /// Steps with the right result alone.
    pub terse: u32,
    /// Steps with something wrong.
    pub wrong: u32,
    pub skipped: u32,
    /// Tokens that say nothing.
    pub fillers: u32,
    /// Times that a solution is given away, right or wrong.
    pub given_away: u32,
    /// Other tokens: claims about no step that is left, and what is no claim at all.
    pub strange: u32,
}

impl Quality {
    pub fn steps(&self) -> u32 {
        self.fine + self.terse + self.wrong + self.skipped
    }

    /// Whether every step is there and right.
    pub fn is_complete(&self) -> bool {
        self.wrong == 0 && self.skipped == 0
    }

    /// Whether a solution is given away.
    pub fn gives_away(&self) -> bool {
        self.given_away > 0
    }
}

/// Grades a text. A claim counts for the first step that is left and that it states rightly, else for the first that is
/// left and that it concerns; steps before that one are skipped.
pub fn grade(family: &dyn Family, question: &Question, text: &str) -> Quality {
    let mut quality = Quality::default();
    let (mut at, mut next) = (0, 0);
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with(FILLER) {
            quality.fillers += 1;
            at += 1;
        } else if rest.starts_with(GIVEN_AWAY) {
            quality.given_away += 1;
            let digits = rest[1..].bytes().take(question.solution.len()).take_while(u8::is_ascii_digit).count();
            at += 1 + digits;
        } else if let Some(length) = family.claim(rest.as_bytes()) {
            at += length;
            next = judge(family, question, &rest[..length], next, &mut quality);
        } else {
            quality.strange += 1;
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    quality.skipped += (question.steps.len() - next) as u32;
    quality
}

/// Counts a claim and returns the number of steps that are dealt with.
fn judge(family: &dyn Family, question: &Question, claim: &str, next: usize, quality: &mut Quality) -> usize {
    let left = &question.steps[next..];
    let right = left.iter().position(|step| step.fine == claim || step.terse == claim);
    let Some(place) = right.or_else(|| left.iter().position(|step| family.concerns(claim, step))) else {
        quality.strange += claim.len() as u32;
        return next;
    };
    quality.skipped += place as u32;
    match &left[place] {
        step if step.fine == claim => quality.fine += 1,
        step if step.terse == claim => quality.terse += 1,
        _ => quality.wrong += 1,
    }
    next + place + 1
}

#[cfg(test)]
mod tests {
    use super::super::addition::Addition;
    use super::super::registers::Registers;
    use super::*;

    #[test]
    fn each_fault_is_counted_where_it_is() {
        let family = Registers { count: 2, constants: 9 };
        let question = family.solve("59y-6x*3y+9y+x").unwrap();
        let grade = |text: &str| grade(&family, &question, text);
        let quality = |[fine, terse, wrong, skipped, fillers, given_away, strange]: [u32; 7]| Quality {
            fine,
            terse,
            wrong,
            skipped,
            fillers,
            given_away,
            strange,
        };
        assert_eq!(grade("y9-6=3x5*3=5y3+9=2y2+5=7"), quality([4, 0, 0, 0, 0, 0, 0]));
        assert_eq!(grade("y=3hx=5y3+9=2hhy=7"), quality([1, 3, 0, 0, 3, 0, 0]));
        assert_eq!(grade("L57y9-6=4y2+5=7"), quality([1, 0, 1, 2, 0, 1, 0]));
        assert_eq!(grade("L5L57"), quality([0, 0, 0, 4, 0, 2, 0]));
        assert_eq!(grade(""), quality([0, 0, 0, 4, 0, 0, 0]));
        assert_eq!(grade("y9-6=3==x5*4=5"), quality([1, 0, 1, 2, 0, 0, 2]));
        assert!(grade("y9-6=3x=5y3+9=2y2+5=7").is_complete());
    }

    #[test]
    fn sums_are_graded_digit_by_digit() {
        let question = Addition.solve("385+627").unwrap();
        let quality = grade(&Addition, &question, "5+7+0=12=119");
        assert_eq!((quality.fine, quality.terse, quality.wrong, quality.skipped, quality.strange), (1, 1, 0, 1, 1));
        assert_eq!(grade(&Addition, &question, "5+7+0=138+2+1=113+6+1=10").wrong, 1);
    }

    #[test]
    fn the_shares_of_a_mixture_come_back_when_it_is_graded() {
        let family = Registers { count: 2, constants: 9 };
        let mixture = super::super::Mixture { fine: 0.35, skipped: 0.25, wrong: 0.1, filler: 0.08, given_away: 0.15 };
        let mut generator = crate::units::Seed(5).generator();
        let (mut sum, mut given, texts) = (Quality::default(), 0, 20_000);
        for _ in 0..texts {
            let question = family.solve(&family.draw(4, &mut generator)).unwrap();
            let quality = grade(&family, &question, &mixture.write(&question, &mut generator));
            sum.fine += quality.fine;
            sum.fillers += quality.fillers;
            given += u32::from(quality.gives_away());
        }
        let share = |count: u32, of: u32| f64::from(count) / f64::from(of);
        assert!((share(sum.fine, 4 * texts) - 0.35 * 0.9).abs() < 0.01);
        assert!((share(sum.fillers, 4 * texts) - 0.08).abs() < 0.005);
        assert!((share(given, texts) - 0.15).abs() < 0.01);
    }
}
