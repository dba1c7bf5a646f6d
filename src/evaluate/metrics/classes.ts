/**
 * Counts by class: how often each was true, was predicted, and both. A prediction of no known class (−1) is
 * counted as wrong, and for no class.
 */
export class ClassTally {
  readonly truths: Float64Array
  readonly predictions: Float64Array
  readonly hits: Float64Array
  #total = 0

  constructor(classes: number) {
    this.truths = new Float64Array(classes)
    this.predictions = new Float64Array(classes)
    this.hits = new Float64Array(classes)
  }

  reset(): void {
    this.truths.fill(0)
    this.predictions.fill(0)
    this.hits.fill(0)
    this.#total = 0
  }

  add(truth: number, predicted: number): void {
    this.truths[truth]!++
    if (predicted >= 0) this.predictions[predicted]!++
    if (truth === predicted) this.hits[truth]!++
    this.#total++
  }

  get accuracy(): number {
    return this.#total === 0 ? 0 : this.hits.reduce((sum, count) => sum + count, 0) / this.#total
  }

  /** tp / (tp + fp); 0 where the class was never predicted. */
  precision(label: number): number {
    return ratio(this.hits[label]!, this.predictions[label]!)
  }

  /** tp / (tp + fn); 0 where the class never occurs. */
  recall(label: number): number {
    return ratio(this.hits[label]!, this.truths[label]!)
  }

  /** 2 tp / (2 tp + fp + fn). */
  f1(label: number): number {
    return ratio(2 * this.hits[label]!, this.predictions[label]! + this.truths[label]!)
  }

  /** Mean over the classes that occur, among truths or predictions (as scikit-learn's `macro`). */
  macro(of: 'precision' | 'recall' | 'f1'): number {
    let [sum, classes] = [0, 0]
    for (let label = 0; label < this.truths.length; label++) {
      if (this.truths[label] === 0 && this.predictions[label] === 0) continue
      sum += this[of](label)
      classes++
    }
    return ratio(sum, classes)
  }
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole
}
