"""U^2-Net and U^2-NetP with the official parameter names, written from the paper and the published state_dicts.

What our own engines are compared with. Outputs: d0 to d6 after their sigmoids.
"""
import torch
import torch.nn as nn
import torch.nn.functional as F


class Rectified(nn.Module):
    """Convolution, batch normalisation, ReLU."""

    def __init__(self, inputs, outputs, dilation=1):
        super().__init__()
        self.conv_s1 = nn.Conv2d(inputs, outputs, 3, padding=dilation, dilation=dilation)
        self.bn_s1 = nn.BatchNorm2d(outputs)
        self.relu_s1 = nn.ReLU(inplace=True)

    def forward(self, x):
        return self.relu_s1(self.bn_s1(self.conv_s1(x)))


def resize_like(x, like):
    return F.interpolate(x, size=like.shape[2:], mode="bilinear", align_corners=False)


class Pooled(nn.Module):
    """RSU-L: a U of `levels` levels."""

    def __init__(self, levels, inputs, inner, outputs):
        super().__init__()
        self.levels = levels
        self.rebnconvin = Rectified(inputs, outputs)
        self.rebnconv1 = Rectified(outputs, inner)
        for k in range(2, levels):
            setattr(self, f"rebnconv{k}", Rectified(inner, inner))
        setattr(self, f"rebnconv{levels}", Rectified(inner, inner, 2))
        for k in range(levels - 1, 1, -1):
            setattr(self, f"rebnconv{k}d", Rectified(2 * inner, inner))
        self.rebnconv1d = Rectified(2 * inner, outputs)
        self.pool = nn.MaxPool2d(2, 2, ceil_mode=True)

    def forward(self, x):
        x = start = self.rebnconvin(x)
        encoded = []
        for k in range(1, self.levels):
            x = getattr(self, f"rebnconv{k}")(self.pool(x) if k > 1 else x)
            encoded.append(x)
        x = getattr(self, f"rebnconv{self.levels}")(x)
        for k in range(self.levels - 1, 0, -1):
            same = encoded[k - 1]
            if x.shape[2:] != same.shape[2:]:
                x = resize_like(x, same)
            x = getattr(self, f"rebnconv{k}d")(torch.cat((x, same), 1))
        return x + start


class Dilated(nn.Module):
    """RSU-4F: dilation instead of pooling."""

    def __init__(self, inputs, inner, outputs):
        super().__init__()
        self.rebnconvin = Rectified(inputs, outputs)
        self.rebnconv1 = Rectified(outputs, inner)
        for k, dilation in ((2, 2), (3, 4), (4, 8)):
            setattr(self, f"rebnconv{k}", Rectified(inner, inner, dilation))
        self.rebnconv3d = Rectified(2 * inner, inner, 4)
        self.rebnconv2d = Rectified(2 * inner, inner, 2)
        self.rebnconv1d = Rectified(2 * inner, outputs)

    def forward(self, x):
        start = self.rebnconvin(x)
        one = self.rebnconv1(start)
        two = self.rebnconv2(one)
        three = self.rebnconv3(two)
        x = self.rebnconv3d(torch.cat((self.rebnconv4(three), three), 1))
        x = self.rebnconv2d(torch.cat((x, two), 1))
        return self.rebnconv1d(torch.cat((x, one), 1)) + start


class U2Net(nn.Module):
    def __init__(self, small=False, planes=1):
        super().__init__()
        inner = [16] * 11 if small else [32, 32, 64, 128, 256, 256, 256, 128, 64, 32, 16]
        outer = [64] * 11 if small else [64, 128, 256, 512, 512, 512, 512, 256, 128, 64, 64]
        self.stage1 = Pooled(7, 3, inner[0], outer[0])
        self.stage2 = Pooled(6, outer[0], inner[1], outer[1])
        self.stage3 = Pooled(5, outer[1], inner[2], outer[2])
        self.stage4 = Pooled(4, outer[2], inner[3], outer[3])
        self.stage5 = Dilated(outer[3], inner[4], outer[4])
        self.stage6 = Dilated(outer[4], inner[5], outer[5])
        self.stage5d = Dilated(outer[5] + outer[4], inner[6], outer[6])
        self.stage4d = Pooled(4, outer[6] + outer[3], inner[7], outer[7])
        self.stage3d = Pooled(5, outer[7] + outer[2], inner[8], outer[8])
        self.stage2d = Pooled(6, outer[8] + outer[1], inner[9], outer[9])
        self.stage1d = Pooled(7, outer[9] + outer[0], inner[10], outer[10])
        for k, channels in enumerate((outer[10], outer[9], outer[8], outer[7], outer[6], outer[5]), 1):
            setattr(self, f"side{k}", nn.Conv2d(channels, planes, 3, padding=1))
        self.outconv = nn.Conv2d(6 * planes, planes, 1)
        self.pool = nn.MaxPool2d(2, 2, ceil_mode=True)

    def forward(self, x):
        encoded = [self.stage1(x)]
        for k in range(2, 7):
            encoded.append(getattr(self, f"stage{k}")(self.pool(encoded[-1])))
        x = encoded[5]
        decoded = [x]
        for k in range(5, 0, -1):
            same = encoded[k - 1]
            x = getattr(self, f"stage{k}d")(torch.cat((resize_like(x, same), same), 1))
            decoded.insert(0, x)
        sides = [self.side1(decoded[0])]
        for k in range(2, 7):
            sides.append(resize_like(getattr(self, f"side{k}")(decoded[k - 1]), sides[0]))
        return tuple(torch.sigmoid(d) for d in [self.outconv(torch.cat(sides, 1))] + sides)
