//! Order statistics.

/// The median of `values`, in their unit; of an even number the mean of the middle two. `None` if
/// there are none.
///
/// NaN has no place in an order: it sorts as `f64::total_cmp` says.
pub fn median<T: Copy + Into<f64>>(values: &[T]) -> Option<f64> {
    let mut sorted: Vec<f64> = values.iter().map(|&value| value.into()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    median_of_sorted(&sorted)
}

/// The median of values in ascending order.
pub fn median_of_sorted(sorted: &[f64]) -> Option<f64> {
    let middle = sorted.len() / 2;
    let upper = *sorted.get(middle)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    Some(sorted[middle - 1].midpoint(upper))
}

/// The quantile `share` (0 to 1) of values in ascending order, by linear interpolation between the
/// order statistics: definition 7 of Hyndman and Fan (*Sample Quantiles in Statistical Packages*,
/// The American Statistician 50, 1996), `h = (n - 1)·share`. `None` if there are no values.
pub fn quantile_of_sorted(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let position = share.clamp(0.0, 1.0) * last as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(last);
    let part = position - below as f64;
    Some(sorted[below] + part * (sorted[above] - sorted[below]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_whatever_the_order() {
        assert_eq!(median::<u32>(&[]), None);
        assert_eq!(median(&[7_u32]), Some(7.0));
        assert_eq!(median(&[9_u32, 1, 5]), Some(5.0));
        assert_eq!(median(&[4_u32, 1, 3, 2]), Some(2.5));
        assert_eq!(median(&[u32::MAX, u32::MAX]), Some(f64::from(u32::MAX)));
        assert_eq!(median(&[0.25, -1.0, 8.0]), Some(0.25));
    }

    #[test]
    fn quantiles_lie_between_the_order_statistics() {
        let sorted = [1.0, 2.0, 4.0, 8.0, 16.0];
        assert_eq!(quantile_of_sorted(&sorted, 0.0), Some(1.0));
        assert_eq!(quantile_of_sorted(&sorted, 0.5), Some(4.0));
        assert_eq!(quantile_of_sorted(&sorted, 0.625), Some(6.0));
        assert_eq!(quantile_of_sorted(&sorted, 1.0), Some(16.0));
        assert_eq!(quantile_of_sorted(&[], 0.5), None);
    }
}
