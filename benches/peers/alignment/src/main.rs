//! `vertebra-alignment` beside Rust libraries on one thread; `opencv.py` times OpenCV on the same
//! film. `../run.sh alignment` runs both.

use fast_image_resize as fir;
use image::{ImageBuffer, Luma};
use imageproc::geometric_transformations::{Border, Interpolation, Projection, warp_into};
use pic_scale::{
    ImageSize, ImageStore, ImageStoreMut, ResamplingFunction, Scaler, ThreadingPolicy,
};
use std::hint::black_box;
use vertebra_alignment::{
    Alignment, AlignmentOptions, ClaheOptions, Field, Film, ImageVariant, ResampleOptions,
    VariantOptions,
};
use vertebra_benches::Times;
use vertebra_keypoints::VertebraKeypoints;

const HEIGHT: usize = 2500;
const WIDTH: usize = 3000;
const SIDE: usize = 384;

/// Least and median milliseconds of 60 runs, after 5 to warm up.
fn time(name: &str, job: impl FnMut()) {
    let times = Times::of(5, 60, job);
    println!("{name:64} {:8.3} {:8.3}", 1e3 * times.least(), 1e3 * times.median());
}

fn main() {
    let pixels: Vec<u16> = (0..HEIGHT * WIDTH).map(grey).collect();
    let floats: Vec<f32> = pixels.iter().map(|v| f32::from(*v)).collect();
    println!("{:64} {:>8} {:>8}", "ms, one thread, film of 2500 x 3000", "least", "median");
    time("floor: every u16 of the film read once", || {
        let (chunks, _) = pixels.as_chunks::<64>();
        let mut any = [0_u16; 64];
        for chunk in chunks {
            any.iter_mut().zip(chunk).for_each(|(a, v)| *a |= v);
        }
        black_box(any);
    });
    resize(&pixels, &floats);
    for (name, share) in [("film in the square (6.4 x)", 0.72), ("spine of 42 % (3.8 x)", 0.42)] {
        align(name, share, &pixels, &floats);
    }
    clahe(&pixels, &floats);
}

/// Smooth, with noise, in the range of a 12-bit film; `opencv.py` makes the same.
fn grey(i: usize) -> u16 {
    let (x, y) = ((i % WIDTH) as f64, (i / WIDTH) as f64);
    let smooth = 2000.0 + 900.0 * (x * 0.011).sin() * (y * 0.007).cos();
    (smooth + ((i * 7919) % 64) as f64) as u16
}

fn film<S>(pixels: &[S]) -> Film<'_, S> {
    Film { pixels, height: HEIGHT, width: WIDTH, spacing_mm: Some([0.14, 0.14]) }
}

/// The whole film to 384 x 384 with a prefilter, neither turned nor moved.
fn resize(pixels: &[u16], floats: &[f32]) {
    let (sx, sy) = (SIDE as f64 / WIDTH as f64, SIDE as f64 / HEIGHT as f64);
    let matrix = [[sx, 0.0, (sx - 1.0) / 2.0], [0.0, sy, (sy - 1.0) / 2.0]];
    let alignment = Alignment::new(matrix, None).expect("a scaling");
    let options = ResampleOptions::default();
    time("resize: here, u16", || {
        black_box(options.resample(&film(pixels), alignment.affine(), SIDE, SIDE).expect("a film"));
    });
    time("resize: here, f32", || {
        black_box(options.resample(&film(floats), alignment.affine(), SIDE, SIDE).expect("a film"));
    });
    let (from, to) = (ImageSize::new(WIDTH, HEIGHT), ImageSize::new(SIDE, SIDE));
    let mut scaler = Scaler::new(ResamplingFunction::Bilinear);
    let scaler = scaler.set_threading_policy(ThreadingPolicy::Single);
    let plan = scaler.plan_planar_resampling16(from, to, 16).expect("a plan");
    let store = ImageStore::<u16, 1>::from_slice(pixels, WIDTH, HEIGHT).expect("a film");
    time("resize: pic-scale, bilinear, u16", || {
        let mut out = ImageStoreMut::<u16, 1>::alloc_with_depth(SIDE, SIDE, 16);
        plan.resample(&store, &mut out).expect("a picture");
        black_box(&out);
    });
    let (_, bytes, _) = unsafe { pixels.align_to::<u8>() };
    let (w, h, side) = (WIDTH as u32, HEIGHT as u32, SIDE as u32);
    let source = fir::images::ImageRef::new(w, h, bytes, fir::PixelType::U16).expect("a film");
    let filter = fir::ResizeAlg::Convolution(fir::FilterType::Bilinear);
    let settings = fir::ResizeOptions::new().resize_alg(filter);
    let mut resizer = fir::Resizer::new();
    time("resize: fast_image_resize, bilinear, u16", || {
        let mut out = fir::images::Image::new(side, side, fir::PixelType::U16);
        resizer.resize(&source, &mut out, Some(&settings)).expect("a picture");
        black_box(&out);
    });
}

fn align(name: &str, share: f64, pixels: &[u16], floats: &[f32]) {
    let place = |i: usize| {
        let t = i as f64 / 4.0;
        let x = 0.48 + 0.03 * (3.0 * t).sin();
        (x * WIDTH as f64, ((1.0 - share) / 2.0 + share * t) * HEIGHT as f64)
    };
    let keypoints = VertebraKeypoints::from_xy(std::array::from_fn(place)).expect("a spine");
    let spacing = Some([0.14, 0.14]);
    let alignment = AlignmentOptions::default().align(&keypoints, spacing).expect("an axis");
    let options = ResampleOptions::default();
    time(&format!("align, {name}: here, prefiltered, u16"), || {
        black_box(options.resample(&film(pixels), alignment.affine(), SIDE, SIDE).expect("a film"));
    });
    time(&format!("align, {name}: here, prefiltered, f32"), || {
        black_box(options.resample(&film(floats), alignment.affine(), SIDE, SIDE).expect("a film"));
    });
    time(&format!("align, {name}: here, variant L1-L5, u16"), || {
        let (film, variant) = (film(pixels), ImageVariant::L1L5);
        black_box(VariantOptions::default().render(&film, &keypoints, None, variant).expect("it"));
    });
    let [a, b] = alignment.matrix().map(|row| row.map(|v| v as f32));
    let matrix = [a[0], a[1], a[2], b[0], b[1], b[2], 0.0, 0.0, 1.0];
    let projection = Projection::from_matrix(matrix).expect("a projection");
    let (w, h, side) = (WIDTH as u32, HEIGHT as u32, SIDE as u32);
    let whole: ImageBuffer<Luma<u16>, _> =
        ImageBuffer::from_raw(w, h, pixels.to_vec()).expect("a film");
    let mut out = ImageBuffer::<Luma<u16>, _>::new(side, side);
    let border = Border::Constant(Luma([0]));
    time(&format!("align, {name}: imageproc, plain, u16"), || {
        warp_into(&whole, projection, Interpolation::Bilinear, border, &mut out);
        black_box(&out);
    });
}

fn clahe(pixels: &[u16], floats: &[f32]) {
    let options = ClaheOptions::default();
    let field = Field::whole(&film(pixels));
    time("CLAHE of the whole film: here, u16", || {
        black_box(options.equalise(&film(pixels), &field).expect("a film"));
    });
    time("CLAHE of the whole film: here, f32", || {
        black_box(options.equalise(&film(floats), &field).expect("a film"));
    });
}
