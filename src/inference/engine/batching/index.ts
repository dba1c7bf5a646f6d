export { Batcher, type Outcome, type Work } from './batcher.ts'
export { CostCurve, MAX_BATCH_ROWS } from './cost.ts'
