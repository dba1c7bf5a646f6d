export * from './client.ts'
export {
  ASLEEP,
  headerBlock,
  headerOf,
  type Operation,
  type RequestFrame,
  type ResponseFrame,
} from './frame.ts'
export { listenAt, type Place } from './listen.ts'
export * from './server.ts'
