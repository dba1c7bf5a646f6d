export { q4_0, q4_k, q5_k, q6_k, q8_0 } from './blocks'
export { codes, reset, takeCounts } from './counts'
export { float64, int32, int64, uint32, uint64 } from './doubles'
export { float32 } from './singles'
