//! Words and names that are hidden and asked for; none of them is one of the filler's.

use crate::icl::Dice;

const COLOURS: [&str; 16] = [
    "amber",
    "crimson",
    "violet",
    "olive",
    "scarlet",
    "ivory",
    "indigo",
    "maroon",
    "turquoise",
    "golden",
    "purple",
    "orange",
    "emerald",
    "pink",
    "grey",
    "white",
];

const ANIMALS: [&str; 24] = [
    "heron", "badger", "otter", "falcon", "beaver", "lynx", "walrus", "gecko", "magpie", "donkey", "rabbit", "turtle",
    "panther", "squirrel", "ostrich", "salmon", "camel", "goose", "tiger", "lizard", "moth", "whale", "zebra", "fox",
];

/// `count` different names of lockers: a colour and an animal.
pub(super) fn lockers(dice: &mut Dice, count: usize) -> Vec<String> {
    let mut all: Vec<usize> = (0..COLOURS.len() * ANIMALS.len()).collect();
    dice.shuffle(&mut all);
    let name = |at: &usize| format!("{} {}", COLOURS[at / ANIMALS.len()], ANIMALS[at % ANIMALS.len()]);
    all.iter().take(count).map(name).collect()
}

/// `count` different numbers of `digits` digits.
pub(super) fn numbers(dice: &mut Dice, digits: u32, count: usize) -> Vec<String> {
    let least = 10_usize.pow(digits - 1);
    distinct(count, || (least + dice.below(9 * least)).to_string())
}

/// `count` different names of variables: three capital letters.
pub(super) fn variables(dice: &mut Dice, count: usize) -> Vec<String> {
    distinct(count, || (0..3).map(|_| char::from(b'A' + dice.below(26) as u8)).collect())
}

/// So many different ones.
fn distinct(count: usize, mut draw: impl FnMut() -> String) -> Vec<String> {
    let mut drawn: Vec<String> = Vec::with_capacity(count);
    while drawn.len() < count {
        let next = draw();
        if !drawn.contains(&next) {
            drawn.push(next);
        }
    }
    drawn
}

/// Plain words of a language for lists.
pub(super) const PLAIN: [&str; 120] = [
    "apple", "arrow", "autumn", "bamboo", "barrel", "basin", "beard", "bench", "berry", "blanket", "border", "bottle",
    "branch", "bread", "brick", "bucket", "button", "cabin", "candle", "canvas", "carpet", "castle", "ceiling",
    "chain", "chapel", "cheese", "cliff", "clock", "cloud", "coast", "collar", "corner", "cotton", "crown", "cushion",
    "desert", "dinner", "drawer", "drum", "dust", "engine", "fence", "fever", "finger", "flame", "flood", "forest",
    "fountain", "frame", "garlic", "ghost", "glass", "glove", "grain", "grass", "hammer", "harbour", "harvest",
    "helmet", "hill", "horn", "island", "jacket", "jungle", "kitchen", "ladle", "lake", "leaf", "lemon", "letter",
    "lock", "magnet", "maple", "market", "meadow", "medal", "metal", "mirror", "mountain", "mud", "needle", "nest",
    "ocean", "onion", "orchard", "oven", "palace", "paper", "pebble", "pepper", "pillow", "planet", "pocket", "pond",
    "porch", "prison", "pump", "ribbon", "river", "roof", "root", "sand", "scale", "shadow", "shelf", "shirt", "shore",
    "signal", "smoke", "spring", "stable", "stone", "storm", "summer", "temple", "thunder", "tower", "tunnel",
    "valley", "window",
];
