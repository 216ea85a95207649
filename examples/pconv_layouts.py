"""Published layouts of partial-convolution U-Nets, and how they become the one that inpaint reads.

inpaint's layers follow NVIDIA's formula, raw * sum(1) / sum(M) + bias, in which sum(1) counts the window over all
channels. Ports that divide by other counts get their weights divided by what they lack; all else stays as it is:
  naoto     naoto0804/pytorch-inpainting-with-partial-conv: enc_N.conv.input_conv.weight; raw / sum(M), so weights are
            divided by inputs * k * k. Pictures, also those that come out, are normalised by ImageNet's mean and
            deviation; the last layer's weights and bias turn them back.
  mmagic    open-mmlab's generator.encoder.encN.conv.weight; the formula itself. Pictures are in [-1,1].
  keras     MathiasGruber/PConv-Keras (.h5): p_conv2d_N in the order of the layers; raw * k^2 / sum(M), so weights are
            divided by their inputs. Decoders read [skip, up-sampled]; norms add 1e-3 to the variance, not 1e-5; after
            the last layer come LeakyReLU, a 1 x 1 convolution and a sigmoid: out.conv. Pictures are in [0,1].
  official  encN.conv.weight, decN.conv.weight: names and formula as they are; how pictures are normalised must be told.
"""
import re

import torch

IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
NORMALISATIONS = {
    "none": {"mean": [0, 0, 0], "std": [1, 1, 1], "range": [0, 1]},
    "minus-one": {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5], "range": [-1, 1]},
    "imagenet": {**IMAGENET, "range": [0, 1]},  # the last layer turns it back
}
USUAL = {"naoto": "imagenet", "mmagic": "minus-one", "keras": "none"}
NORM = ["weight", "bias", "running_mean", "running_var"]
SOURCES = {"naoto": "https://github.com/naoto0804/pytorch-inpainting-with-partial-conv",
           "mmagic": "https://github.com/open-mmlab/mmagic",
           "keras": "https://github.com/MathiasGruber/PConv-Keras", "official": ""}


class Refused(Exception):
    """What is wrong, for the user."""


def layout_of(names):
    """The layout that these names belong to, or None."""
    tests = {"naoto": r"enc_1\.conv\.input_conv\.weight", "mmagic": r"(generator\.)?encoder\.enc1\.conv\.weight",
             "keras": r"p_conv2d(_\d+)?/img_kernel", "official": r"enc1\.conv\.weight"}
    for layout, test in tests.items():
        if any(re.fullmatch(test, name) for name in names):
            return layout
    return None


def renamed(weights, layout):
    """inpaint's names; masks' kernels, counters and the like are left out."""
    patterns = {"naoto": r"(enc|dec)_(\d+)\.(conv\.input_conv|bn)\.(\w+)",
                "mmagic": r"(?:generator\.)?(?:encoder|decoder)\.(enc|dec)(\d+)\.(conv|bn)\.(\w+)",
                "official": r"(enc|dec)(\d+)\.(conv|bn)\.(\w+)"}
    result = {}
    for name, value in weights.items():
        match = re.fullmatch(patterns[layout], name)
        if match is None:
            continue
        side, level, part, what = match.groups()
        if what in (["weight", "bias"] if part.startswith("conv") else NORM):
            result[f"{side}{level}.{part.split('.')[0]}.{what}"] = value.float()
    return result


def numbered(names, pattern):
    """Names by the number in them, none counting as 0."""
    found = [(int(match.group(1) or 0), name) for name in names if (match := re.fullmatch(pattern, name))]
    return [name for _, name in sorted(found)]


