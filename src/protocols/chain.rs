//! Chains of signatures, v:0:j1:..:jk, as SM(m) sends them, and the bytes that are signed.
//!
//! A signature binds everything: which protocol this is, which instance of it, who commands there,
//! the order, and who has signed before. What is signed is a text: the first four, each as a
//! netstring (its length in bytes, a colon, itself, a comma), and then the numbers of all who have
//! signed, the last of them the one who signs now:
//!
//! ```text
//! 2:SM,1:0,1:0,6:ATTACK,0:2:1      1 signs that 2 relayed "0 orders ATTACK", in instance 0 of SM
//! ```
//!
//! A netstring gives its own length, and the rest is a list of numbers, so two different things are never written
//! alike. The bytes of the earlier signatures are not included: each signature is checked by itself. So what a chain
//! says is its order and its signers, whatever its signatures look like.

use std::fmt::{self, Display};

use itertools::Itertools;

use crate::forgery::Forge;
use crate::general::General;
use crate::protocol::Plain;
use crate::signature::{Seal, Signatures, Signed, Worth};
use crate::testable::{ListedSignature, Signing};

/// An order and everybody who has signed it, the commander first (if it is well-formed: a traitor's chain need not
/// be).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chain<V, G> {
    /// The order.
    pub order: V,
    /// The signatures, the newest last.
    pub links: Vec<Link<G>>,
}

/// One signature of a chain.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link<G> {
    /// The general who claims to have signed.
    pub by: General,
    /// The signature.
    pub signature: G,
}

/// What a signature binds, of all that it stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Binding {
    /// Protocol, instance, commander, order, and who has signed before.
    #[default]
    Everything,
    /// The order alone. That is enough only while the keys serve a single instance (Lindell,
    /// Lysyanskaya, Rabin: On the composition of authenticated Byzantine agreement, JACM 53(6),
    /// 2006).
    Order,
}

/// The context in which chains are signed, and how much of it a signature binds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Session {
    /// The name of the protocol.
    pub protocol: &'static str,
    /// Which one of several instances that run side by side.
    pub instance: usize,
    /// Who commands in it.
    pub commander: General,
    /// What a signature binds.
    pub binding: Binding,
}

/// Signs and checks the chains of one session.
#[derive(Clone, Debug)]
pub struct Sealer<S> {
    /// The keys.
    pub scheme: S,
    /// The session.
    pub session: Session,
}

impl Session {
    /// The statement that each of these signers signs, one after another.
    #[must_use]
    pub fn statements<V: Display>(
        &self,
        order: &V,
        signers: impl IntoIterator<Item = General>,
    ) -> Statements {
        let Session { protocol, instance, commander, binding } = self;
        let mut text = String::with_capacity(48);
        let mut number = itoa::Buffer::new();
        let everything = *binding == Binding::Everything;
        if everything {
            add_netstring(&mut text, protocol);
            add_netstring(&mut text, number.format(*instance));
            add_netstring(&mut text, number.format(commander.id()));
        }
        add_netstring(&mut text, &order.to_string());
        let mut ends = Vec::with_capacity(8);
        for (place, signer) in signers.into_iter().enumerate() {
            if everything {
                text.push_str(if place == 0 { "" } else { ":" });
                text.push_str(number.format(signer.id()));
            }
            ends.push(text.len());
        }
        Statements { text, ends }
    }
}

/// Appends a field's length in bytes, a colon, the field, and a comma.
fn add_netstring(text: &mut String, field: &str) {
    text.push_str(itoa::Buffer::new().format(field.len()));
    text.push(':');
    text.push_str(field);
    text.push(',');
}

/// The statements that the signers of a chain sign, one after another: each is a prefix of the next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statements {
    text: String,
    ends: Vec<usize>,
}

impl Statements {
    /// The statements, as the bytes that are signed.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.ends.iter().map(|end| &self.text.as_bytes()[..*end])
    }

    /// The statement that the last signer signs.
    ///
    /// # Panics
    ///
    /// If there is no signer.
    #[must_use]
    pub fn last(&self) -> &[u8] {
        self.iter().last().expect("there is a signer")
    }
}

impl<V, G> Chain<V, G> {
    /// Who has signed, the commander first.
    pub fn signers(&self) -> impl DoubleEndedIterator<Item = General> + ExactSizeIterator {
        self.links.iter().map(|link| link.by)
    }

    /// How many have signed.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "an empty chain is malformed like any other")]
    pub fn len(&self) -> usize {
        self.links.len()
    }
}

