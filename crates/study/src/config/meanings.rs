//! What each setting means, in one line: the source of `docs/SETTINGS.md` and of the `study.toml`
//! that `study --init` writes.

/// A setting: its name in its table, an example where no preset sets it, and what it means.
pub(super) struct Meaning {
    pub(super) name: &'static str,
    pub(super) example: Option<&'static str>,
    pub(super) text: &'static str,
}

const fn of(name: &'static str, text: &'static str) -> Meaning {
    Meaning { name, example: None, text }
}

const fn unset(name: &'static str, example: &'static str, text: &'static str) -> Meaning {
    Meaning { name, example: Some(example), text }
}

/// Every table of the file with its settings, in the order in which they are shown.
pub(super) const TABLES: [(&str, &[Meaning]); 22] = [
    ("", STUDY),
    ("covariates", COVARIATES),
    ("eligibility", ELIGIBILITY),
    ("trimming", TRIMMING),
    ("fracture_rule", FRACTURE_RULE),
    ("keypoints", KEYPOINTS),
    ("keypoints.network", NETWORK),
    ("keypoints.augmentation", FILM_CHANGES),
    ("keypoints.training", TRAINING),
    ("keypoints.training.learning_rate", LEARNING_RATE),
    ("picture", PICTURE),
    ("risk", RISK),
    ("risk.encoder", ENCODER),
    ("risk.image_training", RISK_TRAINING),
    ("risk.image_training.training", TRAINING),
    ("risk.image_training.training.learning_rate", LEARNING_RATE),
    ("risk.image_training.augmentation", PICTURE_CHANGES),
    ("risk.clinical_training", RISK_TRAINING),
    ("risk.clinical_training.training", TRAINING),
    ("risk.clinical_training.training.learning_rate", LEARNING_RATE),
    ("risk.clinical_training.augmentation", PICTURE_CHANGES),
    ("report", REPORT),
];

const STUDY: &[Meaning] = &[
    of("seed", "Every random choice derives from it."),
    of("test_fraction", "Share of the subjects in the test set, where no column `split` says it."),
    of("folds", "Folds of the cross-validation inside the development set."),
    of(
        "folds_by_centre",
        "Whether each value of the column `centre` is a fold instead, so that every model is \
         validated on centres that it never saw.",
    ),
    of(
        "cluster_by_centre",
        "Whether subjects of one centre depend on each other, where there are ten centres or \
         more: then centres are the units of standard errors, intervals and tests.",
    ),
    of("horizons", "Years at which AUC, accuracy and the Brier score are given."),
    of("main_horizon", "Years at which variants are compared and calibration is shown."),
    of("bootstrap", "Bootstrap replicates behind each interval; 100 or more."),
    of(
        "subgroups",
        "Groups in which C is given besides: `sex`, `age`, `centre`, `facing` (the side that a \
         subject faces on the film), a column of yes and no, or a categorical one.",
    ),
    of("age_groups", "Ages in years at which the groups of `age` begin, after the first."),
    of(
        "clinical_models",
        "Covariates of models 1, 2, 3, ..: columns of cohort.csv, or those declared under \
         `[covariates]`. With those of a preset, what is not recorded is left out with a note.",
    ),
    unset(
        "columns",
        "\"columns.toml\"",
        "File with the names, codes and units of the tables, in the place of `columns.toml` of the \
         cohort folder.",
    ),
    of(
        "imputations",
        "From 2 on: the coefficients of Cox models are pooled by Rubin's rules over so many \
         completions of the missing covariates, drawn by chained equations. Predictions keep one \
         stand-in for each covariate, as an outcome not yet known imputes nothing.",
    ),
    of(
        "variants",
        "Pictures to compare: `l1_l5`, `l1_l4`, `patches`, and `_masked` of each, which needs the \
         outline of every vertebra.",
    ),
    of(
        "choose_masked",
        "Whether a variant with masks may be chosen; then every new film needs masks drawn by \
         hand.",
    ),
    of(
        "outcome",
        "When a fracture happened: `visit` (on the day of the film) or `interval` (between the \
         last film without and the first with it): then risks, C, AUC and calibration are given by \
         interval too, beside those by film.",
    ),
    of("ties", "Equal event times in Cox regression: `efron` or `breslow`."),
    of("pictures", "Test subjects with, and without, the event whose heat maps are shown."),
    unset(
        "keypoint_model",
        "\"runs/detector\"",
        "Folder of a trained keypoint detector, or `shipped` for the one that comes with the \
         project; then none is trained, and films need no annotations. A cohort folder without \
         annotations has the shipped one.",
    ),
    unset(
        "reference",
        "\"reference.csv\"",
        "Table of normal height ratios (level, sex, ratio, mean, sd, n); learnt from the films \
         without it.",
    ),
    of(
        "unreadable_films",
        "Films that cannot be read, or whose marked points cannot be aligned: `stop` with a list \
         of them, or `exclude` their subjects and count them.",
    ),
    of("film_height", "Height in px to which films are reduced for the keypoint network."),
    of(
        "final_detector",
        "The detector of the model folder: `best_fold`, or `refit` on all development films.",
    ),
    unset(
        "fits_at_once",
        "2",
        "Networks trained in parallel; without it, half as many again as there are cores.",
    ),
];

