//! Whether a protocol's types are plain data, as they should be.

use std::any::type_name;
use std::cmp::Ordering;
use std::hash::BuildHasher;

use rustc_hash::FxBuildHasher;

use crate::collecting::listed;
use crate::fault::{Misbehaved, guarded, method, shown};
use crate::protocol::Plain;

/// How many things are tested at most, evenly spread.
const MOST: usize = 32;

/// How many times things are compared with themselves, all together.
const OFTEN: usize = 128;

/// How two things compare, by each method of their type.
struct Comparison {
    equal: bool,
    order: Ordering,
    partial: Option<Ordering>,
}

/// Whether a sample of `len` things is plain data. They were interned as different things, with these hashes.
pub(super) fn are_plain<'a, T: Plain>(
    len: usize,
    thing: impl Fn(usize) -> (u64, &'a T),
) -> Result<(), Misbehaved> {
    let judged = guarded(|| {
        let some = listed((0..len.min(MOST)).map(|place| thing(place * len / len.min(MOST))));
        for &(hash, thing) in some.iter().cycle().take(if some.is_empty() { 0 } else { OFTEN }) {
            keeps(hash, thing)?;
        }
        let compared = |one: usize, other: usize| comparison(some[one].1, some[other].1);
        match contradiction(some.len(), &compared) {
            None => Ok(()),
            Some((method, one, other)) => Err(unlawful(method, &[some[one].1, some[other].1])),
        }
    });
    judged.map_err(Misbehaved)?
}

/// The method that contradicts itself about two of `len` different things, and those two, if there is one. This and
/// all below is to be called within [`guarded`].
fn contradiction(
    len: usize,
    compared: &dyn Fn(usize, usize) -> Comparison,
) -> Option<(&'static str, usize, usize)> {
    let is_lower = |one, other| compared(other, one).order.is_lt();
    let place = |one| (0..len).filter(|other| is_lower(one, *other)).count();
    let places: Vec<usize> = (0..len).map(place).collect();
    let pairs = (0..len).flat_map(|one| (0..len).map(move |other| (one, other)));
    pairs.filter(|(one, other)| one != other).find_map(|(one, other)| {
        let Comparison { equal, order, partial } = compared(one, other);
        let method = if equal {
            "`eq`, or `hash`,"
        } else if order == Ordering::Equal || order != places[one].cmp(&places[other]) {
            "`cmp`"
        } else if partial != Some(order) {
            "`partial_cmp`"
        } else {
            return None;
        };
        Some((method, one, other))
    })
}

/// Whether two equal things also compare as equal in their order; to be called within [`guarded`].
pub(super) fn is_alike<T: Plain>(one: &T, other: &T) -> Result<(), Misbehaved> {
    match order(one, other) {
        Ordering::Equal => Ok(()),
        Ordering::Less | Ordering::Greater => Err(unlawful("`eq`, or `cmp`,", &[one, other])),
    }
}

/// Whether something is equal to itself and to its copy, and has the same hash as before.
fn keeps<T: Plain>(hash: u64, thing: &T) -> Result<(), Misbehaved> {
    let copy = &method::<T, T>("clone", || thing.clone());
    let hash_of = |thing: &T| method::<T, _>("hash", || FxBuildHasher.hash_one(thing));
    let fails = [
        ("`eq`", !are_equal(thing, thing)),
        ("`hash`", hash_of(thing) != hash),
        ("`cmp`", order(thing, thing) != Ordering::Equal),
        ("`clone`, or `eq`,", !are_equal(thing, copy) || !are_equal(copy, thing)),
        ("`clone`, or `hash`,", hash_of(copy) != hash),
    ];
    let failed = fails.iter().find(|(_, fails)| *fails);
    failed.map_or(Ok(()), |(method, _)| Err(unlawful(method, &[thing])))
}

fn are_equal<T: Plain>(one: &T, other: &T) -> bool {
    method::<T, _>("eq", || one == other)
}

fn order<T: Plain>(one: &T, other: &T) -> Ordering {
    method::<T, _>("cmp", || one.cmp(other))
}

fn comparison<T: Plain>(one: &T, other: &T) -> Comparison {
    let (equal, order) = (are_equal(one, other), order(one, other));
    Comparison { equal, order, partial: method::<T, _>("partial_cmp", || one.partial_cmp(other)) }
}

#[cold]
fn unlawful<T: Plain>(method: &str, about: &[&T]) -> Misbehaved {
    let about = listed(about.iter().map(|thing| shown(*thing)));
    let (of, about) = (type_name::<T>(), about.join(" and "));
    Misbehaved(format!("{method} of `{of}` contradicts itself about {about}"))
}
