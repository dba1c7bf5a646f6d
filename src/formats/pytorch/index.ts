export { openPytorchLegacy } from './legacy.ts'
export { openPytorch } from './open.ts'
