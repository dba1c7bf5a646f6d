export * from './client.ts'
export { ASLEEP, headerBlock, headerOf, type RequestFrame, type ResponseFrame } from './frame.ts'
export * from './server.ts'
