//! A set of signatures, by number: which of those that matter the adversary can show.

/// Which signatures, of those that are numbered, the enemy makes or has overheard.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct SignatureSet(Box<[u64]>);

impl SignatureSet {
    /// None of so many.
    pub fn none(signatures: usize) -> SignatureSet {
        SignatureSet(vec![0; signatures.div_ceil(64)].into())
    }

    /// None, of as many signatures.
    pub fn emptied(&self) -> SignatureSet {
        SignatureSet(vec![0; self.0.len()].into())
    }

    pub fn add(&mut self, signature: u32) {
        self.0[signature as usize / 64] |= 1 << (signature % 64);
    }

    pub fn has(&self, signature: u32) -> bool {
        self.0[signature as usize / 64] >> (signature % 64) & 1 == 1
    }

    /// The first that is in one of two sets, and not in both.
    pub fn beside(&self, other: &SignatureSet) -> Option<u32> {
        let mut words = self.0.iter().zip(&other.0).map(|(one, other)| one ^ other).enumerate();
        let (place, word) = words.find(|(_, word)| *word != 0)?;
        Some(64 * place as u32 + word.trailing_zeros())
    }

    /// The same signatures renamed: in the place of each, by number, stands this one.
    pub fn renamed(&self, renamed: &[u32]) -> SignatureSet {
        let mut same = self.emptied();
        let numbers = renamed.iter().enumerate();
        let numbers = numbers.filter(|(number, _)| self.has(*number as u32));
        numbers.for_each(|(_, renamed)| same.add(*renamed));
        same
    }

    pub fn has_all(&self, signatures: &[u32]) -> bool {
        signatures.iter().all(|signature| self.has(*signature))
    }

    /// Whether all of them are in the other set.
    pub fn is_within(&self, other: &SignatureSet) -> bool {
        self.0.iter().zip(&other.0).all(|(one, other)| one & !other == 0)
    }

    /// Only those that are in the other set as well.
    pub fn and(&self, other: &SignatureSet) -> SignatureSet {
        SignatureSet(self.0.iter().zip(&other.0).map(|(one, other)| one & other).collect())
    }
}
