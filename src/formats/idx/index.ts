export { openIdxData } from './data.ts'
