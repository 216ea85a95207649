#include "image/detection.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using namespace inpaint;

TEST_CASE("detections as a COCO data set") {
  const std::vector<Detection> found{{{10, 20, 40, 60}, 2, 0.75}, {{0, 0, 5, 5}, 0, 0.5}, {{1, 1, 2, 3}, 7, 0.25}};
  const nlohmann::json coco = coco_of(found, {"person", "dog", "shirt"}, "a/b.jpg", {100, 80});
  CHECK(coco["images"] == nlohmann::json::parse(R"([{"id": 1, "file_name": "a/b.jpg", "width": 100, "height": 80}])"));
  CHECK(coco["categories"] == nlohmann::json::parse(R"([{"id": 1, "name": "person"}, {"id": 3, "name": "shirt"},
                                                        {"id": 8, "name": "class 7"}])"));
  REQUIRE(coco["annotations"].size() == 3);
  CHECK(coco["annotations"][0] == nlohmann::json::parse(R"({"id": 1, "image_id": 1, "category_id": 3,
      "bbox": [10, 20, 30, 40], "area": 1200, "segmentation": [[10, 20, 40, 20, 40, 60, 10, 60]], "iscrowd": 0,
      "score": 0.75})"));
  CHECK(coco["annotations"][2]["category_id"] == 8);
}

TEST_CASE("no detections are empty lists") {
  const nlohmann::json coco = coco_of({}, {}, "x.png", {4, 3});
  CHECK(coco["annotations"] == nlohmann::json::array());
  CHECK(coco["categories"] == nlohmann::json::array());
}
