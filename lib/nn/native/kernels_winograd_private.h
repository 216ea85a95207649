// Winograd's F(4 × 4, 3 × 3), as in Lavin and Gray (2016): 36 products for 16 results of a 3 × 3 convolution. Included
// like kernels_vector_private.h, after it.

// B^T d: 6 values, `step` apart.
INPAINT_INLINE void to_products(const Vector& d0, const Vector& d1, const Vector& d2, const Vector& d3,
                                const Vector& d4, const Vector& d5, Vector* out, int step) {
  const Vector even = d4 - 4.0f * d2, odd = d3 - 4.0f * d1;
  const Vector even2 = d4 - d2, odd2 = 2.0f * (d3 - d1);
  out[0] = 4.0f * d0 + (d4 - 5.0f * d2);
  out[step] = even + odd;
  out[2 * step] = even - odd;
  out[3 * step] = even2 + odd2;
  out[4 * step] = even2 - odd2;
  out[5 * step] = 4.0f * d1 + (d5 - 5.0f * d3);
}

// A^T m: 6 values to 4.
INPAINT_INLINE void to_results(const Vector& m0, const Vector& m1, const Vector& m2, const Vector& m3, const Vector& m4,
                               const Vector& m5, Vector* out, int step) {
  const Vector sum12 = m1 + m2, sum34 = m3 + m4, difference12 = m1 - m2, difference34 = m3 - m4;
  out[0] = m0 + sum12 + sum34;
  out[step] = difference12 + 2.0f * difference34;
  out[2 * step] = sum12 + 4.0f * sum34;
  out[3 * step] = difference12 + 8.0f * difference34 + m5;
}

// G g: 3 values to 6.
INPAINT_INLINE void to_factors(const Vector& g0, const Vector& g1, const Vector& g2, Vector* out, int step) {
  const Vector outer = g0 + g2, wide = g0 * all(1.0f / 24) + g2 * all(1.0f / 6), middle = g1 * all(1.0f / 12);
  out[0] = g0 * all(0.25f);
  out[step] = (outer + g1) * all(-1.0f / 6);
  out[2 * step] = (outer - g1) * all(-1.0f / 6);
  out[3 * step] = wide + middle;
  out[4 * step] = wide - middle;
  out[5 * step] = g2;
}

void winograd_weights(const float* in, int inputs, float* out, int64_t row, int64_t slice) {
  for (int k = 0; k < inputs; ++k, in += 9 * block, out += row) {
    Vector columns[18], factors[6];
    INPAINT_UNROLL for (int x = 0; x < 3; ++x) {
      const float* g = in + x * block;
      to_factors(load(g), load(g + 3 * block), load(g + 6 * block), columns + x, 3);
    }
    INPAINT_UNROLL for (int y = 0; y < 6; ++y) {
      to_factors(columns[3 * y], columns[3 * y + 1], columns[3 * y + 2], factors, 1);
      INPAINT_UNROLL for (int x = 0; x < 6; ++x) store(out + (6 * y + x) * slice, factors[x]);
    }
  }
}

// Rows and columns of `in` are `row` and `column` floats apart.
INPAINT_INLINE void transform_patch(const float* in, int64_t row, int64_t column, float* out, int64_t slice) {
  Vector columns[36];
  INPAINT_UNROLL for (int x = 0; x < 6; ++x) {
    const float* p = in + x * column;
    to_products(load(p), load(p + row), load(p + 2 * row), load(p + 3 * row), load(p + 4 * row), load(p + 5 * row),
                columns + x, 6);
  }
  INPAINT_UNROLL for (int y = 0; y < 6; ++y) {
    const Vector* c = columns + 6 * y;
    Vector products[6];
    to_products(c[0], c[1], c[2], c[3], c[4], c[5], products, 1);
    INPAINT_UNROLL for (int x = 0; x < 6; ++x) store(out + (6 * y + x) * slice, products[x]);
  }
}

// The size x size pixels from (x, y), `step` apart, zero outside the map.
template <int size>
__attribute__((noinline)) void copy_patch(const Tiles& tiles, const float* in, int y, int x, int step, float* patch) {
  for (int dy = 0; dy < size; ++dy) {
    for (int dx = 0; dx < size; ++dx, patch += block) {
      const int row = y + step * dy, column = x + step * dx;
      const bool inside = row >= 0 && row < tiles.height && column >= 0 && column < tiles.width;
      store(patch, inside ? load(in + (static_cast<int64_t>(row) * tiles.width + column) * block) : all(0));
    }
  }
}

// Walks over tiles in raster order.
struct TileWalk {
  int x, y, picture;
  explicit TileWalk(const Tiles& tiles)
      : x(tiles.first % tiles.across),
        y(tiles.first / tiles.across % tiles.down),
        picture(tiles.first / tiles.across / tiles.down) {}
  INPAINT_INLINE void next(const Tiles& tiles) {
    if (++x < tiles.across) return;
    x = 0;
    if (++y < tiles.down) return;
    y = 0;
    ++picture;
  }
};

void winograd_input(const Tiles& tiles, const float* in, float* out, int64_t slice) {
  TileWalk walk(tiles);
  const int64_t row = static_cast<int64_t>(tiles.width) * block;
  const int step = tiles.step, reach = 5 * step;
  for (int t = 0; t < tiles.count; ++t, walk.next(tiles), out += block) {
    const int y = step * (4 * walk.y - tiles.top) + tiles.first_row;
    const int x = step * (4 * walk.x - tiles.left) + tiles.first_column;
    const float* map = in + walk.picture * tiles.batch_stride;
    if (y >= 0 && x >= 0 && y + reach < tiles.height && x + reach < tiles.width) {
      transform_patch(map + y * row + x * block, step * row, step * block, out, slice);
    } else {
      float patch[36 * block];
      copy_patch<6>(tiles, map, y, x, step, patch);
      transform_patch(patch, 6 * block, block, out, slice);
    }
  }
}

