//! One convention from film to heatmap and back, at random sub-pixel places, through reduction,
//! rotation, mirroring and a network's stride: points return to a thousandth of a pixel, and
//! pictures show things where the points are to a hundredth of their own pixels.

#![allow(clippy::unwrap_used)] // helpers of tests

use proptest::prelude::*;
use proptest::test_runner::Config;
use vertebra_alignment::{Alignment, AlignmentOptions, Image, ResampleOptions, mask_centroid};
use vertebra_keypoints::{HeatmapCodec, VertebraKeypoints, to_heatmap, to_input};

const FILM: [usize; 2] = [620, 480];
const SIZE: usize = 256;
const STRIDE: usize = 4;
const POINT_PX: f64 = 1e-3;
/// The low-pass filter's weights are sampled, which moves a spot by thousandths of a pixel.
const PICTURE_PX: f64 = 1e-2;

/// L1 to L5, each at a place between pixels of its own.
fn spine(sub: [(f64, f64); 5]) -> [(f64, f64); 5] {
    let rough = [(200., 150.), (215., 230.), (226., 315.), (228., 400.), (205., 480.)];
    std::array::from_fn(|i| (rough[i].0 + sub[i].0, rough[i].1 + sub[i].1))
}

fn sub_pixels() -> impl Strategy<Value = [(f64, f64); 5]> {
    [(); 5].map(|()| (-0.5..0.5f64, -0.5..0.5f64))
}

fn distance(a: (f64, f64), b: (f64, f64)) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

/// A map that holds one Gaussian, as the codec draws it.
fn spot([height, width]: [usize; 2], sigma: f64, at: (f64, f64)) -> Image {
    let codec = HeatmapCodec::new(height, width, sigma).unwrap();
    Image { pixels: codec.encode(&[Some(at)]), height, width }
}

proptest! {
    #![proptest_config(Config { cases: 24, failure_persistence: None, ..Config::default() })]

    /// Film px to canonical px to heatmap px, encoded, decoded, and all the way back.
    #[test]
    fn a_point_returns_through_alignment_and_heatmap(
        sub in sub_pixels(), flip: bool, tilt in -40.0..40.0f64,
    ) {
        let mut xy = spine(sub);
        xy[4].0 += tilt;
        let keypoints = VertebraKeypoints::from_xy(xy).unwrap();
        let options = AlignmentOptions::default().with_size(SIZE).with_flip(flip);
        let alignment = options.align(&keypoints, Some([0.2, 0.25])).unwrap();
        let codec = HeatmapCodec::for_input([SIZE; 2], STRIDE, 8.0).unwrap();
        let on_map =
            xy.map(|p| Some(to_heatmap(alignment.to_canonical(p), STRIDE as f64)));
        let decoded = codec.decode(&codec.encode(&on_map)).unwrap();
        for (p, truth) in decoded.iter().zip(xy) {
            let back = alignment.to_original(to_input((p.x, p.y), STRIDE as f64));
            prop_assert!(distance(back, truth) < POINT_PX, "{back:?}, expected {truth:?}");
        }
    }

    /// A film with a spot, and the spot's heatmap, end at the same place when both are resampled.
    #[test]
    fn a_film_and_its_heatmap_are_resampled_to_the_same_places(
        sub in sub_pixels(), flip: bool, level in 0usize..5,
    ) {
        let xy = spine(sub);
        let keypoints = VertebraKeypoints::from_xy(xy).unwrap();
        let options = AlignmentOptions::default().with_size(SIZE).with_flip(flip);
        let alignment = options.align(&keypoints, None).unwrap();
        let resampling = ResampleOptions::default();
        let film = spot(FILM, 14.0, xy[level]);
        let picture = resampling.resample(&film.as_film(), alignment.affine(), SIZE, SIZE).unwrap();
        let place = alignment.to_canonical(xy[level]);
        let seen = mask_centroid(&picture).unwrap();
        prop_assert!(distance(seen, place) < PICTURE_PX, "picture: {seen:?}, expected {place:?}");

        // The picture at the network's stride, as a heatmap lies under it.
        let quarter = 1.0 / STRIDE as f64;
        let shift = 0.5 * quarter - 0.5;
        let to_map = Alignment::new([[quarter, 0.0, shift], [0.0, quarter, shift]], None).unwrap();
        let side = SIZE / STRIDE;
        let map = resampling.resample(&picture.as_film(), to_map.affine(), side, side).unwrap();
        let on_map = mask_centroid(&map).unwrap();
        let back = to_input(on_map, STRIDE as f64);
        prop_assert!(distance(back, place) < STRIDE as f64 * PICTURE_PX, "map: {back:?}, expected {place:?}");

        // And onto the film again, as a heat map is laid over it.
        let again = resampling.resample(&map.as_film(), to_map.inverse().affine(), SIZE, SIZE).unwrap();
        let again =
            resampling.resample(&again.as_film(), alignment.inverse().affine(), FILM[0], FILM[1]).unwrap();
        let seen = mask_centroid(&again).unwrap();
        prop_assert!(distance(seen, xy[level]) < STRIDE as f64 * PICTURE_PX, "film: {seen:?}, expected {:?}", xy[level]);
    }
}