impl<S: Signatures> Sealer<S> {
    /// An order, signed by these generals, one after the other.
    pub fn chain<V: Plain + Display>(
        &self,
        order: &V,
        signers: impl IntoIterator<Item = General>,
    ) -> Chain<V, S::Signature> {
        let signers = signers.into_iter().collect_vec();
        let statements = self.session.statements(order, signers.iter().copied());
        let sign = |(by, statement): (General, &[u8])| Link {
            by,
            signature: self.scheme.sign(by, statement),
        };
        Chain {
            order: order.clone(),
            links: signers.iter().copied().zip(statements.iter()).map(sign).collect(),
        }
    }

    /// The chain, signed by me as well.
    pub fn signed<V: Plain + Display>(
        &self,
        me: General,
        chain: &Chain<V, S::Signature>,
    ) -> Chain<V, S::Signature> {
        let signers = chain.signers().chain([me]);
        let statements = self.session.statements(&chain.order, signers);
        let mut longer = chain.clone();
        longer.links.push(Link { by: me, signature: self.scheme.sign(me, statements.last()) });
        longer
    }

    /// Whether `me` accepts every signature of a chain as what it claims to be.
    pub fn verifies<V: Display>(&self, me: General, chain: &Chain<V, S::Signature>) -> bool {
        let statements = self.session.statements(&chain.order, chain.signers());
        let mut links = chain.links.iter().zip(statements.iter());
        links.all(|(link, statement)| self.scheme.verify(me, link.by, statement, &link.signature))
    }
}

impl<S: Forge> Sealer<S> {
    /// What a protocol's name says about its signatures.
    pub(super) fn scheme_in_name(&self) -> String {
        let title = self.scheme.title();
        if title.is_empty() { title } else { format!(", {title}") }
    }

    /// An order signed by these generals, one after another: one chain for each combination of signatures that some
    /// verifier accepts as theirs.
    pub fn chains<V: Plain + Display>(
        &self,
        order: &V,
        signers: &[General],
    ) -> Vec<Chain<V, S::Signature>> {
        let usual = self.chain(order, signers.iter().copied());
        let statements = self.session.statements(order, usual.signers());
        let links = usual.links.iter().zip(statements.iter()).map(|(link, statement)| {
            let odd = self.scheme.odd(link.by, statement).into_iter();
            let odd = odd.map(|(_, signature)| Link { by: link.by, signature });
            [link.clone()].into_iter().chain(odd).collect_vec()
        });
        let chains = links.multi_cartesian_product();
        chains.map(|links| Chain { order: order.clone(), links }).collect()
    }

    /// A chain in the paper's notation, and which of its signatures are odd or false.
    pub fn told<V: Plain + Display>(&self, chain: &Chain<V, S::Signature>) -> String {
        let seals = self.seals(chain).into_iter();
        let remarks = seals.filter_map(|Seal { by, worth }| match worth {
            Worth::Genuine => None,
            Worth::Odd(what) => Some(format!("{}'s signature has a {what}", by.id())),
            Worth::Forged => Some(format!("{}'s signature is false", by.id())),
        });
        let remarks = remarks.collect_vec();
        if remarks.is_empty() {
            chain.to_string()
        } else {
            format!("{chain} ({})", remarks.join(", "))
        }
    }

    fn worth(&self, Link { by, signature }: &Link<S::Signature>, statement: &[u8]) -> Worth {
        if !self.scheme.passes(*by, statement, signature) {
            return Worth::Forged;
        }
        let odd = self.scheme.odd(*by, statement);
        let odd = odd.into_iter().find(|(_, other)| other == signature);
        odd.map_or(Worth::Genuine, |(what, _)| Worth::Odd(what))
    }
}

impl<V: Plain + Display, S: Forge> Signing<Chain<V, S::Signature>> for Sealer<S> {
    /// The signatures that some verifier accepts as what they claim to be.
    fn signatures(&self, chain: &Chain<V, S::Signature>) -> Vec<Signed> {
        let statements = self.session.statements(&chain.order, chain.signers());
        let links = chain.links.iter().zip(statements.iter());
        let signed = links.filter_map(|(link, said)| {
            let statement = match self.worth(link, said) {
                Worth::Genuine => said.into(),
                // Nobody else can make it, not even somebody who has the genuine signature.
                Worth::Odd(what) => [said, b" with ", what.as_bytes()].concat().into(),
                Worth::Forged => return None,
            };
            Some(Signed { by: link.by, statement })
        });
        signed.collect()
    }

    /// What each signature of a chain is worth.
    fn seals(&self, chain: &Chain<V, S::Signature>) -> Vec<Seal> {
        let statements = self.session.statements(&chain.order, chain.signers());
        let links = chain.links.iter().zip(statements.iter());
        links.map(|(link, said)| Seal { by: link.by, worth: self.worth(link, said) }).collect()
    }

