#include "classic/fill/patch/kernels_private.h"

#include <doctest/doctest.h>

#include "classic/fill/patch/level_private.h"
#include "helpers.h"

namespace inpaint::test {
namespace {

using patch::Kernels;
using patch::no_target;
using patch::Plane;

// Those that this processor runs.
std::vector<const Kernels*> all_kernels() {
  std::vector<const Kernels*> out{&patch::portable_kernels()};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) out.push_back(&patch::avx2_kernels());
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
    out.push_back(&patch::avx512_kernels());
  }
#endif
  return out;
}

// Random planes: every number that a kernel reads.
struct Scene {
  static constexpr int width = 43, height = 31, area = width * height;
  int size, radius;
  Plane<uint32_t> pixels{area, 0x12345678};
  Plane<uint8_t> trust{area, 255}, doubt{area, 7}, hole{area, 0};
  Plane<int32_t> field{area, 0}, distance{area, no_target};
  std::vector<int32_t> weights, centres;  // centres: of whole patches

  Scene(int side, uint64_t seed, int32_t farthest) : size(side), radius(side / 2) {
    cv::RNG random(seed);
    for (int i = 0; i < patch::weight_steps; ++i) weights.push_back(i == 255 ? 0 : cvRound(4096 * std::exp(-i / 16.0)));
    for (int y = radius; y < height - radius; ++y) {
      for (int x = radius; x < width - radius; ++x) centres.push_back(y * width + x);
    }
    for (int32_t at = 0; at < area; ++at) {
      pixels[at] = random.next();
      trust[at] = random.uniform(0, 3) ? 255 : 0;
      doubt[at] = static_cast<uint8_t>(random.uniform(0, 5) ? random.uniform(0, 40) : random.uniform(0, 256));
      hole[at] = random.uniform(0, 4) > 0;
      field[at] = at;
    }
    for (const int32_t at : centres) {
      if (at % width > width / 2 && at % width < width / 2 + 4) continue;  // a gap: pixels with few or no voters
      if (random.uniform(0, 3) == 0) continue;
      field[at] = centres[static_cast<size_t>(random.uniform(0, static_cast<int>(centres.size())))];
      distance[at] = random.uniform(0, 4) ? random.uniform(0, farthest) : random.uniform(0, 100);
    }
  }

  const uint8_t* bytes() const { return reinterpret_cast<const uint8_t*>(pixels.data()); }
  patch::Comparison comparison(int32_t centre, int distrust) const {
    const ptrdiff_t corner = ptrdiff_t{radius} * (width + 1);
    return {
        bytes() + 4 * (centre - corner), trust.data() + centre - corner, bytes() - 4 * corner, width, size, distrust};
  }
  patch::VoteInput votes() const {
    return {bytes(), field.data(), distance.data(), doubt.data(), weights.data(), 8, width, height, size};
  }
  std::pair<int32_t, int32_t> best(const Kernels& kernels, int32_t centre, int distrust, int32_t bound) const {
    int32_t best = -1;
    kernels.best_of(comparison(centre, distrust), centres.data(), static_cast<int>(centres.size()), best, bound);
    return {best, bound};
  }
  std::pair<int32_t, int32_t> naive_best(int32_t centre, int distrust, int64_t bound) const;
};

int byte_of(uint32_t pixel, int c) { return static_cast<int>(pixel >> (8 * c) & 255); }

std::pair<int32_t, int32_t> Scene::naive_best(int32_t centre, int distrust, int64_t bound) const {
  int32_t best = -1;
  for (const int32_t candidate : centres) {
    int64_t sum = 0;
    for (int k = 0; k < size * size; ++k) {
      const int32_t step = (k / size - radius) * width + k % size - radius;
      for (int c = 0; c < 4; ++c) {
        int64_t d = std::abs(byte_of(pixels[centre + step], c) - byte_of(pixels[candidate + step], c));
        if (trust[centre + step] == 0) d /= int64_t{1} << distrust;
        sum += d * d;
      }
    }
    if (sum < bound) {
      bound = sum;
      best = candidate;
    }
  }
  return {best, static_cast<int32_t>(bound)};
}

// A patch over a pixel: what it proposes, and how strongly.
struct Voter {
  int32_t proposed, distance, doubt;
};

