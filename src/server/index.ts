export * from './errors.ts'
export { type RunningServer, type ServerOptions, startServer } from './main.ts'
