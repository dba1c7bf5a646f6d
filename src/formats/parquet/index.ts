export { openParquetData } from './open.ts'
