//! 2-D convolution at the processor's peak: forward, gradients and fused inference.
