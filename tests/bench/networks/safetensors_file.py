"""Writes safetensors files without a package: https://github.com/huggingface/safetensors#format."""
import json
import struct


def write(path, tensors):
    """`tensors`: name -> torch tensor; those of floating point only."""
    header, blobs, at = {}, [], 0
    for name, tensor in tensors.items():
        if not tensor.is_floating_point():
            continue
        blob = tensor.detach().float().contiguous().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [at, at + len(blob)]}
        blobs.append(blob)
        at += len(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for blob in blobs:
            file.write(blob)