const COVARIATES: &[Meaning] = &[unset(
    "smoking_status",
    "{ reference = \"never\" }",
    "A column of your own, under its name: `\"numeric\"`, `\"categorical\"`, or the level that \
     the others are compared with. The same may stand in columns.toml.",
)];

const ELIGIBILITY: &[Meaning] = &[
    of("min_age", "Youngest age at baseline, years."),
    of("min_follow_up", "Shortest follow-up, years."),
    of("position_required", "Whether a film counts only if its position is recorded as neutral."),
];

const TRIMMING: &[Meaning] = &[
    of("n_sd", "Vertebrae so many SD from the mean are left out of the reference of heights."),
    of("min_vertebrae", "Fewest vertebrae of a level and sex that make a reference."),
    of("pool_sexes", "One reference for women and men."),
];

const FRACTURE_RULE: &[Meaning] = &[
    of("n_sd", "A vertebra is fractured where a height ratio lies so many SD below normal,"),
    of("min_reduction", "and is besides reduced by this share of normal (0.2: Genant's grade 1)."),
];

const PRECISION: &str = "Numbers that convolutions are computed in during training: `float32`, or \
     `bfloat16`, for graphics cards with matrix units of such numbers.";

const KEYPOINTS: &[Meaning] = &[
    of("input_size", "Rows and columns of the network's input, px, multiples of 32."),
    of("sigma", "Width of the heatmaps' peaks, px of the input."),
    of("decoding", "How points are read from heatmaps: `dark`, `quarter_offset` or `soft_argmax`."),
    of(
        "candidates",
        "Vertebrae among which the most plausible L1 to L5 are chosen, at most 15; with 1, the \
         highest peak of each heatmap.",
    ),
    of("closer_looks", "Whether detection also looks closer and at equalised contrast."),
    unset(
        "pretrained",
        "\"hrnet_w32.pth\"",
        "File of published HRNet weights that the training starts from.",
    ),
    of("flip_test", "Whether the heatmaps of the film and of its mirror image are averaged."),
    unset(
        "micro_batch",
        "4",
        "Most films of a batch that go through the network at once; without it the whole batch. \
         Batch normalisation sees each part by itself.",
    ),
    of("precision", PRECISION),
];

const NETWORK: &[Meaning] = &[
    of("width", "Channels of the branch of highest resolution."),
    of("stem_width", "Channels of the first two convolutions."),
    of("n_bottlenecks", "Bottleneck blocks of the first stage."),
    of("in_channels", "Channels of the input: 1, or 3 for weights trained on colour pictures."),
    of("n_keypoints", "Heatmaps: 5, one for each vertebra."),
    of("stages", "Modules and blocks of the stages with two, three and four branches."),
];

const FILM_CHANGES: &[Meaning] = &[
    of("rotation", "Largest rotation of a training film, degrees."),
    of("log_scale", "Largest natural logarithm of its scale,"),
    of("log_stretch", "of its width over its height,"),
    of("translation", "Largest shift, share of the side."),
    of("flip", "Whether every second film is mirrored."),
    of("log_gamma", "Largest natural logarithm of gamma,"),
    of("log_contrast", "and of the contrast."),
    of("brightness", "Largest change of brightness, SD of the grey values."),
    of("noise", "Largest noise, SD of the grey values."),
    of("collimation", "Largest part of a side that a border hides."),
    of("cutout", "Largest square that is blanked, share of the height."),
    of("blur", "Largest blur, px of the input."),
    of("wedge", "Largest part that an oblique border hides."),
    of("marker", "Share of the films that get a bright letter."),
];

const TRAINING: &[Meaning] = &[
    of("epochs", "Passes over the training set."),
    unset("batch_size", "32", "Samples in a step; without it the whole training set."),
    of("optimizer", "`adam_w`, `adam` or `sgd`."),
    of("momentum", "Momentum of `sgd`; 0 for none."),
    of("weight_decay", "Weight decay; 0 for none."),
    unset("clip_norm", "1.0", "Largest norm of the gradient; without it, it is not clipped."),
    of("validate_every", "Epochs between two validations."),
    unset(
        "patience",
        "10",
        "Validations without a better score that end a training; a study holds out no films to \
         stop a detector by.",
    ),
    of("checkpoint_every", "Epochs between two checkpoints."),
    unset(
        "average_from",
        "8",
        "First epoch from which on the weights at the ends of epochs are averaged.",
    ),
    of("checkpoint_seconds", "Seconds after which a checkpoint is written within an epoch too."),
    of("seed", "Not used in a study, where it derives from the study's seed."),
];

const LEARNING_RATE: &[Meaning] = &[
    of("start", "Learning rate after the warm-up,"),
    of("end", "and at the end."),
    of("schedule", "The way between them: `constant`, `linear`, `cosine` or `{ step = [..] }`."),
    of("warmup", "Share of the run in which it rises from 0."),
];

