//! Arguments that narrow a question down: the same for `check`, `hunt` and `sweep`.

use clap::Args;
use itertools::Itertools;

use crate::General;
use crate::question::Focus;

/// Which property, and with which inputs.
#[derive(Args)]
#[command(next_help_heading = "Focus")]
pub struct FocusArguments {
    /// Look for an attack on this property only: agreement, validity, totality, termination, or a demand by
    /// name
    #[arg(long, value_name = "PROPERTY")]
    violates: Option<String>,
    /// Look only at executions with these inputs, such as 1=ATTACK,2=RETREAT
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = input)]
    inputs: Vec<(General, String)>,
}

impl FocusArguments {
    pub fn focus(&self) -> Focus {
        Focus { violates: self.violates.clone(), inputs: self.inputs.clone() }
    }

    /// The same on a command line.
    pub fn arguments(&self) -> String {
        let violates = self.violates.as_ref().map(|name| match name.contains(' ') {
            true => format!(" --violates '{name}'"),
            false => format!(" --violates {name}"),
        });
        let inputs = self.inputs.iter().map(|(general, value)| format!("{}={value}", general.id()));
        let inputs = inputs.collect_vec().join(",");
        let inputs = (!inputs.is_empty()).then(|| format!(" --inputs {inputs}"));
        violates.into_iter().chain(inputs).collect()
    }
}

fn input(text: &str) -> Result<(General, String), String> {
    let form = || "give a general and its input, such as 1=ATTACK".to_owned();
    let (general, value) = text.split_once('=').ok_or_else(form)?;
    let number: usize = general.parse().map_err(|_| form())?;
    let general = General::try_from(number).map_err(|error| error.to_string())?;
    Ok((general, value.to_owned()))
}
