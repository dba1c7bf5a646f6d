export * from './agents.ts'
export { ApiClient, type ApiClientOptions } from './client.ts'
export * from './views.ts'
