//! Sentences that say nothing: without names, numbers, or anything that is ever asked for.

use crate::icl::Dice;

const WHO: [&str; 20] = [
    "A gardener",
    "The baker",
    "An old sailor",
    "The carpenter",
    "Somebody",
    "A teacher",
    "The weaver",
    "A young clerk",
    "The miller",
    "A neighbour",
    "The shepherd",
    "An engineer",
    "The painter",
    "A traveller",
    "The fisherman",
    "A printer",
    "The beekeeper",
    "A musician",
    "The glazier",
    "A librarian",
];

const DID: [&str; 20] = [
    "mended",
    "carried",
    "polished",
    "sold",
    "borrowed",
    "admired",
    "drew",
    "forgot",
    "wrapped",
    "lifted",
    "counted",
    "cleaned",
    "measured",
    "hid",
    "painted",
    "moved",
    "weighed",
    "described",
    "bought",
    "dropped",
];

const WHAT: [&str; 24] = [
    "a wooden chair",
    "the copper kettle",
    "a bundle of reeds",
    "the long ladder",
    "a basket of pears",
    "the blue curtain",
    "a heavy rope",
    "the cracked mirror",
    "a sack of flour",
    "the iron gate",
    "a pair of boots",
    "the little bell",
    "a coil of wire",
    "the straw hat",
    "a jar of honey",
    "the oak table",
    "a woollen scarf",
    "the paper lantern",
    "a broken wheel",
    "the silver spoon",
    "a roll of cloth",
    "the clay pot",
    "a stack of tiles",
    "the leather belt",
];

const WHEN: [&str; 16] = [
    "before the rain came",
    "while the wind was calm",
    "on the way to the market",
    "after a long walk",
    "without saying a word",
    "as the sun went down",
    "when the bridge was closed",
    "although nobody had asked",
    "in the middle of the week",
    "near the end of the street",
    "because it was late",
    "with great care",
    "just as the others had done",
    "until the light was gone",
    "and went on slowly",
    "beside the old well",
];

/// Sentence number `index`.
pub(super) fn sentence(index: usize) -> String {
    let mut dice = Dice::new("sentences", index);
    format!("{} {} {} {}.", dice.pick(&WHO), dice.pick(&DID), dice.pick(&WHAT), dice.pick(&WHEN))
}
