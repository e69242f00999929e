//! Which properties are asked of a protocol, and the names they have there.

use super::{Demanded, Property};
use crate::general::General;
use crate::outcome::{Demand, Task};
use crate::testable::{Problem, Termination};

/// Which properties are asked of a protocol: all of its [`Problem`]'s, or only one of them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AskedProperties {
    /// The properties, each with its title, in the order in which they are reported.
    properties: Vec<(Property, String)>,
    /// The properties of the problem that are not asked here.
    left_out: Vec<(Property, String)>,
    /// Whether agreement, validity and termination are the usual ones: decisions are equal, they are the value that
    /// is due, and all decide.
    usual: bool,
    /// Whether agreement and validity are the usual ones for those who decide.
    equal: bool,
    /// Only executions in which these generals have these inputs, written as text, count.
    inputs: Vec<(General, String)>,
    /// Whether accepting a forgery is a violation.
    pub(crate) forgeries: bool,
    /// Whether validity requires all loyal generals to decide.
    pub(crate) validity_of_all: bool,
    /// Whether validity means that decisions lie between inputs.
    pub(crate) hull: bool,
}

impl AskedProperties {
    /// All properties of a problem.
    #[must_use]
    pub fn of<V, D>(problem: &Problem<V, D>) -> AskedProperties {
        let Problem { task, agreement, validity, termination, demands, .. } = problem;
        let related = agreement.name().map(|name| format!("agreement ({name})"));
        let hull =
            validity.is_hull().then(|| "validity (between the inputs of the loyal)".to_owned());
        let decide = match termination {
            Termination::All | Termination::IfLoyal(_) => Some(Property::Termination),
            Termination::AllOrNone => Some(Property::Totality),
            Termination::Free => None,
        };
        let due = validity.is_equal() && !validity.is_any();
        let equal = problem.agreement.name().is_none() && due;
        let titled = |property: Property| match (property, termination) {
            (Property::Termination, Termination::IfLoyal(general)) => {
                let whose = task.name(*general);
                (property, format!("termination (all decide, if {whose} is loyal)"))
            }
            _ => (property, property.title(*task)),
        };
        let agreement = (Property::Agreement, related.unwrap_or(Property::Agreement.title(*task)));
        let validity_title = hull.unwrap_or(Property::Validity.title(*task));
        let demanded = demands
            .iter()
            .enumerate()
            .map(|(index, demand)| titled(Property::Demand(demanded(index, demand))));
        let validity_asked = (!validity.is_any()).then_some((Property::Validity, validity_title));
        let properties = [agreement].into_iter().chain(validity_asked);
        AskedProperties {
            properties: properties.chain(decide.map(titled)).chain(demanded).collect(),
            left_out: Vec::new(),
            inputs: Vec::new(),
            forgeries: true,
            usual: equal && validity.is_of_all() && *termination == Termination::All,
            equal,
            validity_of_all: validity.is_of_all(),
            hull: validity.is_hull(),
        }
    }

    /// Only the property of that name; none if the problem does not ask it. (If all must decide, totality can be
    /// asked alone as well.)
    pub(crate) fn only(mut self, name: &str, task: Task) -> Option<AskedProperties> {
        let total = (Property::Totality, Property::Totality.title(task));
        if name == total.0.name() && self.has(Property::Termination) {
            self.properties.push(total);
        }
        let place = self.properties.iter().position(|(property, _)| property.name() == name)?;
        let only = self.properties.remove(place);
        let (properties, left_out) = (vec![only], self.properties);
        Some(AskedProperties { properties, left_out, usual: false, forgeries: false, ..self })
    }

    /// The same properties, but only executions with these inputs count.
    pub(crate) fn given(&mut self, inputs: &[(General, String)]) {
        self.inputs = inputs.to_vec();
    }

    /// The inputs that an execution must have in order to count, as `Debug` text, for the generals for whom any are
    /// required.
    #[must_use]
    pub fn inputs(&self) -> &[(General, String)] {
        &self.inputs
    }

    /// Whether this property is asked.
    #[must_use]
    pub fn has(&self, asked: Property) -> bool {
        self.properties.iter().any(|(property, _)| *property == asked)
    }

    /// Whether any of them depends on who decides in the end, and not only on what is decided.
    pub(crate) fn ask_who_decides(&self) -> bool {
        self.has(Property::Termination)
            || self.has(Property::Totality)
            || self.has(Property::Validity) && self.validity_of_all
    }

    /// The properties in the order in which they are checked: validity, which is more specific than agreement, then
    /// agreement, then who decides, then the demands.
    pub fn properties(&self) -> impl Iterator<Item = Property> {
        let first = self.has(Property::Validity).then_some(Property::Validity);
        let all = self.properties.iter().map(|(property, _)| *property);
        first.into_iter().chain(all.filter(|property| *property != Property::Validity))
    }

    /// The title of a property here: "agreement (IC1)", "agreement (graded)".
    #[must_use]
    pub fn title(&self, property: Property, task: Task) -> String {
        let all = self.properties.iter().chain(&self.left_out);
        let known = all.into_iter().find(|(known, _)| *known == property);
        known.map_or_else(|| property.title(task), |(_, title)| title.clone())
    }

    /// Their titles, in the order in which they are reported. Where all properties are the usual ones, termination
    /// goes without saying.
    pub fn titles(&self) -> impl Iterator<Item = &str> {
        let unsaid = |property: Property| self.usual && property == Property::Termination;
        let told = self.properties.iter().filter(move |(property, _)| !unsaid(*property));
        told.map(|(_, title)| title.as_str())
    }

    /// The titles of the problem's properties that are not asked here.
    pub fn left_out(&self) -> impl Iterator<Item = &str> {
        self.left_out.iter().map(|(_, title)| title.as_str())
    }

    /// Their names, each one word: "agreement", "validity".
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.properties.iter().map(|(property, _)| property.name())
    }

    /// The names of the demands.
    pub fn demands(&self) -> impl Iterator<Item = &'static str> {
        self.properties.iter().filter_map(|(property, _)| match property {
            Property::Demand(demanded) => Some(demanded.name()),
            _ => None,
        })
    }

    /// The first demand on how an execution goes, which can't be judged by how it ends.
    pub(crate) fn of_course(&self) -> Option<&'static str> {
        self.properties.iter().find_map(|(property, _)| match property {
            Property::Demand(demanded) if demanded.of_course => Some(demanded.name),
            _ => None,
        })
    }

    /// Whether agreement, validity and termination are the usual ones, as where decisions are values.
    pub(crate) fn is_usual(&self) -> bool {
        self.usual
    }

    /// Whether whoever decides must decide the value that is due, if one is, and the same as all others who decide.
    pub(crate) fn is_equal(&self) -> bool {
        self.equal
    }

    /// Whether, in addition, all must decide where a value is due, and otherwise all or none: the refutations in
    /// rounds need this.
    pub(crate) fn is_refutable_in_rounds(&self) -> bool {
        let all_or_none = [Property::Termination, Property::Totality];
        self.equal && self.validity_of_all && all_or_none.into_iter().any(|asked| self.has(asked))
    }

    /// Whether the properties are the usual ones, without any demand.
    pub(crate) fn is_plain(&self) -> bool {
        self.usual && self.demands().next().is_none()
    }
}

/// The demand with this number.
fn demanded<V, D>(index: usize, demand: &Demand<V, D>) -> Demanded {
    Demanded { index, name: demand.name, of_course: demand.is_of_course() }
}
