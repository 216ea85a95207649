"""Paints scratches, dust and text over photographs, with the mask of what was painted."""
import glob, io, os
import cv2, numpy as np
from PIL import Image, ImageDraw, ImageFont

DATA = '/work/shared/data'
FONTS = sorted(f for f in glob.glob('/usr/share/fonts/**/*.ttf', recursive=True) + glob.glob('/usr/share/fonts/**/*.otf', recursive=True)
               if not any(w in f.lower() for w in ('symbol', 'dingbat', 'emoji', 'd050', 'math', 'icon', 'awesome')))
FINE = 4  # painted so many times larger, for soft edges


def pictures(part):
    """Clean pictures: 'fit' and 'test' are painted on, 'sound' teaches content only; no picture is in two parts."""
    photos = sorted(glob.glob(DATA + '/photos/*.jpg'))
    if part == 'fit':
        garments = sorted(glob.glob(DATA + '/clothing/train/*/*.jpg'))
        products = [f for f in sorted(glob.glob(DATA + '/products/*.jpg')) if 'plate' not in f]
        return photos[::2] + garments[::max(1, len(garments) // 60)][:60] + products[::max(1, len(products) // 30)][:30]
    if part == 'sound':
        garments = sorted(glob.glob(DATA + '/clothing/train/*/*.jpg'))
        return garments[5::max(1, len(garments) // 240)][:240]
    garments = sorted(glob.glob(DATA + '/clothing/validation/*/*.jpg'))
    return photos[1::2] + garments[::max(1, len(garments) // 40)][:40]


def textures(rng, count):
    """Regular and random patterns: content that photographs show now and then."""
    y, x = np.mgrid[0:300, 0:400].astype(np.float32)
    for i in range(count):
        angle, period = rng.choice([0, np.pi / 2, rng.uniform(0, np.pi)]), np.exp(rng.uniform(np.log(4), np.log(40)))
        u, v = (x * np.cos(angle) + y * np.sin(angle)) / period % 1, (y * np.cos(angle) - x * np.sin(angle)) / period % 1
        duty = rng.uniform(.15, .85)
        kind = i % 7
        if kind == 0: pattern = u < duty
        elif kind == 1: pattern = (u < .5) ^ (v < .5)
        elif kind == 2: pattern = (u < duty) & (v < duty)
        elif kind == 3: pattern = np.hypot(u - .5, v - .5) < duty / 2
        elif kind == 4: pattern = rng.uniform(0, 1, x.shape)
        elif kind == 5: pattern = cv2.GaussianBlur(rng.normal(0, 1, x.shape), (0, 0), rng.uniform(.6, 5))
        else:
            pattern = np.zeros(x.shape)
            for _ in range(rng.integers(1, 20)):
                cv2.fillPoly(pattern, [rng.integers(0, 400, (rng.integers(3, 6), 2), dtype=np.int32)], rng.uniform(0, 1))
        pattern = pattern.astype(np.float64)
        pattern = (pattern - pattern.mean()) / max(pattern.std(), 1e-6) * rng.uniform(10, 70)
        if rng.random() < .5: pattern = cv2.GaussianBlur(pattern, (0, 0), rng.uniform(.4, 1.2))
        base = rng.uniform(60, 200) + rng.uniform(-.2, .2) * x + rng.normal(0, rng.uniform(.5, 3), x.shape)
        tint = rng.uniform(.6, 1, 3) if kind != 4 or rng.random() < .5 else rng.uniform(.5, 1, (*x.shape, 3))
        yield np.clip((base + pattern)[..., None] * tint, 0, 255).astype(np.uint8)


def load(path):
    return cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)


def color(rng, kind):
    u = rng.random()
    if u < .4: return np.array([255., 255., 255.]) - rng.uniform(0, 25, 3)
    if u < .7: return rng.uniform(0, 30, 3)
    if kind == 'text':
        return np.array([(255, 140, 30), (255, 220, 40), (230, 30, 30), (40, 90, 220), (250, 250, 160)][rng.integers(5)], float)
    return np.clip(rng.uniform(40, 220) + rng.uniform(-40, 40, 3), 0, 255)


def blend(picture, coverage, opacity, tone):
    a = (coverage * opacity)[..., None]
    return picture * (1 - a) + tone * a


def polyline(size, points, widths):
    h, w = size
    canvas = np.zeros((h * FINE, w * FINE), np.uint8)
    for (a, b, width) in zip(points[:-1], points[1:], widths):
        cv2.line(canvas, tuple(int(v * FINE) for v in a), tuple(int(v * FINE) for v in b), 255, max(1, int(round(width * FINE))), cv2.LINE_AA)
    return cv2.resize(canvas, (w, h), interpolation=cv2.INTER_AREA) / 255.


def scratch(rng, size):
    h, w = size
    style = rng.choice(['line', 'vertical', 'curve', 'crack'])
    length = rng.uniform(.12, 1.0) * min(h, w) if style != 'vertical' else rng.uniform(.4, 1.2) * h
    angle = rng.uniform(0, 2 * np.pi) if style != 'vertical' else np.pi / 2 + rng.normal(0, .01)
    start = np.array([rng.uniform(0, w), rng.uniform(0, h) if style != 'vertical' else rng.uniform(-.2, .5) * h])
    n = max(6, int(length / 6))
    bend = rng.normal(0, .6) / n if style == 'curve' else 0
    points, step = [start], length / n
    for _ in range(n):
        if style == 'crack': angle += rng.normal(0, .22)
        angle += bend
        points.append(points[-1] + step * np.array([np.cos(angle), np.sin(angle)]))
    width = np.exp(rng.uniform(np.log(.9), np.log(6)))
    widths = width * (1 + .25 * np.convolve(rng.normal(0, 1, n + 4), np.ones(5) / 5, 'valid'))
    coverage = polyline(size, points, np.maximum(.7, widths))
    if rng.random() < .3:  # dropouts
        fade = cv2.resize(rng.uniform(-.3, 1.5, (max(2, h // 25), max(2, w // 25))).astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC)
        coverage = coverage * np.clip(fade, 0, 1)
    return coverage


def speck(rng, size):
    h, w = size
    x, y = rng.uniform(0, w), rng.uniform(0, h)
    if rng.random() < .2:  # a hair
        length, angle = rng.uniform(8, 40), rng.uniform(0, 2 * np.pi)
        bend = rng.normal(0, .12)
        points = [np.array([x, y])]
        for _ in range(10):
            angle += bend
            points.append(points[-1] + length / 10 * np.array([np.cos(angle), np.sin(angle)]))
        return polyline(size, points, [rng.uniform(.8, 2)] * 10)
    radius = np.exp(rng.uniform(np.log(.8), np.log(5)))
    turns = np.sort(rng.uniform(0, 2 * np.pi, 9))
    radii = radius * rng.uniform(.6, 1.3, 9)
    stretch = rng.uniform(.6, 1.6)
    outline = np.stack([x + radii * np.cos(turns) * stretch, y + radii * np.sin(turns) / stretch], 1)
    canvas = np.zeros((h * FINE, w * FINE), np.uint8)
    cv2.fillPoly(canvas, [np.int32(outline * FINE)], 255)
    return cv2.resize(canvas, (w, h), interpolation=cv2.INTER_AREA) / 255.


WORDS = 'the copyright sample photo studio summer Paris holiday family 2004 proof draft Anna & Tom winter market ACME shop www.example.com Sale NEW image preview'.split()


def words(rng):
    if rng.random() < .3:
        y, m, d = rng.integers(1985, 2025), rng.integers(1, 13), rng.integers(1, 29)
        return [f"'{y % 100:02} {m} {d}", f'{y}/{m:02}/{d:02}', f'{d:02}.{m:02}.{y} {rng.integers(24):02}:{rng.integers(60):02}', f'{m}-{d}-{y}'][rng.integers(4)]
    text = ' '.join(rng.choice(WORDS, rng.integers(1, 5)))
    return text if rng.random() < .85 else text + '\n' + ' '.join(rng.choice(WORDS, rng.integers(1, 5)))


def lettering(rng, size):
    """(coverage of the letters, coverage of their outline or shadow or None)"""
    h, w = size
    text = words(rng)
    pixels = float(np.exp(rng.uniform(np.log(11), np.log(.16 * min(h, w)))))
    font = ImageFont.truetype(FONTS[rng.integers(len(FONTS))], max(8, int(pixels * 2)))
    box = ImageDraw.Draw(Image.new('L', (1, 1))).multiline_textbbox((0, 0), text, font)
    tile = Image.new('L', (box[2] + 40, box[3] + 40))
    ImageDraw.Draw(tile).multiline_text((20, 20), text, 255, font)
    layer = np.asarray(tile)
    u = rng.random()
    angle = 0 if u < .7 else rng.normal(0, 3) if u < .8 else rng.choice([-45, -30, 30, 45]) if u < .93 else 90
    c, s = np.cos(np.radians(angle)) / 2, np.sin(np.radians(angle)) / 2
    tw, th = layer.shape[1], layer.shape[0]
    ex, ey = abs(c) * tw + abs(s) * th, abs(s) * tw + abs(c) * th
    cx = rng.uniform(ex / 2, w - ex / 2) if ex < w else w / 2
    cy = rng.uniform(ey / 2, h - ey / 2) if ey < h else h / 2
    m = np.array([[c, s, cx - c * tw / 2 - s * th / 2], [-s, c, cy + s * tw / 2 - c * th / 2]])
    big = cv2.warpAffine(layer, m * 2, (w * 2, h * 2), flags=cv2.INTER_LINEAR)
    coverage = cv2.resize(big, (w, h), interpolation=cv2.INTER_AREA) / 255.
    u = rng.random()
    around = None
    if u < .15: around = cv2.dilate(coverage, np.ones((3, 3)))
    elif u < .3: around = np.roll(coverage, (1 + int(pixels / 20), 1 + int(pixels / 20)), (0, 1))
    return coverage, around


def damage(picture, kind, rng):
    """The damaged picture, the mask of what was painted, and by how many grey levels each pixel changed."""
    out, size = picture.astype(np.float64), picture.shape[:2]
    painted = np.zeros(size)
    count = {'scratches': rng.integers(1, 6), 'dust': rng.integers(10, 50), 'text': rng.integers(1, 3)}[kind]
    tone, opacity = color(rng, kind), 1
    for _ in range(count):
        if kind != 'dust' or rng.random() < .3: tone, opacity = color(rng, kind), rng.uniform(.4, 1)
        if kind == 'text':
            coverage, around = lettering(rng, size)
            opacity = rng.choice([1, .85, .6, .45])
            if around is not None:
                out = blend(out, around, opacity, np.zeros(3) if tone.mean() > 100 else np.full(3, 255.))
                painted = np.maximum(painted, around)
        else:
            coverage = scratch(rng, size) if kind == 'scratches' else speck(rng, size)
        out = blend(out, coverage, opacity, tone)
        painted = np.maximum(painted, coverage)
    out = np.clip(out + .5, 0, 255).astype(np.uint8)
    if rng.random() < .5:
        buffer = io.BytesIO()
        Image.fromarray(out).save(buffer, 'JPEG', quality=int(rng.integers(85, 97)))
        out = np.asarray(Image.open(buffer))
    change = np.abs(picture.astype(float) @ [.299, .587, .114] - out.astype(float) @ [.299, .587, .114])
    painted = painted > .25
    return out, painted, change


def write(path, rgb):
    cv2.imwrite(path, rgb[..., ::-1] if rgb.ndim == 3 else rgb)
