export { followEvents, type ServerEvent, sleep } from './event-stream.ts'
export { Reporter } from './reporter.ts'
