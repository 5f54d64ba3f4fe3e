//! Least squares of relative errors with coefficients that aren't negative.

/// Coefficients, none negative, with which the sums over each row's features come nearest to `measured`
/// in relative terms. All ways to leave features out are tried: there are few.
pub fn fit(rows: &[Vec<f64>], measured: &[f64]) -> Vec<f64> {
    let count = rows.first().map_or(0, Vec::len);
    let mut best = (f64::INFINITY, vec![0.0; count]);
    for chosen in 1..1_u32 << count {
        let columns: Vec<usize> = (0..count).filter(|it| chosen >> it & 1 != 0).collect();
        let scaled = rows.iter().zip(measured);
        let scaled: Vec<Vec<f64>> = scaled
            .map(|(row, measured)| columns.iter().map(|&it| row[it] / measured).collect())
            .collect();
        let Some(solved) = least_squares(&scaled) else {
            continue;
        };
        if solved.iter().any(|&it| it < 0.0) {
            continue;
        }
        let mut all = vec![0.0; count];
        for (&column, &value) in columns.iter().zip(&solved) {
            all[column] = value;
        }
        let errors = rows.iter().zip(measured);
        let sum: f64 = errors
            .map(|(row, measured)| (predicted(&all, row) / measured - 1.0).powi(2))
            .sum();
        if sum < best.0 - 1e-12 {
            best = (sum, all);
        }
    }
    best.1
}

/// What coefficients say of a row of features.
pub fn predicted(coefficients: &[f64], row: &[f64]) -> f64 {
    coefficients.iter().zip(row).map(|(a, b)| a * b).sum()
}

/// The solution of the normal equations for rows whose sums are to be 1, if there is one.
fn least_squares(rows: &[Vec<f64>]) -> Option<Vec<f64>> {
    let count = rows.first()?.len();
    let dot = |i: usize, j: usize| rows.iter().map(|row| row[i] * row[j]).sum::<f64>();
    let mut matrix: Vec<Vec<f64>> = (0..count)
        .map(|i| {
            let mut line: Vec<f64> = (0..count).map(|j| dot(i, j)).collect();
            line.push(rows.iter().map(|row| row[i]).sum());
            line
        })
        .collect();
    for i in 0..count {
        let pivot =
            (i..count).max_by(|&a, &b| matrix[a][i].abs().total_cmp(&matrix[b][i].abs()))?;
        matrix.swap(i, pivot);
        if matrix[i][i].abs() < 1e-18 {
            return None;
        }
        for k in (0..count).filter(|&k| k != i) {
            let factor = matrix[k][i] / matrix[i][i];
            let line = matrix[i].clone();
            for (to, from) in matrix[k].iter_mut().zip(line) {
                *to -= factor * from;
            }
        }
    }
    Some(
        (0..count)
            .map(|i| matrix[i][count] / matrix[i][i])
            .collect(),
    )
}
