//! One deterministic, resumable training loop for burn networks.
