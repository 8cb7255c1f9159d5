//! What is encoded is decoded.

use super::*;
use proptest::prelude::*;

fn error(codec: &HeatmapCodec, x: f64, y: f64) -> f64 {
    let got = codec.decode(&codec.encode(&[Some((x, y))])).unwrap()[0];
    (got.x - x).hypot(got.y - y)
}

#[test]
fn every_map_has_the_other_maps_vertebrae_as_candidates() {
    let codec = HeatmapCodec::new(48, 30, 1.5).unwrap();
    let places = [(8.3, 10.6), (14.1, 22.4), (15.0, 34.2)];
    let parts = codec.encode(&places.map(Some));
    let part = |k: usize, i: usize| parts[k * 48 * 30 + i];
    // The first map doubts between the first two; the second is sure of the third.
    let doubtful = (0..48 * 30).map(|i| 0.4 * part(0, i) + 0.5 * part(1, i));
    let maps: Vec<f32> = doubtful.chain((0..48 * 30).map(|i| 0.9 * part(2, i))).collect();
    let found = codec.candidates(&maps, 6).unwrap();
    let near = |p: &Keypoint, k: usize| {
        assert!((p.x - places[k].0).hypot(p.y - places[k].1) < 0.1, "{p:?} is not at {k}");
    };
    let heats = |k: usize| found[k].iter().map(|p| p.confidence).collect::<Vec<_>>();
    assert_eq!((found[0].len(), found[1].len()), (3, 3));
    near(&found[0][0], 1);
    near(&found[0][1], 0);
    near(&found[0][2], 2);
    near(&found[1][0], 2);
    assert!(heats(0)[1] > 0.35 && heats(0)[2] < 0.01 && heats(1)[1] < 0.01, "{found:?}");
    // One candidate is the decoded point.
    let one: Vec<Keypoint> = codec.candidates(&maps, 1).unwrap().concat();
    assert_eq!(one, codec.decode(&maps).unwrap());
    assert_eq!(codec.candidates(&[0.0; 48 * 30], 3).unwrap()[0].len(), 1);
}

proptest! {
    #[test]
    fn dark_finds_every_sub_pixel_position(
        x in -0.5..47.5, y in -0.5..63.5, sigma in 1.0..4.0,
    ) {
        let codec = HeatmapCodec::new(64, 48, sigma).unwrap();
        let error = error(&codec, x, y);
        prop_assert!(error < 1e-3, "{error} px");
    }

    #[test]
    fn quarter_offset_is_within_a_quarter_in_each_direction(x in 1.0..46.0, y in 1.0..62.0) {
        let codec = HeatmapCodec::new(64, 48, 2.0).unwrap();
        let codec = codec.with_decoding(Decoding::QuarterOffset);
        let got = codec.decode(&codec.encode(&[Some((x, y))])).unwrap()[0];
        prop_assert!((got.x - x).abs() < 0.2501 && (got.y - y).abs() < 0.2501);
    }

    #[test]
    fn soft_argmax_is_within_a_twentieth_inside(x in 8.0..39.0, y in 8.0..55.0) {
        let codec = HeatmapCodec::new(64, 48, 2.0).unwrap();
        let codec = codec.with_decoding(Decoding::SoftArgmax);
        prop_assert!(error(&codec, x, y) < 0.05);
    }

    #[test]
    fn smoothing_keeps_the_place_inside(x in 12.0..35.0, y in 12.0..51.0) {
        let codec = HeatmapCodec::new(64, 48, 2.0).unwrap().with_smoothing(2.0);
        prop_assert!(error(&codec, x, y) < 5e-3);
    }

    #[test]
    fn input_px_survive_encoding_at_a_stride(x in 0.0..191.0, y in 0.0..255.0) {
        let codec = HeatmapCodec::for_input([256, 192], 4, 8.0).unwrap();
        let point = to_heatmap((x, y), 4.0);
        let got = codec.decode(&codec.encode(&[Some(point)])).unwrap()[0];
        let (back_x, back_y) = to_input((got.x, got.y), 4.0);
        prop_assert!((back_x - x).hypot(back_y - y) < 4e-3);
    }
}

#[test]
fn a_block_of_input_pixels_shares_its_centre_with_its_heatmap_pixel() {
    // Input columns 0..4 have their middle at 1.5: that is heatmap column 0.
    assert_eq!(to_input((0.0, 1.0), 4.0), (1.5, 5.5));
    assert_eq!(to_heatmap((1.5, 5.5), 4.0), (0.0, 1.0));
}

#[test]
fn flat_and_tiny_maps_decode_without_a_maximum() {
    let codec = HeatmapCodec::new(5, 4, 1.0).unwrap();
    let got = codec.decode(&[0.25; 20]).unwrap()[0];
    assert_eq!((got.x, got.y, got.confidence), (0.0, 0.0, 0.25));
    let codec = HeatmapCodec::new(1, 1, 1.0).unwrap();
    assert_eq!(codec.decode(&[2.0]).unwrap()[0], Keypoint { x: 0.0, y: 0.0, confidence: 1.0 });
}

#[test]
fn bad_settings_and_heat_are_errors() {
    assert!(HeatmapCodec::new(0, 4, 1.0).is_err() && HeatmapCodec::new(4, 4, 0.0).is_err());
    assert!(HeatmapCodec::for_input([255, 192], 4, 8.0).is_err());
    let codec = HeatmapCodec::new(2, 2, 1.0).unwrap();
    assert!(matches!(
        codec.decode(&[0.0; 6]),
        Err(Error::LengthMismatch { expected: 8, got: 6, .. })
    ));
    assert!(matches!(codec.decode(&[f32::NAN; 4]), Err(Error::OutOfDomain { .. })));
}
