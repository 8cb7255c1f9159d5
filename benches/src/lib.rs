//! What the benches share: survival samples, timing, and the arguments of the speed programs.
//!
//! - `benches/`: criterion benches of one layer or statistic; CI runs each once.
//! - `speed/`: programs that time a whole network, a training step or a very large sample and print
//!   a table: `cargo bench --workspace --bench speed_layers -- avx2`.
//! - `peers/`: a workspace of its own that runs other libraries on the same work, by topic.

mod sample;
mod times;

use vertebra_conv::Precision;

pub use sample::SurvivalSample;
pub use times::Times;

/// The arguments of a speed program, without the `--bench` that `cargo bench` adds.
#[must_use]
pub fn arguments() -> Vec<String> {
    std::env::args().skip(1).filter(|argument| argument != "--bench").collect()
}

/// The numbers that networks compute in, by the argument `bf16` or `f32`; f32 without it.
#[must_use]
pub fn precision(argument: Option<&String>) -> Precision {
    match argument.map(String::as_str) {
        Some("bf16") => Precision::Bfloat16,
        _ => Precision::Float32,
    }
}

/// The most memory this process has held, in MB; `?` where the system does not say.
#[must_use]
pub fn peak_megabytes() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.map_or("?".to_owned(), |kb| (kb / 1000).to_string())
}

/// `n` fixed values between -1.2 and 1.3, which no layer finds easy.
#[must_use]
pub fn noise(n: usize) -> Vec<f32> {
    (0..n).map(|i| ((i * 31 + i / 7 * 17) % 997) as f32 / 400.0 - 1.2).collect()
}
