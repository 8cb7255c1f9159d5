//! From line integrals to the stored grey values of a digital radiograph.
//!
//! Primary intensity `exp(-E)` (Beer and Lambert), plus scatter (the intensity leaving the
//! subject, spread widely), blurred by focal spot and detector, with Poisson noise in its normal
//! approximation; then the logarithm and a film-like curve, as computed radiography applies them.

use crate::dice::Dice;
use crate::imaging::exposure::{Exposure, Rendering};
use crate::imaging::integrals::LineIntegrals;
use crate::imaging::marker;
use crate::tissues::filter::{Coarse, blur};

/// Largest stored value: 12 bits.
pub(crate) const WHITE: u16 = 4095;
/// Cell of the slowly varying pictures, px.
const BLOCK: usize = 8;
/// Exposure at which the detector saturates, over that behind the spine.
const SATURATION: f32 = 12.0;

/// Grey values, bone bright, 0 to [`WHITE`].
pub(crate) fn develop(integrals: &LineIntegrals, exposure: &Exposure, dice: &mut Dice) -> Vec<u16> {
    let mut grey = match exposure.rendering {
        Rendering::Radiograph => radiograph(integrals, exposure, dice),
        Rendering::LineIntegral => line_integral(integrals, exposure, dice),
    };
    exposure.look.process(&mut grey, integrals.width);
    if exposure.shuttered {
        let inside = marker::Field::new(exposure);
        blacken(&mut grey, integrals.width, &inside);
    }
    exposure.look.burn_in(&mut grey, integrals.width, dice);
    grey.iter().map(|v| (v * f32::from(WHITE) + 0.5).clamp(0.0, f32::from(WHITE)) as u16).collect()
}

fn radiograph(integrals: &LineIntegrals, exposure: &Exposure, dice: &mut Dice) -> Vec<f32> {
    let width = integrals.width;
    let mut picture: Vec<f32> = integrals
        .soft
        .iter()
        .zip(&integrals.bone)
        .map(|(soft, bone)| (-soft - bone).exp())
        .collect();
    let reference = median_in(&picture, width, integrals.spine_box).max(1e-12);
    let per_reference = 1.0 / reference;
    for value in &mut picture {
        *value = (*value * per_reference).min(SATURATION);
    }
    marker::collimate(&mut picture, width, exposure);
    add_scatter(&mut picture, width, exposure);
    blur(&mut picture, width, exposure.blur_mm / exposure.pitch_mm);
    add_noise(&mut picture, exposure.quanta, dice);
    for value in &mut picture {
        *value = -value.ln();
    }
    process(&mut picture, width, exposure);
    picture
}

/// Median over a box of pixels.
fn median_in(picture: &[f32], width: usize, [left, top, right, bottom]: [usize; 4]) -> f32 {
    let rows = picture.chunks_exact(width).take(bottom).skip(top).step_by(3);
    let mut values: Vec<f32> =
        rows.flat_map(|line| line[left..right].iter().step_by(3).copied()).collect();
    let middle = values.len() / 2;
    if values.is_empty() {
        return 1.0;
    }
    *values.select_nth_unstable_by(middle, f32::total_cmp).1
}

fn add_scatter(picture: &mut [f32], width: usize, exposure: &Exposure) {
    // What scatters is the beam inside the subject, not the one that passes by it.
    let inside: Vec<f32> = picture.iter().map(|v| v.min(2.5)).collect();
    let spread = Coarse::of(&inside, width, BLOCK, 26.0 / exposure.pitch_mm);
    let share = exposure.scatter as f32;
    let mut line = vec![0.0; width];
    for (row, pixels) in picture.chunks_exact_mut(width).enumerate() {
        spread.row(row, &mut line);
        for (pixel, scatter) in pixels.iter_mut().zip(&line) {
            *pixel += share * scatter;
        }
    }
}

fn add_noise(picture: &mut [f32], quanta: f64, dice: &mut Dice) {
    let per_quantum = (1.0 / quanta) as f32;
    for value in picture {
        let noise = (*value * per_quantum).max(0.0).sqrt() * dice.standard_normal_f32();
        *value = (*value + noise).max(1e-4);
    }
}

/// Takes out coarse differences, sharpens, and applies the film-like curve; gives grey in 0..1.
fn process(picture: &mut [f32], width: usize, exposure: &Exposure) {
    let limited: Vec<f32> = picture.iter().map(|v| v.clamp(-2.0, 2.0)).collect();
    let coarse = Coarse::of(&limited, width, BLOCK, 24.0 / exposure.pitch_mm);
    let mut fine = picture.to_vec();
    blur(&mut fine, width, 1.4 / exposure.pitch_mm);
    let (even, sharp) = (exposure.equalisation as f32, exposure.sharpening as f32);
    let (slope, shift) = (exposure.contrast as f32 / 1.25, exposure.brightness as f32 - 0.1);
    let mut line = vec![0.0; width];
    let rows = picture.chunks_exact_mut(width).zip(fine.chunks_exact(width));
    for (row, (pixels, smooth)) in rows.enumerate() {
        coarse.row(row, &mut line);
        for ((pixel, smooth), coarse) in pixels.iter_mut().zip(smooth).zip(&line) {
            let log = *pixel - even * coarse + sharp * (*pixel - smooth);
            *pixel = sigmoid(2.0 * (slope * log + shift));
        }
    }
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

fn line_integral(integrals: &LineIntegrals, exposure: &Exposure, dice: &mut Dice) -> Vec<f32> {
    let width = integrals.width;
    let soft_share = exposure.soft_share as f32;
    let mut picture: Vec<f32> = integrals
        .soft
        .iter()
        .zip(&integrals.bone)
        .map(|(soft, bone)| soft_share * soft.max(0.0) + bone)
        .collect();
    blur(&mut picture, width, exposure.blur_mm / exposure.pitch_mm);
    let mut sorted: Vec<f32> = picture.iter().step_by(7).copied().collect();
    let near_top = sorted.len() * 995 / 1000;
    let top = *sorted.select_nth_unstable_by(near_top, f32::total_cmp).1;
    let gain = (exposure.contrast / f64::from(top.max(1e-6))) as f32;
    // Brightness bends the scale instead of shifting it: nothing stays black.
    let gamma = (-2.0 * exposure.brightness).exp2() as f32;
    for value in &mut picture {
        let noise = 0.01 * dice.standard_normal_f32();
        *value = ((*value * gain).powf(gamma) + noise).clamp(0.0, 1.0);
    }
    picture
}

fn blacken(grey: &mut [f32], width: usize, field: &marker::Field) {
    for (row, line) in grey.chunks_exact_mut(width).enumerate() {
        if field.rows.contains(&row) {
            line[..field.columns.start].fill(0.0);
            line[field.columns.end..].fill(0.0);
        } else {
            line.fill(0.0);
        }
    }
}
