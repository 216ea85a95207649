"""Render the sample pictures of this folder with Blender 3.4 (Cycles on the CPU, no downloaded assets).

    apt-get install -y --no-install-recommends blender python3-numpy python3-opencv
    blender -t 1 -b --factory-startup -P render_samples.py -- [--only NAME ...] [--samples N] [--scale PERCENT] [--out DIR]

      --only     some of: mug headphones table caption (default: all four)
      --samples  Cycles samples per pixel (default 128)
      --scale    percentage of the final size, for quick previews (default 100)
      --out      folder to write to (default: the folder of this script)

Writes mug.jpg, headphones.jpg, table.jpg + table.mask.png, caption.jpg + caption.mask.png.
Every shape and texture is procedural and every random number is seeded, so a run repeats the last one.
Lengths are in decimetres in the studio scenes; the landscape has its own, larger unit.
"""
import argparse
import math
import os
import random
import sys
import tempfile

import bpy
import cv2
import numpy as np
from mathutils import Vector, noise

CAPTION_COLOR = '#ff2fd0'


# ---------------------------------------------------------------- surfaces

class Shading:
    """A node tree (of a material or the sky), with short methods to chain procedural texture nodes."""

    def __init__(self, owner, main, space):
        owner.use_nodes = True
        self.tree = owner.node_tree
        self.main = self.tree.nodes[main]
        self.coords = self.add('TexCoord').outputs[space]

    def set(self, node=None, **inputs):
        """Give inputs (name, or _index) of a node a constant or the output of another node."""
        for name, value in inputs.items():
            key = int(name[1:]) if name[0] == '_' else name.replace('_', ' ')
            socket = (node or self.main).inputs[key]
            if isinstance(value, bpy.types.NodeSocket):
                self.tree.links.new(value, socket)
            else:
                socket.default_value = (*value, 1) if socket.type == 'RGBA' else value

    def add(self, kind, props=(), **inputs):
        node = self.tree.nodes.new('ShaderNode' + kind)
        for key, value in dict(props).items():
            setattr(node, key, value)
        self.set(node, **inputs)
        return node

    def math(self, operation, a, b=0.):
        return self.add('Math', dict(operation=operation), _0=a, _1=b).outputs[0]

    def mix(self, fac, a, b, blend='MIX'):
        return self.add('MixRGB', dict(blend_type=blend), Fac=fac, Color1=a, Color2=b).outputs[0]

    def noise(self, scale, detail=4, stretch=(1, 1, 1), coords=None, distortion=0.):
        at = self.add('Mapping', Vector=coords or self.coords, Scale=stretch).outputs[0]
        return self.add('TexNoise', Vector=at, Scale=scale, Detail=detail, Distortion=distortion).outputs['Fac']

    def cells(self, scale, feature='F1'):
        return self.add('TexVoronoi', dict(feature=feature), Vector=self.coords, Scale=scale).outputs['Distance']

    def ramp(self, fac, *stops):
        """Colour ramp; stops are (position, colour) or (position, grey)."""
        node = self.add('ValToRGB', Fac=fac)
        elements = node.color_ramp.elements
        while len(elements) < len(stops):
            elements.new(1)
        for element, (position, color) in zip(elements, stops):
            element.position = position
            element.color = (*color, 1) if isinstance(color, tuple) else (color, color, color, 1)
        return node.outputs[0]

    def axis(self, name):
        return self.add('SeparateXYZ', Vector=self.coords).outputs[name]


class Surface(Shading):
    """A Principled material, in object coordinates."""

    def __init__(self, color=(.8, .8, .8), roughness=.5, **inputs):
        self.material = bpy.data.materials.new('surface')
        super().__init__(self.material, 'Principled BSDF', 'Object')
        self.set(Base_Color=color, Roughness=roughness, **inputs)

    def bump(self, height, strength=.3, distance=.01):
        self.set(Normal=self.add('Bump', Height=height, Strength=strength, Distance=distance).outputs[0])
        return self


# ---------------------------------------------------------------- shapes: a part is (vertices, faces)

def smooth_path(points, steps=10):
    """Catmull-Rom curve through points of any dimension."""
    p = np.array([points[0], *points, points[-1]], float)
    out = []
    for a, b, c, d in zip(p, p[1:], p[2:], p[3:]):
        t = (np.arange(steps) / steps)[:, None]
        out.append(.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t ** 2 + (3 * b - a - 3 * c + d) * t ** 3))
    return np.vstack([*out, p[-1:]])


