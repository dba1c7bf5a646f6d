export {
  readTorchProgram,
  type TorchArgument,
  type TorchCall,
  type TorchInput,
  type TorchProgram,
} from './export/calls.ts'
export { openPt2 } from './export/open.ts'
export { openPytorchLegacy } from './legacy.ts'
export { openPytorch } from './open.ts'
export { openPytorchShards } from './sharded.ts'
export { openTorchscript } from './torchscript/open.ts'
