export { bfloat16, float16, int16, int8, uint16, uint8 } from './decode'
export { accumulate, mergeBuckets, reset } from './statistics'