def grid(rows, close_rows=False, close_columns=False, caps=False):
    """Part from a grid of vertices [row, column, xyz]."""
    n, m = rows.shape[:2]
    faces = [(i * m + j, i * m + (j + 1) % m, (i + 1) % n * m + (j + 1) % m, (i + 1) % n * m + j)
             for i in range(n - (not close_rows)) for j in range(m - (not close_columns))]
    if caps:
        faces += [tuple(range(m))[::-1], tuple(range((n - 1) * m, n * m))]
    return rows.reshape(-1, 3), faces


def lathe(profile, segments=96):
    """Turn a profile of (radius, height), listed outside first and upwards, about the z axis."""
    profile = np.maximum(np.array(profile, float), [1e-4, -1e9])
    angle = np.linspace(0, 2 * math.pi, segments, endpoint=False)[:, None]
    r, z = profile[:, 0], profile[:, 1]
    verts, faces = grid(np.stack([r * np.cos(angle), r * np.sin(angle), z + 0 * angle], -1), close_rows=True)
    return verts, [f[::-1] for f in faces]


def rounded(width, height, radius, steps=6):
    """Outline of a rectangle with round corners, for sweep()."""
    corners = [(1, 1, 0), (-1, 1, 1), (-1, -1, 2), (1, -1, 3)]
    return np.array([(sx * (width / 2 - radius) + radius * math.cos(a), sy * (height / 2 - radius) + radius * math.sin(a))
                     for sx, sy, q in corners for a in (np.linspace(0, 1, steps) + q) * math.pi / 2])


def sweep(path, outline, binormal=(0, 1, 0), sizes=None):
    """Move an outline (across, along the binormal) over a planar path; sizes scales it along the way."""
    path, binormal = np.array(path, float), np.array(binormal, float)
    normal = np.cross(np.gradient(path, axis=0), binormal)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    sizes = np.ones(len(path)) if sizes is None else np.interp(np.linspace(0, 1, len(path)), np.linspace(0, 1, len(sizes)), sizes)
    rows = [p + s * (outline[:, :1] * n + outline[:, 1:] * binormal) for p, n, s in zip(path, normal, sizes)]
    return grid(np.array(rows), close_columns=True, caps=True)


def place(parts, surface, fuse=0., location=(0, 0, 0), rotation=(0, 0, 0), scale=(1, 1, 1)):
    """Make one object of parts; fuse > 0 melts them together on a voxel grid of that size, with soft fillets."""
    verts, faces, count = [], [], 0
    for v, f in parts:
        verts += [tuple(map(float, x)) for x in v]
        faces += [tuple(i + count for i in face) for face in f]
        count = len(verts)
    mesh = bpy.data.meshes.new('mesh')
    mesh.from_pydata(verts, [], faces)
    mesh.polygons.foreach_set('use_smooth', [True] * len(mesh.polygons))
    mesh.use_auto_smooth, mesh.auto_smooth_angle = True, math.radians(180 if fuse else 45)
    mesh.materials.append(surface.material)
    thing = bpy.data.objects.new('thing', mesh)
    bpy.context.collection.objects.link(thing)
    thing.location, thing.rotation_euler, thing.scale = location, rotation, scale
    if fuse:
        remesh = thing.modifiers.new('fuse', 'REMESH')
        remesh.mode, remesh.voxel_size, remesh.use_smooth_shade = 'VOXEL', fuse, True
        soften = thing.modifiers.new('soften', 'SMOOTH')
        soften.factor, soften.iterations = .5, 12
    return thing


# ---------------------------------------------------------------- studio

