export { type Boundary, boundary } from './boundary.ts'
export type * from './brand.ts'
export * from './clock.ts'
export type * from './decision.ts'
export * from './diagnostics.ts'
export * from './digest.ts'
export * from './errors.ts'
export * from './files.ts'
export * from './glob.ts'
export * from './histogram.ts'
export type { HttpOptions } from './http-range.ts'
export { openUrl } from './http-source.ts'
export * from './ids.ts'
export type * from './json.ts'
export * from './log.ts'
export * from './parallel.ts'
export * from './paths.ts'
export * from './present.ts'
export {
  DownloadFailure,
  type DownloadOptions,
  downloadTo,
  type ExpectedBytes,
} from './resumable.ts'
export * from './signal.ts'
export * from './source.ts'
export * from './tensor.ts'
export * from './units.ts'
export * from './verdict.ts'
