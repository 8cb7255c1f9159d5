//! Makes the image variants of one radiograph and lays them out on one sheet to look at.

use anyhow::{Context, bail};
use clap::{Parser, ValueEnum};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use vertebra_alignment::{
    Affine, AlignmentMode, ClaheOptions, Facing, Field, Film, Filter, Image, ImageVariant,
    VariantImages, VariantOptions, VertebraMasks, body_centre, mask_centroid, resample,
};
use vertebra_examples::{output::exit_code, remark, say};
use vertebra_keypoints::{
    AnnotationSet, Level, PlausibilityLimits, VertebraKeypoints, check_plausibility, facing,
};
use vertebra_radiograph::{Radiograph, write_png16};
use vertebra_raster::ContactSheet;

/// Align a radiograph by its five lumbar centres and show the six image variants.
///
/// The centres come from an annotation file, or are taken from five mask pictures. On the sheet,
/// the first row is the film with its centres and the border of the L1-L5 picture, the second the
/// pictures of the whole spine; then one row of patches per variant.
#[derive(Parser)]
#[command(name = "align", version)]
struct Arguments {
    /// The radiograph, DICOM or PNG.
    film: PathBuf,
    /// Mask pictures, one per level, with {level} where the name has L1 to L5.
    #[arg(long, value_name = "PATTERN", required_unless_present = "annotations")]
    masks: Option<String>,
    /// Annotations that list the film: COCO, CVAT, Label Studio, VIA, LabelMe.
    #[arg(long, value_name = "FILE", conflicts_with = "masks")]
    annotations: Option<PathBuf>,
    /// What of each mask is its vertebra's centre: `body` finds the body in the mask of a whole
    /// vertebra, for which the side of the front has to be known or clear.
    #[arg(long, value_enum, default_value = "centroid")]
    centres: Centre,
    /// Which variant.
    #[arg(long, value_enum, default_value = "all")]
    variant: Choice,
    /// Side of the front of the subject on the film, left or right; where absent, what the film
    /// states, else what its centres say.
    #[arg(long, value_name = "SIDE")]
    facing: Option<Facing>,
    /// What is fixed: L1 and L5 by a scale of its own for each film, millimetres (needs the pixel
    /// spacing), or the scale by the line that all five centres fit best.
    #[arg(long, value_enum, default_value = "similarity")]
    mode: Mode,
    /// Resample with Lanczos' filter: sharper, with faint rims along edges.
    #[arg(long)]
    lanczos: bool,
    /// Equalise local contrast first (CLAHE).
    #[arg(long)]
    clahe: bool,
    /// Side of the pictures, px; patches get a third of it.
    #[arg(long, default_value_t = 384)]
    size: usize,
    /// The sheet, PNG.
    #[arg(long)]
    out: PathBuf,
    /// Print the transforms as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Choice {
    All,
    L1L5,
    L1L5Masked,
    L1L4,
    L1L4Masked,
    Patches,
    PatchesMasked,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Centre {
    Centroid,
    Body,
}

/// Largest side of the picture of the whole film, px.
const OVERVIEW: usize = 2048;

#[derive(Clone, Copy, ValueEnum)]
enum Mode {
    Similarity,
    Rigid,
    LeastSquares,
}

impl From<Mode> for AlignmentMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Similarity => Self::Similarity,
            Mode::Rigid => Self::Rigid,
            Mode::LeastSquares => Self::LeastSquares,
        }
    }
}

