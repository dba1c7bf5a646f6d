export { openSafetensors } from './open.ts'
export { type TensorToWrite, writeSafetensors } from './write.ts'
