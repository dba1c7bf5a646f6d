export { Batcher } from './batcher.ts'
export { CostCurve, MAX_BATCH_ROWS } from './cost.ts'
export { DEFAULT_PRIORITY, type Outcome, type Work } from './queues.ts'
