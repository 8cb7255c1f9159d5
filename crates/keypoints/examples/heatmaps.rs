//! Five centres as heatmaps, read back, and what a person should know about them.

use vertebra_keypoints::{HeatmapCodec, VertebraKeypoints, check_plausibility, facing};

#[allow(clippy::print_stdout)] // an example may print
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let centres = [(30.2, 10.4), (31.7, 27.9), (33.6, 46.1), (34.4, 64.8), (30.3, 83.2)];
    let codec = HeatmapCodec::new(96, 64, 2.0)?;
    let heatmaps = codec.encode(&centres.map(Some)); // [5, 96, 64]
    let points = codec.decode(&heatmaps)?.try_into().map_err(|_| "expected five heatmaps")?;
    let detected = VertebraKeypoints::new(points)?;
    for (point, (x, y)) in detected.points().iter().zip(centres) {
        println!("({x}, {y}) came back as ({:.3}, {:.3})", point.x, point.y);
    }
    println!("the subject faces {:?}", facing(None, &detected, None, || None));
    for warning in check_plausibility(&detected, None, &Default::default()) {
        println!("{warning}");
    }
    Ok(())
}
