export { convertKeras } from './convert.ts'
export { kerasCoverage } from './coverage.ts'
