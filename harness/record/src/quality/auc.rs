//! How well scores tell two classes apart.

/// The area under the receiver operating characteristic, in the form of Mann and Whitney: the
/// probability that an anomaly has a higher score than something normal, a tie counting one half
/// (J. A. Hanley and B. J. McNeil, "The meaning and use of the area under a receiver operating
/// characteristic (ROC) curve", Radiology 143, 1982). By ranks, because data sets are large. `None`
/// if there are only anomalies or none.
pub fn auc(scores: &[(f64, bool)]) -> Option<f64> {
    let mut sorted = scores.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let positives = sorted.iter().filter(|(_, label)| *label).count();
    let negatives = sorted.len() - positives;
    if positives == 0 || negatives == 0 {
        return None;
    }
    let mut rank_sum = 0.0;
    let mut start = 0;
    for tied in sorted.chunk_by(|a, b| a.0 == b.0) {
        // Ranks count from 1; equals share their mean.
        let rank = start as f64 + (tied.len() + 1) as f64 / 2.0;
        rank_sum += rank * tied.iter().filter(|(_, label)| *label).count() as f64;
        start += tied.len();
    }
    let (positives, negatives) = (positives as f64, negatives as f64);
    let wins = rank_sum - positives * (positives + 1.0) / 2.0;
    Some(wins / (positives * negatives))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auc_counts_pairs_in_the_right_order_and_ties_half() {
        let scores = |normal: &[f64], anomalous: &[f64]| -> Vec<(f64, bool)> {
            let with = |label| move |&score: &f64| (score, label);
            let normal = normal.iter().map(with(false));
            normal.chain(anomalous.iter().map(with(true))).collect()
        };
        assert_eq!(auc(&scores(&[1.0, 2.0], &[3.0, 4.0])), Some(1.0));
        assert_eq!(auc(&scores(&[3.0, 4.0], &[1.0, 2.0])), Some(0.0));
        assert_eq!(auc(&scores(&[1.0, 1.0], &[1.0])), Some(0.5));
        // Of six pairs four are in order and one is a tie.
        assert_eq!(auc(&scores(&[1.0, 2.0, 5.0], &[2.0, 6.0])), Some(4.5 / 6.0));
        assert_eq!(auc(&scores(&[1.0], &[])), None);
    }
}
