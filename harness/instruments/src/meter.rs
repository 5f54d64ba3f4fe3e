//! Which instrument is asked for.

use std::fmt;
use std::str::FromStr;

use crate::attached::{Attached, attached};
use crate::instrument::{Instrument, InstrumentError};
use crate::joulescope::Joulescope;
use crate::kind::Kind;
use crate::lpm01a::Lpm01a;
use crate::ppk2::Ppk2;

/// An instrument as the user names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meter {
    /// One that is attached: at this port, or the only one of its kind.
    Attached(Kind, Option<String>),
    /// The far end of one that isn't there, fed by a virtual board.
    Emulated(Kind),
}

/// A text names no instrument.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "it must be ppk2, lpm01a or joulescope, a port behind it as in ppk2:/dev/ttyACM0, or emulated-ppk2 \
     or emulated-lpm01a"
)]
pub struct ParseMeterError;

impl FromStr for Meter {
    type Err = ParseMeterError;

    fn from_str(text: &str) -> Result<Self, ParseMeterError> {
        let kind = |word: &str| Kind::ALL.into_iter().find(|kind| kind.word() == word);
        if let Some(kind) = text.strip_prefix("emulated-").and_then(kind) {
            let is_emulated = Kind::EMULATED.contains(&kind);
            return is_emulated
                .then_some(Self::Emulated(kind))
                .ok_or(ParseMeterError);
        }
        match text.split_once(':') {
            Some((word, port)) if !port.is_empty() => {
                let kind = kind(word).ok_or(ParseMeterError)?;
                Ok(Self::Attached(kind, Some(port.to_owned())))
            }
            Some(_) => Err(ParseMeterError),
            None => Ok(Self::Attached(kind(text).ok_or(ParseMeterError)?, None)),
        }
    }
}

impl fmt::Display for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attached(kind, None) => write!(f, "{}", kind.word()),
            Self::Attached(kind, Some(port)) => write!(f, "{}:{port}", kind.word()),
            Self::Emulated(kind) => write!(f, "emulated-{}", kind.word()),
        }
    }
}

impl Meter {
    /// What kind it is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Attached(kind, _) | Self::Emulated(kind) => *kind,
        }
    }

    /// The port that it is at, if that was said.
    pub fn port(&self) -> Option<&str> {
        match self {
            Self::Attached(_, port) => port.as_deref(),
            Self::Emulated(_) => None,
        }
    }
}

/// Opens an instrument at its port, or the only one of its kind that is attached.
///
/// # Errors
/// If there is none or there are several, or it can't be opened.
pub fn open(kind: Kind, port: Option<&str>) -> Result<Box<dyn Instrument>, InstrumentError> {
    let the_port = || match port {
        Some(port) => Ok(port.to_owned()),
        None => the_only(kind, attached()),
    };
    Ok(match kind {
        Kind::Ppk2 => Box::new(Ppk2::open(&the_port()?)?),
        Kind::Lpm01a => Box::new(Lpm01a::open(&the_port()?)?),
        // Its driver knows what is attached on every system.
        Kind::Joulescope => Box::new(Joulescope::open(port)?),
    })
}

fn the_only(kind: Kind, attached: Vec<Attached>) -> Result<String, InstrumentError> {
    let mut ports: Vec<_> = attached
        .into_iter()
        .filter(|it| it.kind == kind)
        .map(|it| it.port)
        .collect();
    match (ports.pop(), ports.is_empty()) {
        (Some(port), true) => Ok(port),
        (None, _) => Err(InstrumentError::NotAttached {
            what: kind.title(),
            word: kind.word(),
        }),
        (Some(last), false) => {
            ports.push(last);
            Err(InstrumentError::Several {
                kind: kind.word(),
                ports,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instruments_are_named_as_people_write_them() {
        for (text, meter) in [
            ("ppk2", Meter::Attached(Kind::Ppk2, None)),
            (
                "lpm01a:/dev/ttyACM1",
                Meter::Attached(Kind::Lpm01a, Some("/dev/ttyACM1".to_owned())),
            ),
            (
                "ppk2:COM7",
                Meter::Attached(Kind::Ppk2, Some("COM7".to_owned())),
            ),
            ("emulated-ppk2", Meter::Emulated(Kind::Ppk2)),
            ("joulescope", Meter::Attached(Kind::Joulescope, None)),
            (
                "joulescope:js220/001122",
                Meter::Attached(Kind::Joulescope, Some("js220/001122".to_owned())),
            ),
        ] {
            assert_eq!(text.parse(), Ok(meter.clone()));
            assert_eq!(meter.to_string(), text);
        }
        for bad in [
            "",
            "ppk",
            "ppk2:",
            "emulated-",
            "emulated-ppk",
            "emulated-joulescope",
            "PPK2",
        ] {
            assert_eq!(bad.parse::<Meter>(), Err(ParseMeterError), "{bad}");
        }
    }

    #[test]
    fn the_only_one_is_taken_and_several_are_told() {
        let at = |port: &str| Attached {
            kind: Kind::Ppk2,
            port: port.to_owned(),
            serial_number: None,
            permitted: true,
        };
        assert_eq!(the_only(Kind::Ppk2, vec![at("a")]).unwrap(), "a");
        let several = the_only(Kind::Ppk2, vec![at("a"), at("b")]).unwrap_err();
        assert!(several.to_string().contains("ppk2:a or b"), "{several}");
        let none = the_only(Kind::Lpm01a, vec![at("a")]).unwrap_err();
        let told = ["ST X-NUCLEO-LPM01A", "--power-meter lpm01a:/dev/ttyACM0"];
        assert!(
            told.iter().all(|it| none.to_string().contains(it)),
            "{none}"
        );
    }
}
