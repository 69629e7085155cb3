//! The comparison as text for a terminal, and as Markdown.

use super::{Comparison, Pair};
use crate::eval::statistics::Estimate;
use crate::report::table::{Cell, Table, estimates, numbers, words};

impl Comparison {
    /// The comparison for a terminal.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", self.verdict.join(" "));
        for (title, table) in [
            ("Share of the teacher's score", self.shares()),
            ("Scores", self.scores(false)),
            ("What differs", self.differing()),
        ] {
            if !table.rows.is_empty() {
                text += &format!("\n{title}\n{}", table.text());
            }
        }
        text
    }

    /// The comparison in Markdown.
    pub fn markdown(&self) -> String {
        let [first, second] = &self.experiments;
        let mut text = format!("# {first} and {second}\n\n{}\n", self.verdict.join(" "));
        for (title, note, table) in [
            (
                "Share of the teacher’s score",
                "Differences are the second minus the first, with 95% intervals. Where both experiments have the same teachers and \
                 seeds, the students are compared against the same drawn episodes of their teacher. * By (student − random) / \
                 (teacher − random).",
                self.shares(),
            ),
            ("Scores", "Mean raw scores of an episode.", self.scores(true)),
            ("What differs", "", self.differing()),
        ] {
            if !table.rows.is_empty() {
                let note = if note.is_empty() { String::new() } else { format!("\n{note}\n") };
                text += &format!("\n## {title}\n\n{}{note}", table.markdown());
            }
        }
        for (name, alone) in self.experiments.iter().zip(&self.alone).filter(|(_, alone)| !alone.is_empty()) {
            text += &format!("\nOnly in {name}: {}.\n", alone.join(", "));
        }
        text
    }

    /// Students in each game, and over the games.
    fn shares(&self) -> Table {
        let [first, second] = self.experiments.clone();
        let columns = vec![
            words("game", ""),
            words("student", ""),
            estimates(first, ""),
            estimates(second, ""),
            estimates("difference", "The second minus the first."),
        ];
        let share = |own: Estimate| Cell::percent_with_interval(Some(own));
        let all = self.in_games.iter().chain(if self.has_one_game() { [].iter() } else { self.over_games.iter() });
        let rows = all.filter_map(|own| {
            let Pair { first, second, difference } = own.of_teacher?;
            let mark = if own.above_random { " *" } else { "" };
            let game = own.game.map_or(self.mean.to_owned(), |game| format!("{game}{mark}"));
            Some(vec![game.into(), own.agent.clone().into(), share(first), share(second), share(difference)])
        });
        Table::of(columns, rows)
    }

    fn has_one_game(&self) -> bool {
        let first = self.in_games.first().map(|own| own.game);
        self.in_games.iter().all(|own| Some(own.game) == first)
    }

    /// Every agent's scores; without intervals of their own they fit on a terminal.
    fn scores(&self, intervals: bool) -> Table {
        let kind = |name: &String| if intervals { estimates(name.clone(), "") } else { numbers(name.clone(), "") };
        let columns = vec![
            words("game", ""),
            words("agent", ""),
            kind(&self.experiments[0]),
            kind(&self.experiments[1]),
            estimates("difference", "The second minus the first."),
        ];
        let cell = |own: Estimate, wide: bool| Cell::number_with_interval(Some(own.known_if(wide)));
        let rows = self.in_games.iter().filter_map(|own| {
            let Pair { first, second, difference } = own.score?;
            Some(vec![
                own.game?.to_string().into(),
                own.agent.clone().into(),
                cell(first, intervals),
                cell(second, intervals),
                cell(difference, true),
            ])
        });
        Table::of(columns, rows)
    }

    fn differing(&self) -> Table {
        super::settings::table(&self.experiments, &self.settings)
    }
}
