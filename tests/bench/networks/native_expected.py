"""Prints the values that tests/nn/native/u2net_test.cpp expects: U^2-NetP with hashed weights on a hashed 64 x 48 input."""
import torch

import hashed
from u2net import U2Net

torch.set_num_threads(1)
with torch.no_grad():
    outputs = hashed.fill(U2Net(True))(hashed.hashed_tensor((1, 3, 64, 48), 7))
print("d0, every 8th row from 4 and column from 3:")
print(", ".join(f"{v:.7g}f" for v in outputs[0][0, 0, 4::8, 3::8].flatten().tolist()))
print("d1 to d6 at row 21, column 17:")
print(", ".join(f"{d[0, 0, 21, 17]:.7g}f" for d in outputs[1:]))
