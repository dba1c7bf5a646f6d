export { openImageFolder } from './folder.ts'
