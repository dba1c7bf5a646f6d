export type { ArrayToWrite } from './header.ts'
export { type NpzOptions, writeNpy, writeNpz } from './write.ts'
