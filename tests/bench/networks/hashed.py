"""Numbers that depend on a seed and an index only, the same in Python and in tests/nn/native/naive.h: splitmix64."""
import numpy as np
import torch


def hashed(seed, count):
    """`count` float32 values within [-1, 1)."""
    with np.errstate(over="ignore"):
        index = np.arange(1, count + 1, dtype=np.uint64)
        z = np.uint64(seed * 0x9E3779B97F4A7C15 % 2**64) + index * np.uint64(0xD1B54A32D192ED03)
        z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
        z = (z ^ z >> np.uint64(31)) >> np.uint64(40)
    return (z.astype(np.float64) / 8388608.0 - 1.0).astype(np.float32)


def hashed_tensor(shape, seed):
    return torch.from_numpy(hashed(seed, int(np.prod(shape, dtype=np.int64)))).reshape(shape)


def seed_of(name):
    """FNV-1a."""
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def fill(network):
    """Gives every parameter hashed values, such that what U^2-Nets make of an input has contrast.

    With h from the parameter's name: weights of convolutions sqrt(3 / inputs per output) * h, 4 times that for outconv
    and side1; running_var 1 + h / 2; weights of normalisations 1 + h / 4; all else h / 10.
    """
    for name, tensor in network.state_dict().items():
        if not tensor.is_floating_point():
            continue
        h = hashed_tensor(tensor.shape, seed_of(name))
        if tensor.dim() == 4:
            h = h * np.float32(np.sqrt(3.0 / tensor[0].numel()))
            if name in ("outconv.weight", "side1.weight"):
                h = h * 4
        elif name.endswith("running_var"):
            h = 1 + h / 2
        elif name.endswith("bn_s1.weight"):
            h = 1 + h / 4
        else:
            h = h / 10
        tensor.copy_(h)
    return network.eval()
