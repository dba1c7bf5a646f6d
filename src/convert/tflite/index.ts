export { convertTflite } from './convert.ts'
export { tfliteCoverage } from './coverage.ts'
