export * from './agents.ts'
export * from './caches.ts'
export { ApiClient, type ApiClientOptions } from './client.ts'
export * from './views.ts'
