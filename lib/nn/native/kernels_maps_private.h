// Pooling, resizing and what works value by value. Included like kernels_vector_private.h, after it.

INPAINT_INLINE int at_least(int value, int least) { return value < least ? least : value; }
INPAINT_INLINE int at_most(int value, int most) { return value > most ? most : value; }

void max_pool(const PoolRow& m) {
  const int size = m.blocked ? block : 1;
  const int64_t row = static_cast<int64_t>(m.width) * size;
  for (int x = 0; x < m.out_width; ++x) {
    const int from = at_least(x * m.stride - m.left, 0), to = at_most(x * m.stride - m.left + m.kernel, m.width);
    const float* in = m.in + m.first_row * row + static_cast<int64_t>(from) * size;
    if (m.blocked) {
      Vector best = load(in);
      for (int y = m.first_row; y < m.last_row; ++y, in += row) {
        for (int i = 0; i < to - from; ++i) best = larger(best, load(in + i * block));
      }
      store(m.out + static_cast<int64_t>(x) * block, best);
    } else {
      float best = *in;
      for (int y = m.first_row; y < m.last_row; ++y, in += row) {
        for (int i = 0; i < to - from; ++i) best = best > in[i] ? best : in[i];
      }
      m.out[x] = best;
    }
  }
}

void resize(const ResizeRow& m) {
  const int size = m.blocked ? block : 1;
  const int64_t count = static_cast<int64_t>(m.width) * size;
  const float* row = m.upper;
  if (m.lower_weight != 0) {
    int64_t i = 0;
    for (; i + block <= count; i += block) {
      const Vector a = load(m.upper + i);
      store(m.mixed + i, a + m.lower_weight * (load(m.lower + i) - a));
    }
    for (; i < count; ++i) m.mixed[i] = m.upper[i] + m.lower_weight * (m.lower[i] - m.upper[i]);
    row = m.mixed;
  }
  for (int x = 0; x < m.out_width; ++x) {
    if (m.blocked) {
      const Vector a = load(row + static_cast<int64_t>(m.first[x]) * block);
      const Vector b = load(row + static_cast<int64_t>(m.second[x]) * block);
      store(m.out + static_cast<int64_t>(x) * block, a + m.weight[x] * (b - a));
    } else {
      const float a = row[m.first[x]], b = row[m.second[x]];
      m.out[x] = a + m.weight[x] * (b - a);
    }
  }
}

void add(const float* a, const float* b, float* out, int64_t count) {
  int64_t i = 0;
  for (; i + block <= count; i += block) store(out + i, load(a + i) + load(b + i));
  for (; i < count; ++i) out[i] = a[i] + b[i];
}

void multiply_each(const float* a, const float* b, float* out, int64_t count) {
  int64_t i = 0;
  for (; i + block <= count; i += block) store(out + i, load(a + i) * load(b + i));
  for (; i < count; ++i) out[i] = a[i] * b[i];
}

void activate(Pointwise how, const float* in, float* out, int64_t count) {
  int64_t i = 0;
  for (; i + block <= count; i += block) store(out + i, applied(how, load(in + i)));
  if (i == count) return;
  float lanes[block] = {};
  for (int k = 0; k < count - i; ++k) lanes[k] = in[i + k];
  store_some(out + i, applied(how, load(lanes)), static_cast<int>(count - i));
}
