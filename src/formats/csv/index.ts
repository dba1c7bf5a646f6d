export { openCsvData } from './data.ts'
