//! `spyglass generate`: one completion.
