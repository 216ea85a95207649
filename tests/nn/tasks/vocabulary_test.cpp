#include "nn/tasks/vocabulary.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "core/error.h"
#include "nn/tasks/normal_form_private.h"

using namespace inpaint;

namespace {

using Words = std::vector<std::string>;
using Indices = std::vector<int>;

Card card_with(const Words& labels, const std::string& kind = "classes") {
  Card card;
  card.name = "fake";
  card.output.kind = kind;
  card.labels = labels;
  return card;
}

const Card& garments() {
  const auto& all = shipped_cards();
  return *std::find_if(all.begin(), all.end(), [](const Card& card) { return card.name == "u2net_cloth_seg"; });
}

std::string refusal(const Words& words, const Card& card) {
  try {
    labels_for(words, card);
  } catch (const SpecError& error) {
    return error.what();
  }
  return "";
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

const Words clothes = {"background", "upper", "lower", "full"};

}  // namespace

TEST_CASE("spellings, singular and plural have one normal form") {
  for (const Words& same : std::vector<Words>{
           {"t-shirt", "T-shirt", "t shirt", "tshirt", "T_Shirts", "  T - SHIRT ", "TShirts"},
           {"dress", "dresses", "Dresses"},
           {"blouse", "blouses"},
           {"hoodie", "hoodies"},
           {"tie", "ties"},
           {"lady", "ladies", "lady's"},
           {"scarf", "scarves", "scarfs"},
           {"glove", "gloves"},
           {"shoe", "shoes"},
           {"bus", "buses"},
           {"gas", "gases"},
           {"zip-up", "zip-ups"},
           {"watch", "watches"},
           {"brush", "brushes"},
           {"box", "boxes"},
           {"potato", "potatoes"},
           {"jeans", "jean", "Jeans"},
           {"trousers", "trouser"},
           {"sari", "saris"},
           {"ski", "skis"},
           {"tutu", "tutus"},
           {"person", "people", "persons"},
           {"woman", "women"},
           {"mouse", "mice"},
           {"knife", "knives"},
           {"wine glass", "wine glasses"},
           {"traffic light", "Traffic Lights", "traffic-light"},
           {"sunglasses", "sun glasses"},
       }) {
    for (const std::string& word : same) {
      CAPTURE(word);
      CHECK(normal_form(word) == normal_form(same.front()));
    }
  }
}

TEST_CASE("different words have different normal forms") {
  const Words words = {"cap",   "cape",  "glass", "glasses", "short", "shorts", "boxer", "boxers", "tight", "tights",
                       "sky",   "ski",   "heel",  "heels",   "robe",  "rob",    "coat",  "cat",    "bus",   "bust",
                       "skirt", "shirt", "tie",   "toe",     "bow",   "boot",   "sheep", "ship",   "kit",   "kite"};
  std::set<std::string> forms;
  for (const std::string& word : words) forms.insert(normal_form(word));
  CHECK(forms.size() == words.size());
  CHECK(normal_form(" -_ ").empty());
}

TEST_CASE("garments find the classes of u2net_cloth_seg") {
  REQUIRE(garments().labels == clothes);
  const auto all_are = [](const Words& words, const Indices& expected) {
    for (const std::string& word : words) {
      CAPTURE(word);
      CHECK(labels_for({word}, garments()) == expected);
    }
  };
  all_are({"T-shirt", "tee", "t shirts", "blouse", "jumper", "sweater", "pullovers", "cardigan", "hoodies", "waistcoat",
           "vest", "gilet", "blazer", "leather jackets", "polo shirt", "tank top", "upper", "Upper Body"},
          {1});
  all_are({"jeans", "trousers", "pants", "shorts", "skirts", "leggings", "sweatpants", "chinos", "bottoms", "lower"},
          {2});
  all_are({"dress", "dresses", "gown", "jumpsuit", "dungarees", "overalls", "coat", "trench coats", "raincoat",
           "poncho", "onesies", "saree", "full"},
          {3});
  all_are({"suit", "pyjamas", "pajamas", "bikini", "tracksuits"}, {1, 2});
  all_are({"clothes", "garments", "outfit"}, {1, 2, 3});
  all_are({"background"}, {0});
}

TEST_CASE("several words unite, sorted and each class once") {
  CHECK(labels_for({"jeans", "T-shirt", "blouse", "trousers"}, garments()) == Indices{1, 2});
  CHECK(labels_for({"dress", "background"}, garments()) == Indices{0, 3});
  CHECK(labels_for({}, garments()).empty());
}

TEST_CASE("a label is a word, however it is written") {
  const Card card =
      card_with({"person", "dog", "traffic light", "wine glass", "t_shirt", "shirt, blouse", "pot;flowerpot"}, "boxes");
  CHECK(labels_for({"dogs"}, card) == Indices{1});
  CHECK(labels_for({"Traffic-Lights"}, card) == Indices{2});
  CHECK(labels_for({"wine glasses"}, card) == Indices{3});
  CHECK(labels_for({"people"}, card) == Indices{0});
  CHECK(labels_for({"T-Shirts"}, card) == Indices{4});
  CHECK(labels_for({"blouse"}, card) == Indices{5});
  CHECK(labels_for({"shirt, blouse"}, card) == Indices{5});
  CHECK(labels_for({"flowerpots"}, card) == Indices{6});
}

TEST_CASE("finer and coarser classes: the thing itself, its kinds, else the nearest it is a kind of") {
  const Card parser =
      card_with({"Background", "Hat", "Upper-clothes", "Skirt", "Pants", "Dress", "Left-shoe", "Right-shoe"});
  CHECK(labels_for({"tee"}, parser) == Indices{2});
  CHECK(labels_for({"jeans"}, parser) == Indices{4});  // trousers, called pants
  CHECK(labels_for({"miniskirt"}, parser) == Indices{3});
  CHECK(labels_for({"lower"}, parser) == Indices{3, 4});  // its kinds
  CHECK(labels_for({"shoes"}, parser) == Indices{6, 7});
  CHECK(labels_for({"left shoe"}, parser) == Indices{6});
  CHECK(labels_for({"beanie"}, parser) == Indices{1});
  CHECK(labels_for({"clothes"}, parser) == Indices{2, 3, 4, 5});

  const Card shop = card_with({"trousers", "jeans", "shirt", "vest"});
  CHECK(labels_for({"jeans"}, shop) == Indices{1});
  CHECK(labels_for({"pants"}, shop) == Indices{0, 1});
  CHECK(labels_for({"waistcoat"}, shop) == Indices{3});
  // A t-shirt is no shirt with buttons, and there is nothing broader.
  CHECK(has(refusal({"t-shirt"}, shop), "no class for 't-shirt'"));
  // What is worn in two places is not found by one of them.
  CHECK(has(refusal({"suit"}, card_with({"background", "upper"})), "no class for 'suit'"));
}

TEST_CASE("the background is asked for by its name only") {
  for (const std::string& word : words_for(garments())) {
    CAPTURE(word);
    const Indices found = labels_for({word}, garments());
    CHECK((std::find(found.begin(), found.end(), 0) != found.end()) == (word == "background"));
  }
  CHECK(has(refusal({"background"}, card_with({"upper", "lower"})), "'background'"));
}

TEST_CASE("unknown words are answered with the nearest known one, or all of them") {
  CHECK(has(refusal({"trosers"}, garments()), "did you mean 'trousers'?"));
  CHECK(has(refusal({"T-shrit"}, garments()), "did you mean 't-shirt'?"));
  CHECK(has(refusal({"torn blue jeans"}, garments()), "did you mean 'blue jeans'?"));
  CHECK(has(refusal({"silk dress"}, garments()), "did you mean 'dress'?"));
  const std::string all = refusal({"jeans", "xylophone"}, garments());
  CHECK(has(all, "u2net_cloth_seg knows no 'xylophone'"));
  CHECK(has(all, "background, upper ("));
  CHECK(has(all, "trousers, jeans"));
  CHECK(all.find("t-shirt") > all.find("upper ("));
  CHECK(all.find("t-shirt") < all.find("lower ("));
  const std::string animals = refusal({"horse"}, card_with({"cat", "dog"}, "boxes"));
  CHECK(has(animals, "'horse'"));
  CHECK(has(animals, "known: cat, dog"));
  CHECK(has(refusal({"--"}, garments()), "'--'"));
  CHECK(has(refusal({"dog"}, card_with({})), "labels"));
}

TEST_CASE("a garment without a class here names the models that have one") {
  const std::string jeans = refusal({"jeans"}, card_with({"cat", "dog"}, "boxes"));
  CHECK(has(jeans, "fake has no class for 'jeans', only cat, dog"));
  CHECK(has(jeans, "--model u2net_cloth_seg"));
  const std::string shoes = refusal({"trainers"}, garments());
  CHECK(has(shoes, "no class for 'trainers', only background, upper, lower, full; no model that ships has one"));
}

TEST_CASE("the vocabulary is large, in lower case, and each word finds something") {
  const Words words = words_for(garments());
  CHECK(std::set<std::string>(words.begin(), words.end()).size() >= 150);
  for (const std::string& word : words) {
    CAPTURE(word);
    CHECK(std::none_of(word.begin(), word.end(), [](char c) { return c >= 'A' && c <= 'Z'; }));
    CHECK(!labels_for({word}, garments()).empty());
    if (word == "background") continue;
    CHECK(labels_for({word}, garments()) == labels_for({word + (word.ends_with('s') ? "" : "s")}, garments()));
  }
}