const PICTURE: &[Meaning] = &[
    of("size", "Side of a picture of the whole lumbar spine, px."),
    of("patch_size", "Side of the picture of one vertebra, px."),
    of("mode", "`similarity`, `least_squares`, or `rigid`, which needs the pixel spacing."),
    of("margin", "Room beyond L1 and L5, in distances between vertebrae."),
];

const RISK: &[Meaning] = &[
    of("image_hidden", "Widths of the fully connected layers behind the encoder."),
    of("clinical_hidden", "Widths of the layers of networks on covariates alone."),
    of("dropout", "Dropout in these layers."),
    of(
        "fusion",
        "How models with images and covariates join them where they are not stacked: by \
         `concatenation`, by `modulation`, where covariates scale and shift the features of the \
         images, or by `log_hazard`, where the features become one number first.",
    ),
    of(
        "encoder_start",
        "Where models with images and covariates start: `stacked` keeps the image-only model, \
         whose log hazard joins the covariates, and learns what it is worth from networks that never \
         saw a subject; `frozen` keeps its encoder, `fine_tuned` trains all of it further; \
         `scratch` starts from random weights.",
    ),
];

const ENCODER: &[Meaning] = &[
    of("stem", "First layers: `compact` for small pictures, `published` as in ResNet."),
    of("widths", "Channels of each stage."),
    of("blocks", "Residual blocks of each stage."),
    of(
        "block",
        "What they are: `basic` as in ResNet-18 and ResNet-34, or `bottleneck` as in ResNet-50, \
         which puts out four times the stage's channels.",
    ),
    of("normalization", "`batch`, or `{ group = n }` with n groups."),
    of(
        "pooling",
        "How the vertebrae of one subject become one: `mean`, `max`, `attention` (a mean weighted by \
         what each shows) or `levels` (side by side, each in its place).",
    ),
];

const RISK_TRAINING: &[Meaning] = &[
    of(
        "micro_batch",
        "Subjects in memory at once; the result depends on it with batch normalisation alone.",
    ),
    of("ties", "Equal event times in the loss: `efron` or `breslow`."),
    of("spread_events", "Whether each mini-batch has its share of the events."),
    unset(
        "controls_per_event",
        "3.0",
        "Subjects without the event that a step draws for each event; without it all.",
    ),
    of("score", "By what an epoch is judged: `concordance` or `likelihood`."),
    of("precision", PRECISION),
];

const PICTURE_CHANGES: &[Meaning] = &[
    of("shift", "Largest shift of a training picture, px."),
    of("brightness", "Largest change of its brightness, units of the pixels,"),
    of("contrast", "and of its contrast."),
];

const REPORT: &[Meaning] = &[
    of(
        "paper_values",
        "Whether the values that the paper printed stand beside those of this study.",
    ),
    unset("title", "\"Vertebral fracture in women over 60\"", "Title of the report."),
    unset(
        "validation",
        "\"internal\"",
        "How the test set relates to the development set: `internal`, `temporal`, `external`.",
    ),
    unset(
        "background",
        "\"FRAX is used; films are at hand\"",
        "The healthcare context, and existing models.",
    ),
    unset(
        "intended_use",
        "\"Radiologists, on lumbar films of people over 50\"",
        "Who would use the models, on whom, for what.",
    ),
    unset(
        "inequalities",
        "\"Fewer films of men\"",
        "Known inequalities of health between groups of the target population.",
    ),
    unset(
        "setting",
        "\"Three hospitals, outpatients\"",
        "Setting, centres, and how subjects came to be recorded.",
    ),
    unset(
        "dates",
        "\"2005 to 2012, followed to 2020\"",
        "Dates of accrual and of the end of follow-up.",
    ),
    unset(
        "treatments",
        "\"None before baseline\"",
        "Treatments received, and how they were handled.",
    ),
    unset(
        "outcome_assessors",
        "\"Two radiologists\"",
        "Who assessed the outcome, and with which training.",
    ),
    unset(
        "blinding",
        "\"Assessors did not know the covariates\"",
        "What those who assessed outcome and predictors knew of each other.",
    ),
    unset("predictor_choice", "\"Those of FRAX that were recorded\"", "Why these covariates."),
    unset(
        "predictor_assessors",
        "\"Nurses; films by two readers\"",
        "Who recorded the covariates and marked the films.",
    ),
    unset("sample_size", "\"All that were available\"", "How the number of subjects was chosen."),
    unset(
        "ethics",
        "\"Committee of X, 2004-12; consent waived\"",
        "Approval by a committee, and consent.",
    ),
    unset(
        "funding",
        "\"Grant 123 of Y, without influence\"",
        "Sources of funding and the role of funders.",
    ),
    unset("conflicts", "\"None\"", "Conflicts of interest."),
    unset("protocol", "\"doi:10.1234/protocol\"", "Where the protocol is."),
    unset("registration", "\"None\"", "Number and registry."),
    unset("data_sharing", "\"On request\"", "Where data are available."),
    unset("involvement", "\"None\"", "How patients or the public took part."),
    unset(
        "interpretation",
        "\"The film adds little to age\"",
        "What the results mean, fairness included.",
    ),
    unset("next_steps", "\"Validation elsewhere\"", "What should follow."),
];
