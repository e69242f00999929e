//! A set of signatures, by number: which of the numbered signatures the adversary can show.

/// Which of the numbered signatures the adversary makes or has overheard.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct SignatureSet(Box<[u64]>);

impl SignatureSet {
    /// The empty set, with room for this many signatures.
    pub fn none(signatures: usize) -> SignatureSet {
        SignatureSet(vec![0; signatures.div_ceil(64)].into())
    }

    /// The empty set, with room for as many signatures as this one.
    pub fn emptied(&self) -> SignatureSet {
        SignatureSet(vec![0; self.0.len()].into())
    }

    pub fn add(&mut self, signature: u32) {
        self.0[signature as usize / 64] |= 1 << (signature % 64);
    }

    pub fn has(&self, signature: u32) -> bool {
        self.0[signature as usize / 64] >> (signature % 64) & 1 == 1
    }

    /// The first signature that is in exactly one of the two sets.
    pub fn beside(&self, other: &SignatureSet) -> Option<u32> {
        let mut words = self.0.iter().zip(&other.0).map(|(one, other)| one ^ other).enumerate();
        let (place, word) = words.find(|(_, word)| *word != 0)?;
        Some(64 * place as u32 + word.trailing_zeros())
    }

    /// The same signatures renamed: `renamed[number]` stands in the place of each.
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

    /// Whether every signature of this set is in the other set.
    pub fn is_within(&self, other: &SignatureSet) -> bool {
        self.0.iter().zip(&other.0).all(|(one, other)| one & !other == 0)
    }

    /// The signatures that are in both sets.
    pub fn and(&self, other: &SignatureSet) -> SignatureSet {
        SignatureSet(self.0.iter().zip(&other.0).map(|(one, other)| one & other).collect())
    }
}
