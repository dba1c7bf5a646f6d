export { v1 } from './codec.ts'
export { modelsBodyV1, statusBodyV1, type V1Version } from './metadata.ts'
