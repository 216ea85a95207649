// Sums of products. Included like kernels_vector_private.h, after it.

// `rows` positions × `columns` output blocks at once, all in registers.
template <int rows, int columns, bool planar>
__attribute__((noinline)) void multiply_tile(const Multiply& m, int at) {
  constexpr int step = planar ? 1 : block;
  Vector total[rows][columns];
  const int64_t position = static_cast<int64_t>(at) * block;
  INPAINT_UNROLL for (int c = 0; c < columns; ++c) {
    const bool biased = m.finish.bias != nullptr && m.finish.pixel_scale == nullptr;
    const Vector start = biased ? load(m.finish.bias + c * block) : all(0);
    INPAINT_UNROLL for (int r = 0; r < rows; ++r) total[r][c] = start;
  }
  const float* weights = m.weights;
  for (int b = 0; b < m.blocks; ++b) {
    for (int t = 0; t < m.tap_count; ++t) {
      const float* in = m.in + at * step + b * m.in_block + m.taps[t];
      // Unrolled a little, since counting costs slots that products need.
      _Pragma("GCC unroll 4") for (int k = 0; k < step; ++k, ++in, weights += columns * block) {
        Vector weight[columns];
        INPAINT_UNROLL for (int c = 0; c < columns; ++c) weight[c] = load(weights + c * block);
        INPAINT_UNROLL for (int r = 0; r < rows; ++r) {
          INPAINT_UNROLL for (int c = 0; c < columns; ++c) total[r][c] = total[r][c] + in[r * step] * weight[c];
        }
      }
    }
  }
  if (m.finish.pixel_scale != nullptr) {
    INPAINT_UNROLL for (int c = 0; c < columns; ++c) {
      const Vector bias = load(m.finish.bias + c * block);
      INPAINT_UNROLL for (int r = 0; r < rows; ++r) {
        total[r][c] = scaled(total[r][c], m.finish.pixel_scale[at + r], bias);
      }
    }
  }
  const bool relu = m.finish.first.kind == 1;
  const bool plain = m.finish.residual == nullptr && m.finish.last.kind == 0 && (relu || m.finish.first.kind == 0);
  INPAINT_UNROLL for (int c = 0; c < columns; ++c) {
    float* out = m.out + c * m.out_block + position;
    INPAINT_UNROLL for (int r = 0; r < rows; ++r) {
      store(out + r * block, plain && relu ? larger(all(0), total[r][c]) : total[r][c]);
    }
  }
  if (plain) return;
  for (int c = 0; c < columns; ++c) {
    const int64_t offset = c * m.out_block + position;
    for (int64_t i = offset; i < offset + rows * block; i += block)
      store(m.out + i, finished(m.finish, load(m.out + i), i));
  }
}

using TileFunction = void (*)(const Multiply&, int);
template <int columns, bool planar>
struct TileTable {
  TileFunction of[INPAINT_ROWS / columns + 1];
};
template <int columns, bool planar, int rows>
constexpr void fill(TileTable<columns, planar>& table) {
  table.of[rows] = multiply_tile<rows, columns, planar>;
  if constexpr (rows > 1) fill<columns, planar, rows - 1>(table);
}
template <int columns, bool planar>
constexpr TileTable<columns, planar> tile_table() {
  TileTable<columns, planar> table{};
  fill<columns, planar, INPAINT_ROWS / columns>(table);
  return table;
}

// Positions are shared out evenly: 20 in steps of at most 14 are twice 10.
template <int columns, bool planar>
void multiply_all(const Multiply& m) {
  static constexpr TileTable<columns, planar> tiles = tile_table<columns, planar>();
  constexpr int most = INPAINT_ROWS / columns;
  const int steps = (m.count + most - 1) / most;
  for (int i = 0; i < steps; ++i) {
    const int from = static_cast<int>(static_cast<int64_t>(m.count) * i / steps);
    const int to = static_cast<int>(static_cast<int64_t>(m.count) * (i + 1) / steps);
    tiles.of[to - from](m, from);
  }
}

template <bool planar>
void multiply(const Multiply& m) {
#if INPAINT_PAIRS
  if (m.out_blocks == 2) return multiply_all<2, planar>(m);
#endif
  multiply_all<1, planar>(m);
}

// Channels lie in vectors: each is summed up at the end.
template <int rows>
INPAINT_INLINE void plane_tile(const PlaneRow& m, int at) {
  Vector total[rows];
  INPAINT_UNROLL for (int r = 0; r < rows; ++r) total[r] = all(0);
  const float* weights = m.weights;
  for (int b = 0; b < m.blocks; ++b) {
    for (int t = 0; t < m.tap_count; ++t, weights += block) {
      const float* in = m.in + at * block + b * m.in_block + m.taps[t];
      const Vector weight = load(weights);
      INPAINT_UNROLL for (int r = 0; r < rows; ++r) total[r] = total[r] + load(in + r * block) * weight;
    }
  }
  float results[block];
  store(results, all(0));
  INPAINT_UNROLL for (int r = 0; r < rows; ++r) {
    const float scale = m.pixel_scale != nullptr ? m.pixel_scale[at + r] : 1.0f;
    results[r] = scale * sum(total[r]) + (scale != 0 ? m.bias : 0.0f);
  }
  store_some(m.out + at, applied(m.activation, load(results)), rows);
}

void plane_from_blocks(const PlaneRow& m) {
  constexpr int rows = 8 / parts > 1 ? 8 / parts : 1;
  int at = 0;
  for (; at + rows <= m.count; at += rows) plane_tile<rows>(m, at);
  for (; at < m.count; ++at) plane_tile<1>(m, at);
}

// 16 sums of a plane from position `at`, of which those behind the row do not count.
INPAINT_INLINE Vector scaled_lanes(const PlaneRow& m, int at, const Vector& sums) {
  float lanes[block];
  store(lanes, sums);
  for (int i = 0; i < block; ++i) {
    const float scale = at + i < m.count ? m.pixel_scale[at + i] : 0.0f;
    lanes[i] = scale * lanes[i] + (scale != 0 ? m.bias : 0.0f);
  }
  return load(lanes);
}

// Positions lie in vectors.
template <int vectors>
INPAINT_INLINE void plane_vectors(const PlaneRow& m, int at) {
  Vector total[vectors];
  const Vector start = all(m.pixel_scale != nullptr ? 0.0f : m.bias);
  INPAINT_UNROLL for (int i = 0; i < vectors; ++i) total[i] = start;
  const float* weights = m.weights;
  for (int b = 0; b < m.blocks; ++b) {
    for (int t = 0; t < m.tap_count; ++t, ++weights) {
      const float* in = m.in + at + b * m.in_block + m.taps[t];
      INPAINT_UNROLL for (int i = 0; i < vectors; ++i) total[i] = total[i] + *weights * load(in + i * block);
    }
  }
  INPAINT_UNROLL for (int i = 0; i < vectors; ++i) {
    const int to = at + i * block, rest = m.count - to;
    const Vector sum = m.pixel_scale != nullptr ? scaled_lanes(m, to, total[i]) : total[i];
    const Vector v = applied(m.activation, sum);
    if (rest >= block) store(m.out + to, v);
    if (rest > 0 && rest < block) store_some(m.out + to, v, rest);
  }
}

void plane_from_planes(const PlaneRow& m) {
  constexpr int vectors = 4 / parts > 1 ? 4 / parts : 1;
  for (int at = 0; at < m.count; at += vectors * block) plane_vectors<vectors>(m, at);
}
