//! Transformers against PyTorch, and their two ways to compute against each other.

use policy_distillation::nn::Device;
use policy_distillation::nn::language::{AdamW, AdamWSettings, Decoder, Sampling, Size, Texts, Transformer, generate};
use policy_distillation::units::Seed;
use serde::Deserialize;
use tch::Tensor;

#[derive(Deserialize)]
struct Golden {
    size: Size,
    rows: Vec<Vec<i64>>,
    counts: Vec<Vec<u8>>,
    temperature: f64,
    log_probabilities: Vec<Vec<f64>>,
    losses: Vec<f64>,
    first_of_gradient: Vec<f64>,
}

fn near(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= tolerance, "{found} instead of {expected}");
    }
}

#[test]
fn a_transformer_has_the_log_probabilities_gradient_and_steps_of_one_in_pytorch() {
    let golden: Golden = serde_json::from_str(include_str!("transformer.json")).unwrap();
    let mut place = 0.0;
    let values = golden.size.tensors().into_iter().map(|(_, shape)| {
        let value = |_| {
            place += 1.0;
            (f64::sin((place - 1.0) * 0.7) * 0.3) as f32
        };
        (0..shape.iter().product::<i64>()).map(value).collect()
    });
    let values: Vec<Vec<f32>> = values.collect();
    let mut model = Transformer::from_values(golden.size, &values, Device::Cpu);
    let counts = |row: usize, place: usize| golden.counts[row][place] == 1;
    let texts = Texts::new(&golden.rows, 0, counts, Device::Cpu);
    let found = Vec::<Vec<f64>>::try_from(model.log_probabilities(&texts, golden.temperature)).unwrap();
    for (found, expected) in found.iter().zip(&golden.log_probabilities) {
        near(found, expected, 2e-5);
    }
    let settings = AdamWSettings { betas: (0.9, 0.95), weight_decay: 0.1, max_norm: 1.0 };
    let mut optimizer = AdamW::new(settings, &model);
    for (step, expected) in golden.losses.iter().enumerate() {
        let loss = model.cross_entropy(&texts);
        near(&[loss.double_value(&[])], &[*expected], 2e-5);
        model.learn(&loss);
        if step == 0 {
            let gradient: Vec<f64> = model.gradient()[..40].iter().map(|&value| f64::from(value)).collect();
            near(&gradient, &golden.first_of_gradient, 1e-5);
        }
        optimizer.step(&mut model, 0.01);
    }
}

#[test]
fn generation_with_a_cache_has_the_logits_of_the_whole_text_at_once_on_both_kernels() {
    // Widths and heads that fill whole vectors, and ones that do not.
    for (width, heads) in [(32, 4), (64, 4), (40, 4), (24, 2)] {
        let size = Size { vocabulary: 23, width, layers: 3, heads };
        for device in [Device::Cpu, Device::Torch(tch::Device::Cpu)] {
            let model = Transformer::new(size, Seed(5), device);
            let token = |text: usize, place: usize| (text * text + 7 * place + place * place / 3) as i64 % 23;
            let tokens: Vec<Vec<i64>> = (0..6).map(|text| (0..40).map(|place| token(text, place)).collect()).collect();
            let whole = tch::no_grad(|| model.logits(&Tensor::from_slice2(&tokens)));
            let whole = Vec::<Vec<Vec<f32>>>::try_from(whole).unwrap();
            let mut decoder = Decoder::new(&model, 6, 40);
            let mut rows: Vec<usize> = (0..6).collect();
            let mut input: Vec<i64> = tokens.iter().flat_map(|text| &text[..12]).copied().collect();
            for place in 11..39 {
                let expected = rows.iter().flat_map(|&row| &whole[row][place]);
                let found = decoder.feed(&input);
                assert_eq!(found.len(), expected.clone().count());
                for (found, expected) in found.iter().zip(expected) {
                    let at = || format!("width {width} on {device} after {place} tokens");
                    assert!((found - expected).abs() < 1e-4, "{}: {found} instead of {expected}", at());
                }
                if place == 20 {
                    decoder.keep(&[4, 1]);
                    rows = vec![4, 1];
                }
                input = rows.iter().map(|&row| tokens[row][place + 1]).collect();
            }
        }
    }
}

#[test]
fn on_a_cpu_a_text_is_drawn_alike_in_any_batch_and_on_any_number_of_threads() {
    let size = Size { vocabulary: 23, width: 40, layers: 2, heads: 4 };
    let model = Transformer::new(size, Seed(7), Device::Cpu);
    let prompts: Vec<Vec<i64>> = (0..150).map(|i| vec![i % 23, 3, i / 23]).collect();
    let greedy = Sampling { temperature: 0.0, end: -1, limit: 20 };
    let draw = |prompts: &[Vec<i64>]| generate(&model, prompts, &greedy, &mut Seed(1).generator());
    let together = draw(&prompts);
    for (text, prompt) in prompts.iter().enumerate().step_by(29) {
        assert_eq!(draw(std::slice::from_ref(prompt)), together[text..=text]);
    }
    let logits = |threads| {
        let threads = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        threads.install(|| {
            let model = Transformer::new(size, Seed(7), Device::Cpu);
            Decoder::new(&model, 150, 3).feed(&prompts.concat())
        })
    };
    assert_eq!(logits(1), logits(3));
}

#[test]
fn texts_are_drawn_again_alike_from_the_same_seed_and_end_where_they_should() {
    let size = Size { vocabulary: 7, width: 16, layers: 2, heads: 2 };
    let model = Transformer::new(size, Seed(6), Device::Cpu);
    let prompts: Vec<Vec<i64>> = (0..50).map(|i| vec![i % 7, 3, 1]).collect();
    let sampling = Sampling { temperature: 1.0, end: 2, limit: 30 };
    let draw = |seed| generate(&model, &prompts, &sampling, &mut Seed(seed).generator());
    let texts = draw(1);
    assert_eq!(texts, draw(1));
    assert_ne!(texts, draw(2));
    for text in &texts {
        let (last, before) = text.split_last().unwrap();
        assert!(!before.contains(&2) && (*last == 2 || text.len() == 30), "{text:?}");
    }
    assert!(texts.iter().any(|text| text.len() < 30));
    let greedy = Sampling { temperature: 0.0, ..sampling };
    let first = generate(&model, &prompts, &greedy, &mut Seed(1).generator());
    assert_eq!(first, generate(&model, &prompts, &greedy, &mut Seed(9).generator()));
}
