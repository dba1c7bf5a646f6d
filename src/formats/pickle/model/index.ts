export { openPickle } from './open.ts'
