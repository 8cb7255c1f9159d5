//! HRNet keypoint networks for lateral spine radiographs: published weights, training, detection.
