#!/usr/bin/env python3
"""Converts pickled PyTorch weights (.pth, .ckpt) to safetensors, which inpaint opens.

    convert_weights.py IN.pth OUT.safetensors [--entry NAME] [--strip PREFIX]...
    convert_weights.py IN.pth|IN.h5 OUT.safetensors --architecture pconv [--normalisation none|imagenet|minus-one]
                       [--licence SPDX]

inpaint itself opens no pickles: opening one may run any code that its author put in. This script does it once, with
torch.load(weights_only=True), which admits tensors and plain containers only (PyTorch 1.13 or newer).
The file must hold a flat dictionary of tensors, as torch.save(network.state_dict(), ...) writes it; --entry takes the
dictionary of that name out of a larger checkpoint, e.g. "state_dict". The prefix "module." of nn.DataParallel is
stripped from all names, and so is each --strip PREFIX, in this order. Values keep their type.
--architecture pconv takes a partial-convolution U-Net in a published layout (see pconv_layouts.py: naoto0804, MMagic,
the Keras port, whose .h5 needs python3-h5py, or NVIDIA's formula under inpaint's own names), scales and renames its
weights to inpaint's, and writes card.yaml beside OUT, so that `--model OUT` works at once.
"""
import argparse
import hashlib
import json
import os
import struct
import sys

TYPES = {"float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16", "int64": "I64", "int32": "I32",
         "int16": "I16", "int8": "I8", "uint8": "U8", "bool": "BOOL"}


def load(path, entry):
    import torch

    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except TypeError:
        sys.exit(f"PyTorch {torch.__version__} has no weights_only loading; use 1.13 or newer")
    except Exception as error:
        sys.exit(f"{path}: cannot be read as weights alone: {str(error).splitlines()[0]}")
    if entry:
        if not isinstance(content, dict) or entry not in content:
            sys.exit(f"{path}: has no entry '{entry}'" +
                     (f"; it has {', '.join(map(str, content))}" if isinstance(content, dict) else ""))
        content = content[entry]
    if not isinstance(content, dict) or not content:
        sys.exit(f"{path}: expected a dictionary of tensors, found {type(content).__name__}")
    for name, value in content.items():
        if not isinstance(name, str) or not isinstance(value, torch.Tensor):
            inner = ", ".join(str(k) for k, v in content.items() if isinstance(v, dict))
            sys.exit(f"{path}: '{name}' is no tensor but {type(value).__name__}" +
                     (f"; perhaps --entry with one of: {inner}" if inner else ""))
    return content


def stripped(weights, prefixes):
    renamed = {}
    for name, tensor in weights.items():
        for prefix in prefixes:
            name = name[len(prefix):] if name.startswith(prefix) else name
        if name in renamed:
            sys.exit(f"two tensors would be called '{name}'")
        renamed[name] = tensor
    return renamed


def raw_bytes(tensor):
    import torch

    tensor = tensor.detach().contiguous()
    if tensor.dtype == torch.bfloat16:  # numpy has no such type
        tensor = tensor.view(torch.int16)
    return tensor.numpy().tobytes()


def write(path, weights, metadata=None):
    """https://github.com/huggingface/safetensors#format: header size, header as JSON, values one after the other."""
    header, at = {"__metadata__": metadata} if metadata else {}, 0
    for name, tensor in weights.items():
        kind = str(tensor.dtype).split(".")[1]
        if kind not in TYPES:
            sys.exit(f"'{name}' is of type {kind}, which safetensors cannot hold")
        size = tensor.numel() * tensor.element_size()
        header[name] = {"dtype": TYPES[kind], "shape": list(tensor.shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 64)
    half = path + ".part"
    with open(half, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in weights.values():
            file.write(raw_bytes(tensor))
    os.replace(half, path)
    return at


def read_pconv(path, entry):
    import pconv_layouts

    if path.endswith((".h5", ".hdf5")):
        try:
            return pconv_layouts.read_keras(path)
        except ImportError:
            sys.exit(f"{path}: reading it needs h5py (Debian: python3-h5py)")
        except OSError as error:
            sys.exit(f"{path}: {error}")
    return stripped(load(path, entry), ["module."])


def convert_pconv(options):
    import pconv_layouts

    card = os.path.join(os.path.dirname(options.output), "card.yaml")
    if os.path.exists(card):
        sys.exit(f"{card}: is there already; convert into a folder of its own")
    weights = read_pconv(options.input, options.entry)
    try:
        weights, layout, normalisation = pconv_layouts.convert(weights, options.normalisation)
    except pconv_layouts.Refused as why:
        sys.exit(f"{options.input}: {why}")
    write(options.output, weights, {"architecture": "pconv", "base": "none"})
    with open(options.output, "rb") as file:
        content = file.read()
    name = os.path.splitext(os.path.basename(options.output))[0]
    with open(card, "w") as file:
        file.write(pconv_layouts.card(name, os.path.basename(options.output), hashlib.sha256(content).hexdigest(),
                                      len(content), weights, layout, normalisation, options.licence))
    print(f"{options.output}: {len(weights)} tensors of the layout {layout}, {len(content)} bytes; {card}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input", metavar="IN.pth")
    parser.add_argument("output", metavar="OUT.safetensors")
    parser.add_argument("--entry", metavar="NAME", help="entry of the checkpoint that holds the weights")
    parser.add_argument("--strip", metavar="PREFIX", action="append", default=[], help="prefix to strip from names")
    parser.add_argument("--architecture", choices=["pconv"], help="convert a published layout, and write a card")
    parser.add_argument("--normalisation", choices=["none", "imagenet", "minus-one"],
                        help="pconv: how pictures were normalised, where it is not the layout's own way")
    parser.add_argument("--licence", default="", help="pconv: licence of the weights, for the card")
    options = parser.parse_args()
    if options.architecture:
        return convert_pconv(options)
    weights = stripped(load(options.input, options.entry), ["module."] + options.strip)
    size = write(options.output, weights)
    print(f"{options.output}: {len(weights)} tensors, {size} bytes")


if __name__ == "__main__":
    main()
