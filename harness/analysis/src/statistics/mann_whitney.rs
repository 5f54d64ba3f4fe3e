//! The rank test of Mann and Whitney.

use statrs::distribution::{ContinuousCDF, Normal};

/// Up to this many values in both samples together the exact distribution is used.
const MOST_FOR_EXACT: usize = 40;

/// The two-sided p-value of the test of Mann and Whitney (*On a Test of Whether one of Two Random
/// Variables is Stochastically Larger than the Other*, Annals of Mathematical Statistics 18, 1947):
/// how likely two samples of one distribution differ in rank as much as these. `None` if a sample
/// is empty.
///
/// Ties get their mean rank. With up to 40 values in all, the distribution of the rank sum is
/// counted exactly, ties included (Streitberg and Röhmel, *Exact Distributions for Permutation and
/// Rank Tests*, 1986). With more, U is taken as normal, with the correction for ties and for
/// continuity (Lehmann, *Nonparametrics*, 1975):
///
/// ```text
/// μ = n₁n₂ / 2
/// σ² = n₁n₂ / 12 · (N + 1 - Σ(t³ - t) / (N(N - 1)))        t: sizes of the groups of ties
/// p = 2·(1 - Φ((|U - μ| - ½) / σ))
/// ```
pub fn mann_whitney(base: &[f64], new: &[f64]) -> Option<f64> {
    if base.is_empty() || new.is_empty() {
        return None;
    }
    let (ranks, groups) = doubled_ranks(base, new);
    if groups.len() == 1 {
        return Some(1.0);
    }
    let sum: usize = ranks[..base.len()].iter().sum();
    Some(if ranks.len() <= MOST_FOR_EXACT {
        exact(&ranks, base.len(), sum)
    } else {
        approximate(base.len(), new.len(), &groups, sum)
    })
}

/// The least p-value that samples of these sizes can have, without ties: one way of drawing them,
/// and its mirror.
pub fn least_p(base: usize, new: usize) -> f64 {
    let ways =
        (1..=base.min(new)).fold(1.0, |ways, k| ways * (base + new + 1 - k) as f64 / k as f64);
    (2.0 / ways).min(1.0)
}

/// Twice the rank of each value among all, those of `base` first, and the sizes of the groups of
/// equal values. Doubled mean ranks are whole numbers.
fn doubled_ranks(base: &[f64], new: &[f64]) -> (Vec<usize>, Vec<usize>) {
    let values: Vec<f64> = base.iter().chain(new).copied().collect();
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0; values.len()];
    let mut groups = Vec::new();
    let mut before = 0;
    for group in order.chunk_by(|&a, &b| values[a] == values[b]) {
        for &index in group {
            // The ranks from before + 1 to before + len have the mean before + (len + 1) / 2.
            ranks[index] = 2 * before + group.len() + 1;
        }
        before += group.len();
        groups.push(group.len());
    }
    (ranks, groups)
}

/// Counts the ways to draw `drawn` of `ranks`, by their sum, and which share of them is at least
/// as far from the mean as `sum`. Every number is a whole one below 2⁵³.
fn exact(ranks: &[usize], drawn: usize, sum: usize) -> f64 {
    let total: usize = ranks.iter().sum();
    // ways[k][s]: ways to draw k of the ranks so far with sum s.
    let mut ways = vec![vec![0.0_f64; total + 1]; drawn + 1];
    ways[0][0] = 1.0;
    for &rank in ranks {
        for k in (1..=drawn).rev() {
            let (fewer, more) = ways.split_at_mut(k);
            let (from, to) = (&fewer[k - 1], &mut more[0]);
            for s in rank..=total {
                to[s] += from[s - rank];
            }
        }
    }
    // The mean is total·drawn/len; both sides are multiplied by len to stay with whole numbers.
    let distance = |sum: usize| (sum * ranks.len()).abs_diff(total * drawn);
    let (mut extreme, mut all) = (0.0, 0.0);
    for (s, ways) in ways[drawn].iter().enumerate() {
        all += ways;
        if distance(s) >= distance(sum) {
            extreme += ways;
        }
    }
    extreme / all
}

