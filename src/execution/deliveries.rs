//! What was said in an execution, wire by wire.

use std::fmt;
use std::ops::Range;

use crate::collecting::listed;
use crate::testable::Wire;

/// What was said on every wire that carried something, or should have, sorted by round, sender and receiver.
///
/// The messages of all wires share one list, since most wires carry few. So memory grows with what is said, not
/// with the number of wires.
///
/// ```
/// use std::collections::BTreeMap;
/// use turncoat::{Attack, General, Generals, OralMessages, Order, Wire, run};
///
/// let inputs = BTreeMap::from([(General::COMMANDER, Order::ATTACK)]);
/// let attack = Attack::new(4, Generals::NONE, inputs);
/// let deliveries = run(&OralMessages::new(1), &attack)?.deliveries;
/// assert_eq!(deliveries.iter().map(|delivery| delivery.said.len()).sum::<usize>(), 9);
/// let wire = Wire { round: 2, from: General::new(1), to: General::new(3) };
/// let delivery = deliveries.on(wire).expect("everybody relays");
/// assert_eq!(delivery.said[0].value, Order::ATTACK);
/// # Ok::<(), turncoat::attack::Misfit>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Deliveries<M> {
    /// In each round, first what loyal generals would have said, and then what traitors said instead.
    messages: Vec<M>,
    carried: Vec<Carried>,
}

/// What one wire carried in one round.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Delivery<'a, M> {
    /// Which wire.
    pub wire: Wire,
    /// What was said on it, in the order of arrival.
    pub said: &'a [M],
    /// What a loyal sender would have said, if a traitor said something else.
    pub loyal: Option<&'a [M]>,
}

/// Where the messages of one delivery are in the list.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Carried {
    wire: Wire,
    said: Range<usize>,
    loyal: Option<Range<usize>>,
}

/// How much had been said at some moment, to count from there or to go back to it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    messages: usize,
    carried: usize,
}

impl<M: PartialEq> Delivery<'_, M> {
    /// Whether this message is a lie: a loyal sender would not have said it.
    pub(crate) fn is_lie(&self, message: &M) -> bool {
        self.loyal.is_some_and(|loyal| !loyal.contains(message))
    }
}

impl<M> Deliveries<M> {
    pub(super) fn new() -> Deliveries<M> {
        Deliveries { messages: Vec::new(), carried: Vec::new() }
    }

    /// The same deliveries with each message converted.
    pub(super) fn map<N>(&self, message: impl FnMut(&M) -> N) -> Deliveries<N> {
        let messages = listed(self.messages.iter().map(message));
        Deliveries { messages, carried: self.carried.clone() }
    }

    pub(super) fn clear(&mut self) {
        self.messages.clear();
        self.carried.clear();
    }

    /// The deliveries, in order.
    #[must_use]
    pub fn iter(&self) -> Sent<'_, M> {
        self.since(0)
    }

    /// How many deliveries there are: wires that carried something, or should have, counted once per round.
    #[must_use]
    pub fn len(&self) -> usize {
        self.carried.len()
    }

    /// Whether there is no delivery at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.carried.is_empty()
    }

    /// The last delivery.
    #[must_use]
    pub fn last(&self) -> Option<Delivery<'_, M>> {
        self.iter().next_back()
    }

    /// What a wire carried, if it carried something, or should have.
    #[must_use]
    pub fn on(&self, wire: Wire) -> Option<Delivery<'_, M>> {
        let place = self.carried.binary_search_by_key(&wire, |carried| carried.wire).ok()?;
        Some(self.iter().at(place))
    }

    /// The deliveries from index `first` on.
    pub(crate) fn since(&self, first: usize) -> Sent<'_, M> {
        Sent { carried: &self.carried[first..], messages: &self.messages }
    }

    /// All messages, in the order in which they were added.
    pub(super) fn all(&self) -> &[M] {
        &self.messages
    }

    /// The list to which new messages are added.
    pub(super) fn words(&mut self) -> &mut Vec<M> {
        &mut self.messages
    }

    /// How much has been said so far.
    pub(super) fn mark(&self) -> Extent {
        Extent { messages: self.messages.len(), carried: self.carried.len() }
    }

    /// Adds a delivery on this wire, with all messages added since then.
    pub(super) fn carry(&mut self, wire: Wire, since: Extent) {
        let said = since.messages..self.messages.len();
        self.carried.push(Carried { wire, said, loyal: None });
    }

    /// Removes everything that was said since then.
    pub(super) fn take_back(&mut self, since: Extent) {
        self.messages.truncate(since.messages);
        self.carried.truncate(since.carried);
    }

    /// Replaces the messages of the delivery at this index by what a traitor really says.
    pub(super) fn falsify(&mut self, place: usize, words: Vec<M>) {
        let before = self.messages.len();
        self.messages.extend(words);
        let Carried { said, loyal, .. } = &mut self.carried[place];
        *loyal = Some(std::mem::replace(said, before..self.messages.len()));
    }

    /// Removes the deliveries from index `first` on that carry nothing and should not.
    pub(super) fn skip_silent(&mut self, first: usize) {
        let silent = |carried: &mut Carried| carried.said.is_empty() && carried.loyal.is_none();
        self.carried.extract_if(first.., silent).for_each(drop);
    }
}

impl<'a, M> IntoIterator for &'a Deliveries<M> {
    type Item = Delivery<'a, M>;
    type IntoIter = Sent<'a, M>;

    fn into_iter(self) -> Sent<'a, M> {
        self.iter()
    }
}

impl<M: fmt::Debug> fmt::Debug for Deliveries<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

/// An iterator over deliveries.
#[derive(Debug)]
pub struct Sent<'a, M> {
    carried: &'a [Carried],
    messages: &'a [M],
}

impl<'a, M> Sent<'a, M> {
    /// The delivery at this index.
    pub(crate) fn at(&self, place: usize) -> Delivery<'a, M> {
        self.delivery(&self.carried[place])
    }

    fn delivery(&self, Carried { wire, said, loyal }: &Carried) -> Delivery<'a, M> {
        let words = |place: &Range<usize>| &self.messages[place.clone()];
        Delivery { wire: *wire, said: words(said), loyal: loyal.as_ref().map(words) }
    }
}

impl<M> Clone for Sent<'_, M> {
    fn clone(&self) -> Self {
        Sent { ..*self }
    }
}

impl<'a, M> Iterator for Sent<'a, M> {
    type Item = Delivery<'a, M>;

    fn next(&mut self) -> Option<Delivery<'a, M>> {
        let first = self.carried.split_off_first()?;
        Some(self.delivery(first))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.carried.len(), Some(self.carried.len()))
    }
}

impl<M> DoubleEndedIterator for Sent<'_, M> {
    fn next_back(&mut self) -> Option<Self::Item> {
        let last = self.carried.split_off_last()?;
        Some(self.delivery(last))
    }
}

impl<M> ExactSizeIterator for Sent<'_, M> {}
