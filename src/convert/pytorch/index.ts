export { convertTorch } from './convert.ts'
export { torchCoverage } from './coverage.ts'
