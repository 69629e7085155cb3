//! The choice of the best among several temperatures.

use crate::record::SweepRow;
use crate::statistics::mean;

/// Marks the rows of the chosen temperature. In one game it is chosen among those whose score is not below the interval
/// of the best: the one with the highest agreement with the teacher on new play, which varies far less than a score
/// does. In several games, whose scores have no common scale, agreement alone decides.
pub fn choose(rows: &mut [SweepRow]) {
    let one_game = rows.iter().all(|row| row.game == rows[0].game);
    let best = rows.iter().max_by(|one, other| one.mean.total_cmp(&other.mean));
    let least = best.filter(|_| one_game).map_or(f64::NEG_INFINITY, |best| best.ci_low);
    let able = rows.iter().filter(|row| row.mean >= least).map(|row| row.gaps);
    let chosen = able.max_by(|&one, &other| agreement(rows, one).total_cmp(&agreement(rows, other)));
    let Some(gaps) = chosen else { return };
    rows.iter_mut().for_each(|row| row.chosen = row.gaps == gaps);
}

/// Mean agreement over games that was reached with a temperature.
fn agreement(rows: &[SweepRow], gaps: f64) -> f64 {
    let agreements: Vec<f64> = rows.iter().filter(|row| row.gaps == gaps).map(|row| row.held_out_agreement).collect();
    mean(&agreements).expect("a temperature was tried in a game")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(game: &str, gaps: f64, held_out_agreement: f64, mean: f64) -> SweepRow {
        let (ci_low, ci_high) = (mean - 10.0, mean + 10.0);
        let (game, updates, temperature) = (game.to_owned(), 100, 0.02 * gaps);
        SweepRow { game, gaps, temperature, updates, held_out_agreement, mean, ci_low, ci_high, chosen: false }
    }

    fn chosen(mut rows: Vec<SweepRow>) -> Vec<f64> {
        choose(&mut rows);
        rows.iter().filter(|row| row.chosen).map(|row| row.gaps).collect()
    }

    #[test]
    fn the_temperature_that_agrees_most_is_chosen_among_those_that_score_like_the_best() {
        let rows =
            |of_first| vec![row("pong", 3.0, 0.9, of_first), row("pong", 1.0, 0.8, 100.0), row("pong", 0.3, 0.7, 95.0)];
        assert_eq!(chosen(rows(92.0)), [3.0]);
        assert_eq!(chosen(rows(80.0)), [1.0]);
    }

    #[test]
    fn in_several_games_agreement_decides() {
        let of_three = [row("pong", 3.0, 0.95, -20.0), row("qbert", 3.0, 0.5, 900.0)];
        let of_one = [row("pong", 1.0, 0.8, -21.0), row("qbert", 1.0, 0.7, 300.0)];
        assert_eq!(chosen([of_three, of_one].concat()), [1.0, 1.0]);
    }
}
