//! How long 1e6 films take on 1 to 1,000 executors, simulated from measured times: which of store,
//! parts and stragglers limits.
//!
//! `executors SECONDS_PER_FILM MIB_PER_FILM`: both as measured; each executor has 16 processors.
#![allow(clippy::print_stdout)]

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Films, processors of an executor.
const FILMS: usize = 1_000_000;
const PROCESSORS: f64 = 16.0;
/// Bytes per second of the store for all executors together, and for one.
const STORE: f64 = 10e9;
const LINK: f64 = 1.25e9;
/// Seconds that the scheduler needs to hand out a task, one after the other.
const HAND_OUT: f64 = 0.005;
/// Of executors, those that are slow, and by how much.
const SLOW: usize = 50;
const SLOWER: f64 = 3.0;

fn main() {
    let numbers = std::env::args().skip(1).filter_map(|text| text.parse::<f64>().ok());
    let numbers: Vec<f64> = numbers.collect();
    let (seconds, mib) = match numbers[..] {
        [seconds, mib] => (seconds, mib),
        _ => (0.07, 0.4),
    };
    println!("executors  films of a part    hours   efficiency  with slow executors");
    for executors in [1, 10, 100, 300, 1000] {
        for part in [64, 256, 1024] {
            let run = |slow| simulate(executors, part, seconds, mib * 1048576.0, slow);
            let ideal = FILMS as f64 * seconds / (executors as f64 * PROCESSORS);
            let (even, uneven) = (run(false), run(true));
            println!(
                "{executors:>9}  {part:>15}  {:>7.2}  {:>9.1} %  {:>17.1} %",
                even / 3600.0,
                100.0 * ideal / even,
                100.0 * ideal / uneven
            );
        }
    }
}

/// Seconds until the last part is written. Each executor works on two parts at once, which share
/// its processors.
fn simulate(executors: usize, part: usize, seconds: f64, bytes: f64, slow: bool) -> f64 {
    let rate = (STORE / executors as f64).min(LINK);
    let per_film = (seconds / PROCESSORS).max(bytes / rate);
    let mut free: BinaryHeap<Reverse<(u64, usize)>> =
        (0..2 * executors).map(|slot| Reverse((0, slot))).collect();
    let (mut handed_out, mut end, mut left) = (0.0_f64, 0.0_f64, FILMS);
    while let Some(Reverse((at, slot))) = free.pop() {
        if left == 0 {
            break;
        }
        let films = part.min(left);
        left -= films;
        handed_out = handed_out.max(at as f64 / 1e6) + HAND_OUT;
        let is_slow = slow && (slot / 2).is_multiple_of(SLOW);
        let factor = if is_slow { 2.0 * SLOWER } else { 2.0 };
        let done = handed_out + films as f64 * per_film * factor;
        end = end.max(done);
        free.push(Reverse(((done * 1e6) as u64, slot)));
    }
    end
}
