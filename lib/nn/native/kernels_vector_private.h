// A vector of 16 floats made of as many registers as INPAINT_LANES needs. Included by the sources of one instruction
// set each, within an unnamed namespace, so that no two sets share a function.
typedef float Part __attribute__((vector_size(4 * INPAINT_LANES)));
typedef int32_t PartBits __attribute__((vector_size(4 * INPAINT_LANES)));
typedef float LoosePart __attribute__((vector_size(4 * INPAINT_LANES), aligned(4), may_alias));
constexpr int parts = block / INPAINT_LANES;

#define INPAINT_INLINE inline __attribute__((always_inline))
#define INPAINT_UNROLL _Pragma("GCC unroll 32")

struct Vector {
  Part part[parts];
};

INPAINT_INLINE Vector load(const float* from) {
  Vector v;
  INPAINT_UNROLL for (int i = 0; i < parts; ++i) {
    v.part[i] = *reinterpret_cast<const LoosePart*>(from + i * INPAINT_LANES);
  }
  return v;
}
INPAINT_INLINE void store(float* to, const Vector& v) {
  INPAINT_UNROLL for (int i = 0; i < parts; ++i) * reinterpret_cast<LoosePart*>(to + i * INPAINT_LANES) = v.part[i];
}
INPAINT_INLINE Vector all(float value) {
  Vector v;
  INPAINT_UNROLL for (int i = 0; i < parts; ++i) v.part[i] = value - Part{};
  return v;
}
INPAINT_INLINE Vector operator+(const Vector& a, const Vector& b) {
  Vector v;
  INPAINT_UNROLL for (int i = 0; i < parts; ++i) v.part[i] = a.part[i] + b.part[i];
  return v;
}
INPAINT_INLINE Vector operator-(const Vector& a, const Vector& b) {
  Vector v;
  INPAINT_UNROLL for (int i = 0; i < parts; ++i) v.part[i] = a.part[i] - b.part[i];
  return v;
}
INPAINT_INLINE Vector operator*(const Vector& a, const Vector& b) {
  Vector v;
  INPAINT_UNROLL for (int i = 0; i < parts; ++i) v.part[i] = a.part[i] * b.part[i];
  return v;
}
INPAINT_INLINE Vector operator*(float a, const Vector& b) {
  Vector v;
  INPAINT_UNROLL for (int i = 0; i < parts; ++i) v.part[i] = a * b.part[i];
  return v;
}
// NaN of `b` stays.
INPAINT_INLINE Vector larger(const Vector& a, const Vector& b) {
  Vector v;
  INPAINT_UNROLL for (int i = 0; i < parts; ++i) v.part[i] = a.part[i] > b.part[i] ? a.part[i] : b.part[i];
  return v;
}
INPAINT_INLINE float sum(const Vector& v) {
  Part total = v.part[0];
  INPAINT_UNROLL for (int i = 1; i < parts; ++i) total += v.part[i];
  float lanes[INPAINT_LANES];
  *reinterpret_cast<LoosePart*>(lanes) = total;
  INPAINT_UNROLL for (int half = INPAINT_LANES / 2; half > 0; half /= 2) {
    INPAINT_UNROLL for (int i = 0; i < half; ++i) lanes[i] += lanes[i + half];
  }
  return lanes[0];
}

// exp(x) within 2 units in the last place, for x in [-87, 87]; beyond, the value at the limit. NaN stays.
INPAINT_INLINE Part exponential(Part x) {
  const Part least = -87.0f - Part{}, most = 87.0f - Part{};
  x = x < least ? least : x;
  x = x > most ? most : x;
  const Part magic = 12582912.0f - Part{};  // 1.5 * 2^23: adding it rounds to a whole number
  const Part shifted = x * 1.44269504089f + magic;
  const Part whole = shifted - magic;
  const Part rest = (x - whole * 0.693359375f) + whole * 2.12194440e-4f;  // log(2) in two pieces
  // Cephes' polynomial of expf.
  Part y = rest * 1.9875691500e-4f + 1.3981999507e-3f;
  y = y * rest + 8.3334519073e-3f;
  y = y * rest + 4.1665795894e-2f;
  y = y * rest + 1.6666665459e-1f;
  y = y * rest + 5.0000001201e-1f;
  y = y * (rest * rest) + rest + 1.0f;
  const PartBits exponent = (reinterpret_cast<PartBits>(shifted) - reinterpret_cast<PartBits>(magic) + 127) << 23;
  return y * reinterpret_cast<Part>(exponent);
}

INPAINT_INLINE Vector applied(const Pointwise& how, const Vector& x) {
  if (how.kind == 0) return x;
  if (how.kind == 1) return larger(all(0), x);
  Vector v;
  if (how.kind == 2) {
    INPAINT_UNROLL for (int i = 0; i < parts; ++i) v.part[i] = x.part[i] < 0 ? x.part[i] * how.slope : x.part[i];
  } else {
    INPAINT_UNROLL for (int i = 0; i < parts; ++i) v.part[i] = 1.0f / (1.0f + exponential(-x.part[i]));
  }
  return v;
}

// The first `count` of 16 floats.
INPAINT_INLINE void store_some(float* to, const Vector& v, int count) {
  float lanes[block];
  store(lanes, v);
  for (int i = 0; i < count; ++i) to[i] = lanes[i];
}

// A sum with its scale and bias; see Finish::pixel_scale.
INPAINT_INLINE Vector scaled(const Vector& sum, float scale, const Vector& bias) {
  return scale * sum + (scale != 0 ? 1.0f : 0.0f) * bias;
}

// What follows the bias; the residual is read at `at`.
INPAINT_INLINE Vector finished(const Finish& finish, const Vector& sum, int64_t at) {
  Vector v = applied(finish.first, sum);
  if (finish.residual != nullptr) v = v + load(finish.residual + at);
  return applied(finish.last, v);
}