def new_scene(light=(.5, .5, .5), strength=1.):
    """Start from nothing but light from all around; returns the world's shading."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.context.scene.world = bpy.data.worlds.new('world')
    world = Shading(bpy.context.scene.world, 'Background', 'Generated')
    world.set(Color=light, Strength=strength)
    return world


def aim(thing, location, target):
    thing.location = location
    thing.rotation_euler = (Vector(target) - Vector(location)).to_track_quat('-Z', 'Y').to_euler()
    bpy.context.collection.objects.link(thing)


def softbox(location, power, size, color=(1, 1, 1), target=(0, 0, .5), height=None):
    light = bpy.data.lights.new('softbox', 'AREA')
    light.energy, light.size, light.color = power, size, color
    if height:
        light.shape, light.size_y = 'RECTANGLE', height
    aim(bpy.data.objects.new('softbox', light), location, target)


def camera(location, target, lens, focus=None, fstop=8.):
    data = bpy.data.cameras.new('camera')
    data.lens, data.clip_end = lens, 1e4
    if focus:
        data.dof.use_dof, data.dof.aperture_fstop = True, fstop / 10          # decimetres, not metres
        data.dof.focus_distance = (Vector(focus) - Vector(location)).length
    bpy.context.scene.camera = bpy.data.objects.new('camera', data)
    aim(bpy.context.scene.camera, location, target)


def paper_sweep(color):
    """Seamless paper: floor, wide bend and wall."""
    bend = [(y, 0) for y in (-12, 0, 2)] + [(2 + 5 * math.sin(a), 5 - 5 * math.cos(a)) for a in np.linspace(0, math.pi / 2, 30)[1:]] + [(7, 16)]
    paper = Surface(color, .9, Specular=.15)
    paper.bump(paper.noise(70, 3), .06)
    place([grid(np.array([[(x, y, z) for y, z in bend] for x in (-16, 16)], float))], paper)


# ---------------------------------------------------------------- things

def mug(glaze, clay, location=(0, 0, 0), turn=0.):
    surface = Surface(roughness=.1, Specular=.6)
    z = surface.axis('Z')
    edge = surface.math('ADD', z, surface.math('MULTIPLY', surface.math('SUBTRACT', surface.noise(3.5, 2), .5), .10))
    glazed = surface.ramp(edge, (.235, 0.), (.245, 1.))
    dark, light, rim = (tuple(c * k for c in glaze) for k in (.55, 1.15, 1.5))
    color = surface.ramp(surface.noise(5, 6, (1, 1, .35), distortion=.8), (.3, dark), (.75, light))
    color = surface.mix(surface.ramp(edge, (.25, 0.), (.42, 1.)), rim, color)        # thinner, paler glaze at its edge
    color = surface.mix(surface.ramp(z, (.915, 0.), (.945, .8)), color, (.30, .13, .05))   # and iron showing at the lip
    specks = surface.ramp(surface.cells(26), (.06, .75), (.11, 0.))
    body = surface.mix(surface.noise(30, 4), clay, tuple(c * .72 for c in clay))
    color = surface.mix(specks, surface.mix(glazed, body, color), (.06, .035, .02))
    surface.set(Base_Color=color, Roughness=surface.ramp(glazed, (0, .75), (1, .12)))
    throwing_rings = surface.math('MULTIPLY', surface.noise(9, 1, (.02, .02, 3)), .5)
    surface.bump(surface.math('ADD', surface.math('MULTIPLY', glazed, .5), throwing_rings), .5, .012)

    outside = smooth_path([(.36, .0), (.41, .04), (.435, .18), (.44, .5), (.43, .88), (.425, .93)])
    lip = [(.408 + .017 * math.cos(a), .935 + .017 * math.sin(a)) for a in np.linspace(.2, math.pi - .2, 7)]
    inside = smooth_path([(.388, .92), (.392, .5), (.38, .15), (.32, .07), (0, .06)])
    bowl = [(0, .025), (.30, .025), (.32, .0), *outside, *lip, *inside]
    loop = smooth_path([(.40, 0, .77), (.56, 0, .795), (.69, 0, .73), (.735, 0, .56), (.68, 0, .37), (.56, 0, .245), (.41, 0, .19)])
    handle = sweep(loop, rounded(.062, .125, .03), sizes=(1.35, 1.02, 1, .95, .95, 1, 1.35))
    return place([lathe(bowl, 128), handle], surface, fuse=.0085, location=location, rotation=(0, 0, turn))


def leather(color):
    surface = Surface(color, .42, Specular=.45)
    surface.set(Base_Color=surface.mix(surface.noise(6, 5), tuple(c * .75 for c in color), tuple(c * 1.15 for c in color)))
    return surface.bump(surface.math('ADD', surface.cells(42), surface.noise(60, 2)), .35, .012)


def metal(color, roughness=.28):
    surface = Surface(color, roughness, Metallic=1.)
    return surface.bump(surface.noise(60, 2, (1, 1, .05)), .04)


def headphones():
    shell = Surface((.74, .70, .63), .38, Specular=.4)
    shell.bump(shell.noise(160, 2), .05)
    tan, dark, brass = leather((.36, .135, .045)), Surface((.025, .025, .027), .6), metal((.86, .62, .40), .22)
    spun = Surface((.86, .80, .72), .30, Metallic=1., Anisotropic=.9)     # turned metal: its glints fan out from the middle
    spun.set(Tangent=spun.add('Tangent', dict(direction_type='RADIAL', axis='Z')).outputs[0])
    grille = Surface((.03, .03, .032), .7)
    grille.bump(grille.cells(38), .8, .03)
    cup_x, cup_z, tall = .80, .52, 1.16

    for side in (-1, 1):
        # Cup: built about z (outwards), then laid on its side; it leans in a little towards the bottom.
        lay = dict(location=(side * cup_x, 0, cup_z), rotation=(0, side * math.radians(90 - 4), math.radians(-side * 5)), scale=(tall, 1, 1))
        place([lathe(smooth_path([(.425, -.05), (.455, -.02), (.46, .05), (.43, .115), (.385, .135)], 6).tolist()
                     + [(.375, .128), (.372, .12), (0, .12)])], shell, **lay)
        place([lathe([(.372, .115), (.372, .137), (.365, .142), (.335, .142), (.33, .137), (.33, .115)])], brass, **lay)
        place([lathe(smooth_path([(.33, .12), (.326, .136), (.31, .140), (.2, .128), (.08, .122), (0, .122)], 8))], spun, **lay)
        place([lathe([(.075, .10), (.075, .128), (.070, .132), (.0, .132)])], tan, **lay)
        ring = [(.335 + .115 * math.cos(a), -.16 + .125 * math.sin(a)) for a in np.linspace(0, 2 * math.pi, 40)]
        place([lathe(ring)], tan, **lay)
        place([lathe([(.44, -.075), (.445, -.06), (.44, -.045)])], dark, **lay)
        place([lathe([(.30, -.10), (0, -.09)][::-1])], grille, **lay)

        # Fork holding the cup at front and back, and the slider that runs up into the headband.
        arc = [(side * (cup_x + .045), .515 * math.cos(a), cup_z + .60 * math.sin(a)) for a in np.linspace(-.12, math.pi + .12, 60)]
        place([sweep(arc, rounded(.035, .075, .015), (1, 0, 0))], brass)
        for y in (-1, 1):
            place([lathe([(0, -.05), (.04, -.05), (.045, -.045), (.045, .045), (.04, .05), (0, .05)], 32)], brass,
                  location=(side * (cup_x + .04), y * .495, cup_z), rotation=(math.pi / 2, 0, 0))
        slider = smooth_path([(side * .845, 0, 1.10), (side * .845, 0, 1.25), (side * .82, 0, 1.45)])
        place([sweep(slider, rounded(.03, .09, .012))], brass)
        end = smooth_path([(side * .838, 0, 1.30), (side * .83, 0, 1.38), (side * .812, 0, 1.48)])
        place([sweep(end, rounded(.075, .20, .03), sizes=(.86, 1, 1))], shell)

    band = [(.83 * math.cos(a), 0, 1.38 + .62 * math.sin(a)) for a in np.linspace(.06, math.pi - .06, 90)]
    place([sweep(band, rounded(.05, .25, .022), sizes=(.75, 1, 1.1, 1.1, 1.1, 1, .75))], shell)
    pad = [(.785 * math.cos(a), 0, 1.375 + .575 * math.sin(a)) for a in np.linspace(.42, math.pi - .42, 90)]
    place([sweep(pad, rounded(.10, .27, .048), sizes=(.55, .95, 1, 1, 1, .95, .55))], tan)


def oak_planks():
    """Table top: boards along x, each with its own tone and grain."""
    wood = Surface(roughness=.42, Specular=.35)
    x, y = wood.axis('X'), wood.axis('Y')
    row = wood.math('DIVIDE', y, 1.15)
    board = wood.add('TexWhiteNoise', dict(noise_dimensions='1D'), W=wood.math('FLOOR', row)).outputs['Value']
    shifted = wood.add('CombineXYZ', X=wood.math('ADD', x, wood.math('MULTIPLY', board, 40)), Y=y, Z=board).outputs[0]
    figure = wood.noise(1.1, 3, (.16, 1.6, 1), shifted, .6)
    rings = wood.math('SINE', wood.math('MULTIPLY', figure, 70))
    fibre = wood.noise(16, 8, (.06, 2.2, 1), shifted)
    color = wood.ramp(fibre, (.34, (.13, .055, .02)), (.5, (.32, .165, .068)), (.66, (.47, .27, .13)))
    color = wood.mix(wood.ramp(rings, (.0, .38), (1., 0.)), color, (.15, .065, .025))
    color = wood.mix(wood.math('MULTIPLY', board, .45), color, (.20, .095, .04))
    pores = wood.noise(55, 3, (.035, 2, 1), shifted)
    color = wood.mix(wood.ramp(pores, (.58, 0.), (.66, .55)), color, (.07, .03, .012))
    gap = wood.math('ABSOLUTE', wood.math('SUBTRACT', wood.math('FRACT', row), .5))
    groove = wood.ramp(gap, (.490, 0.), (.497, 1.))
    wood.set(Base_Color=wood.mix(groove, color, (.015, .008, .004)))
    wood.bump(wood.math('SUBTRACT', wood.math('MULTIPLY', fibre, .25), groove), .5, .02)
    return place([grid(np.array([[(x, y, 0) for y in (-8, 4.2)] for x in (-14, 14)], float))], wood)


def orange(location, size, tilt):
    peel = Surface(roughness=.38)
    peel.set(Base_Color=peel.mix(peel.noise(2.2, 3), (.80, .20, .012), (.88, .33, .025)))
    peel.bump(peel.math('MULTIPLY', peel.ramp(peel.cells(34), (0., 0.), (.45, 1.)), 1.), .28, .015)
    profile = [(math.sin(a) * (1 - .02 * math.cos(a)), -.95 * math.cos(a) - .10 * math.exp(-(math.sin(a) / .16) ** 2) * (a > 2))
               for a in np.linspace(0, math.pi, 60)]
    place([lathe(profile)], peel, location=location, rotation=tilt, scale=(size,) * 3)
    stem = place([lathe([(0, -.03), (.06, -.02), (.07, .0), (.04, .025), (0, .02)], 7)], Surface((.16, .17, .04), .8), scale=(size,) * 3)
    stem.rotation_euler = tilt
    stem.location = Vector(location) + stem.rotation_euler.to_matrix() @ Vector((0, 0, .87 * size))


def ball_pen(location, turn):
    """The unwanted object of table.jpg; returns its parts, in local coordinates along x, resting on z = 0."""
    blue, steel = Surface((.01, .09, .55), .16, Specular=.6), metal((.85, .85, .87), .26)
    lie = dict(location=location, rotation=(0, math.pi / 2, turn))
    barrel = place([lathe([(.0, -.70), (.045, -.70), (.052, -.69), (.052, .28), (.050, .29), (.0, .29)], 48)], blue, **lie)
    nose = place([lathe([(.0, -.0), (.048, .0), (.05, .01), (.045, .12), (.02, .27), (.012, .30), (.008, .34), (.0, .345)], 48)], steel, **lie)
    nose.location = barrel.location + barrel.rotation_euler.to_matrix() @ Vector((0, 0, .285))
    button = place([lathe([(.0, -.84), (.02, -.84), (.028, -.83), (.028, -.70), (.055, -.70), (.055, -.63), (.0, -.63)], 48)], steel, **lie)
    path = smooth_path([(-.05, 0, -.66), (-.085, 0, -.66), (-.085, 0, -.6), (-.075, 0, -.25), (-.06, 0, -.2)])
    clip = place([sweep(path, rounded(.012, .05, .005))], steel, **lie)
    return [barrel, nose, button, clip]


# ---------------------------------------------------------------- scenes: each builds its objects and returns what to develop

def scene_mug():
    new_scene((1, .99, .97), .5)
    paper_sweep((.80, .79, .77))
    mug((.028, .145, .17), (.52, .33, .20), turn=math.radians(-28))
    softbox((-3.4, -1.2, 3.2), 240, 1.9)
    softbox((3.4, -1.5, 2.2), 55, 1.6, height=3)
    softbox((0, 2.5, 6.5), 420, 6, target=(0, 4, 0))
    camera((0, -6.6, 1.75), (.11, 0, .45), 132, focus=(0, -.4, .5), fstop=16)
    return dict(size=(1200, 1200), view='Standard', exposure=-.22)


def scene_headphones():
    new_scene((.9, .95, 1), .22)
    paper_sweep((.11, .15, .26))
    headphones()
    softbox((-3.0, -1.6, 4.8), 420, 1.6, (1, .95, .88), target=(0, 0, .9))
    softbox((4.2, -.6, 2.2), 120, .8, target=(0, 0, 1), height=3.5)
    softbox((-2.6, 2.2, 4.2), 420, 2.0, target=(-1.2, 6.5, 2.4))           # pool of light on the paper behind
    camera((-4.6, -6.9, 2.25), (.02, 0, .98), 100, focus=(-.6, -.4, .9), fstop=16)
    return dict(size=(1200, 1200), view='Filmic', exposure=.25)


def scene_table():
    new_scene((.75, .85, 1), .2)
    table = oak_planks()
    wall = Surface((.56, .58, .55), .9)
    wall.bump(wall.noise(2.5, 8), .35, .08)
    place([grid(np.array([[(x, 4.6, z) for z in (-6, 12)] for x in (-20, 20)], float))], wall)
    glaze = Surface(roughness=.14, Specular=.55)
    glaze.set(Base_Color=glaze.mix(glaze.ramp(glaze.cells(22), (.07, .6), (.12, 0.)), glaze.mix(glaze.noise(4, 5), (.58, .60, .56), (.74, .74, .69)), (.10, .06, .04)))
    outside = smooth_path([(.34, .0), (.37, .06), (.62, .16), (.88, .40), (.98, .62)])
    rim = [(.965 + .02 * math.cos(a), .63 + .02 * math.sin(a)) for a in np.linspace(.3, math.pi - .3, 6)]
    place([lathe([(0, .02), (.3, .02), *outside, *rim, *smooth_path([(.945, .62), (.84, .42), (.6, .2), (.3, .1), (0, .08)])], 160)], glaze, location=(-.55, .4, 0))
    for x, y, z, size, tilt in [(-.95, .25, .53, .38, (.3, -.5, 0)), (-.19, .20, .52, .37, (.9, .4, 0)), (-.57, .90, .53, .38, (-.4, .2, 1)),
                                (-.57, .46, 1.09, .335, (.5, .25, 2)), (1.0, .75, .36, .375, (.9, .5, 0))]:
        orange((x, y, z), size, tilt)
    mug((.16, .19, .13), (.50, .34, .22), (1.45, 2.0, 0), math.radians(25))
    pen = ball_pen((.95, -1.05, .057), math.radians(24))
    softbox((-4.8, 1.4, 3.4), 560, 1.5, (1, .92, .80), target=(0, 0, .2))      # a window on the left
    softbox((3.5, -4, 5), 60, 4, (.85, .92, 1))
    camera((.35, -5.4, 3.3), (.12, .25, .27), 56, focus=(-.5, -.2, .5), fstop=6)
    return dict(size=(1200, 900), view='Filmic', exposure=.5, unwanted=pen, ground=table)


def conifer(seed):
    """A spruce as a stack of ragged skirts around a trunk."""
    rng = random.Random(seed)
    parts = [lathe([(.03, 0), (.004, 1)], 6)]
    for level in range(22):
        t = level / 22
        reach, z, n = .19 * (1 - t) ** .85 + .012, .08 + .9 * t, 11
        tips = [reach * rng.uniform(.6, 1.15) * (1 if i % 2 else .55) for i in range(2 * n)]
        around = [math.pi * (i + rng.uniform(-.35, .35)) / n for i in range(2 * n)]
        outer = [(r * math.cos(a), r * math.sin(a), z - .38 * r - rng.uniform(0, .015)) for r, a in zip(tips, around)]
        inner = [(.01 * math.cos(a), .01 * math.sin(a), z + .035) for a in around]
        parts.append(grid(np.array([outer, inner]), close_columns=True))
    return parts


def hazy(surface, reach, color=(.50, .60, .72)):
    """Fade a surface into the air with its distance from the camera."""
    distance = surface.add('CameraData').outputs['View Distance']
    clear = surface.math('POWER', math.e, surface.math('DIVIDE', distance, -reach))
    air = surface.add('Emission', Color=color, Strength=.55)
    out = surface.add('MixShader', Fac=clear, _1=air.outputs[0], _2=surface.main.outputs[0])
    surface.tree.links.new(out.outputs[0], surface.tree.nodes['Material Output'].inputs[0])
    return surface


def scene_caption():
    rng = random.Random(7)
    sky = new_scene()
    air = sky.add('TexSky', dict(sky_type='NISHITA', sun_disc=False, sun_elevation=math.radians(20), sun_rotation=math.radians(-110)))
    ceiling = sky.add('VectorMath', dict(operation='DIVIDE'), _0=sky.coords, _1=sky.math('ADD', sky.axis('Z'), .10)).outputs[0]
    wisps = sky.ramp(sky.noise(1.1, 9, (.5, 1, 0), ceiling, .5), (.50, 0.), (.78, .85))
    sky.set(Color=sky.mix(wisps, air.outputs[0], (4.6, 4.0, 3.5)), Strength=.2)
    sun = bpy.data.lights.new('sun', 'SUN')
    sun.energy, sun.color, sun.angle = 4.5, (1, .80, .58), .01
    aim(bpy.data.objects.new('sun', sun), (-9, -3.2, 3.2), (0, 0, 0))

    def height(x, y):
        """Shore, wooded hills, then mountains rising away from the camera."""
        far = min(1, max(0, (y - 9) / 45))
        valley = min(1, (abs(x - .12 * y) / (3 + .22 * y)) ** 1.5 + far * .55)
        hills = 2.2 * (noise.fractal(Vector((x * .11, y * .11, 3)), 1, 2, 6) + .35) * min(1, max(0, (y - 8) / 7))
        peaks = 9.5 * far ** 1.3 * noise.ridged_multi_fractal(Vector((x * .045, y * .045, 8)), .85, 2.1, 9, 1, 2)
        return (hills + peaks * .55) * valley + .02 * (y - 10) - .12 + .05 * noise.fractal(Vector((x, y, 0)), 1, 2, 5)

    # Columns fan out with the distance so that the mesh is about as fine everywhere in the picture.
    distances = 6 * (95 / 6) ** np.linspace(0, 1, 520)
    rows = np.array([[(u * d, d, height(u * d, d)) for u in np.linspace(-.75, .75, 620)] for d in distances])
    land = Surface(roughness=.95, Specular=.1)
    slope = land.add('SeparateXYZ', Vector=land.add('NewGeometry').outputs['Normal']).outputs['Z']
    grass = land.ramp(land.noise(.9, 8), (.35, (.035, .055, .014)), (.65, (.12, .13, .035)))
    rock = land.ramp(land.noise(1.6, 9), (.3, (.07, .065, .06)), (.7, (.24, .22, .20)))
    color = land.mix(land.ramp(slope, (.62, 1.), (.80, 0.)), grass, rock)
    snowline = land.math('ADD', land.axis('Z'), land.math('MULTIPLY', land.noise(1.2, 6), 3))
    snow = land.math('MULTIPLY', land.ramp(land.math('DIVIDE', snowline, 10), (.62, 0.), (.72, 1.)), land.ramp(slope, (.58, 0.), (.74, 1.)))
    land.set(Base_Color=land.mix(snow, color, (.82, .84, .88)))
    land.bump(land.noise(5, 9), .6, .2)
    place([grid(rows)], hazy(land, 150)).data.auto_smooth_angle = math.pi

    water = Surface((.012, .03, .035), .03, Specular=.6)
    water.bump(water.noise(2.2, 4, (.5, 1.6, 1)), .09, .1)
    place([grid(np.array([[(x, y, 0) for y in (-5, 100)] for x in (-90, 90)], float))], hazy(water, 300))

    needles = hazy(Surface((.022, .045, .018), .8, Specular=.15), 130)
    spruces = [place(conifer(i), needles, location=(0, -50, 0)).data for i in range(5)]
    for _ in range(9000):
        y = 8.5 + 34 * rng.random() ** 1.6
        x = y * rng.uniform(-.6, .6)
        z = height(x, y)
        if z < .06 or z > 3.6 or noise.noise(Vector((x * .35, y * .35, 20))) < -.12 + .05 * z:
            continue
        tree = bpy.data.objects.new('tree', rng.choice(spruces))
        bpy.context.collection.objects.link(tree)
        size = rng.uniform(.45, 1.0)
        tree.location, tree.scale, tree.rotation_euler = (x, y, z - .02), (size, size, size * rng.uniform(.9, 1.25)), (0, 0, rng.uniform(0, 6))
    camera((0, 0, .75), (.6, 12, 1.55), 34)
    return dict(size=(1200, 900), view='Filmic', exposure=.3,
                caption=[('SAMPLE', .5, .40, 210, -6.), ('2024-06-21  18:42', .74, .92, 64, 0.)])


# ---------------------------------------------------------------- rendering and developing

def render(size, args, view='Standard', exposure=0., samples=None):
    """Render the current scene; returns float BGRA in 0..1, display-referred."""
    scene, cycles = bpy.context.scene, bpy.context.scene.cycles
    scene.render.engine = 'CYCLES'
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = *size, args.scale
    cycles.samples, cycles.seed, cycles.use_denoising = samples or args.samples, 1, False
    cycles.use_adaptive_sampling, cycles.adaptive_threshold, cycles.adaptive_min_samples = True, .008, 24
    cycles.max_bounces, cycles.caustics_reflective, cycles.caustics_refractive = 6, False, False
    cycles.sample_clamp_indirect, cycles.blur_glossy = 2, 1
    scene.view_settings.view_transform, scene.view_settings.exposure = view, exposure
    scene.view_settings.look = 'Medium High Contrast' if view == 'Filmic' else 'None'
    image = scene.render.image_settings
    image.file_format, image.color_mode, image.color_depth = 'PNG', 'RGBA', '16'
    with tempfile.TemporaryDirectory() as folder:
        scene.render.filepath = os.path.join(folder, 'render.png')
        bpy.ops.render.render(write_still=True)
        return cv2.imread(scene.render.filepath, cv2.IMREAD_UNCHANGED).astype(np.float32) / 65535


def coverage(size, args):
    """0..1 coverage of each pixel by the scene's objects, or by the shadow they throw on a shadow catcher."""
    bpy.context.scene.render.film_transparent = True
    return render(size, args, samples=64)[..., 3]


