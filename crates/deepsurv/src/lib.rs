//! DeepSurv networks on covariates and radiographs, trained with the Cox partial likelihood; saliency.