fn main() -> ExitCode {
    exit_code(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let radiograph = Radiograph::open(&arguments.film)?;
    let film = Film::from(&radiograph);
    let stated = arguments.facing.or(radiograph.facing());
    let (keypoints, masks) = annotated(arguments, &radiograph, stated)?;
    let picture = || radiograph.estimate_facing().ok().map(|estimate| estimate.log_odds_right());
    let facing = facing(stated, &keypoints, film.spacing_mm, picture).map(|decided| decided.facing);
    let limits = PlausibilityLimits::default();
    for warning in check_plausibility(&keypoints, film.spacing_mm, &limits) {
        remark!("warning: {warning}");
    }
    let field = Field::exposed(&film, radiograph.valid())?;
    let equalised;
    let film = if arguments.clahe {
        equalised = ClaheOptions::default().equalise(&film, &field)?;
        Film { pixels: &equalised.pixels, ..film }
    } else {
        film
    };
    let options = VariantOptions::default()
        .with_size(arguments.size)
        .with_patch_size(arguments.size / 3)
        .with_mode(arguments.mode.into())
        .with_filter(if arguments.lanczos { Filter::Lanczos } else { Filter::default() })
        .with_field(field)
        .with_flip(facing == Some(Facing::Right));
    let name = || arguments.film.display().to_string();
    let overview = overview(&film, &keypoints, &options).with_context(name)?;
    let mut rows = vec![vec![overview], Vec::new()];
    for variant in variants(arguments.variant, masks.is_some()) {
        let made = options.render(&film, &keypoints, masks.as_ref(), variant).with_context(name)?;
        describe(variant, &made, arguments.json);
        if variant.n_images() == 1 {
            rows[1].extend(made.images);
        } else {
            rows.push(made.images);
        }
    }
    let sheet = ContactSheet::new(0.5).rows(&rows);
    write_png16(&arguments.out, sheet.as_film()).context("the sheet")
}

/// Centres, and masks where there are any, of a film that states this facing.
fn annotated(
    arguments: &Arguments,
    radiograph: &Radiograph,
    stated: Option<Facing>,
) -> anyhow::Result<(VertebraKeypoints, Option<VertebraMasks>)> {
    let size = Film::from(radiograph).size();
    if let Some(pattern) = &arguments.masks {
        let images = Level::ALL.map(|level| mask(&pattern.replace("{level}", level.name())));
        let [a, b, c, d, e] = images;
        let images = [a?, b?, c?, d?, e?];
        let keypoints = match arguments.centres {
            Centre::Centroid => centres(&images, pattern, mask_centroid)?,
            Centre::Body => {
                let facing = facing_of_masks(radiograph, stated, &images, pattern)?;
                centres(&images, pattern, |mask| body_centre(mask, facing == Facing::Right))?
            }
        };
        let masks = VertebraMasks::from_images(images.map(Some))?;
        masks.check_size(size).with_context(|| pattern.clone())?;
        return Ok((keypoints, Some(masks)));
    }
    let path = arguments.annotations.as_deref().context("--masks or --annotations")?;
    let set = AnnotationSet::read(path)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let same = |name: &str| {
        let there = folder.join(name).canonicalize().ok();
        there.is_some() && there == arguments.film.canonicalize().ok()
    };
    let Some(film) = set.films.iter().find(|film| same(&film.file_name)) else {
        bail!("{} does not list {}", path.display(), arguments.film.display());
    };
    let [rows, columns] = size;
    if let Some([height, width]) = film.size.filter(|annotated| *annotated != size) {
        let (annotations, film) = (path.display(), arguments.film.display());
        bail!(
            "{annotations}: {film} is annotated as {height} x {width} px, but has {rows} x {columns}"
        );
    }
    let polygons = film.polygons();
    let masked = polygons.iter().all(Option::is_some);
    let masks = masked.then(|| VertebraMasks::from_polygons(polygons)).transpose()?;
    Ok((film.keypoints, masks))
}

fn mask(path: &str) -> anyhow::Result<Image> {
    let picture = Radiograph::open(path)?;
    let (height, width) = (picture.height(), picture.width());
    let pixels = picture.pixels().iter().map(|v| f32::from(u8::from(*v > 0.5))).collect();
    Ok(Image { pixels, height, width })
}

/// Least probability of a side of the front that is not asked for.
const SURE: f64 = 0.9;

/// The side of the front, in which the bodies of the vertebrae lie: as stated, or else by the chain
/// of the masks and the picture.
fn facing_of_masks(
    radiograph: &Radiograph,
    stated: Option<Facing>,
    masks: &[Image; 5],
    pattern: &str,
) -> anyhow::Result<Facing> {
    let chain = centres(masks, pattern, mask_centroid)?;
    let picture = || radiograph.estimate_facing().ok().map(|estimate| estimate.log_odds_right());
    match facing(stated, &chain, Film::from(radiograph).spacing_mm, picture) {
        Some(decided) if decided.probability >= SURE => Ok(decided.facing),
        decided => {
            let said = decided.map_or_else(String::new, |decided| {
                format!(" (a probability of {:.2} is too little)", decided.probability)
            });
            bail!(
                "--centres body: masks and picture do not tell which way the subject \
                 faces{said}; say it by --facing left or --facing right"
            )
        }
    }
}

/// One point of each mask.
fn centres(
    masks: &[Image; 5],
    pattern: &str,
    centre: impl Fn(&Image) -> Option<(f64, f64)>,
) -> anyhow::Result<VertebraKeypoints> {
    let centres = Level::ALL.map(|level| {
        let file = || pattern.replace("{level}", level.name());
        let found = centre(&masks[level.index()]);
        found.context("expected a mask of a vertebra, got an empty picture").with_context(file)
    });
    let [a, b, c, d, e] = centres;
    Ok(VertebraKeypoints::from_xy([a?, b?, c?, d?, e?])?)
}

fn variants(choice: Choice, masks: bool) -> Vec<ImageVariant> {
    let one = match choice {
        Choice::All => {
            let possible = |v: &ImageVariant| masks || !v.is_masked();
            return ImageVariant::ALL.into_iter().filter(possible).collect();
        }
        Choice::L1L5 => ImageVariant::L1L5,
        Choice::L1L5Masked => ImageVariant::L1L5Masked,
        Choice::L1L4 => ImageVariant::L1L4,
        Choice::L1L4Masked => ImageVariant::L1L4Masked,
        Choice::Patches => ImageVariant::Patches,
        Choice::PatchesMasked => ImageVariant::PatchesMasked,
    };
    vec![one]
}

fn describe(variant: ImageVariant, made: &VariantImages, json: bool) {
    for (i, alignment) in made.alignments.iter().enumerate() {
        if json {
            let line = serde_json::json!({
                "variant": variant, "picture": i, "alignment": alignment,
                "scale": alignment.scale(), "rotation_degrees": alignment.rotation().to_degrees(),
                "flipped": alignment.flipped(), "mm_per_px": alignment.mm_per_px(),
            });
            say!("{line}");
        } else {
            let mm = alignment.mm_per_px().map(|mm| format!(", {mm:.3} mm per px"));
            say!(
                "{}, picture {}: scale {:.4}, turned by {:.1} degrees{}{}",
                variant.label(),
                i + 1,
                alignment.scale(),
                alignment.rotation().to_degrees(),
                if alignment.flipped() { ", flipped" } else { "" },
                mm.unwrap_or_default()
            );
        }
    }
}

/// The film, not turned, with a cross on each centre and the border of the L1-L5 square.
fn overview(
    film: &Film<'_>,
    keypoints: &VertebraKeypoints,
    options: &VariantOptions,
) -> anyhow::Result<Image> {
    let square = options.align(keypoints, film.spacing_mm)?;
    let size = (2 * options.size()).min(OVERVIEW);
    let shrink = Affine::scale([size as f64 / film.height.max(film.width) as f64; 2])?;
    let mut image = resample(film, &shrink, size, size)?;
    let greatest = image.pixels.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    image.pixels.iter_mut().for_each(|v| *v = (*v / greatest).clamp(0.0, 1.0));
    for point in keypoints.points() {
        let (x, y) = shrink.apply((point.x, point.y));
        for d in -6..=6 {
            dot(&mut image, x + f64::from(d), y);
            dot(&mut image, x, y + f64::from(d));
        }
    }
    let side = options.size() as f64;
    for i in 0..4 * options.size() {
        let t = i as f64 / 4.0 - 0.5;
        for edge in [(t, -0.5), (t, side - 0.5), (-0.5, t), (side - 0.5, t)] {
            let (x, y) = shrink.apply(square.to_original(edge));
            dot(&mut image, x, y);
        }
    }
    Ok(image)
}

fn dot(image: &mut Image, x: f64, y: f64) {
    let (x, y) = (x.round(), y.round());
    if x >= 0.0 && y >= 0.0 && x < image.width as f64 && y < image.height as f64 {
        image.pixels[y as usize * image.width + x as usize] = 1.0;
    }
}
