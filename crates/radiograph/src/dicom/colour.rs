//! Colour to grey: the luma of Rec. 601, `0.299 R + 0.587 G + 0.114 B`, of the colours a person
//! would see. That is not always the Y of a YBR image: colours that no screen can show are clipped
//! first.

use super::file::Header;
use super::layout::{Layout, Photometric};
use super::lut::Lut;
use super::samples::{Bits, Samples};
use super::tag;
use crate::luma::{mix, rgb};
use crate::window::Window;
use crate::{Error, Grey, Provenance, ReadOptions, VoiChoice, Warning};

/// How colour is stored.
pub(crate) enum Colour {
    Rgb,
    /// Luma and two colour differences.
    Ybr,
    /// Two lumas and the differences they share: Y Y B R.
    Ybr422,
    Palette([Lut; 3]),
}

impl Colour {
    /// `None` for grey images.
    pub(crate) fn read(
        header: &Header<'_>,
        layout: &Layout,
        warnings: &mut Vec<Warning>,
    ) -> Result<Option<Self>, Error> {
        Ok(Some(match layout.photometric {
            Photometric::Monochrome1 | Photometric::Monochrome2 => return Ok(None),
            Photometric::Rgb => Self::Rgb,
            Photometric::Ybr | Photometric::YbrWavelet => Self::Ybr,
            Photometric::YbrFull422 | Photometric::YbrPartial422 => Self::Ybr422,
            Photometric::Palette => {
                let mut table = |descriptor, data| {
                    Lut::read_tags(header, [descriptor, data], layout.signed, warnings)
                };
                Self::Palette([
                    table(tag::RED_LUT_DESCRIPTOR, tag::RED_LUT_DATA)?,
                    table(tag::GREEN_LUT_DESCRIPTOR, tag::GREEN_LUT_DATA)?,
                    table(tag::BLUE_LUT_DESCRIPTOR, tag::BLUE_LUT_DATA)?,
                ])
            }
        }))
    }

    /// Luma, in `[0, 1]` or in the units of the samples.
    pub(crate) fn grey(
        &self,
        samples: &Samples<'_>,
        layout: &Layout,
        options: &ReadOptions,
        provenance: &mut Provenance,
        warnings: &mut Vec<Warning>,
    ) -> Result<Vec<f32>, Error> {
        let photometric = provenance.photometric.clone().unwrap_or_default();
        warnings.push(Warning::ColourToGrey { photometric });
        let luma = self.luma(samples, layout);
        if luma.len() != layout.pixels() {
            let (name, expected) = ("pixels", layout.pixels());
            return Err(Error::LengthMismatch { name, expected, got: luma.len() });
        }
        let Grey::Display = options.grey else { return Ok(luma) };
        let range = match &options.voi {
            VoiChoice::Given(center, width) => {
                let window = Window::given(*center, *width)?;
                provenance.voi = window.record();
                provenance.grey_range = Some(window.range());
                return Ok(luma.into_iter().map(|v| window.apply(f64::from(v)) as f32).collect());
            }
            VoiChoice::None => {
                let (low, high) = crate::radiograph::range(&luma);
                [low, high.max(low + 1.0)]
            }
            VoiChoice::First => self.range(layout),
            _ => {
                let what = "the choice of a window or VOI LUT: colour has none".into();
                warnings.push(Warning::Ignored { what });
                self.range(layout)
            }
        };
        provenance.grey_range = Some(range.map(f64::from));
        let [low, high] = range;
        Ok(luma.into_iter().map(|v| ((v - low) / (high - low)).clamp(0.0, 1.0)).collect())
    }

    fn range(&self, layout: &Layout) -> [f32; 2] {
        let white = |bits: u16| (((1_u64 << bits) - 1) as f32).max(1.0);
        match self {
            Self::Palette([red, ..]) => [0.0, white(red.bits)],
            _ if layout.photometric == Photometric::YbrPartial422 => {
                let scale = white(layout.bits_stored) / 255.0;
                [16.0 * scale, 235.0 * scale]
            }
            _ => [0.0, white(layout.bits_stored)],
        }
    }

    fn luma(&self, samples: &Samples<'_>, layout: &Layout) -> Vec<f32> {
        let bits = Bits::new(layout);
        match self {
            Self::Palette(tables) => samples.map(|s| {
                let index = bits.value(bits.code(s));
                mix(tables.each_ref().map(|t| f64::from(t.at(index)))) as f32
            }),
            _ => {
                let values = samples.map(|s| bits.code(s) as f32);
                let (n, [low, high]) = (layout.pixels(), self.range(layout));
                let grey = |colour: [f32; 3]| {
                    let colour = match self {
                        Self::Rgb => colour,
                        _ => rgb(colour, low, high),
                    };
                    mix(colour.map(f64::from)) as f32
                };
                match self {
                    Self::Ybr422 => values
                        .as_chunks::<4>()
                        .0
                        .iter()
                        .flat_map(|&[y0, y1, cb, cr]| [grey([y0, cb, cr]), grey([y1, cb, cr])])
                        .take(n)
                        .collect(),
                    _ if layout.planar && values.len() >= 3 * n => (0..n)
                        .map(|i| grey([values[i], values[n + i], values[2 * n + i]]))
                        .collect(),
                    _ => values.as_chunks::<3>().0.iter().map(|&c| grey(c)).take(n).collect(),
                }
            }
        }
    }
}
