export { openTflite } from './open.ts'
