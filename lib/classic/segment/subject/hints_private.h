#pragma once
#include <opencv2/core/mat.hpp>
#include <vector>

#include "classic/segment/subject.h"
#include "classic/segment/subject/region_graph_private.h"

namespace inpaint::subject {

/// The part of the picture to look at: around the box if there is one, with enough of its surroundings to learn the
/// background from; else all.
cv::Rect part_to_look_at(const SubjectHints& hints, cv::Size picture);

/// What the hints fix, as `Fixed` values per pixel of that part scaled to `working`; empty if there are no hints.
/// `crop`: the part, in the picture's pixels.
cv::Mat fixed_by(const SubjectHints& hints, cv::Size picture, cv::Rect crop, cv::Size working);

/// The regions' probabilities once hints are known: what is fixed is certain, and the rest leans to the side to which
/// colours and edges lead more easily. `fixed`: as above, not empty.
std::vector<float> follow_hints(const RegionGraph& graph, std::vector<float> probabilities, const cv::Mat& fixed);

}  // namespace inpaint::subject
