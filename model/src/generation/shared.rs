//! What several prompts begin with alike is read once.

use super::generate::piece;
use crate::error::Result;
use crate::models::{LanguageModel, Sequence, Wanted};

/// A shorter beginning is read with each prompt.
const LEAST: usize = 64;

/// A prefix that was read, and how many tokens of a prompt it is.
pub type Begun<S> = (S, usize);

/// Reads what prompts share with each other, each distinct beginning once, and gives for every prompt the state after the longest of them
/// with its length (the last token of a prompt is never among it), and how many tokens went through the model.
///
/// # Errors
/// Whatever the model refuses.
pub fn read_shared<M: LanguageModel>(model: &M, prompts: &[&[u32]]) -> Result<(Vec<Begun<M::State>>, usize)> {
    let mut order: Vec<usize> = (0..prompts.len()).collect();
    order.sort_by_key(|&prompt| prompts[prompt]);
    let mut begun = vec![(model.new_state(), 0); prompts.len()];
    let mut computed = 0;
    let mut groups = vec![(order, (model.new_state(), 0))];
    groups.retain(|(group, _)| !group.is_empty());
    while let Some((group, (mut state, mut seen))) = groups.pop() {
        let (first, last) = (prompts[group[0]], prompts[group[group.len() - 1]]);
        // They are sorted: what the first and the last of them share, all of them do.
        let alike = first.iter().zip(last).take_while(|(a, b)| a == b).count();
        let alike = alike.min(first.len().min(last.len()).saturating_sub(1));
        if group.len() > 1 && alike >= seen + LEAST {
            while seen < alike {
                let tokens = piece(&first[..alike], &[], seen);
                seen += tokens.len();
                let sequence = Sequence { tokens, state: &mut state, wanted: Wanted::Nothing, keep_state: true };
                model.forward(&mut [sequence])?;
                computed += tokens.len();
            }
        }
        let parts: Vec<&[usize]> = group.chunk_by(|&a, &b| prompts[a].get(alike) == prompts[b].get(alike)).collect();
        if let [_] = parts[..] {
            group.iter().for_each(|&prompt| begun[prompt] = (state.clone(), seen));
        } else {
            groups.extend(parts.into_iter().map(|part| (part.to_vec(), (state.clone(), seen))));
        }
    }
    Ok((begun, computed))
}
