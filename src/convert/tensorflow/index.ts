export { convertTensorflow } from './convert.ts'
export { tensorflowCoverage } from './coverage.ts'
