//! Draws texts from a transformer.

use rand::RngExt;

use super::decoder::Decoder;
use super::transformer::Transformer;
use crate::units::Generator;

/// The way in which tokens are drawn.
#[derive(Debug, Clone, Copy)]
pub struct Sampling {
    /// Divides the logits; 0 takes the likeliest token.
    pub temperature: f64,
    /// The token after which a text ends.
    pub end: i64,
    /// Most tokens that are drawn for a text.
    pub limit: usize,
}

/// Continues each prompt; all prompts have one length. Each result holds the drawn tokens, the end with them if it was
/// drawn. Above temperature 0 the drawn tokens depend on the whole batch, whose texts share the generator; by libtorch
/// they do at temperature 0 too, though only by rounding.
pub fn generate(
    model: &Transformer,
    prompts: &[Vec<i64>],
    sampling: &Sampling,
    generator: &mut Generator,
) -> Vec<Vec<i64>> {
    let mut drawn = vec![Vec::new(); prompts.len()];
    let Some(length) = prompts.first().map(Vec::len) else { return drawn };
    assert!(prompts.iter().all(|prompt| prompt.len() == length), "prompts of a batch have one length");
    let mut decoder = Decoder::new(model, prompts.len(), length + sampling.limit);
    // The texts in the decoder's rows; those that have ended stay until half of the rows are idle.
    let mut rows: Vec<usize> = (0..prompts.len()).collect();
    let mut ended = vec![false; prompts.len()];
    let mut input = prompts.concat();
    for place in 0..sampling.limit {
        let logits = decoder.feed(&input);
        let mut next = Vec::with_capacity(rows.len());
        for (&text, logits) in rows.iter().zip(logits.chunks(model.size().vocabulary)) {
            if ended[text] {
                next.push(sampling.end);
                continue;
            }
            let token = draw(logits, sampling.temperature, generator);
            drawn[text].push(token);
            ended[text] = token == sampling.end;
            next.push(token);
        }
        let alive: Vec<usize> = (0..rows.len()).filter(|&row| !ended[rows[row]]).collect();
        if alive.is_empty() || place + 1 == sampling.limit {
            break;
        }
        if 2 * alive.len() <= rows.len() {
            decoder.keep(&alive);
            next = alive.iter().map(|&row| next[row]).collect();
            rows = alive.iter().map(|&row| rows[row]).collect();
        }
        input = next;
    }
    drawn
}

/// A token drawn from the softmax of `logits / temperature`; the first likeliest at 0.
fn draw(logits: &[f32], temperature: f64, generator: &mut Generator) -> i64 {
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if temperature == 0.0 {
        return logits.iter().position(|&logit| logit == highest).unwrap_or(0) as i64;
    }
    let weights: Vec<f64> = logits.iter().map(|&logit| (f64::from(logit - highest) / temperature).exp()).collect();
    let mut left = generator.random::<f64>() * weights.iter().sum::<f64>();
    for (token, weight) in weights.iter().enumerate() {
        left -= weight;
        if left < 0.0 {
            return token as i64;
        }
    }
    // Rounding may leave a rest; it belongs to the last token that has any weight.
    weights.iter().rposition(|&weight| weight > 0.0).unwrap_or(0) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Seed;

    #[test]
    fn tokens_are_drawn_in_proportion_to_their_tempered_probabilities() {
        let mut generator = Seed(1).generator();
        let mut counts = [0u32; 3];
        for _ in 0..60_000 {
            counts[draw(&[0.0, 2f32.ln(), f32::NEG_INFINITY], 0.5, &mut generator) as usize] += 1;
        }
        // At temperature 1/2 odds of 2 become odds of 4.
        assert_eq!(counts[2], 0);
        assert!((f64::from(counts[1]) / 60_000.0 - 0.8).abs() < 0.006, "{counts:?}");
        assert_eq!(draw(&[0.1, 0.3, 0.3], 0.0, &mut generator), 1);
    }
}
