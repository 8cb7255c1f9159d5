//! Cox proportional hazards regression, imported FRAX probabilities and other clinical baselines.