    fn relisted(
        &self,
        chain: &Chain<V, S::Signature>,
        list: &[ListedSignature<'_, Chain<V, S::Signature>>],
    ) -> Option<Chain<V, S::Signature>> {
        let mut relisted = Chain { order: chain.order.clone(), links: Vec::new() };
        for listed in list {
            match listed {
                ListedSignature::MadeBy(by) => relisted = self.signed(*by, &relisted),
                ListedSignature::TakenFrom(other, place) => {
                    relisted.links.push(other.links.get(*place)?.clone());
                }
            }
        }
        Some(relisted)
    }
}

/// In the paper's notation: `ATTACK:0:2`.
impl<V: Display, G> Display for Chain<V, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.order)?;
        self.signers().try_for_each(|signer| write!(f, ":{}", signer.id()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::forgery::Tampering;
    use crate::order::Order;
    use crate::signature::ed25519::{Ed25519, Verifier};

    fn session(binding: Binding) -> Session {
        Session { protocol: "SM", instance: 7, commander: General::new(3), binding }
    }

    fn generals(ids: &[usize]) -> Vec<General> {
        ids.iter().map(|id| General::new(*id)).collect()
    }

    #[test]
    fn what_is_signed_is_written_as_documented() {
        let texts = |binding| {
            let statements = session(binding).statements(&Order::ATTACK, generals(&[3, 12, 1]));
            statements.iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect_vec()
        };
        let bound = ["3", "3:12", "3:12:1"].map(|by| format!("2:SM,1:7,1:3,6:ATTACK,{by}"));
        assert_eq!(texts(Binding::Everything), bound);
        assert_eq!(texts(Binding::Order), ["6:ATTACK,"; 3]);
    }

    /// Parses a signed text: its fields, and the signers.
    fn read(mut text: &str) -> (Vec<String>, Vec<usize>) {
        let mut fields = Vec::new();
        for _ in 0..4 {
            let (length, rest) = text.split_once(':').unwrap();
            let (field, rest) = rest.split_at(length.parse().unwrap());
            fields.push(field.to_owned());
            text = rest.strip_prefix(',').unwrap();
        }
        (fields, text.split(':').map(|id| id.parse().unwrap()).collect())
    }

    proptest! {
        /// A signed text can be parsed, so nothing else has the same text.
        #[test]
        fn what_is_signed_can_be_read_back(
            instance in 0_usize..3000,
            commander in 0_usize..64,
            order in "[0-9:,A-Zé]{0,12}",
            signers in prop::collection::vec(0_usize..64, 1..8),
        ) {
            let commander = General::new(commander);
            let binding = Binding::Everything;
            let session = Session { protocol: "SM", instance, commander, binding };
            let statements = session.statements(&order, generals(&signers));
            for (place, statement) in statements.iter().enumerate() {
                let (fields, by) = read(std::str::from_utf8(statement).unwrap());
                let numbers = [instance.to_string(), commander.id().to_string()];
                let [number, who] = numbers;
                prop_assert_eq!(fields, ["SM".to_owned(), number, who, order.clone()]);
                prop_assert_eq!(&by[..], &signers[..=place]);
            }
        }
    }

    #[test]
    fn chains_are_told_with_what_is_wrong_with_them() {
        let signers = generals(&[0, 2, 1]);
        let session = session(Binding::Everything);
        let strict = Sealer { scheme: Ed25519::from_seed(1), session };
        let chain = strict.chain(&Order::ATTACK, signers.iter().copied());
        assert_eq!(strict.told(&chain), "ATTACK:0:2:1");
        let mut forged = chain.clone();
        let statement = session.statements(&Order::ATTACK, generals(&[0]));
        let flipped = Tampering::FlippedBit;
        forged.links[0].signature = strict.scheme.tampered(flipped, signers[0], statement.last());
        assert_eq!(strict.told(&forged), "ATTACK:0:2:1 (0's signature is false)");
        let plain = strict.scheme.clone().verifiers([Verifier::Plain]);
        let plain = Sealer { scheme: plain, session };
        let told =
            plain.chains(&Order::ATTACK, &signers[..1]).iter().map(|c| plain.told(c)).join("; ");
        assert_eq!(told, "ATTACK:0; ATTACK:0 (0's signature has a small-order R)");
    }

    /// The genuine signature of a general does not yield the odd ones that only that general can make.
    #[test]
    fn an_odd_signature_is_another_one() {
        let scheme = Ed25519::from_seed(1).verifiers([Verifier::Plain]);
        let sealer = Sealer { scheme, session: session(Binding::Everything) };
        let chains = sealer.chains(&Order::ATTACK, &generals(&[0]));
        let signed = chains.iter().map(|chain| sealer.signatures(chain)).collect_vec();
        assert_eq!(signed.len(), 2);
        assert!(signed.iter().flatten().all_unique());
    }
}
