export { openGguf } from './open.ts'
export { type GgufModel, type GgufTemplate, ggufTemplates } from './templates.ts'
export { type GgufTensorToWrite, type GgufValueToWrite, writeGguf } from './write.ts'
