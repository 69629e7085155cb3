//! The mean of a student's weights over its last updates.

use serde::{Deserialize, Serialize};

use crate::nn::Network;

/// Updates between two samples of the weights. Neighbouring weights differ little, and copying them costs time.
const EVERY: u64 = 10;

/// The mean of a network's weights at every tenth of the last updates (Polyak and Juditsky, 1992; with a distance
/// between samples, as in Izmailov et al., 2018, arXiv 1803.05407).
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct WeightAverage {
    count: u32,
    /// In double precision: in single precision the ten thousandth sample of a weight would be rounded away.
    mean: Vec<Vec<f64>>,
}

impl WeightAverage {
    /// Call this after each update; `update` counts from 1 to `total`. Every tenth update among the last `share` of all
    /// adds its weights to the mean. The last update sets the network to the mean. With a `share` of 0 nothing happens.
    pub fn after(&mut self, update: u64, total: u64, share: f64, network: &mut Network) {
        let left = total.saturating_sub(update);
        if left as f64 >= share * total as f64 || !left.is_multiple_of(EVERY) {
            return;
        }
        self.add(network.values());
        if left == 0 {
            let single = |mean: &Vec<f64>| mean.iter().map(|&mean| mean as f32).collect();
            network.set_values(&self.mean.iter().map(single).collect::<Vec<_>>());
        }
    }

    fn add(&mut self, weights: Vec<Vec<f32>>) {
        if self.count == 0 {
            self.mean = weights.iter().map(|weights| vec![0.0; weights.len()]).collect();
        }
        self.count += 1;
        let part = 1.0 / f64::from(self.count);
        for (mean, weight) in self.mean.iter_mut().flatten().zip(weights.into_iter().flatten()) {
            *mean += part * (f64::from(weight) - *mean);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, Widths};
    use crate::nn::{Architecture, Device};
    use crate::spec::{Shape, Spec};

    fn network(value: f32) -> Network {
        let spec = Spec { observation: Shape::ATARI, actions: vec![0, 3, 4] };
        let architecture =
            Architecture::new(&config::NetworkChoice::Widths(Widths { conv: [2, 2, 2], hidden: 4 }), &spec);
        let values = architecture.tensors().into_iter().map(|tensor| vec![value; tensor.count()]);
        Network::from_values(&architecture, &values.collect::<Vec<_>>(), Device::Cpu)
    }

    /// The first weight after 100 updates, where update number u leads to weights of u.
    fn last(share: f64) -> f32 {
        let mut average = WeightAverage::default();
        let mut network = network(0.0);
        for update in 1..=100_u16 {
            network.copy_from(&self::network(f32::from(update)));
            average.after(update.into(), 100, share, &mut network);
        }
        network.values()[0][0]
    }

    #[test]
    fn the_last_weights_are_the_mean_of_every_tenth_update_of_the_last_share() {
        assert_eq!(last(0.5), (60.0 + 70.0 + 80.0 + 90.0 + 100.0) / 5.0);
        assert_eq!(last(0.1), 100.0);
    }

    #[test]
    fn the_mean_of_many_samples_has_no_drift() {
        const SAMPLES: u32 = 100_000;
        let mut average = WeightAverage::default();
        (0..SAMPLES).for_each(|sample| average.add(vec![vec![0.7 + 0.002 * (sample as f32 / SAMPLES as f32)]]));
        assert!((average.mean[0][0] - 0.701).abs() < 1e-6, "{}", average.mean[0][0]);
    }

    #[test]
    fn without_a_share_the_last_weights_stay() {
        assert_eq!(last(0.0), 100.0);
    }
}
