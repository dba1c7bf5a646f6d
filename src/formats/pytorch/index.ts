export { openPt2 } from './export/open.ts'
export { openPytorchLegacy } from './legacy.ts'
export { openPytorch } from './open.ts'
export { openTorchscript } from './torchscript/open.ts'
