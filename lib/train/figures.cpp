#include "train/figures.h"

#include <algorithm>
#include <cmath>

namespace inpaint {
namespace {

// Values in [0,1].
double psnr_of(double squares, double count) {
  return std::min(100.0, -10 * std::log10(std::max(squares / count, 1e-12)));
}

double f_measure(double precision, double recall) {
  constexpr double beta2 = 0.3;
  const double below = beta2 * precision + recall;
  return below > 0 ? (1 + beta2) * precision * recall / below : 0;
}

}  // namespace

void Figures::add(const TrainingBatch& batch, const Tensor& prediction) {
  const Tensor &picture = batch.tensors.at(0), &second = batch.tensors.at(1);
  const int64_t count = picture.extent(0), pixels = picture.extent(2) * picture.extent(3);
  for (int64_t i = 0; i < count; ++i) {
    if (task_ == "remove-bg") {
      add_matte(second.data() + i * pixels, prediction.data() + i * pixels, pixels);
    } else {
      add_filled(picture.data() + 3 * i * pixels, second.data() + i * pixels, prediction.data() + 3 * i * pixels,
                 pixels);
    }
  }
  pictures_ += count;
}

void Figures::add_filled(const float* truth, const float* known, const float* made, int64_t pixels) {
  double squares = 0, differences = 0;
  int64_t hole = 0;
  for (int64_t p = 0; p < pixels; ++p) {
    if (known[p] > 0.5F) continue;
    ++hole;
    for (int64_t at = p; at < 3 * pixels; at += pixels) {
      const double difference = static_cast<double>(truth[at]) - static_cast<double>(made[at]);
      squares += difference * difference;
      differences += std::abs(difference);
    }
  }
  const auto values = static_cast<double>(3 * std::max<int64_t>(hole, 1));
  hole_psnr_ += psnr_of(squares, values);
  hole_l1_ += 255 * differences / values;
  psnr_ += psnr_of(squares, static_cast<double>(3 * pixels));
}

void Figures::add_matte(const float* truth, const float* made, int64_t pixels) {
  // By value of the prediction, rounded down to 256 steps: how many pixels there are, and of the subject.
  std::vector<int64_t> all(256), subject(256);
  double sum = 0;
  int64_t both = 0, either = 0, subjects = 0;
  for (int64_t p = 0; p < pixels; ++p) {
    const bool is = truth[p] > 0.5F, said = made[p] > 0.5F;
    sum += std::abs(static_cast<double>(truth[p]) - static_cast<double>(made[p]));
    both += is && said;
    either += is || said;
    subjects += is;
    const auto step = static_cast<size_t>(std::clamp(made[p] * 255.F, 0.F, 255.F));
    ++all[step];
    subject[step] += is;
  }
  mae_ += sum / static_cast<double>(pixels);
  iou_ += either == 0 ? 1 : static_cast<double>(both) / static_cast<double>(either);
  int64_t found = 0, right = 0;
  for (size_t step = 256; step-- > 0;) {
    found += all[step];
    right += subject[step];
    precision_[step] += found == 0 ? 0 : static_cast<double>(right) / static_cast<double>(found);
    recall_[step] += subjects == 0 ? 0 : static_cast<double>(right) / static_cast<double>(subjects);
  }
}

nlohmann::json Figures::json() const {
  const auto count = static_cast<double>(std::max<int64_t>(pictures_, 1));
  if (task_ == "reconstruct")
    return {{"hole-psnr", hole_psnr_ / count}, {"hole-l1", hole_l1_ / count}, {"psnr", psnr_ / count}};
  double best = 0;
  for (size_t step = 0; step < 256; ++step)
    best = std::max(best, f_measure(precision_[step] / count, recall_[step] / count));
  return {{"mae", mae_ / count}, {"iou", iou_ / count}, {"max-f", best}};
}

double Figures::decisive() const {
  const auto count = static_cast<double>(std::max<int64_t>(pictures_, 1));
  return task_ == "reconstruct" ? hole_psnr_ / count : -mae_ / count;
}

}  // namespace inpaint
