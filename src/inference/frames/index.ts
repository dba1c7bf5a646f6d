export * from './client.ts'
export { ASLEEP, headerBlock, headerOf, type RequestFrame, type ResponseFrame } from './frame.ts'
export { listenAt } from './listen.ts'
export * from './server.ts'