def object_mask(things, ground, size, args):
    """Mask of things and their shadow on the ground, some pixels wider than what can be seen of them."""
    for other in bpy.data.objects:
        other.hide_render = other.type == 'MESH' and other not in [*things, ground]
    ground.is_shadow_catcher = True
    touched = cv2.GaussianBlur(coverage(size, args), (0, 0), 2.5) > .09
    count, labels, stats, _ = cv2.connectedComponentsWithStats(touched.astype(np.uint8))
    largest = 1 + np.argmax(stats[1:, cv2.CC_STAT_AREA])
    return grow(labels == largest, 14)


def grow(alpha, radius):
    """8-bit mask of every pixel covered at all, grown by radius pixels."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2)
    return cv2.dilate((alpha > .004).astype(np.uint8) * 255, disc)


def develop(picture, seed):
    """What a camera adds: a little noise reduction, vignette and film grain."""
    image = cv2.fastNlMeansDenoisingColored((picture[..., :3] * 255 + .5).astype(np.uint8), None, 2, 3, 5, 15).astype(np.float32)
    h, w = image.shape[:2]
    y, x = np.mgrid[-1:1:h * 1j, -1:1:w * 1j]
    image *= (1 - .035 * (x * x + y * y))[..., None]
    grain = np.random.RandomState(seed).normal(0, 1, (h, w, 4)).astype(np.float32)
    grain = cv2.GaussianBlur(grain, (0, 0), .6) * 1.9
    return np.clip(image + 1.7 * grain[..., :1] + .6 * grain[..., 1:], 0, 255)


def lettering(lines, size, args):
    """Coverage of captions, in Blender's own font: (text, centre x, centre y, height, thickening) in pixels."""
    new_scene()
    for text, x, y, height, thickening in lines:
        curve = bpy.data.curves.new('text', 'FONT')
        curve.body, curve.size, curve.offset = text, height, thickening
        curve.align_x = curve.align_y = 'CENTER'
        letters = bpy.data.objects.new('text', curve)
        letters.location = (x * size[0], (1 - y) * size[1], 0)
        bpy.context.collection.objects.link(letters)
    middle = (size[0] / 2, size[1] / 2)
    camera((*middle, 100), (*middle, 0), 50)
    bpy.context.scene.camera.data.type, bpy.context.scene.camera.data.ortho_scale = 'ORTHO', max(size)
    return coverage(size, args)