def from_keras(weights):
    """Layers come in the order in which the network was built: encoders, then decoders from the deepest up."""
    kernels = numbered(weights, r"p_conv2d(?:_(\d+))?/img_kernel")
    if len(kernels) % 2 != 0 or "outputs_img/kernel" not in weights:
        raise Refused(f"{len(kernels)} p_conv2d layers and {'an' if 'outputs_img/kernel' in weights else 'no'} "
                      "outputs_img: expected as many encoders as decoders, then outputs_img")
    levels = len(kernels) // 2
    layers = [f"enc{n}" for n in range(1, levels + 1)] + [f"dec{n}" for n in range(levels, 0, -1)]
    result = {}
    for layer, kernel in zip(layers, kernels):
        result[layer + ".conv.weight"] = weights[kernel].permute(3, 2, 0, 1)  # HWIO
        bias = kernel.replace("img_kernel", "bias")
        if bias in weights:
            result[layer + ".conv.bias"] = weights[bias]
    for side, pattern in (("enc", r"EncBN(\d+)/gamma"), ("dec", r"batch_normalization(?:_(\d+))?/gamma")):
        norms = numbered(weights, pattern)
        if len(norms) != levels - 1:
            raise Refused(f"{len(norms)} batch normalisations of {side}oders, expected {levels - 1}")
        # Neither the first encoder nor the last decoder has one.
        order = range(2, levels + 1) if side == "enc" else range(levels, 1, -1)
        for level, gamma in zip(order, norms):
            for theirs, ours in zip(["gamma", "beta", "moving_mean", "moving_variance"], NORM):
                result[f"{side}{level}.bn.{ours}"] = weights[gamma.replace("gamma", theirs)]
            result[f"{side}{level}.bn.running_var"] = result[f"{side}{level}.bn.running_var"] + (1e-3 - 1e-5)
    result["out.conv.weight"] = weights["outputs_img/kernel"].permute(3, 2, 0, 1)
    result["out.conv.bias"] = weights["outputs_img/bias"]
    for level in range(1, levels + 1):  # [skip, up-sampled] becomes [up-sampled, skip]
        name = f"dec{level}.conv.weight"
        skip = result[f"enc{level - 1}.conv.weight"].shape[0] if level > 1 else 3
        result[name] = torch.cat([result[name][:, skip:], result[name][:, :skip]], 1)
    return result


def rescaled(weights, layout):
    for name in [name for name in weights if re.fullmatch(r"(enc|dec)\d+\.conv\.weight", name)]:
        _, inputs, height, width = weights[name].shape
        weights[name] = weights[name] / {"naoto": inputs * height * width, "keras": inputs}.get(layout, 1)


def turned_back(weights):
    """The last layer's result times ImageNet's deviation plus its mean."""
    mean, std = torch.tensor(IMAGENET["mean"]), torch.tensor(IMAGENET["std"])
    bias = weights.get("dec1.conv.bias", torch.zeros(3))
    weights["dec1.conv.weight"] = weights["dec1.conv.weight"] * std.view(3, 1, 1, 1)
    weights["dec1.conv.bias"] = bias * std + mean


def convert(weights, normalisation=None):
    """inpaint's tensors, the layout's name and the card's normalisation."""
    layout = layout_of(weights)
    if layout is None:
        raise Refused("no layout that is known here: expected names like those of " + ", ".join(SOURCES))
    normalisation = normalisation or USUAL.get(layout)
    if normalisation is None:
        raise Refused("how pictures were normalised is not told by the names: add --normalisation none|imagenet|minus-one")
    result = from_keras(weights) if layout == "keras" else renamed(weights, layout)
    if "dec1.conv.weight" not in result or result["dec1.conv.weight"].shape[0] != 3:
        raise Refused(f"looks like {layout}, but has no last decoder of 3 channels")
    rescaled(result, layout)
    if normalisation == "imagenet":
        if "out.conv.weight" in result:
            raise Refused("a network that ends in a sigmoid gives no pictures normalised by ImageNet")
        turned_back(result)
    return {name: tensor.contiguous() for name, tensor in result.items()}, layout, NORMALISATIONS[normalisation]


def read_keras(path):
    """LAYER/VARIABLE of a Keras weights file."""
    import h5py

    weights = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset):
            layer, variable = name.split("/")[-2:]
            weights[f"{layer}/{variable.split(':')[0]}"] = torch.from_numpy(item[()]).float()

    with h5py.File(path, "r") as file:
        (file["model_weights"] if "model_weights" in file else file).visititems(visit)
    return weights


def card(name, file, sha256, size, weights, layout, normalisation, licence):
    levels = sum(1 for tensor in weights if re.fullmatch(r"enc\d+\.conv\.weight", tensor))
    return f"""name: {name}
tasks: [reconstruct, inpaint]
summary: Partial-convolution U-Net of {levels} levels, converted from the layout {layout}
driver: safetensors
architecture: pconv
source: '{SOURCES[layout]}'
licence: '{licence}'
commercial: false
files:
  - name: '{file}'
    sha256: {sha256}
    size: {size}
input:
  tensors: [known-image, known]
  modulus: {1 << levels}
  divide: 255
  mean: {normalisation["mean"]}
  std: {normalisation["std"]}
output:
  kind: colors
  range: {normalisation["range"]}
"""
