//! The parameters of the protocols with signatures.

use clap::{Args, ValueEnum};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::answer::{BadInput, whole_number};
use super::parameters::{boxed, orders};
use crate::forgery::Forge;
use crate::protocols::chain::{Binding, Chain};
use crate::protocols::order_set::SetChoice as Choice;
use crate::protocols::parallel::Parallel;
use crate::protocols::signed::Length;
use crate::report::notation::Notation;
use crate::signature::ed25519::{Ed25519, Verifier};
use crate::{Generals, Lockstep, Order, SignedMessages, TwoStep};

#[derive(Args)]
pub struct SignedArguments {
    /// Number of traitors the algorithm is designed for: it runs m + 1 rounds [default: f]
    #[arg(short, value_parser = whole_number)]
    m: Option<usize>,
    /// In round r, accept orders with r or more signatures, not exactly r
    #[arg(long)]
    at_least: bool,
    /// Number of parallel instances with the same keys, commanded by general 0, 1, ..
    #[arg(long, value_name = "K", default_value_t = 1, value_parser = whole_number)]
    instances: usize,
    /// Sign the order alone, without instance, commander or earlier signers
    #[arg(long)]
    unbound: bool,
    #[command(flatten)]
    two_steps: TwoStepsArguments,
}

#[derive(Args)]
pub struct RelayThresholdArguments {
    /// Number of signatures, the commander's included, at which an order is no longer relayed
    #[arg(short, value_name = "K", value_parser = whole_number)]
    k: usize,
    #[command(flatten)]
    signed: SignedArguments,
}

#[derive(Args)]
pub struct TwoStepsArguments {
    /// Number of possible orders: RETREAT, ATTACK, ..
    #[arg(long, value_name = "K", default_value_t = 2, value_parser = whole_number)]
    values: usize,
    /// Function that turns the signed orders into one
    #[arg(long, value_enum, default_value_t = Choice::Only)]
    choice: Choice,
    /// Signature scheme [default: ideal]
    #[arg(long, value_enum)]
    signatures: Option<SchemeName>,
    /// Seed of the Ed25519 keys [default: 0]
    #[arg(long, value_name = "N")]
    key_seed: Option<u64>,
    /// How each general in turn verifies Ed25519 signatures [default: strict for all]
    #[arg(long, value_name = "LIST", value_enum, value_delimiter = ',')]
    verifiers: Vec<Verifier>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SchemeName {
    /// Tokens that nobody can forge
    Ideal,
    /// Real signatures (RFC 8032)
    Ed25519,
}

/// The parameters of SM(m) and its variants.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedParameters {
    m: usize,
    /// Only for `relay-threshold`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    k: Option<usize>,
    values: usize,
    choice: Choice,
    length: Length,
    binding: Binding,
    instances: usize,
    signatures: Scheme,
}

/// The parameters of `two-step`: signing and sharing in two steps.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TwoSteps {
    values: usize,
    choice: Choice,
    signatures: Scheme,
}

/// How orders are signed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Scheme {
    Ideal,
    #[serde(rename = "ed25519")]
    Ed25519 {
        seed: u64,
        verifiers: Vec<Verifier>,
    },
}

impl SignedArguments {
    pub fn given(&self, f: usize) -> Result<SignedParameters, BadInput> {
        let TwoSteps { values, choice, signatures } = self.two_steps.given()?;
        Ok(SignedParameters {
            m: self.m.unwrap_or(f),
            k: None,
            values,
            choice,
            length: if self.at_least { Length::AtLeast } else { Length::Exactly },
            binding: if self.unbound { Binding::Order } else { Binding::Everything },
            instances: self.instances,
            signatures,
        })
    }
}

impl RelayThresholdArguments {
    pub fn given(&self, f: usize) -> Result<SignedParameters, BadInput> {
        Ok(SignedParameters { k: Some(self.k), ..self.signed.given(f)? })
    }
}

impl TwoStepsArguments {
    pub fn given(&self) -> Result<TwoSteps, BadInput> {
        let TwoStepsArguments { values, choice, .. } = *self;
        Ok(TwoSteps { values, choice, signatures: self.scheme()? })
    }

    /// The signature scheme. Any option for Ed25519 implies Ed25519.
    fn scheme(&self) -> Result<Scheme, BadInput> {
        let flag = if self.verifiers.is_empty() { "--key-seed" } else { "--verifiers" };
        let of_ed25519 = self.key_seed.is_some() || !self.verifiers.is_empty();
        match self.signatures {
            Some(SchemeName::Ideal) if of_ed25519 => Err(BadInput(format!(
                "{flag} says how Ed25519 is used: leave it out, or say --signatures ed25519"
            ))),
            None | Some(SchemeName::Ideal) if !of_ed25519 => Ok(Scheme::Ideal),
            _ => {
                let verifiers = self.verifiers.clone();
                Ok(Scheme::Ed25519 { seed: self.key_seed.unwrap_or(0), verifiers })
            }
        }
    }
}

impl Scheme {
    fn ed25519(seed: u64, verifiers: &[Verifier]) -> Ed25519 {
        Ed25519::from_seed(seed).verifiers(verifiers.iter().copied())
    }
}

impl SignedParameters {
    /// The parameters, if they do not contain the one for `relay-threshold`.
    pub fn unthresholded(&self) -> Result<&SignedParameters, BadInput> {
        let superfluous = || BadInput::new("\"k\" is superfluous: only relay-threshold has it");
        if self.k.is_some() { Err(superfluous()) } else { Ok(self) }
    }

    pub fn threshold(&self) -> Result<usize, BadInput> {
        self.k.ok_or_else(|| BadInput::new("\"k\" is missing: it is what relay-threshold is about"))
    }

    /// The numbered protocol, after this change to it.
    pub fn notation(
        &self,
        change: impl Fn(SignedMessages) -> SignedMessages,
    ) -> Result<Box<dyn Notation>, BadInput> {
        let SignedParameters { m, values, choice, length, binding, .. } = *self;
        let sm = SignedMessages::new(m).choice(choice).length(length).binding(binding);
        let sm = change(sm.over(orders(values)?));
        match &self.signatures {
            Scheme::Ideal => self.instances(sm),
            Scheme::Ed25519 { seed, verifiers } => {
                self.instances(sm.signatures(Scheme::ed25519(*seed, verifiers)))
            }
        }
    }

    /// As many parallel instances of it as were asked for.
    fn instances<S: Forge + 'static>(
        &self,
        sm: SignedMessages<Order, S>,
    ) -> Result<Box<dyn Notation>, BadInput>
    where
        SignedMessages<Order, S>:
            Lockstep<Value = Order, Decision = Order, Message = Chain<Order, S::Signature>>,
        S::Signature: Serialize + DeserializeOwned,
    {
        match self.instances {
            1 => boxed(sm),
            0 => Err(BadInput::new("instances is 0: there must be at least one")),
            many if many > Generals::MAX => Err(BadInput(format!(
                "instances is {many}: each has a commander of its own, so there can be at most {}",
                Generals::MAX
            ))),
            many => {
                let instance = |number, commander| sm.clone().instance(number, commander);
                boxed(Parallel::of(many, instance))
            }
        }
    }
}

impl TwoSteps {
    pub fn notation(&self) -> Result<Box<dyn Notation>, BadInput> {
        let protocol = TwoStep::new().over(orders(self.values)?).choice(self.choice);
        match &self.signatures {
            Scheme::Ideal => boxed(protocol),
            Scheme::Ed25519 { seed, verifiers } => {
                boxed(protocol.signatures(Scheme::ed25519(*seed, verifiers)))
            }
        }
    }
}