/// The normal approximation. `sum` is the doubled rank sum of the first sample.
fn approximate(first: usize, second: usize, groups: &[usize], sum: usize) -> f64 {
    let (n1, n2) = (first as f64, second as f64);
    let n = n1 + n2;
    let u = sum as f64 / 2.0 - n1 * (n1 + 1.0) / 2.0;
    let ties: f64 = groups
        .iter()
        .map(|&size| (size as f64).powi(3) - size as f64)
        .sum();
    let variance = n1 * n2 / 12.0 * (n + 1.0 - ties / (n * (n - 1.0)));
    let z = ((u - n1 * n2 / 2.0).abs() - 0.5).max(0.0) / variance.sqrt();
    (2.0 * Normal::standard().sf(z)).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(base: &[f64], new: &[f64]) -> f64 {
        mann_whitney(base, new).unwrap()
    }

    fn near(value: f64, expected: f64) {
        assert!((value - expected).abs() < 1e-9, "{value} and {expected}");
    }

    #[test]
    fn samples_apart_are_as_unlikely_as_there_are_ways_to_draw_them() {
        // One of C(6, 3) = 20 ways, and its mirror.
        near(p(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]), 2.0 / 20.0);
        let base: Vec<f64> = (0..10).map(f64::from).collect();
        let new: Vec<f64> = (10..20).map(f64::from).collect();
        near(p(&base, &new), 2.0 / 184_756.0);
        near(least_p(10, 10), 2.0 / 184_756.0);
        near(least_p(3, 3), 2.0 / 20.0);
        near(least_p(0, 7), 1.0);
    }

    #[test]
    fn equal_samples_have_p_1() {
        near(p(&[5.0; 4], &[5.0; 9]), 1.0);
        near(p(&[5.0; 40], &[5.0; 40]), 1.0);
        near(p(&[1.0, 2.0, 3.0], &[1.0, 2.0, 3.0]), 1.0);
    }

    #[test]
    fn ties_are_counted_exactly_in_small_samples() {
        // The ranks are 1, 2.5, 2.5, 4.5 and 4.5. Drawing two of them gives, in 10 ways, the sums
        // 3.5 3.5 5.5 5.5 5 7 7 7 7 9, with the mean 6. The observed 3.5 is 2.5 away from it, as
        // 3 of the 10 are at least.
        near(p(&[1.0, 2.0], &[2.0, 3.0, 3.0]), 0.3);
    }

    #[test]
    fn both_ways_agree_where_one_takes_over_from_the_other() {
        let base: Vec<f64> = (0..20).map(|i| f64::from(i * 7 % 20)).collect();
        let new: Vec<f64> = (0..20).map(|i| f64::from(i * 3 % 20) + 4.5).collect();
        let (ranks, groups) = doubled_ranks(&base, &new);
        let sum = ranks[..20].iter().sum();
        let exact = exact(&ranks, 20, sum);
        let approximate = approximate(20, 20, &groups, sum);
        assert!(
            (exact - approximate).abs() < 0.05 * exact,
            "{exact} {approximate}"
        );
    }

    #[test]
    fn scipy_gives_the_same() {
        // scipy.stats.mannwhitneyu of SciPy 1.17, methods exact and asymptotic.
        let numbers = |n: u32, f: fn(u32) -> f64| (0..n).map(f).collect::<Vec<_>>();
        let base = numbers(20, |i| f64::from(i * 7 % 20));
        let new = numbers(20, |i| f64::from(i * 3 % 20) + 4.5);
        near(p(&base, &new), 0.030_411_256_038_764_864);
        let base = numbers(30, |i| f64::from(i * 7 % 30 / 3));
        let new = numbers(30, |i| f64::from(i * 11 % 30 / 3 + 1));
        near(p(&base, &new), 0.206_821_592_167_716);
        let (base, new) = ([1.1, 2.2, 3.3, 4.4, 5.5], [2.5, 3.5, 6.6, 7.7]);
        near(p(&base, &new), 0.285_714_285_714_285_7);
    }

    #[test]
    fn it_does_not_matter_which_sample_is_first() {
        let (a, b) = ([1.0, 2.0, 2.0, 9.0, 4.0], [2.0, 8.0, 9.0, 9.0]);
        near(p(&a, &b), p(&b, &a));
        assert_eq!(mann_whitney(&[], &a), None);
        assert_eq!(mann_whitney(&a, &[]), None);
    }
}
