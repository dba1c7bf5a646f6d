export * from './client.ts'
export { headerBlock, headerOf, MAX_FRAME_BYTES, type RequestFrame, type ResponseFrame } from './frame.ts'
export * from './server.ts'
