export { openJsonlData } from './data.ts'
