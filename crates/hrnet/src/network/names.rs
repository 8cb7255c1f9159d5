//! Parameter names of the published network.
//!
//! This crate's module tree has the same order and indices; it differs in four ways only: links
//! between resolutions say of which kind they are, and normalisations too, the two parts of a
//! published sequence are called `conv` and `norm` instead of `0` and `1`, and burn's batch
//! normalisation calls its parameters `gamma` and `beta`.

/// Parts of a path that the published names do not have.
const NOT_PUBLISHED: [&str; 6] = ["links", "modules", "same", "up", "down", "Batch"];

/// The published name of a parameter, e.g. `transition1.1.0.0.weight`.
pub(crate) fn published_name(path: &[String]) -> String {
    let parts: Vec<&str> = path
        .iter()
        .map(String::as_str)
        .filter(|part| !NOT_PUBLISHED.contains(part))
        .map(|part| match part {
            "conv" => "0",
            "norm" => "1",
            "gamma" => "weight",
            "beta" => "bias",
            other => other,
        })
        .collect();
    parts.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_norms_get_their_published_names() {
        for (path, expected) in [
            ("conv1.weight", "conv1.weight"),
            ("bn1.Batch.gamma", "bn1.weight"),
            ("layer1.0.downsample.norm.Batch.running_mean", "layer1.0.downsample.1.running_mean"),
            ("transition1.links.0.same.conv.weight", "transition1.0.0.weight"),
            ("transition2.links.2.down.0.norm.Batch.beta", "transition2.2.0.1.bias"),
            ("stage3.modules.2.branches.1.0.bn2.Batch.gamma", "stage3.2.branches.1.0.bn2.weight"),
            (
                "stage3.modules.2.fuse_layers.0.2.up.conv.weight",
                "stage3.2.fuse_layers.0.2.0.weight",
            ),
            (
                "stage3.modules.2.fuse_layers.2.0.down.1.norm.Batch.running_var",
                "stage3.2.fuse_layers.2.0.1.1.running_var",
            ),
            ("final_layer.bias", "final_layer.bias"),
        ] {
            let path: Vec<String> = path.split('.').map(str::to_owned).collect();
            assert_eq!(published_name(&path), expected);
        }
    }
}
