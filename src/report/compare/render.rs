//! A comparison as text for a terminal, and as Markdown.

use serde_json::Value;

use super::{Comparison, Head, Pair, SettingPair, Written};
use crate::eval::statistics::Estimate;
use crate::report::table::{Cell, Table, estimates, numbers, words};

/// A table of a comparison under its title. The note is for Markdown.
pub struct Section {
    pub title: &'static str,
    pub note: &'static str,
    pub table: Table,
}

impl Head {
    /// The comparison with the tables for a terminal and for Markdown, and as JSON.
    pub fn written(&self, [narrow, wide]: [&[Section]; 2], json: Value) -> Written {
        Written { text: self.text(narrow), markdown: self.markdown(wide), json }
    }

    /// The sentences of the verdict, then the tables that are not empty.
    fn text(&self, sections: &[Section]) -> String {
        let mut text = format!("{}\n", self.verdict.join(" "));
        for Section { title, table, .. } in sections.iter().filter(|section| !section.table.rows.is_empty()) {
            text += &format!("\n{title}\n{}", table.text());
        }
        text
    }

    fn markdown(&self, sections: &[Section]) -> String {
        let [first, second] = &self.experiments;
        let mut text = format!("# {first} and {second}\n\n{}\n", self.verdict.join(" "));
        for Section { title, note, table } in sections.iter().filter(|section| !section.table.rows.is_empty()) {
            let note = if note.is_empty() { String::new() } else { format!("\n{note}\n") };
            text += &format!("\n## {title}\n\n{}{note}", table.markdown());
        }
        for (name, alone) in self.experiments.iter().zip(&self.alone).filter(|(_, alone)| !alone.is_empty()) {
            text += &format!("\nOnly in {name}: {}.\n", alone.join(", "));
        }
        text
    }

    /// The settings that differ.
    pub fn settings(&self) -> Section {
        let [first, second] = self.experiments.clone();
        let columns = vec![words("setting", ""), words(first, ""), words(second, "")];
        let row = |own: &SettingPair| [vec![own.key.clone()], own.values.to_vec()].concat();
        Section { title: "What differs", note: "", table: Table::of(columns, self.settings.iter().map(row)) }
    }
}

impl Comparison {
    /// Its tables; narrow ones fit on a terminal.
    pub fn sections(&self, wide: bool) -> Vec<Section> {
        let shares = Section {
            title: "Share of the teacher’s score",
            note: "Differences are the second minus the first, with 95% intervals. Where both experiments have the same teachers and \
                   seeds, the students are compared against the same drawn episodes of their teacher. * By (student − random) / \
                   (teacher − random).",
            table: self.shares(),
        };
        let scores = Section { title: "Scores", note: "Mean raw scores of an episode.", table: self.scores(wide) };
        vec![shares, scores, self.head.settings()]
    }

    /// Students in each game, and over the games.
    fn shares(&self) -> Table {
        let [first, second] = self.head.experiments.clone();
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
            kind(&self.head.experiments[0]),
            kind(&self.head.experiments[1]),
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
}
