/** How ranges come of what a model's values were on samples. */
export const CALIBRATIONS = ['minmax', 'average', 'entropy', 'percentile'] as const
/**
 * `minmax`: the least and the greatest. `average`: the means of each sample's. `entropy`: where the loss of
 * information in 128 places is least. `percentile`: ±m, within which 99.999 % of the numbers lie.
 */
export type Calibration = (typeof CALIBRATIONS)[number]
