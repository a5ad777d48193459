//! Choice-shuffled twins: the same items with their choices in another order.
//!
//! A model that has learnt an item's letter by heart loses it here; one that knows the answer does not care.

use serde_json::Value;

use crate::hash::sha256_hex;
use crate::item::Row;
use crate::python::Random;

/// An order other than the given one, for `count` choices: place i of the twin holds choice `order[i]` of the item.
pub(super) fn order(task: &str, doc_id: usize, count: usize) -> Vec<usize> {
    let hash = sha256_hex(format!("shuffle\0{task}\0{doc_id}").as_bytes());
    let mut random = Random::new(u64::from_str_radix(&hash[..16], 16).expect("a hash is hexadecimal"));
    loop {
        let order = random.sample(count, count).expect("as many are drawn as there are");
        if order.iter().enumerate().any(|(place, choice)| place != *choice) {
            return order;
        }
    }
}

/// The row with the options in another order, for tasks whose choices are fixed labels ("A" to "D") and whose options
/// are a column of the row: the one list of `order.len()` entries. `None` without such a column.
pub(super) fn reordered(row: &Row, target: Option<&str>, order: &[usize]) -> Option<Row> {
    let mut lists = row.iter().filter_map(|(name, value)| match value {
        Value::Array(items) if items.len() == order.len() => Some((name, items)),
        _ => None,
    });
    let (name, options) = lists.next().filter(|_| lists.next().is_none())?;
    let mut twin = row.clone();
    twin.insert(name.clone(), order.iter().map(|choice| options[*choice].clone()).collect::<Vec<_>>().into());
    // The answer's column follows, so that the document still tells the truth.
    if let Some((name, gold)) = target.and_then(|name| Some((name, row.get(name)?.as_u64()? as usize)))
        && let Some(place) = order.iter().position(|choice| *choice == gold)
    {
        twin.insert(name.to_owned(), place.into());
    }
    Some(twin)
}
