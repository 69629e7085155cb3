//! Sizes of models and amounts of work that follow from an experiment's settings.

use crate::config::explanations::{Explanations, Method, ModelSettings, StudentModelSettings, TeacherModelSettings};
use crate::record::ModelId;

impl Explanations {
    /// The size of a model: that of its student for a cold start too, of the base model for all that are no students.
    pub fn size_of(&self, model: &ModelId) -> ModelSettings {
        self.student_of(model).map_or(self.model, |student| self.model_of(student))
    }

    /// The student that a model is, or that it went on from.
    pub fn student_of(&self, model: &ModelId) -> Option<&StudentModelSettings> {
        match model {
            ModelId::Student { name, .. } => self.student(name),
            ModelId::ColdStart { name, .. } => self.cold_start(name).and_then(|own| self.student(&own.student)),
            ModelId::Base { .. } | ModelId::Warmup { .. } | ModelId::Teacher { .. } => None,
        }
    }
}

impl TeacherModelSettings {
    /// Texts from which each explanation is taken.
    pub fn texts_each(&self) -> usize {
        if self.method == Method::Ranked { self.learning.group } else { 1 }
    }
}

impl StudentModelSettings {
    /// The budget in tokens, for a student that has one instead of steps.
    pub fn budget_in_tokens(&self) -> Option<u64> {
        (self.tokens > 0).then_some(self.tokens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Overrides;
    use crate::config::explanations::read_text;

    #[test]
    fn a_cold_start_has_the_size_of_its_student_and_a_rank_is_chosen_from_a_group() {
        let text = "seeds = [1]\n[[teachers]]\nname = \"best\"\nmethod = \"ranked\"\ngroup = 5\n\
                    [[students]]\nname = \"small\"\nfrom = \"scratch\"\nwidth = 8\nheads = 2\n\
                    [[cold_starts]]\nname = \"on\"\nstudent = \"small\"\nteacher = \"best\"\n";
        let experiment = read_text("x.toml", "x", text, &Overrides::default()).unwrap();
        let cold_start = ModelId::ColdStart { name: "on".into(), seed: 1 };
        assert_eq!(experiment.size_of(&cold_start).width, 8);
        assert_eq!(experiment.size_of(&ModelId::Base { seed: 1 }), experiment.model);
        assert_eq!(experiment.teachers[0].texts_each(), 5);
    }
}