def main():
    scenes = dict(mug=scene_mug, headphones=scene_headphones, table=scene_table, caption=scene_caption)
    parser = argparse.ArgumentParser(prog='render_samples.py')
    parser.add_argument('--only', nargs='+', choices=list(scenes), default=list(scenes))
    parser.add_argument('--samples', type=int, default=128)
    parser.add_argument('--scale', type=int, default=100)
    parser.add_argument('--out', default=os.path.dirname(os.path.abspath(__file__)))
    args = parser.parse_args(sys.argv[sys.argv.index('--') + 1:] if '--' in sys.argv else [])
    os.makedirs(args.out, exist_ok=True)

    for seed, name in enumerate(args.only):
        shot = scenes[name]()
        path, size = os.path.join(args.out, name), shot['size']
        picture = develop(render(size, args, shot['view'], shot['exposure']), len(name))
        if 'unwanted' in shot:
            cv2.imwrite(path + '.mask.png', object_mask(shot['unwanted'], shot['ground'], size, args))
        if 'caption' in shot:
            alpha = lettering(shot['caption'], size, args)
            ink = np.array([int(CAPTION_COLOR[i:i + 2], 16) for i in (5, 3, 1)], np.float32)
            picture += (ink - picture) * alpha[..., None]
            cv2.imwrite(path + '.mask.png', grow(alpha, 2))
        cv2.imwrite(path + '.jpg', (picture + .5).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 92])
        print('wrote', path + '.jpg', flush=True)


main()
