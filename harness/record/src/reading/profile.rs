//! What the profile of a record may say.

use crate::{PartProfile, Profile};

/// The parts of a profile add up to the whole, as do the samples of its functions, and no stalls are more than
/// the part that they are of.
/// The error is the reason.
pub(super) fn check(profile: &Profile) -> Result<(), &'static str> {
    let operators = profile.operators.iter().map(|it| &it.cost);
    let parts = || operators.clone().chain([&profile.between]);
    let sum = |of: fn(&PartProfile) -> u64| parts().map(of).fold(0, u64::saturating_add);
    if sum(|part| part.cycles) != profile.cycles {
        return Err("has parts whose cycles don't add up to the whole");
    }
    let stalls = |part: &PartProfile| part.stalls.as_ref().map_or(0, |it| it.total());
    if parts().any(|part| stalls(part) > part.cycles) {
        return Err("has stalls that are more than the cycles they are of");
    }
    let of_functions = profile.functions.iter().filter_map(|it| it.samples);
    if (profile.samples).is_some_and(|taken| of_functions.fold(0, u64::saturating_add) != taken) {
        return Err("has functions whose samples aren't those that were taken");
    }
    let negative = |part: &PartProfile| part.energy_uj.is_some_and(|energy| energy < 0.0);
    if parts().any(negative) {
        return Err("has an energy that is negative");
    }
    Ok(())
}