std::vector<Voter> naive_voters(const Scene& scene, int x, int y) {
  std::vector<Voter> out;
  for (int v = std::max(0, y - scene.radius); v <= std::min(Scene::height - 1, y + scene.radius); ++v) {
    for (int u = std::max(0, x - scene.radius); u <= std::min(Scene::width - 1, x + scene.radius); ++u) {
      const int32_t centre = v * Scene::width + u;
      if (scene.distance[centre] == no_target) continue;
      out.push_back(
          {scene.field[centre] + (y - v) * Scene::width + x - u, scene.distance[centre], scene.doubt[centre]});
    }
  }
  return out;
}

// Steps of the weight table (times `finer`) for each voter, the doubt of the least doubtful taken off.
std::vector<int> naive_steps(const std::vector<Voter>& voters, float finer, float most) {
  int32_t total = 0, least = 255;
  for (const Voter& v : voters) {
    total += v.distance / 16;
    least = std::min(least, v.doubt);
  }
  const float scale = 8.0f * static_cast<float>(voters.size()) / (static_cast<float>(total) * 16.0f + 1.0f);
  std::vector<int> steps;
  for (const Voter& v : voters) {
    const float far = static_cast<float>(v.distance) * scale * finer;
    steps.push_back(static_cast<int>(std::min(far, most)) + static_cast<int>(finer) * (v.doubt - least));
  }
  return steps;
}

uint32_t naive_vote(const Scene& scene, int x, int y) {
  const uint32_t before = scene.pixels[y * Scene::width + x];
  const std::vector<Voter> voters = naive_voters(scene, x, y);
  const std::vector<int> steps = naive_steps(voters, 1, 255);
  int64_t sum[4] = {}, total = 0;
  for (size_t i = 0; i < voters.size(); ++i) {
    const int64_t weight = scene.weights[static_cast<size_t>(std::min(steps[i], 255))];
    total += weight;
    for (int c = 0; c < 4; ++c) sum[c] += weight * byte_of(scene.pixels[voters[i].proposed], c);
  }
  if (total == 0) return before;
  uint32_t out = 0;
  for (int c = 0; c < 4; ++c) out |= static_cast<uint32_t>((sum[c] + total / 2) / total) << (8 * c);
  return out;
}

int32_t naive_donor(const Scene& scene, int x, int y) {
  const std::vector<Voter> voters = naive_voters(scene, x, y);
  if (voters.empty()) return y * Scene::width + x;
  const std::vector<int> badness = naive_steps(voters, 8, 65535);
  const auto least = std::min_element(badness.begin(), badness.end()) - badness.begin();
  return voters[static_cast<size_t>(least)].proposed;
}

}  // namespace

