//! Memory for weights and activations: in huge pages where the system gives them, and used again.
//!
//! The first touch of fresh memory costs more than a pass of arithmetic over it (0.5 GB/s in small pages on the machine this was
//! measured on), so activations come from a [`Pool`] that lends the same memory again and again.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use memmap2::MmapMut;

use crate::error::{Error, Result};

/// From here on memory is mapped, so that it can lie in huge pages; below, the allocator's is as good and has no limit on pieces.
const MAPPED: usize = 1 << 20;

/// Zeroed memory.
#[derive(Debug)]
pub(crate) enum Memory {
    Heap(Vec<u32>),
    Mapped(MmapMut),
}

impl Memory {
    /// `bytes` zeros.
    pub(crate) fn new(bytes: usize) -> Result<Self> {
        if bytes < MAPPED {
            return Ok(Self::Heap(vec![0; bytes.div_ceil(size_of::<u32>())]));
        }
        let map = MmapMut::map_anon(bytes).map_err(|_| Error::Memory { bytes: bytes as u64 })?;
        // only advice: a kernel that has no huge pages says no, and the small ones do as well
        #[cfg(target_os = "linux")]
        let _ = map.advise(memmap2::Advice::HugePage);
        Ok(Self::Mapped(map))
    }

    /// As numbers of one type, four bytes wide at most.
    pub(crate) fn values<T: bytemuck::Pod>(&self) -> &[T] {
        match self {
            Self::Heap(words) => bytemuck::cast_slice(words),
            Self::Mapped(map) => bytemuck::cast_slice(&map[..map.len() / size_of::<T>() * size_of::<T>()]),
        }
    }

    /// As numbers of one type, to be written.
    pub(crate) fn values_mut<T: bytemuck::Pod>(&mut self) -> &mut [T] {
        match self {
            Self::Heap(words) => bytemuck::cast_slice_mut(words),
            Self::Mapped(map) => {
                let whole = map.len() / size_of::<T>() * size_of::<T>();
                bytemuck::cast_slice_mut(&mut map[..whole])
            }
        }
    }
}

/// Lends buffers and takes them back. Free memory by its length in numbers.
#[derive(Debug, Default)]
pub(crate) struct Pool(Mutex<BTreeMap<usize, Vec<Memory>>>);

impl Pool {
    /// `len` numbers, of no particular value.
    pub(crate) fn lend(self: &Arc<Self>, len: usize) -> Result<Buffer> {
        let size = class(len);
        let free = {
            let mut free = self.lock();
            // one up to twice as large does as well
            free.range_mut(size..=2 * size).find_map(|(_, memory)| memory.pop())
        };
        let memory = match free {
            Some(memory) => memory,
            None => Memory::new(size * size_of::<f32>())?,
        };
        Ok(Buffer { memory: Some(memory), len, pool: Arc::clone(self) })
    }

    /// `len` zeros.
    pub(crate) fn zeros(self: &Arc<Self>, len: usize) -> Result<Buffer> {
        let mut buffer = self.lend(len)?;
        buffer.fill(0.0);
        Ok(buffer)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<usize, Vec<Memory>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `len` rounded up to four sizes an octave, so that buffers of like lengths serve each other.
fn class(len: usize) -> usize {
    let step = (len.max(64).next_power_of_two() / 8).max(16);
    len.max(64).next_multiple_of(step)
}

/// Numbers lent by a [`Pool`], given back when dropped.
#[derive(Debug)]
pub(crate) struct Buffer {
    memory: Option<Memory>,
    len: usize,
    pool: Arc<Pool>,
}

impl Buffer {
    /// Where it came from.
    pub(crate) fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }
}

impl Clone for Buffer {
    /// A copy, lent by the same pool.
    ///
    /// # Panics
    /// When there is no memory left, as any allocation does.
    fn clone(&self) -> Self {
        let mut copy = self.pool.lend(self.len).expect("memory for a copy");
        copy.copy_from_slice(self);
        copy
    }
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        let memory = self.memory.as_ref().expect("only drop takes it");
        &memory.values()[..self.len]
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        let memory = self.memory.as_mut().expect("only drop takes it");
        &mut memory.values_mut()[..self.len]
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if let Some(memory) = self.memory.take() {
            let size = memory.values::<f32>().len();
            self.pool.lock().entry(size).or_default().push(memory);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_lent_again() {
        let pool = Arc::new(Pool::default());
        let first = pool.zeros(1000).unwrap();
        let at = first.as_ptr();
        drop(first);
        assert_eq!(pool.lend(990).unwrap().as_ptr(), at);
        assert_eq!(pool.lend(700).unwrap().as_ptr(), at);
        assert_eq!(pool.zeros(300_000).unwrap().len(), 300_000);
        for len in [0, 1, 63, 64, 65, 1000, 1 << 20, (1 << 20) + 1] {
            assert!(class(len) >= len && class(len) <= (len + len / 4).max(64) + 16, "{len}: {}", class(len));
        }
    }

    #[test]
    fn a_copy_goes_its_own_way() {
        let pool = Arc::new(Pool::default());
        let mut first = pool.zeros(5).unwrap();
        let copy = first.clone();
        first[2] = 1.0;
        assert_eq!(&*copy, &[0.0; 5]);
    }
}
