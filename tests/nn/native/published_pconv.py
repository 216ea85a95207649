"""Partial-convolution U-Nets as their ports have them, small and with random weights: a checkpoint in the port's own
layout, a picture, its mask, and what the port's own formula makes of it. Written from the ports' definitions, apart
from examples/pconv_layouts.py, which it is to test.

Usage: published_pconv.py FOLDER naoto|mmagic|keras
Writes FOLDER/net.pth (keras: net.h5), and FOLDER/expected.safetensors with x in [0,1], known, result in [0,1].
"""
import json
import os
import struct
import sys

import torch
import torch.nn.functional as F

WIDTHS, KERNELS = [3, 16, 24, 32], [None, 7, 5, 3]
LEVELS = 3
MEAN, STD = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1), torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)


def random_norm(count):
    return {"weight": 1 + 0.5 * torch.rand(count), "bias": torch.randn(count) * 0.3,
            "running_mean": torch.randn(count) * 0.3, "running_var": 0.5 + torch.rand(count)}


def layers():
    """name -> weight, norm."""
    made = {}
    for n in range(1, LEVELS + 1):
        shape = (WIDTHS[n], WIDTHS[n - 1], KERNELS[n], KERNELS[n])
        made[f"enc{n}"] = (torch.randn(shape), random_norm(WIDTHS[n]) if n > 1 else None)
    for n in range(LEVELS, 0, -1):
        shape = (WIDTHS[n - 1], WIDTHS[n] + WIDTHS[n - 1], 3, 3)
        made[f"dec{n}"] = (torch.randn(shape), random_norm(WIDTHS[n - 1]) if n > 1 else None)
    return made


def run(made, x, known, conv, skip_first, epsilon, last_slope):
    def norm_of(value, norm):
        if norm is None:
            return value
        return F.batch_norm(value, norm["running_mean"], norm["running_var"], norm["weight"], norm["bias"], False, 0.1,
                            epsilon)

    maps = [(x, known.expand_as(x))]
    for n in range(1, LEVELS + 1):
        value, mask = conv(f"enc{n}", *maps[-1], 2)
        maps.append((F.relu(norm_of(value, made[f"enc{n}"][1])), mask))
    value, mask = maps[-1]
    for n in range(LEVELS, 0, -1):
        up, up_mask = F.interpolate(value, scale_factor=2), F.interpolate(mask, scale_factor=2)
        pair, masks = [up, maps[n - 1][0]], [up_mask, maps[n - 1][1]]
        if skip_first:
            pair, masks = pair[::-1], masks[::-1]
        value, mask = conv(f"dec{n}", torch.cat(pair, 1), torch.cat(masks, 1), 1)
        value = norm_of(value, made[f"dec{n}"][1])
        if n > 1 or last_slope:
            value = F.leaky_relu(value, 0.2)
    return value


def counted(weight, value, mask, stride):
    pad = weight.shape[2] // 2
    raw = F.conv2d(value * mask, weight, None, stride, pad)
    return raw, F.conv2d(mask, torch.ones_like(weight), None, stride, pad)


def naoto(x, known):
    made = layers()
    gain = {name: weight[0].numel() ** 0.5 for name, (weight, _) in made.items()}  # so that raw / sum(M) is about 1
    bias = torch.randn(3) * 0.1

    def conv(name, value, mask, stride):
        weight = made[name][0] * gain[name]
        raw, count = counted(weight, value, mask, stride)
        out = raw / count.masked_fill(count == 0, 1)
        if name == "dec1":
            out = out + bias.view(1, 3, 1, 1)
        return out.masked_fill(count == 0, 0), (count > 0).float()

    result = run(made, (x - MEAN) / STD, known, conv, False, 1e-5, False) * STD + MEAN
    state = {}
    for name, (weight, norm) in made.items():
        theirs = name[:3] + "_" + name[3:]
        state[f"{theirs}.conv.input_conv.weight"] = weight * gain[name]
        state[f"{theirs}.conv.mask_conv.weight"] = torch.ones_like(weight)
        for what, value in (norm or {}).items():
            state[f"{theirs}.bn.{what}"] = value
        if norm:
            state[f"{theirs}.bn.num_batches_tracked"] = torch.tensor(5)
    state["dec_1.conv.input_conv.bias"] = bias
    torch.save({"model": state, "optimizer": {}, "n_iter": 5}, f"{folder}/net.pth")
    return result


