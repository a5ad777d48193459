//! A model whose passes are told of.

use spyglass_model::{Cost, LanguageModel, Logits, Result, Sequence};

/// A model of which each forward pass is a span at level DEBUG, with its sequences and tokens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Traced<'m, M>(pub(crate) &'m M);

impl<M: LanguageModel> LanguageModel for Traced<'_, M> {
    type State = M::State;

    fn new_state(&self) -> Self::State {
        self.0.new_state()
    }

    fn forward(&self, batch: &mut [Sequence<'_, Self::State>]) -> Result<Vec<Logits>> {
        let tokens = |batch: &[Sequence<'_, Self::State>]| batch.iter().map(|own| own.tokens.len()).sum::<usize>();
        let _forward = tracing::debug_span!("forward", sequences = batch.len(), tokens = tokens(batch)).entered();
        self.0.forward(batch)
    }

    fn vocab_size(&self) -> usize {
        self.0.vocab_size()
    }

    fn context_limit(&self) -> usize {
        self.0.context_limit()
    }

    fn state_bytes(&self, position: usize) -> u64 {
        self.0.state_bytes(position)
    }

    fn cost(&self, position: usize, head: bool) -> Cost {
        self.0.cost(position, head)
    }
}
