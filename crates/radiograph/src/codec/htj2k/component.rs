//! From the coded blocks of a component to its values.

use super::stream::Coding;
use super::tile::Resolution;
use super::wavelet::{Plane, Wavelet, synthesize};
use super::{Stop, Stream, block, packet};

/// What the blocks of a component share.
pub(super) struct Component<'s, 'a> {
    pub(super) stream: &'s Stream<'a>,
    pub(super) coding: &'s Coding,
    pub(super) resolutions: &'s [Resolution],
    pub(super) index: usize,
    pub(super) is_over: &'s dyn Fn() -> bool,
}

/// A coefficient from a doubled index (see [`block::decode`]) and the band's step.
pub(super) trait Coefficient: Wavelet {
    fn dequantize(doubled: i32, step: f32) -> Self;
}

impl Coefficient for i32 {
    fn dequantize(doubled: i32, _: f32) -> Self {
        doubled / 2
    }
}

impl Coefficient for f32 {
    fn dequantize(doubled: i32, step: f32) -> Self {
        doubled as f32 * (step / 2.0)
    }
}

impl Component<'_, '_> {
    /// Decodes the blocks and puts the resolutions together.
    pub(super) fn plane<T: Coefficient>(
        &self,
        blocks: Vec<([usize; 3], packet::Block<'_>)>,
    ) -> Result<Plane<T>, Stop> {
        let mut bands: Vec<Plane<T>> = self
            .resolutions
            .iter()
            .flat_map(|r| r.bands.iter().map(|(_, [low, high])| Plane::new(*low, *high)))
            .collect();
        let mut indices = Vec::new();
        for ([_, resolution, band], block) in &blocks {
            if (self.is_over)() {
                return Err("not done within the time allowed by the read options".into());
            }
            self.block(*resolution, *band, block, &mut indices, &mut bands[*band])?;
        }
        let mut bands = bands.into_iter();
        let mut low = bands.next().ok_or("no band")?;
        for resolution in &self.resolutions[1..] {
            let (Some(hl), Some(lh), Some(hh)) = (bands.next(), bands.next(), bands.next()) else {
                return Err("a resolution without bands".into());
            };
            low = synthesize([&low, &hl, &lh, &hh], resolution.corners[0]);
        }
        Ok(low)
    }

    fn block<T: Coefficient>(
        &self,
        resolution: usize,
        band: usize,
        block: &packet::Block<'_>,
        indices: &mut Vec<i32>,
        out: &mut Plane<T>,
    ) -> Result<(), Stop> {
        let style = &self.coding.styles[self.index];
        let steps = self.coding.steps[self.index].as_ref().ok_or("no quantization (QCD)")?;
        let level = style.levels - resolution.saturating_sub(1);
        let level = if resolution == 0 { style.levels } else { level };
        let quantized = steps.of(band, style.levels, level)?;
        let plane = (quantized.bits.checked_sub(block.missing + 1))
            .ok_or("more missing bit-planes than there are")?;
        let [width, height] = block.size;
        indices.clear();
        indices.resize(width * height, 0);
        let refinement = block.refinement.concat();
        let coded = block::Block {
            width,
            height,
            cleanup: block.cleanup,
            refinement: &refinement,
            passes: block.passes,
            missing: block.missing,
            plane,
            causal: style.causal,
        };
        block::decode(&coded, indices)?;
        // HL and LH gain one bit, HH two (T.800 table E.1).
        let gain = if band == 0 { 0 } else { [1, 1, 2][(band - 1) % 3] };
        let range = self.stream.size.components[self.index].precision as i32 + gain;
        let step = 2_f32.powi(range - quantized.exponent as i32)
            * (1.0 + quantized.mantissa as f32 / 2048.0);
        for (row, line) in indices.chunks(width).enumerate() {
            let target = &mut out.values[(block.at[1] + row) * out.width + block.at[0]..][..width];
            target.iter_mut().zip(line).for_each(|(t, v)| *t = T::dequantize(*v, step));
        }
        Ok(())
    }
}
