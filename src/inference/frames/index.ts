export * from './client.ts'
export { headerBlock, headerOf, type RequestFrame, type ResponseFrame } from './frame.ts'
export * from './server.ts'
