export * from './agents.ts'
export { ApiClient, type ApiClientOptions } from './client.ts'
export { ApiError } from './errors.ts'
export * from './views.ts'