def mmagic(x, known):
    made = layers()
    bias = torch.randn(3) * 0.1

    def conv(name, value, mask, stride):
        weight = made[name][0] / made[name][0][0].numel() ** 0.5
        raw, count = counted(weight, value, mask, stride)
        known_now = count.clamp(0, 1)
        out = raw * (weight[0].numel() / (count + 1e-8)) * known_now
        if name == "dec1":
            out = (out + bias.view(1, 3, 1, 1)) * known_now
        return out, known_now

    result = (run(made, (x - 0.5) / 0.5, known, conv, False, 1e-5, False) + 1) / 2
    state = {}
    for name, (weight, norm) in made.items():
        theirs = f"generator.{'encoder' if name[0] == 'e' else 'decoder'}.{name}"
        state[f"{theirs}.conv.weight"] = weight / weight[0].numel() ** 0.5
        state[f"{theirs}.conv.weight_mask_updater"] = torch.ones_like(weight)
        for what, value in (norm or {}).items():
            state[f"{theirs}.bn.{what}"] = value
    state["generator.decoder.dec1.conv.bias"] = bias
    torch.save({"meta": {}, "state_dict": state}, f"{folder}/net.pth")
    return result


def keras(x, known):
    import h5py

    made = layers()
    biases = {name: torch.randn(weight.shape[0]) * 0.1 for name, (weight, _) in made.items()}
    gain = {name: weight.shape[1] / weight[0].numel() ** 0.5 for name, (weight, _) in made.items()}

    def conv(name, value, mask, stride):
        weight = made[name][0] * gain[name]
        raw, count = counted(weight, value, mask, stride)
        window = weight.shape[2] * weight.shape[3]
        known_now = count.clamp(0, 1)
        return raw * (window / (count + 1e-8) * known_now) + biases[name].view(1, -1, 1, 1), known_now

    last, last_bias = torch.randn(3, 3), torch.randn(3)
    value = run(made, x, known, conv, True, 1e-3, True)
    result = torch.sigmoid(torch.einsum("oi,nihw->nohw", last, value) + last_bias.view(1, 3, 1, 1))
    theirs = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
    with h5py.File(f"{folder}/net.h5", "w") as file:
        # Keras counts from 1, in the order of building: enc1, enc2, ..., dec3, dec2, dec1.
        for number, (name, (weight, norm)) in enumerate(made.items(), 1):
            group = f"p_conv2d_{number}/p_conv2d_{number}"
            file[f"{group}/img_kernel:0"] = (weight * gain[name]).permute(2, 3, 1, 0).numpy()
            file[f"{group}/bias:0"] = biases[name].numpy()
            norms = f"EncBN{number - 1}" if name[0] == "e" else f"batch_normalization_{number - LEVELS}"
            for what, value in (norm or {}).items():
                file[f"{norms}/{norms}/{theirs[what]}:0"] = value.numpy()
        file["outputs_img/outputs_img/kernel:0"] = last.T.reshape(1, 1, 3, 3).numpy()
        file["outputs_img/outputs_img/bias:0"] = last_bias.numpy()
    return result


def write(path, tensors):
    header, at = {}, 0
    for name, tensor in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [at, at + 4 * tensor.numel()]}
        at += 4 * tensor.numel()
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors.values():
            file.write(tensor.contiguous().numpy().tobytes())


folder, port = sys.argv[1:3]
torch.manual_seed(3)
x, known = torch.rand(2, 3, 32, 48), (torch.rand(2, 1, 32, 48) < 0.7).float()
known[:, :, 4:20, 10:30] = 0
x = x * known
result = {"naoto": naoto, "mmagic": mmagic, "keras": keras}[port](x, known)
write(os.path.join(folder, "expected.safetensors"), {"x": x, "known": known, "result": result})
