"""Random weights and their outputs from timm's HRNet, as references for the tests.

    pip install torch timm safetensors numpy
    python timm_reference.py narrow .       # the committed files
    python timm_reference.py w32 OUT/w32    # the same for the published width

Writes NAME.pth and NAME.safetensors (weights with the published names of a pose network: row 0 of
the last exchange and a head `final_layer`) and NAME_io.safetensors (`input` [1, 3, H, W], `output`).
"""
import sys
from pathlib import Path

import timm
import torch
from safetensors.torch import save_file
from timm.models.hrnet import Bottleneck, HighResolutionNet

KEYPOINTS = 5
# width, stem width, bottlenecks, (modules, blocks) per stage, input side
SHAPES = {
    "narrow": (2, 4, 2, ((1, 2), (1, 1), (2, 1)), 64),
    "w18": (18, 64, 4, ((1, 4), (4, 4), (3, 4)), 128),
    "w18_small_v2": (18, 64, 2, ((1, 2), (3, 2), (2, 2)), 128),
    "w32": (32, 64, 4, ((1, 4), (4, 4), (3, 4)), 128),
    "w48": (48, 64, 4, ((1, 4), (4, 4), (3, 4)), 128),
}


def configuration(width, stem, bottlenecks, stages):
    cfg = dict(stem_width=stem)
    cfg["stage1"] = dict(num_modules=1, num_branches=1, block_type="BOTTLENECK",
                         num_blocks=(bottlenecks,), num_channels=(stem,), fuse_method="SUM")
    for i, (modules, blocks) in enumerate(stages):
        n = i + 2
        cfg[f"stage{n}"] = dict(num_modules=modules, num_branches=n, block_type="BASIC",
                                num_blocks=(blocks,) * n,
                                num_channels=tuple(width << k for k in range(n)),
                                fuse_method="SUM")
    return cfg


def randomise(net):
    """Statistics of normalisation far from 0 and 1, so that each of them matters."""
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.weight.data.uniform_(0.5, 1.5)
            module.bias.data.normal_(0, 0.3)
            module.running_mean.normal_(0, 0.3)
            module.running_var.uniform_(0.5, 2.0)


def main(name, folder):
    torch.manual_seed(2019)
    width, stem, bottlenecks, stages, side = SHAPES[name]
    net = HighResolutionNet(configuration(width, stem, bottlenecks, stages), head="")
    head = torch.nn.Conv2d(width, KEYPOINTS, 1)
    if stem != 64:  # timm's second convolution and stage 1 always have 64 channels
        net.conv2 = torch.nn.Conv2d(stem, stem, 3, 2, 1, bias=False)
        net.bn2 = torch.nn.BatchNorm2d(stem)
        net.layer1 = net._make_layer(Bottleneck, stem, stem, bottlenecks)
    net.eval()
    randomise(net)
    x = torch.randn(1, 3, side, side)
    with torch.no_grad():
        y = net.act1(net.bn1(net.conv1(x)))
        y = net.act2(net.bn2(net.conv2(y)))
        y = head(net.stages(y)[0])
    last = f"stage4.{stages[2][0] - 1}.fuse_layers."
    kept = {
        k: v.contiguous() for k, v in net.state_dict().items()
        if not (k.startswith(last) and not k.startswith(last + "0."))
    }
    kept |= {f"final_layer.{k}": v for k, v in head.state_dict().items()}
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(kept, folder / f"{name}.pth")
    save_file(kept, folder / f"{name}.safetensors")
    save_file({"input": x, "output": y.contiguous()}, folder / f"{name}_io.safetensors")
    print(f"timm {timm.__version__}, torch {torch.__version__}", len(kept), "tensors")


if __name__ == "__main__":
    main(*sys.argv[1:])
