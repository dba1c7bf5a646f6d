export { codes, reset, takeCounts } from './counts'
export { float64, int32, int64, uint32, uint64 } from './doubles'
export { float32 } from './singles'