// B^T d where d repeats each of three values but the last: a, b, b, c, c, e. The third product is 0 and left out.
INPAINT_INLINE void to_doubled_products(const Vector& a, const Vector& b, const Vector& c, const Vector& e, Vector* out,
                                        int step) {
  const Vector rise = c - b;
  out[0] = 4.0f * a + (c - 5.0f * b);
  out[step] = 2.0f * (c - 4.0f * b);
  out[2 * step] = 3.0f * rise;
  out[3 * step] = all(0) - rise;
  out[4 * step] = 4.0f * b + (e - 5.0f * c);
}

INPAINT_INLINE void transform_doubled_patch(const float* in, int64_t row, float* out, int64_t slice) {
  constexpr int present[5] = {0, 1, 3, 4, 5};
  Vector columns[20];
  INPAINT_UNROLL for (int x = 0; x < 4; ++x) {
    const float* p = in + x * block;
    to_doubled_products(load(p), load(p + row), load(p + 2 * row), load(p + 3 * row), columns + x, 4);
  }
  INPAINT_UNROLL for (int y = 0; y < 5; ++y) {
    const Vector* c = columns + 4 * y;
    Vector products[5];
    to_doubled_products(c[0], c[1], c[2], c[3], products, 1);
    INPAINT_UNROLL for (int x = 0; x < 5; ++x) store(out + (6 * present[y] + present[x]) * slice, products[x]);
  }
}

void winograd_doubled_input(const Tiles& tiles, const float* in, float* out, int64_t slice) {
  TileWalk walk(tiles);
  const int64_t row = static_cast<int64_t>(tiles.width) * block;
  for (int t = 0; t < tiles.count; ++t, walk.next(tiles), out += block) {
    const int y = 2 * walk.y - 1, x = 2 * walk.x - 1;
    const float* map = in + walk.picture * tiles.batch_stride;
    if (y >= 0 && x >= 0 && y + 4 <= tiles.height && x + 4 <= tiles.width) {
      transform_doubled_patch(map + y * row + x * block, row, out, slice);
    } else {
      float patch[16 * block];
      copy_patch<4>(tiles, map, y, x, 1, patch);
      transform_doubled_patch(patch, 4 * block, out, slice);
    }
  }
}

void winograd_output(const Tiles& tiles, const float* in, int64_t slice, const Finish& finish, float* out) {
  TileWalk walk(tiles);
  const Vector bias = load(finish.bias);
  const int64_t row = static_cast<int64_t>(tiles.width) * block;
  const bool simple = finish.residual == nullptr && finish.last.kind == 0 && finish.first.kind < 3;
  const bool whole_relu = simple && finish.first.kind == 1 && finish.pixel_scale == nullptr;
  for (int t = 0; t < tiles.count; ++t, walk.next(tiles), in += block) {
    Vector columns[24], results[16];
    INPAINT_UNROLL for (int x = 0; x < 6; ++x) {
      const float* p = in + x * slice;
      to_results(load(p), load(p + 6 * slice), load(p + 12 * slice), load(p + 18 * slice), load(p + 24 * slice),
                 load(p + 30 * slice), columns + x, 6);
    }
    INPAINT_UNROLL for (int y = 0; y < 4; ++y) {
      const Vector* c = columns + 6 * y;
      to_results(c[0], c[1], c[2], c[3], c[4], c[5], results + 4 * y, 1);
    }
    const int y = 4 * walk.y, x = 4 * walk.x;
    const int wide = at_most(tiles.width - x, 4), high = at_most(tiles.height - y, 4);
    const int64_t offset = (static_cast<int64_t>(y) * tiles.width + x) * block;
    float* to = out + walk.picture * tiles.batch_stride + offset;
    if (whole_relu && wide == 4 && high == 4) {
      INPAINT_UNROLL for (int i = 0; i < 16; ++i) {
        store(to + i / 4 * row + i % 4 * block, larger(all(0), results[i] + bias));
      }
      continue;
    }
    const float* scale = nullptr;
    if (finish.pixel_scale != nullptr) {
      scale = finish.pixel_scale + walk.picture * finish.pixel_scale_batch + static_cast<int64_t>(y) * tiles.width + x;
    }
    if (simple && scale != nullptr && wide == 4 && high == 4) {
      const float slope = finish.first.kind == 0 ? 1.0f : finish.first.kind == 1 ? 0.0f : finish.first.slope;
      INPAINT_UNROLL for (int i = 0; i < 16; ++i) {
        const Vector v = scaled(results[i], scale[i / 4 * tiles.width + i % 4], bias);
        store(to + i / 4 * row + i % 4 * block, applied({2, slope}, v));
      }
      continue;
    }
    const int64_t added = walk.picture * finish.residual_batch + offset;
    for (int dy = 0; dy < high; ++dy) {
      for (int dx = 0; dx < wide; ++dx) {
        const int64_t at = dy * row + dx * block;
        const Vector sum = scale != nullptr ? scaled(results[4 * dy + dx], scale[dy * tiles.width + dx], bias)
                                            : results[4 * dy + dx] + bias;
        store(to + at, finished(finish, sum, added + at));
      }
    }
  }
}