TEST_CASE("best_of: every instruction set finds what a plain loop finds") {
  for (int size = 3; size <= patch::max_patch_size; size += 2) {
    const Scene scene(size, static_cast<uint64_t>(size), 1000);
    for (int distrust = 0; distrust <= 8; ++distrust) {
      for (const size_t i : {size_t{0}, size_t(distrust * 37 + size), scene.centres.size() - 1}) {
        const int32_t centre = scene.centres[i];
        for (const int32_t bound : {no_target, 20'000 * size * size, 0}) {
          const auto expected = scene.naive_best(centre, distrust, bound);
          for (const Kernels* kernels : all_kernels()) {
            CAPTURE(kernels->name);
            CAPTURE(size);
            CAPTURE(distrust);
            CHECK(scene.best(*kernels, centre, distrust, bound) == expected);
          }
        }
      }
    }
  }
}

TEST_CASE("best_of: the same patch has distance 0, of equal ones the first stays, none keeps what was") {
  const Scene scene(7, 3, 1000);
  for (const Kernels* kernels : all_kernels()) {
    const int32_t centre = scene.centres[50];
    const std::vector<int32_t> twice{scene.centres[9], centre, centre, scene.centres[3]};
    int32_t best = 17, distance = 5;
    kernels->best_of(scene.comparison(centre, 0), twice.data(), 0, best, distance);
    CHECK(std::pair(best, distance) == std::pair(17, 5));
    kernels->best_of(scene.comparison(centre, 0), twice.data(), 4, best, distance);
    CHECK(std::pair(best, distance) == std::pair(centre, 0));
    best = 17;
    kernels->best_of(scene.comparison(centre, 0), twice.data(), 4, best, distance);
    CHECK(best == 17);  // 0 is not below 0
  }
}

TEST_CASE("best_of: black against white does not overflow") {
  for (int size = 3; size <= patch::max_patch_size; size += 2) {
    Scene scene(size, 1, 1000);
    const int32_t black = scene.centres.front(), white = scene.centres.back();
    for (int32_t at = 0; at < Scene::area; ++at) scene.pixels[at] = at < Scene::area / 2 ? 0 : ~0u;
    std::fill_n(scene.trust.data(), Scene::area, uint8_t{255});
    for (const Kernels* kernels : all_kernels()) {
      int32_t best = -1, distance = no_target;
      kernels->best_of(scene.comparison(black, 0), &white, 1, best, distance);
      CHECK(best == white);
      CHECK(distance == 4 * 255 * 255 * size * size);
    }
  }
}

TEST_CASE("vote_row: every instruction set gives the weighted mean of what is proposed, at all borders") {
  for (int size = 3; size <= patch::max_patch_size; size += 2) {
    for (const int32_t farthest : {1, 5000, 4 * 255 * 255 * size * size}) {
      const Scene scene(size, static_cast<uint64_t>(100 + size), farthest);
      std::vector<uint32_t> expected(scene.pixels.data(), scene.pixels.data() + Scene::area);
      for (int at = 0; at < Scene::area; ++at) {
        if (scene.hole[at]) expected[static_cast<size_t>(at)] = naive_vote(scene, at % Scene::width, at / Scene::width);
      }
      for (const Kernels* kernels : all_kernels()) {
        CAPTURE(kernels->name);
        CAPTURE(size);
        std::vector<uint32_t> out(scene.pixels.data(), scene.pixels.data() + Scene::area);
        for (int y = 0; y < Scene::height; ++y) {
          kernels->vote_row(scene.votes(), scene.hole.data() + y * Scene::width, y,
                            reinterpret_cast<uint8_t*>(out.data() + y * Scene::width));
        }
        CHECK(out == expected);
      }
    }
  }
}

TEST_CASE("donors_row: every instruction set names the pixel that the best patch proposes, at all borders") {
  for (int size = 3; size <= patch::max_patch_size; size += 2) {
    for (const int32_t farthest : {1, 5000, 4 * 255 * 255 * size * size}) {
      const Scene scene(size, static_cast<uint64_t>(200 + size), farthest);
      std::vector<int32_t> expected(Scene::area, -7);
      for (int at = 0; at < Scene::area; ++at) {
        if (scene.hole[at])
          expected[static_cast<size_t>(at)] = naive_donor(scene, at % Scene::width, at / Scene::width);
      }
      for (const Kernels* kernels : all_kernels()) {
        CAPTURE(kernels->name);
        CAPTURE(size);
        std::vector<int32_t> out(Scene::area, -7);
        for (int y = 0; y < Scene::height; ++y) {
          kernels->donors_row(scene.votes(), scene.hole.data() + y * Scene::width, y, out.data() + y * Scene::width);
        }
        CHECK(out == expected);
      }
    }
  }
}

TEST_CASE("a pixel over which there is no patch keeps its colour and is its own donor") {
  Scene scene(5, 9, 1000);
  std::fill_n(scene.distance.data(), Scene::area, no_target);
  for (const Kernels* kernels : all_kernels()) {
    for (int y = 0; y < Scene::height; ++y) {
      const std::vector<uint8_t> hole(Scene::width, 1);
      std::vector<uint32_t> row(scene.pixels.data() + y * Scene::width, scene.pixels.data() + (y + 1) * Scene::width);
      const std::vector<uint32_t> before = row;
      std::vector<int32_t> donors(Scene::width, -1);
      kernels->vote_row(scene.votes(), hole.data(), y, reinterpret_cast<uint8_t*>(row.data()));
      kernels->donors_row(scene.votes(), hole.data(), y, donors.data());
      CHECK(row == before);
      CHECK(donors.front() == y * Scene::width);
      CHECK(donors.back() == (y + 1) * Scene::width - 1);
    }
  }
}

TEST_CASE("kernels() is one of those that this processor runs, the last of them") {
  CHECK(std::string(patch::kernels().name) == all_kernels().back()->name);
}

}  // namespace inpaint::test
